"""Clips of a plan before they are described: what they keep of the lecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.extract.candidates import Lecture, Timed
from agents.extract.settling import ends_of
from agents.extract.skips import Span
from agents.types import Decisions, Interval


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """One clip of the plan before it is described."""

    parts: tuple[Interval, ...]
    inside: np.ndarray
    """The sentences that it keeps, as positions in `Content.sentences`."""
    seconds: np.ndarray
    """How much speech of each it keeps."""
    title: str = ""
    kept: bool = False


def sentences_in(parts: Sequence[Interval], lecture: Lecture) -> tuple[np.ndarray, np.ndarray]:
    """Return the sentences of which the parts keep half or more, and how much speech of each."""
    low, high = (np.array([[getattr(p, end)] for p in parts]) for end in ("start", "end"))
    first, last = ends_of(lecture.segments)
    seconds = np.maximum(np.minimum(high, last) - np.maximum(low, first), 0).sum(axis=0)
    inside = np.flatnonzero((seconds > 0) & (2 * seconds >= last - first))
    return inside, seconds[inside]


def pick_of(weighed: Timed, span: Span) -> Pick:
    """Return a stretch of sentences as a clip."""
    inside = np.arange(span[0], span[1] + 1)
    seconds = weighed.timing.speech[inside]
    said = seconds > 0
    return Pick(weighed.timing.parts(*span), inside[said], seconds[said])


def kept_picks(lecture: Lecture, decisions: Decisions) -> list[Pick]:
    return [
        Pick(
            clip.parts, *sentences_in(clip.parts, lecture), title=clip.title, kept=not clip.proposed
        )
        for clip in decisions.kept
    ]
