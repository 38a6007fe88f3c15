"""The clips of a run as a table and as the deck's overlay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agents.compile.params import Quality
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


def unrendered(clips: Sequence[dict[str, Any]]) -> int:
    """Return how many clips that are not rejected have no film as they stand now."""
    return sum(clip["video"] is None and clip["state"] != "rejected" for clip in clips)


def size_line(clip: Mapping[str, Any], quality: Quality) -> str:
    """Return "720p", or "draft, 360p"."""
    shorter = min(clip["width"] or 0, clip["height"] or 0)
    return f"draft, {shorter}p" if quality == "draft" else f"{shorter}p"


def quality_line(clips: Sequence[dict[str, Any]], quality: Quality) -> str:
    """Return in one sentence how many clips are rendered, and in which quality."""
    standing = [clip for clip in clips if clip["state"] != "rejected"]
    made, missing = [clip for clip in standing if clip["video"]], unrendered(clips)
    if not made:
        return "No clip is rendered as it stands now." if standing else "No clip is kept."
    sizes = "/".join(sorted({size_line(clip, "full") for clip in made}))
    kind = f"drafts ({sizes})" if quality == "draft" else f"full quality ({sizes})"
    how = f"rendered as {kind}" if quality == "draft" else f"rendered in {kind}"
    if missing:
        one = "clip is" if missing == 1 else "clips are"
        return f"{missing} {one} not rendered as it stands now; the others are {how}."
    return f"The clips are {how}."


def render_times(seconds: Mapping[Quality, float], offered: Sequence[Quality]) -> str:
    """Return what rendering takes at most, in each quality that is offered."""
    if not seconds:
        return "How long it takes is known after the first time."
    names: dict[Quality, str] = {"draft": "as drafts", "full": "in full quality"}
    told = [f"{length(max(1.0, seconds[one]))} {names[one]}" for one in offered]
    return f"Takes at most about {', '.join(told)}."
