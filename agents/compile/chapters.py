"""Chapters as ffmpeg reads them, for films and sound files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agents.subtitles import one_line
from agents.types import Cue


def to_ffmetadata(chapters: Iterable[Cue], tags: Iterable[tuple[str, str]] = ()) -> str:
    """Return tags and chapters in ffmpeg's FFMETADATA1, whatever the titles hold."""
    lines = [";FFMETADATA1", *(f"{name}={_escaped(value)}" for name, value in tags)]
    for chapter in chapters:
        times = f"START={round(chapter.start * 1000)}\nEND={round(chapter.end * 1000)}"
        lines.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}\ntitle={_escaped(chapter.text)}")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    """Return a text on one line, with a backslash before what means something there."""
    return re.sub(r"([=;#\\])", r"\\\1", one_line(text))
