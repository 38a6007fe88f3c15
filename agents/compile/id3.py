"""The tag of an MP3 file with chapters: ID3v2.3 with its chapter addendum.

ffmpeg writes the chapters themselves, but not their table of contents, without which some players
show none. https://id3.org/id3v2-chapters-1.0
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.types import Cue

UTF16 = b"\x01"
"""The encoding that ID3v2.3 has for all scripts, with a byte order mark."""
NO_OFFSET = b"\xff\xff\xff\xff"
ORDERED_TOP_LEVEL = 3
FRONT_COVER = 3


def id3_tag(title: str, chapters: Sequence[Cue], cover: bytes) -> bytes:
    """Return the tag; `cover` is a JPEG."""
    names = [f"ch{number}".encode() + b"\0" for number in range(len(chapters))]
    contents = b"toc\0" + bytes([ORDERED_TOP_LEVEL, min(len(names), 255)]) + b"".join(names[:255])
    picture = b"\0image/jpeg\0" + bytes([FRONT_COVER]) + b"\0" + cover
    frames = [
        _frame("TIT2", _text(title)),
        _frame("CTOC", contents),
        *(_chapter(name, chapter) for name, chapter in zip(names, chapters, strict=True)),
        _frame("APIC", picture),
    ]
    body = b"".join(frames)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + body


def _chapter(name: bytes, chapter: Cue) -> bytes:
    times = (round(time * 1000).to_bytes(4, "big") for time in (chapter.start, chapter.end))
    shown = _frame("TIT2", _text(chapter.text))
    return _frame("CHAP", name + b"".join(times) + 2 * NO_OFFSET + shown)


def _frame(name: str, body: bytes) -> bytes:
    return name.encode() + len(body).to_bytes(4, "big") + b"\0\0" + body


def _text(text: str) -> bytes:
    return UTF16 + text.encode("utf-16", "replace") + b"\0\0"
