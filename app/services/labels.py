"""Stretches of a lecture that a person holds important."""

from __future__ import annotations

from agents.errors import TuningError
from app.services.core import Core
from data.labels import list_labels, put_labels
from data.lectures import get_lecture
from data.store import Connection
from jobs.evaluation.matching import Span, joined, outside
from jobs.references import IMPORTANT

LEAST_S = 0.2
"""What is shorter is a slip of the mouse."""


class Labels:
    """Marks, kept apart from each other: what overlaps becomes one."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def marked(self, lecture_id: str) -> list[Span]:
        """Return the stretches that are marked, in order."""
        with self.core.store.read() as con:
            get_lecture(con, lecture_id)
            return _read(con, lecture_id)

    def mark(self, lecture_id: str, start: float, end: float) -> list[Span]:
        """Mark a stretch and return all that is marked now."""
        span = _checked(start, end)
        with self.core.store.write() as con:
            _inside(con, lecture_id, span)
            spans = joined([*_read(con, lecture_id), span], 0.0)
            put_labels(con, lecture_id, IMPORTANT, spans)
        return spans

    def unmark(self, lecture_id: str, start: float, end: float) -> list[Span]:
        """Take the mark off a stretch and return what is marked still."""
        span = _checked(start, end)
        with self.core.store.write() as con:
            get_lecture(con, lecture_id)
            kept = [part for one in _read(con, lecture_id) for part in _without(one, span)]
            spans = [part for part in kept if part[1] - part[0] >= LEAST_S]
            put_labels(con, lecture_id, IMPORTANT, spans)
        return spans


def _read(con: Connection, lecture_id: str) -> list[Span]:
    found = list_labels(con, lecture_id, IMPORTANT)
    return joined(((label.t0, label.t1) for label in found), 0.0)


def _checked(start: float, end: float) -> Span:
    if not 0 <= start <= end - LEAST_S:
        raise TuningError(
            f"A mark goes from start={start:g} to a later end, {LEAST_S} s at least (got {end:g})."
        )
    return start, end


def _inside(con: Connection, lecture_id: str, span: Span) -> None:
    duration = get_lecture(con, lecture_id).duration
    if duration is not None and span[1] > duration + 1:
        raise TuningError(f"The lecture ends at {duration:g} s; a mark cannot end at {span[1]:g}.")


def _without(one: Span, gone: Span) -> list[Span]:
    """Return what of a stretch lies outside another."""
    return [
        (max(one[0], start), min(one[1], end))
        for start, end in outside([gone], max(one[1], gone[1]))
        if start < one[1] and end > one[0]
    ]
