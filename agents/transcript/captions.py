"""Read caption files of every usual format: untrusted, often broken, never trusted."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from agents.subtitles import one_line
from agents.transcript.blocks import (
    INLINE_TIME,
    TAG,
    Block,
    CaptionsError,
    ass_blocks,
    seconds_of,
    text_blocks,
    without_repeats,
)
from agents.transcript.json3 import json3_blocks
from agents.transcript.ttml import ttml_blocks

MAX_BYTES = 8_000_000
FORMATS = "SRT, VTT, TTML, json3 or ASS"
MAX_CUE_S = 120.0
"""A longer cue is no caption but a remark over the whole recording."""
CHARS_PER_S = 50.0
"""Faster than anyone speaks: what a cue holds beyond this (and `SPARE_CHARS`) is cut off."""
SPARE_CHARS = 200

_XML = re.compile(r"<(?:[A-Za-z][\w.-]{0,20}:)?(?:tt|timedtext|transcript)[\s>]")
_VOICE = re.compile(r"<v(?:\.[^<>\s]{0,60})?\s+([^<>]{1,80})>")
_NOISE_WORDS = (
    r"music|applause|laughter|laughs|inaudible|silence|noise|coughs?|coughing|sighs?"
    r"|blank_audio|no audio|auto-generated transcript"
)
_NOISE = re.compile(rf"[\[(]\s*(?:{_NOISE_WORDS})\b[^\[\]()]{{0,60}}[\])]", re.IGNORECASE)
_NO_SPEECH = re.compile(r"[\[(（*♪♫#][^\[\]()（）]{0,200}[\])）*♪♫#]|[♪♫\s]+|-+")  # noqa: RUF001
_NAMED = re.compile(
    r"(?:>>\s*)?([^\W\d_][\w.,'’@&-]{0,40}(?: [\w.,'’@&|/()-]{1,30}){0,5}):\s+(?=\S)"  # noqa: RUF001
)
NAMING = 0.8
"""From this share of cues that begin with a name on, every cue's `Name: ` is one."""


@dataclass(frozen=True, slots=True)
class Caption:
    """A cue as written in the file: seconds, text in one line without markup."""

    start: float
    end: float
    text: str
    speaker: str = ""
    marks: tuple[tuple[int, float], ...] = field(default=())
    """Where the file times words itself: from this index in the text on, it is this late."""


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
        raise CaptionsError(f"captions '{name}' hold no cue that can be read ({FORMATS})")
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
    captions = [c for block in without_repeats(_blocks(text)) for c in _captions(block)]
    captions.sort(key=lambda caption: (caption.start, caption.end))
    return _apart(_name_speakers(captions))


def _blocks(text: str) -> list[Block]:
    """Return the text's cues, read as the format that it looks like."""
    text = text.strip("\ufeff\x00 \t\r\n")
    head = text[:100_000]
    if head.startswith("<") and _XML.search(head):
        return ttml_blocks(text)
    if head.startswith("{") and '"events"' in head:
        return json3_blocks(text)
    if re.search(r"^\[(Script Info|Events)\]", head, re.MULTILINE | re.IGNORECASE):
        return ass_blocks(text)
    return list(text_blocks(text))


def _captions(block: Block) -> Iterator[Caption]:
    """Yield the block as a caption, unless it is junk."""
    if not 0 <= block.start < block.end or block.end - block.start > MAX_CUE_S:
        return
    limit = int((block.end - block.start) * CHARS_PER_S) + SPARE_CHARS
    raw = "\n".join(block.lines)[: 4 * limit]
    voice = _VOICE.search(raw)
    text, marks = "", []
    at = 0
    for mark in INLINE_TIME.finditer(raw):
        text = _append(text, raw[at : mark.start()])
        marks.append((len(text), seconds_of("", *mark.groups())))
        at = mark.end()
    text = _append(text, raw[at:])[:limit].rstrip()
    if not text or _NO_SPEECH.fullmatch(text):
        return
    inside = [(i, t) for i, t in marks if i < len(text) and block.start <= t < block.end]
    speaker = one_line(voice.group(1)) if voice else ""
    yield Caption(block.start, block.end, text, speaker, tuple(inside))


def _append(text: str, raw: str) -> str:
    """Return the text with what `raw` says after it, and spaces only where the file has some."""
    plain = html.unescape(TAG.sub("", raw).replace("\\N", "\n").replace("\\h", " "))
    plain = _NOISE.sub(" ", plain)
    glue = " " if text and plain[:1].isspace() and not text.endswith(" ") else ""
    said = one_line(plain)
    return text + glue + said + (" " if said and plain[-1:].isspace() else "")


def _name_speakers(captions: list[Caption]) -> list[Caption]:
    """Return the captions with `Name: ` moved to the speaker where it is a habit of the file."""
    matches = [None if caption.speaker else _NAMED.match(caption.text) for caption in captions]
    counts = Counter(match.group(1) for match in matches if match)
    habit = sum(counts.values()) >= 0.3 * len(captions)
    always = len(captions) > 2 and sum(counts.values()) >= NAMING * len(captions)
    named: list[Caption] = []
    for caption, match in zip(captions, matches, strict=True):
        text, speaker = caption.text.removeprefix(">>").strip(), caption.speaker
        known = match and (always or (habit and counts[match.group(1)] > 1))
        if match and (known or match.group(1).isupper()):
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
