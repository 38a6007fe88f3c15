"""Cues as SRT and VTT text that no cue can break."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agents.subtitles.text import clean_text
from agents.types import Cue


def format_time(seconds: float, decimal: str) -> str:
    """Return `HH:MM:SS` + `decimal` + milliseconds: rounded to whole ms first, then split."""
    return _format_ms(round(max(0.0, seconds) * 1000), decimal)


def to_srt(cues: Iterable[Cue]) -> str:
    """Return SubRip text with exactly one block per cue, whatever the cues contain."""
    blocks = (
        f"{number}\n{_times(cue, ',')}\n{_srt_text(cue.text)}\n"
        for number, cue in enumerate(cues, start=1)
    )
    return "\n".join(blocks)


def to_vtt(cues: Iterable[Cue]) -> str:
    """Return WebVTT text with exactly one block per cue, markup escaped."""
    blocks = (f"{_times(cue, '.')}\n{_vtt_text(cue.text)}\n" for cue in cues)
    return "\n".join(["WEBVTT\n", *blocks])


def _format_ms(ms: int, decimal: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{decimal}{ms:03d}"


def cue_times(cue: Cue, decimal: str) -> tuple[str, str]:
    """Return a cue's start and end, in whole milliseconds and at least one of them apart."""
    start = round(cue.start * 1000)
    end = max(round(cue.end * 1000), start + 1)  # a reader drops a cue that ends when it begins
    return _format_ms(start, decimal), _format_ms(end, decimal)


def _times(cue: Cue, decimal: str) -> str:
    return " --> ".join(cue_times(cue, decimal))


def _srt_text(text: str) -> str:
    # SubRip has no escapes: an invisible space stops "<b>", "&lt;" and "-->" from acting.
    text = _cue_text(text).replace("-->", "--\u200b>")
    return re.sub(r"<(?=[A-Za-z/!])|&(?=[A-Za-z#])", "\\g<0>\u200b", text)


def _vtt_text(text: str) -> str:
    return _cue_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cue_text(text: str) -> str:
    """Return text that no reader takes for the beginning of a cue, however lenient it is."""
    text = re.sub(r"-{3,}>", "-->", clean_text(text))
    text = re.sub(r"\{(?=\\)", "{\u200b", text)  # "{\an8}" moves subtitles in many a player
    # Some readers take every line with two times for a cue: an invisible space breaks the times.
    return re.sub(r"(:\d+)(?=[.,]\d)", "\\g<1>\u200b", text) or "…"
