"""Cue blocks of YouTube's json3: events of segments, each with its offset in milliseconds."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

from agents.subtitles import format_time
from agents.transcript.blocks import MAX_CUES, Block, CaptionsError

MAX_SEGMENTS = 1_000
"""Segments of one event that are read; a line has a dozen."""
MOST_MS = 1e9


def json3_blocks(text: str) -> list[Block]:
    """Return an event's segments as one cue each, timed by their offsets; else CaptionsError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptionsError("the captions look like JSON, but cannot be read") from error
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise CaptionsError("the captions are JSON, but not YouTube's json3: no list of events")
    return list(_event_blocks(events))


def _event_blocks(events: list[Any]) -> Iterator[Block]:
    for event in events[: 2 * MAX_CUES]:  # every other event only moves the window
        segments = event.get("segs") if isinstance(event, dict) else None
        start = _milliseconds(event.get("tStartMs", 0)) if isinstance(event, dict) else None
        if not isinstance(segments, list) or start is None:
            continue
        text = "".join(_marked(segments[:MAX_SEGMENTS], start))
        if text.strip():
            duration = _milliseconds(event.get("dDurationMs")) or 0.0
            yield Block(start, start + duration, text.split("\n"))


def _marked(segments: list[Any], start: float) -> Iterator[str]:
    """Yield the segments' text in WebVTT's cue markup, each that has an offset with its time."""
    for segment in segments:
        if not isinstance(segment, dict) or not isinstance(segment.get("utf8"), str):
            continue
        offset = _milliseconds(segment.get("tOffsetMs"))
        if offset is not None:
            yield f"<{format_time(start + offset, '.')}>"
        yield html.escape(segment["utf8"], quote=False)


def _milliseconds(value: object) -> float | None:
    """Return the seconds of a number of milliseconds, None if it is none that can be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value / 1000 if abs(value) < MOST_MS else None
