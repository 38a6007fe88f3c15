"""Which stretches of sentences become clips, chosen all at once by dynamic programming."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BISECTIONS = 6
"""So often the price of a second is halved in; more would not change the choice."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Every stretch of sentences that could be a clip, sorted by last sentence, then topic."""

    first: np.ndarray
    last: np.ndarray
    topic: np.ndarray
    """Topic of its middle sentence; it never falls from one clip to a later one."""
    worth: np.ndarray
    """What it is worth before the price of its seconds."""
    seconds: np.ndarray
    """Speech that the price is paid for."""
    length: np.ndarray
    """How long the clip is."""

    def without(self, first: int, last: int) -> Candidates:
        """Return the candidates that share no sentence with the stretch."""
        keep = (self.last < first) | (self.first > last)
        return Candidates(
            self.first[keep],
            self.last[keep],
            self.topic[keep],
            self.worth[keep],
            self.seconds[keep],
            self.length[keep],
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What a choice of clips must keep to."""

    fewest: int
    most: int
    total: float
    coverage: float
    """What the first clip of a topic is worth more."""


def choose_clips(
    found: Candidates, limits: Limits, price: float, ceiling: float
) -> tuple[list[int], float]:
    """Return the indices of the chosen candidates in order of time, and the price of a second.

    The limit on the total length is met by raising the price from `price` towards `ceiling`
    until the best choice keeps to it. For the length that it uses that choice is the best of
    all (Everett 1963), and without the limit it is exact.
    """
    if not len(found.first):
        return [], price
    for fewest in range(limits.fewest, 0, -1):
        chosen, paid = _search_price(found, limits, fewest, price, ceiling)
        if chosen:
            return chosen, paid
    return [int(np.argmin(found.length))], ceiling


def _search_price(
    found: Candidates, limits: Limits, fewest: int, low: float, high: float
) -> tuple[list[int], float]:
    """Return the best choice that keeps to the total, empty if none does, and its price."""
    chosen = best_choice(found, limits, fewest, low)
    if found.length[chosen].sum() <= limits.total:
        return chosen, low
    kept = best_choice(found, limits, fewest, high)
    if found.length[kept].sum() > limits.total:
        return [], high
    for _ in range(BISECTIONS):
        price = (low + high) / 2
        chosen = best_choice(found, limits, fewest, price)
        if found.length[chosen].sum() <= limits.total:
            kept, high = chosen, price
        else:
            low = price
    return kept, high


def best_choice(found: Candidates, limits: Limits, fewest: int, price: float) -> list[int]:
    """Return the clips of most worth at this price, `fewest` to `limits.most` of them.

    Layer k holds for every candidate the best choice of k clips that ends with it. Topics follow
    one another in time, so a topic is already covered exactly when the last clip lies in it.
    """
    value = found.worth - price * found.seconds
    topics = int(found.topic.max()) + 1
    cell = (found.last + 1) * topics + found.topic
    heads = np.flatnonzero(np.diff(cell, prepend=-1))
    before = found.first * topics + found.topic
    layers = [value + limits.coverage]
    while len(layers) < limits.most:
        reached = np.full((int(found.last[-1]) + 2, topics), -np.inf)
        reached.ravel()[cell[heads]] = np.maximum.reduceat(layers[-1], heads)
        np.maximum.accumulate(reached, axis=0, out=reached)
        covered = reached.copy()
        np.maximum.accumulate(reached[:, :-1] + limits.coverage, axis=1, out=covered[:, 1:])
        np.maximum(covered, reached, out=covered)
        layer = value + covered.take(before)
        if layer.max() == -np.inf:
            break
        layers.append(layer)
    best = [float(layer.max()) for layer in layers]
    if len(layers) < fewest:
        return []
    count = fewest + int(np.argmax(best[fewest - 1 :]))
    return _trace(found, layers[:count], limits.coverage)


def _trace(found: Candidates, layers: list[np.ndarray], coverage: float) -> list[int]:
    chosen = [int(np.argmax(layers[-1]))]
    for layer in reversed(layers[:-1]):
        now = chosen[-1]
        earlier = int(np.searchsorted(found.last, found.first[now]))
        bonus = np.where(found.topic[:earlier] != found.topic[now], coverage, 0.0)
        chosen.append(int(np.argmax(layer[:earlier] + bonus)))
    return chosen[::-1]
