"""Stretches of a lecture as people type them: `12:00-13:05`, with a title behind `=`."""

from __future__ import annotations

from collections.abc import Sequence

from agents.errors import TuningError
from agents.types import Decisions, Interval, KeptClip


def read_stretches(keep: Sequence[str], drop: Sequence[str]) -> Decisions:
    """Return what is to be kept and what is not to be proposed, or raise TuningError."""
    kept = []
    for text in keep:
        times, _, title = text.partition("=")
        kept.append(KeptClip((read_stretch(times),), " ".join(title.split())))
    return Decisions(tuple(kept), tuple(read_stretch(text) for text in drop))


def read_stretch(text: str) -> Interval:
    """Return the stretch between two times such as 754.5, 12:34.5 or 1:02:03."""
    start, dash, end = text.partition("-")
    try:
        if not dash:
            raise ValueError("one time only")
        return Interval(_seconds(start), _seconds(end))
    except ValueError as error:
        raise TuningError(
            f"{text!r} is no stretch of time; one is written 12:00-13:05, its start first."
        ) from error


def _seconds(text: str) -> float:
    parts = [float(part) for part in text.strip().split(":")]
    if len(parts) > 3 or any(not 0 <= part < 60 for part in parts[1:]) or not parts[0] < 1e6:
        raise ValueError(text)
    return sum(part * 60**power for power, part in enumerate(reversed(parts)))
