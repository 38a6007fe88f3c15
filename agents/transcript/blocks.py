"""Cue blocks as caption files hold them: SRT, WebVTT, ASS, Whisper's text; and what scrolls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.errors import LectureError

MAX_CUES = 100_000
MAX_LINES = 100
SCROLLING = 0.4
"""From this share of cues that begin with the line before on, a file is one that scrolls."""

_TIME = r"(-?)(?:([0-9]{1,9}):)?([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]{1,3})[0-9]{0,6})?"
_TIMING = re.compile(rf"(\[?)\s*{_TIME}\s*--?>\s*{_TIME}(?![0-9:])(.*)")
INLINE_TIME = re.compile(r"<(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2})\.([0-9]{1,3})>")
TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>|<!--.{0,500}?-->|\{\\[^{}]{0,500}\}")


class CaptionsError(LectureError):
    """The captions cannot be used; speech recognition takes their place."""

    code = "captions_unusable"


@dataclass(slots=True)
class Block:
    """A cue before it is cleaned: seconds, lines in WebVTT's cue markup."""

    start: float
    end: float
    lines: list[str]


def text_blocks(text: str) -> Iterator[Block]:
    """Yield the cues of SRT, WebVTT, or Whisper's `[time --> time] text`."""
    vtt = text.lstrip().startswith("WEBVTT")
    block: Block | None = None
    found = 0
    for line in re.split(r"\r\n|\r|\n", text):
        timing = _TIMING.match(line.lstrip()) if "->" in line else None
        if timing is None:
            # In WebVTT an empty line (not one of spaces) ends the cue: names and notes follow.
            if block is not None and not (vtt and block.lines[-1:] == [""]):
                block.lines.append(line)
            continue
        if block is not None:
            _drop_number(block)
            yield block
        found += 1
        if found > MAX_CUES:
            return
        bracket, *numbers, rest = timing.groups()
        start, end = seconds_of(*numbers[:5]), seconds_of(*numbers[5:])
        block = Block(start, end, [rest.lstrip(" ]")] if bracket else [])
    if block is not None:
        yield block


def _drop_number(block: Block) -> None:
    """Take off the next cue's number or name, which stands right above its times."""
    if block.lines and (block.lines[-1].strip().isdecimal() or block.lines[-2:-1] == [""]):
        block.lines.pop()


def seconds_of(
    sign: str, hours: str | None, minutes: str, seconds: str, fraction: str | None
) -> float:
    """Return the seconds of a clock time's parts."""
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    total = whole + int(fraction or 0) / 10 ** len(fraction or "")
    return -total if sign else total


def ass_blocks(text: str) -> list[Block]:
    """Return the events of SubStation text; CaptionsError if it is broken."""
    import pysubs2
    from pysubs2.exceptions import Pysubs2Error

    try:
        events = pysubs2.SSAFile.from_string(text, format_="ass").events
    except (ValueError, IndexError, KeyError, Pysubs2Error) as error:
        raise CaptionsError("the captions look like ASS, but cannot be read") from error
    shown = [event for event in events if not event.is_comment and not event.is_drawing]
    return [
        Block(event.start / 1000, event.end / 1000, event.text.split("\\N"))
        for event in shown[:MAX_CUES]
    ]


def without_repeats(blocks: list[Block]) -> list[Block]:
    """Return the blocks without lines that scroll up from the block before, as YouTube writes."""
    counts: list[int] = []
    before: list[str] = []
    before_end = 0.0
    for block in blocks:
        block.lines = [line for line in block.lines[:MAX_LINES] if line.strip()]
        plain = [TAG.sub("", INLINE_TIME.sub("", line)).strip() for line in block.lines]
        lengths = range(min(3, len(plain), len(before)), 0, -1)
        repeated = next((n for n in lengths if before[-n:] == plain[:n]), 0)
        counts.append(repeated if block.start - before_end < 0.5 else 0)
        before, before_end = plain or before, block.end
    if sum(map(bool, counts)) < SCROLLING * len(blocks):
        return blocks  # somebody says the same twice now and then
    return [
        Block(block.start, block.end, block.lines[count:])
        for block, count in zip(blocks, counts, strict=True)
    ]
