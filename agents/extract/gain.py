"""What fitted weights can be expected to be worth on judgements that they have not seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agents.extract.fitting import WIDTHS, Judgement, Pairs, compare, propose

CAUTIOUS = (0.01,)
"""How far a weight may be expected to lie from its default while no gain has shown."""
SURE = 2.0
"""A gain counts as expected when it is so many of its standard errors above nothing."""
MOST_FOLDS = 40
"""So many pairs are left out one after another at most, where there is only one lecture."""


@dataclass(frozen=True, slots=True)
class Gain:
    """How often the liked one of two judged stretches scores higher, on judgements left out."""

    default: float
    proposed: float
    error: float
    """Standard error of the difference."""
    pairs: int
    left_out: Literal["lecture", "pair"]
    """What was left out each time: a lecture, or a pair of clips where there is only one."""

    @property
    def gain(self) -> float:
        """Return the difference, positive when the proposed weights agree better."""
        return self.proposed - self.default

    @property
    def expected(self) -> bool:
        """Return whether the gain is beyond what chance would give."""
        return self.gain > 0 and self.gain >= SURE * self.error


def fit_weights(
    judgements: Sequence[Judgement], default: np.ndarray
) -> tuple[np.ndarray, Gain | None]:
    """Return the proposed weights and their expected gain, None where nothing can be compared.

    Unless a gain shows on judgements left out, the weights stay close to the defaults: what is
    simpler wins within the error (the standard error rule; Breiman et al. 1984).
    """
    gain = expect_gain(judgements, default)
    shown = gain is not None and gain.expected
    return propose(judgements, default, WIDTHS if shown else CAUTIOUS), gain


def expect_gain(judgements: Sequence[Judgement], default: np.ndarray) -> Gain | None:
    """Return how the proposal agrees with judgements that it has not seen; None without any pair.

    Each lecture is left out once; where only one has been judged, each pair of a liked and a
    rejected clip (leave-pair-out: with one clip of the pair left in, the estimate is too good;
    Airola et al. 2011). What is compared is the share of such pairs in the right order, ties half
    (the area under the ROC curve; Hanley & McNeil 1982). The standard error is the largest of
    those over lectures, liked and rejected clips, since pairs that share one are alike.
    """
    judged = [one for one in judgements if not one.rest]
    pairs = compare(judged)
    if not len(pairs.weight):
        return None
    lectures = sorted({judged[at].lecture for at in pairs.liked})
    whole = len(lectures) > 1
    folds = _lecture_folds(judged, pairs, lectures) if whole else _pair_folds(judged, pairs)
    before, after, owner = [], [], []
    for number, (fold, held) in enumerate(folds):
        weights = propose([one for one in judgements if id(one) not in fold], default)
        before.append(_in_order(pairs.difference[held] @ default))
        after.append(_in_order(pairs.difference[held] @ weights))
        owner.append(np.full(len(held), number))
    one, other = np.concatenate(before), np.concatenate(after)
    which = np.concatenate([held for _, held in folds])
    units = (np.concatenate(owner), pairs.liked[which], pairs.other[which])
    return Gain(
        default=float(one.mean()),
        proposed=float(other.mean()),
        error=max(_standard_error(other - one, unit) for unit in units),
        pairs=len(which),
        left_out="lecture" if whole else "pair",
    )


_Fold = tuple[set[int], np.ndarray]
"""Identities of the judgements that are left out, and the pairs that are compared for it."""


def _lecture_folds(
    judged: Sequence[Judgement], pairs: Pairs, lectures: Sequence[str]
) -> list[_Fold]:
    owner = np.array([judged[at].lecture for at in pairs.liked])
    return [
        ({id(one) for one in judged if one.lecture == name}, np.flatnonzero(owner == name))
        for name in lectures
    ]


def _pair_folds(judged: Sequence[Judgement], pairs: Pairs) -> list[_Fold]:
    """Return every pair, or `MOST_FOLDS` that are spread evenly."""
    count = len(pairs.weight)
    taken = np.unique(np.linspace(0, count - 1, min(count, MOST_FOLDS)).astype(int))
    folds: list[_Fold] = []
    for at in taken.tolist():
        ends = judged[int(pairs.liked[at])], judged[int(pairs.other[at])]
        folds.append(({id(end) for end in ends}, np.array([at])))
    return folds


def _in_order(margins: np.ndarray) -> np.ndarray:
    """Return 1 where the liked stretch scores higher, 0 where the other does, ties half."""
    return np.where(np.abs(margins) < 1e-12, 0.5, (margins > 0).astype(float))


def _standard_error(values: np.ndarray, unit: np.ndarray) -> float:
    """Return the standard error of the mean of values that are alike within a unit."""
    members = np.unique(unit, return_inverse=True)[1]
    sums = np.bincount(members, values - values.mean())
    count = len(sums)
    if count < 2:
        return math.inf
    return float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(values))
