"""The clips of a run as a table and as the deck's overlay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.services.clips import History
from app.views.text import clock, length


def clip_table(clips: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return columns for a table: the timeline's alternative for those who do not see it."""
    rows = list(clips)
    return {
        "Rank": [clip["rank"] for clip in rows],
        "Title": [clip["title"] for clip in rows],
        "From": [clock(clip["start"]) for clip in rows],
        "To": [clock(clip["end"]) for clip in rows],
        "Length": [length(clip["duration"]) for clip in rows],
        "Score": [clip["score"] for clip in rows],
        "State": [clip["state"] for clip in rows],
        "Why": [clip["reason"] for clip in rows],
    }


def deck_clips(clips: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the timeline draws of each clip."""
    names = ("id", "rank", "title", "state", "parts", "revision", "locked", "rating", "score")
    return [{name: clip[name] for name in names} for clip in clips]


def history_line(history: History) -> dict[str, Any]:
    """Return what the deck says of the steps that can be taken back and done again."""
    return {
        "at": history.at,
        "made": history.made,
        "stamp": history.stamp,
        "undo": history.undo and history.undo.label,
        "redo": history.redo and history.redo.label,
    }
