"""Weights from a person's judgements, near the defaults as long as these are few."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from agents.types import Interval

WIDTHS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
"""How far a weight may be expected to lie from its default; the judgements choose among these."""
REST_SHARE = 0.25
"""What nobody chose counts so much, against 1 for what somebody rejected."""
MOST_REST = 12
"""So many pieces of a lecture stand for all that was not chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """One stretch that a person has judged, or that nobody chose."""

    lecture: str
    components: np.ndarray
    """Mean of each score component over its speech, shape (components,)."""
    liked: bool
    weight: float = 1.0
    """1 for a judgement, less for half a one."""
    rest: bool = False
    """Whether it is only part of the lecture that was not chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Comparisons within lectures: what was liked minus what was not."""

    difference: np.ndarray
    """Shape (pairs, components)."""
    weight: np.ndarray
    liked: np.ndarray
    """Index of the liked judgement of each pair."""
    other: np.ndarray


def propose(
    judgements: Sequence[Judgement], default: np.ndarray, widths: Sequence[float] = WIDTHS
) -> np.ndarray:
    """Return weights under which liked stretches score higher than others, near the defaults.

    Pairwise logistic regression (Bradley & Terry 1952; Joachims 2002): the chance that the liked
    of two stretches of a lecture wins is the logistic of the difference of their scores, in
    standard deviations of the default scores. The weights have a normal prior around the
    defaults times a free confidence (regularisation biased towards a known model: Kienzle &
    Chellapilla 2006). How wide that prior is the judgements decide by their evidence (MacKay
    1992), among `widths`: few of them move little, many that agree move much.
    No weight falls below 0, their sum stays, and a component that does not vary keeps its default.
    """
    pairs = compare(judgements)
    moving = np.abs(pairs.difference).max(axis=0, initial=0.0) > 1e-9
    if not moving.any() or not default[moving].any():
        return default.copy()
    spread = float(np.sqrt(np.average((pairs.difference @ default) ** 2, weights=pairs.weight)))
    features = pairs.difference[:, moving] / (spread or 1.0)
    known = default[moving]
    best, found, start = -math.inf, np.append(known, 1.0), np.append(known, 1.0)
    with threadpool_limits(1):  # of matrices this small several threads only wait for each other
        for width in widths:
            start, evidence = _fit(features, pairs.weight, known, width, start)
            if evidence > best:
                best, found = evidence, start
    # confidence that the judgements take from the defaults is no reason to leave them
    mixed = found[:-1] + max(0.0, 1 - float(found[-1])) * known
    proposed = default.copy()
    if mixed.sum() > 0:
        proposed[moving] = mixed * (known.sum() / mixed.sum())
    return proposed


def _fit(
    features: np.ndarray, counts: np.ndarray, known: np.ndarray, width: float, start: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the most probable weights with their confidence, and the log of the evidence.

    `width` is the standard deviation of the prior; the evidence is Laplace's approximation.
    """
    from scipy.optimize import minimize

    # weights and confidence together: the prior is a plain quadratic form in both
    size = len(known) + 1
    away = np.hstack([np.eye(size - 1), -known[:, None]])
    prior = away.T @ away / width**2
    prior[-1, -1] += 1.0
    centre = np.append(np.zeros(size - 1), 1.0)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        margin = np.einsum("ij,j->i", features, values[:-1])
        pull = prior @ values - centre
        slope = -counts * _logistic(-margin)
        total = counts @ np.logaddexp(0, -margin) + 0.5 * values @ (pull - centre) + 0.5
        return float(total), np.append(np.einsum("ij,i->j", features, slope), 0.0) + pull

    bounds = [(0.0, None)] * size
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    chance = _logistic(np.einsum("ij,j->i", features, best.x[:-1]))
    curved = prior.copy()
    doubt = counts * chance * (1 - chance)
    curved[:-1, :-1] += np.einsum("ij,ik,i->jk", features, features, doubt)
    volume = np.linalg.slogdet(curved)[1] - np.linalg.slogdet(prior)[1]
    return best.x, -float(best.fun) - 0.5 * float(volume)


def _logistic(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(margin, -500, 500)))


def compare(judgements: Iterable[Judgement]) -> Pairs:
    """Compare every liked stretch with every other of its lecture that was not liked.

    All comparisons of a lecture count as much as so many independent ones as it has pairs of
    judgements; each liked stretch against what nobody chose counts `REST_SHARE` in all.
    """
    listed = list(judgements)
    groups: dict[str, tuple[list[int], list[int], list[int]]] = {}
    for at, one in enumerate(listed):
        kind = 0 if one.liked else 2 if one.rest else 1
        groups.setdefault(one.lecture, ([], [], []))[kind].append(at)
    rows: list[tuple[int, int, float]] = []
    for liked, rejected, rest in groups.values():
        for others, whole in ((rejected, _harmonic), (rest, _share_of_first)):
            mine, theirs = ([listed[at].weight for at in side] for side in (liked, others))
            if mine and theirs:
                scale = whole(sum(mine), sum(theirs)) / (sum(mine) * sum(theirs))
                rows += [
                    (i, j, scale * listed[i].weight * listed[j].weight)
                    for i in liked
                    for j in others
                ]
    table = np.array(rows).reshape(-1, 3)
    first, second = table[:, 0].astype(int), table[:, 1].astype(int)
    components = np.array([one.components for one in listed] or np.zeros((0, 0)))
    return Pairs(components[first] - components[second], table[:, 2], first, second)


def _harmonic(mine: float, theirs: float) -> float:
    # 4 accepted and 4 rejected make 4 comparisons, 7 and 1 not quite 2
    return 2 * mine * theirs / (mine + theirs)


def _share_of_first(mine: float, theirs: float) -> float:
    return REST_SHARE * mine


def mean_components(
    components: np.ndarray, times: np.ndarray, parts: Sequence[Interval]
) -> np.ndarray | None:
    """Return the mean of the components over the speech that the parts keep; None if there is none.

    `components` has shape (sentences, components), `times` start and end per sentence.
    """
    seconds = _seconds_kept(times, parts)
    if not seconds.any():
        return None
    return np.average(components, axis=0, weights=seconds)


def _seconds_kept(times: np.ndarray, parts: Sequence[Interval]) -> np.ndarray:
    edges = np.array([[part.start, part.end] for part in parts]).reshape(-1, 1, 2)
    low, high = np.maximum(times[:, 0], edges[..., 0]), np.minimum(times[:, 1], edges[..., 1])
    return np.maximum(high - low, 0.0).sum(axis=0)


def unchosen(
    times: np.ndarray, chosen: Sequence[Interval], length: float
) -> list[tuple[Interval, ...]]:
    """Return pieces of whole sentences outside the chosen stretches, each of `length` s or more."""
    free = _seconds_kept(times, chosen) == 0
    pieces: list[tuple[Interval, ...]] = []
    begun: float | None = None
    for (start, end), is_free in zip(times.tolist(), free, strict=True):
        begun = (start if begun is None else begun) if is_free else None
        if begun is not None and end - begun >= length:
            pieces.append((Interval(begun, end),))
            begun = None
    spread = np.unique(np.linspace(0, len(pieces) - 1, min(len(pieces), MOST_REST)).astype(int))
    return [pieces[at] for at in spread]
