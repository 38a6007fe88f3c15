"""Read caption files (SRT, WebVTT, ASS, Whisper text): untrusted, often broken, never trusted."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from agents.errors import LectureError
from agents.subtitles import clean_text

MAX_BYTES = 8_000_000
MAX_CUES = 100_000
MAX_CUE_S = 120.0
"""A longer cue is no caption but a remark over the whole recording."""
CHARS_PER_S = 50.0
"""Faster than anyone speaks: what a cue holds beyond this (and `SPARE_CHARS`) is cut off."""
SPARE_CHARS = 200
MAX_LINES = 100
SCROLLING = 0.4
"""From this share of cues that begin with the line before on, a file is one that scrolls."""

_TIME = r"(-?)(?:([0-9]{1,9}):)?([0-9]{1,2}):([0-9]{1,2})[.,]([0-9]{1,3})"
_TIMING = re.compile(rf"(\[?)\s*{_TIME}\s*-->\s*{_TIME}(.*)")
_INLINE_TIME = re.compile(r"<(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2})\.([0-9]{1,3})>")
_VOICE = re.compile(r"<v(?:\.[^<>\s]{0,60})?\s+([^<>]{1,80})>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>|<!--.{0,500}?-->|\{\\[^{}]{0,500}\}")
_NOISE_WORDS = r"music|applause|laughter|laughs|inaudible|silence|noise|coughs?|coughing|sighs?"
_NOISE = re.compile(rf"[\[(]\s*(?:{_NOISE_WORDS})\b[^\[\]()]{{0,40}}[\])]", re.IGNORECASE)
_NO_SPEECH = re.compile(r"[\[(（*♪♫#][^\[\]()（）]{0,200}[\])）*♪♫#]|[♪♫\s]+|-+")  # noqa: RUF001
_NAMED = re.compile(r"(?:>>\s*)?([^\W\d_][\w.'’-]{0,30}(?: [\w.'’-]{1,30}){0,3}):\s+(?=\S)")  # noqa: RUF001


class CaptionsError(LectureError):
    """The captions cannot be used; speech recognition takes their place."""

    code = "captions_unusable"


@dataclass(frozen=True, slots=True)
class Caption:
    """A cue as written in the file: seconds, text in one line without markup."""

    start: float
    end: float
    text: str
    speaker: str = ""
    marks: tuple[tuple[int, float], ...] = field(default=())
    """Where the file times words itself: from this index in the text on, it is this late."""


@dataclass(slots=True)
class _Block:
    start: float
    end: float
    lines: list[str]


def read_captions(path: Path, name: str) -> list[Caption]:
    """Return the file's cues in order of time, without junk; CaptionsError if none is left."""
    if not path.is_file():
        raise CaptionsError(f"captions '{name}' are missing")
    if path.stat().st_size > MAX_BYTES:
        raise CaptionsError(
            f"captions '{name}' are larger than {MAX_BYTES // 1_000_000} MB", code="captions_large"
        )
    captions = parse_captions(decode_text(path.read_bytes()))
    if not captions:
        raise CaptionsError(f"captions '{name}' hold no cue that can be read (SRT, VTT or ASS)")
    return captions


def decode_text(data: bytes) -> str:
    """Return the text of UTF-8, UTF-16 (with or without mark) or Windows-1252 bytes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[:200].count(0) > len(data[:200]) // 4:  # UTF-16 without a mark: every other byte is 0
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def parse_captions(text: str) -> list[Caption]:
    """Return the cues of the text in order of time: cleaned, without junk, none overlong."""
    if re.search(r"^\[(Script Info|Events)\]", text[:100_000], re.MULTILINE | re.IGNORECASE):
        blocks = _ass_blocks(text)
    else:
        blocks = list(_blocks(text))
    captions = [caption for block in _without_repeats(blocks) for caption in _captions(block)]
    captions.sort(key=lambda caption: (caption.start, caption.end))
    return _apart(_name_speakers(captions))


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the cues of SRT, WebVTT, or Whisper's `[time --> time] text`."""
    vtt = text.lstrip().startswith("WEBVTT")
    block: _Block | None = None
    found = 0
    for line in re.split(r"\r\n|\r|\n", text):
        timing = _TIMING.match(line.lstrip()) if "-->" in line else None
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
        start, end = _seconds(*numbers[:5]), _seconds(*numbers[5:])
        block = _Block(start, end, [rest.lstrip(" ]")] if bracket else [])
    if block is not None:
        yield block


def _drop_number(block: _Block) -> None:
    """Take off the next cue's number or name, which stands right above its times."""
    if block.lines and (block.lines[-1].strip().isdecimal() or block.lines[-2:-1] == [""]):
        block.lines.pop()


