"""The kept stretches of a clip as a person moves, cuts and joins them; plain functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agents.errors import TuningError
from agents.types import Interval
from data.records import ClipRow

LEAST_S = 1.0
"""No clip is shorter."""
SLIVER_S = 0.25
"""What is left of a part and is shorter goes away."""
JOINED_S = 1.5
"""Two clips that are merged keep what lies between them up to this length; more is skipped."""

Parts = tuple[Interval, ...]


def resize(parts: Parts, start: float, end: float) -> Parts:
    """Return the parts from `start` to `end`: what lies outside is gone, skips stay skipped."""
    pairs = [(part.start, part.end) for part in parts if part.end > start and part.start < end]
    if not pairs:
        raise TuningError("Nothing of the clip would be left there; move the other edge first.")
    first, last = parts[0], parts[-1]
    pairs = [(max(a, start), min(b, end)) for a, b in pairs]
    if start < first.start:
        pairs[0] = (start, pairs[0][1])
    if end > last.end:
        pairs[-1] = (pairs[-1][0], end)
    return tidy(pairs)


def shift(parts: Parts, start: float) -> Parts:
    """Return the parts moved so that the first begins at `start`."""
    by = start - parts[0].start
    return tidy((part.start + by, part.end + by) for part in parts)


def cut(parts: Parts, start: float, end: float) -> Parts:
    """Return the parts without `start` to `end`."""
    left = [(part.start, min(part.end, start)) for part in parts]
    right = [(max(part.start, end), part.end) for part in parts]
    return tidy((a, b) for a, b in sorted([*left, *right]) if b - a >= SLIVER_S)


def fill(parts: Parts, start: float, end: float) -> Parts:
    """Return the parts with `start` to `end` put back, as far as it lies inside the clip."""
    start, end = max(start, parts[0].start), min(end, parts[-1].end)
    back = [(start, end)] if start < end else []
    return tidy(sorted([*((part.start, part.end) for part in parts), *back]))


def split(parts: Parts, at: float) -> tuple[Parts, Parts]:
    """Return the parts before and after a time inside the clip."""
    if not parts[0].start < at < parts[-1].end:
        raise TuningError("Put the playhead inside the clip to split it there.")
    before = [(part.start, min(part.end, at)) for part in parts]
    after = [(max(part.start, at), part.end) for part in parts]
    left, right = (tidy((a, b) for a, b in half if b - a >= SLIVER_S) for half in (before, after))
    check_length(left)
    check_length(right)
    return left, right


def join(one: Parts, other: Parts) -> Parts:
    """Return the parts of two clips as one, with a short gap between them kept."""
    first, second = sorted((one, other), key=lambda parts: parts[0].start)
    between = (first[-1].end, second[0].start)
    gap = [between] if 0 < between[1] - between[0] <= JOINED_S else []
    return tidy([*((p.start, p.end) for p in first), *gap, *((p.start, p.end) for p in second)])


def tidy(pairs: Iterable[tuple[float, float]]) -> Parts:
    """Return stretches in order as parts in whole milliseconds, those that touch joined."""
    tidied: list[tuple[float, float]] = []
    for start, end in ((round(a, 3), round(b, 3)) for a, b in pairs if b > a):
        if tidied and start <= tidied[-1][1] + 0.01:
            tidied[-1] = (tidied[-1][0], max(tidied[-1][1], end))
        elif end > start:
            tidied.append((start, end))
    if not tidied:
        raise TuningError("Nothing of the clip would be left; delete it instead.")
    return tuple(Interval(max(0.0, start), end) for start, end in tidied)


def check_parts(parts: Parts, others: Sequence[ClipRow], duration: float | None) -> None:
    """Refuse parts that are too short, leave the recording, or lie over another clip.

    No two clips share a second, as the planner keeps it; those that are rejected take no room.
    """
    check_length(parts)
    span = Interval(parts[0].start, parts[-1].end)
    if duration is not None and span.end > duration + 0.001:
        raise TuningError(f"The recording ends at {duration:.1f} s; the clip cannot go beyond.")
    for other in others:
        taken = Interval(other.parts[0].start, other.parts[-1].end)
        if other.state not in ("rejected", "deleted") and span.overlap(taken) > 0.001:
            raise TuningError(
                f"It would lie over clip {other.idx}, {_titled(other)}; two clips share no second."
                " Move or delete that one first."
            )


def check_length(parts: Parts) -> None:
    """Refuse parts that keep less than a second."""
    kept = sum(part.duration for part in parts)
    if kept < LEAST_S:
        raise TuningError(f"{kept:.1f} s would be left; a clip has {LEAST_S:.0f} s at least.")


def _titled(clip: ClipRow) -> str:
    return f"“{clip.title}”"
