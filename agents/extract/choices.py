"""What can be chosen for clips, within which limits, and what a choice is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Every stretch of sentences that could be a clip, sorted by last sentence, then topic."""

    first: np.ndarray
    last: np.ndarray
    topic: np.ndarray
    """Topic of its middle sentence; it never falls from one clip to a later one."""
    value: np.ndarray
    """What it is worth, in seconds of outstanding speech."""
    length: np.ndarray
    """How long the clip is."""

    def only(self, keep: np.ndarray) -> Candidates:
        """Return the candidates for which `keep`, bool, shape (n,), holds."""
        columns = (self.first, self.last, self.topic, self.value, self.length)
        return Candidates(*(column[keep] for column in columns))

    def without(self, first: int, last: int, share: float = 0.0) -> Candidates:
        """Return the candidates that have no more than a share of the stretch's sentences."""
        common = np.minimum(self.last, last) - np.maximum(self.first, first) + 1
        return self.only(common <= share * (last - first + 1))


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What a choice of clips must keep to."""

    fewest: int
    """So many clips if there is room for them, else the most for which there is; 0 asks for none
    that is worth nothing."""
    most: int
    total: float
    coverage: np.ndarray
    """What the first clip of each topic is worth more."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Clips as stretches of sentences in order of time, and how good the choice is."""

    spans: tuple[tuple[int, int], ...]
    value: float
    """What the clips are worth together, coverage of topics included."""
    bound: float
    """No choice within the limits is worth more."""
    price: float = 0.0
    """What a second of the total length is worth at the margin; 0 where there is room left."""

    @property
    def gap(self) -> float:
        """Return what a better choice could be worth more at most; 0 says that there is none."""
        return max(0.0, self.bound - self.value)


def make_choice(
    found: Candidates,
    limits: Limits,
    chosen: list[int],
    bound: float = -np.inf,
    price: float = 0.0,
) -> Choice:
    """Return a choice of candidates by their indices."""
    spans = tuple((int(found.first[i]), int(found.last[i])) for i in chosen)
    value = value_of(found, limits, chosen)
    return Choice(spans, value, max(bound, value), price)


def choice_of(found: Candidates, limits: Limits, spans: Sequence[tuple[int, int]]) -> Choice:
    """Return a choice of these stretches, all of them candidates."""
    return make_choice(found, limits, indices_of(found, spans))


def value_of(found: Candidates, limits: Limits, chosen: list[int]) -> float:
    """Return what the chosen candidates are worth together, coverage included."""
    covered = sorted(set(found.topic[chosen].tolist()))
    return float(found.value[chosen].sum() + limits.coverage[covered].sum())


def indices_of(found: Candidates, spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return which candidates these stretches are."""
    return [
        int(np.flatnonzero((found.first == first) & (found.last == last))[0])
        for first, last in spans
    ]