def _seconds(sign: str, hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    total = whole + int(fraction) / 10 ** len(fraction)
    return -total if sign else total


def _ass_blocks(text: str) -> list[_Block]:
    import pysubs2
    from pysubs2.exceptions import Pysubs2Error

    try:
        events = pysubs2.SSAFile.from_string(text, format_="ass").events
    except (ValueError, IndexError, KeyError, Pysubs2Error) as error:
        raise CaptionsError("the captions look like ASS, but cannot be read") from error
    shown = [event for event in events if not event.is_comment and not event.is_drawing]
    return [
        _Block(event.start / 1000, event.end / 1000, event.text.split("\\N"))
        for event in shown[:MAX_CUES]
    ]


def _without_repeats(blocks: list[_Block]) -> list[_Block]:
    """Return the blocks without lines that scroll up from the block before, as YouTube writes."""
    counts: list[int] = []
    before: list[str] = []
    before_end = 0.0
    for block in blocks:
        block.lines = [line for line in block.lines[:MAX_LINES] if line.strip()]
        plain = [_TAG.sub("", _INLINE_TIME.sub("", line)).strip() for line in block.lines]
        lengths = range(min(3, len(plain), len(before)), 0, -1)
        repeated = next((n for n in lengths if before[-n:] == plain[:n]), 0)
        counts.append(repeated if block.start - before_end < 0.5 else 0)
        before, before_end = plain or before, block.end
    if sum(map(bool, counts)) < SCROLLING * len(blocks):
        return blocks  # somebody says the same twice now and then
    return [
        _Block(block.start, block.end, block.lines[count:])
        for block, count in zip(blocks, counts, strict=True)
    ]


def _captions(block: _Block) -> Iterator[Caption]:
    """Yield the block as a caption, unless it is junk."""
    if not 0 <= block.start < block.end or block.end - block.start > MAX_CUE_S:
        return
    limit = int((block.end - block.start) * CHARS_PER_S) + SPARE_CHARS
    raw = "\n".join(block.lines)[: 4 * limit]
    voice = _VOICE.search(raw)
    text, marks = "", []
    at = 0
    for mark in _INLINE_TIME.finditer(raw):
        text = _append(text, raw[at : mark.start()])
        marks.append((len(text), _seconds("", *mark.groups())))
        at = mark.end()
    text = _append(text, raw[at:])[:limit]
    if not text or _NO_SPEECH.fullmatch(text):
        return
    inside = [(i, t) for i, t in marks if i < len(text) and block.start <= t < block.end]
    speaker = " ".join(clean_text(voice.group(1)).split()) if voice else ""
    yield Caption(block.start, block.end, text, speaker, tuple(inside))


def _append(text: str, raw: str) -> str:
    plain = html.unescape(_TAG.sub("", raw).replace("\\N", "\n").replace("\\h", " "))
    plain = _NOISE.sub(" ", plain)
    glue = " " if text and plain[:1].isspace() else ""
    return text + glue + " ".join(clean_text(plain).split())


def _name_speakers(captions: list[Caption]) -> list[Caption]:
    """Return the captions with `Name: ` moved to the speaker where it is a habit of the file."""
    matches = [None if caption.speaker else _NAMED.match(caption.text) for caption in captions]
    counts = Counter(match.group(1) for match in matches if match)
    habit = sum(counts.values()) >= 0.3 * len(captions)
    named: list[Caption] = []
    for caption, match in zip(captions, matches, strict=True):
        text, speaker = caption.text.removeprefix(">>").strip(), caption.speaker
        if match and (match.group(1).isupper() or (habit and counts[match.group(1)] > 1)):
            speaker, text = match.group(1), caption.text[match.end() :]
        shift = len(caption.text) - len(text)
        marks = tuple((i - shift, t) for i, t in caption.marks if i >= shift)
        named.append(replace(caption, text=text, speaker=speaker, marks=marks))
    return [caption for caption in named if caption.text]


def _apart(captions: list[Caption]) -> list[Caption]:
    """Return the captions without overlap: each ends at the latest where the next one begins."""
    apart: list[Caption] = []
    for caption in captions:
        if apart and caption.start < apart[-1].end:
            last = apart[-1]
            # Two lines shown at the same time are two speakers, or one text in two lines.
            middle = (last.start + last.end) / 2
            cut = caption.start if caption.start - last.start >= 0.3 else middle
            apart[-1] = replace(last, end=cut)
            caption = replace(caption, start=cut, end=max(caption.end, cut + 0.1))
        apart.append(caption)
    return apart
