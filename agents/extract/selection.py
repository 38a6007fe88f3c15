"""Which stretches of sentences become clips: chosen all at once, with a bound on what is missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from agents.extract.choices import Candidates, Choice, Limits, make_choice, value_of
from agents.extract.exchanges import exchange, shorten

MOST_PRICES = 40
"""So many prices of a second are tried at most; the best one is nearly always among the first 8."""
CLOSE = 1e-6
"""Seconds of outstanding speech by which choices of one worth may differ in their binary sums."""


@dataclass(frozen=True, slots=True)
class _Priced:
    """The best choice at one price of a second."""

    price: float
    chosen: list[int]
    value: float
    length: float

    def reduced(self, price: float) -> float:
        """Return what this choice is worth after paying so much for each second."""
        return self.value - price * self.length


def choose_clips(found: Candidates, limits: Limits, price: float = 0.0) -> Choice:
    """Return the choice of most value; `price` is a guess at what a second is worth.

    Number, overlap and coverage are met exactly, by dynamic programming. The limit on the total
    length is met by a price per second (Lagrange; Everett 1963). The value of the best choice at
    any price, plus the price of the whole limit, bounds the value of every choice within it, so
    `bound` is the least of those. Where the total does not bind the choice is exact; where it
    does, what is left of the limit is used up by exchanging one clip at a time, and `gap` tells
    how far from the best the choice can be.
    """
    if not len(found.first) or limits.most < 1:
        return Choice((), 0.0, 0.0)
    for fewest in range(max(1, min(limits.fewest, limits.most)), 0, -1):
        tried = _search_price(found, replace(limits, fewest=fewest), price)
        fit = [one for one in tried if one.length <= limits.total + 1e-9]
        if fit:
            best = max(fit, key=lambda one: one.value)
            bound = min(one.reduced(one.price) + one.price * limits.total for one in tried)
            starts = [one.chosen for one in fit]
            starts += shorten(found, limits, [one.chosen for one in tried if one not in fit])
            chosen = best.chosen
            if best.price:
                better = [exchange(found, limits, start) for start in starts]
                chosen = max([chosen, *better], key=lambda one: value_of(found, limits, one))
            choice = make_choice(found, limits, chosen, bound, best.price)
            if limits.fewest > 0 or choice.value > 0:
                return choice
    if limits.fewest < 1:
        return Choice((), 0.0, 0.0)
    return make_choice(found, limits, [int(np.argmin(found.length))])


def _search_price(found: Candidates, limits: Limits, guess: float) -> list[_Priced]:
    """Return the best choices at the prices tried; none keeps to the total where none can.

    Between a choice that is too long and one that is not, the next price is the one at which both
    are worth the same; when nothing beats them there, that price gives the least bound.
    """
    tried: list[_Priced] = []
    long = short = None
    worth = float(np.ptp(found.value)) + float(limits.coverage.max(initial=0.0)) + 1.0
    beyond = 2 * worth / float(found.length.min())
    for price in (guess, 0.8 * guess, 0.0) if guess else (0.0,):
        now = _at_price(found, limits, price)
        if now is None:
            return tried
        tried.append(now)
        if now.length > limits.total:
            long = now
            break
        short = now
    if long is None:
        return tried
    for price in (1.25 * long.price, beyond) if short is None else ():
        now = _at_price(found, limits, price)
        if now is not None and price > long.price:
            tried.append(now)
            if now.length <= limits.total:
                short = now
                break
            long = now
    while short is not None and len(tried) < MOST_PRICES:
        price = (long.value - short.value) / (long.length - short.length)
        now = _at_price(found, limits, price)
        if now is None or now.reduced(price) <= long.reduced(price) + CLOSE:
            break
        tried.append(now)
        long, short = (now, short) if now.length > limits.total else (long, now)
    return tried


def _at_price(found: Candidates, limits: Limits, price: float) -> _Priced | None:
    chosen = best_choice(found, limits, price)
    if not chosen:
        return None
    length = float(found.length[chosen].sum())
    return _Priced(price, chosen, value_of(found, limits, chosen), length)


def best_choice(found: Candidates, limits: Limits, price: float) -> list[int]:
    """Return the clips of most value at this price of a second, fewest to most of them.

    Layer k holds for every candidate the best choice of k clips that ends with it. Topics follow
    one another in time, so a topic is already covered exactly when the last clip lies in it.
    """
    value = found.value - price * found.length
    shape = (len(limits.coverage), int(found.last[-1]) + 2)
    cell = found.topic * shape[1] + found.last + 1
    heads = np.flatnonzero(np.diff(cell, prepend=-1))
    before = found.topic * shape[1] + found.first
    blocks = _blocks(found, shape[0])
    layers = [value + limits.coverage[found.topic]]
    while len(layers) < limits.most:
        # best choice so far by topic of its last clip and number of sentences that it may use
        reached = np.full(shape, -np.inf)
        reached.ravel()[cell[heads]] = np.maximum.reduceat(layers[-1], heads)
        layer = value + _go_on(reached, limits.coverage, blocks).take(before)
        if layer.max() == -np.inf:
            break
        layers.append(layer)
    best = [float(layer.max()) for layer in layers]
    if len(layers) < limits.fewest:
        return []
    count = limits.fewest + int(np.argmax(best[limits.fewest - 1 :]))
    return _trace(found, layers[:count], limits.coverage)


def _blocks(found: Candidates, topics: int) -> list[tuple[int, int, int]]:
    """Return each topic that has candidates, and where the first and the last of them end."""
    order = np.argsort(found.topic, kind="stable")
    at = np.searchsorted(found.topic[order], np.arange(topics + 1)).tolist()
    return [
        (topic, int(found.last[order[begin]]) + 1, int(found.last[order[stop - 1]]) + 2)
        for topic, (begin, stop) in enumerate(pairwise(at))
        if stop > begin
    ]


def _go_on(
    reached: np.ndarray, coverage: np.ndarray, blocks: Sequence[tuple[int, int, int]]
) -> np.ndarray:
    """Return what the best choice so far is worth to a next clip of each topic (row).

    Both arrays have the number of sentences gone by as columns; `reached` has what ends there.
    """
    gone_on = np.full_like(reached, -np.inf)
    earlier = np.full(reached.shape[1], -np.inf)
    for topic, begin, stop in blocks:
        row = reached[topic]
        # a topic's candidates end in one run of sentences; only there anything can change
        np.maximum.accumulate(row[begin:stop], out=row[begin:stop])
        row[stop:] = row[stop - 1]
        np.maximum(row, earlier + coverage[topic], out=gone_on[topic])
        np.maximum(earlier, row, out=earlier)
    return gone_on


def _trace(found: Candidates, layers: list[np.ndarray], coverage: np.ndarray) -> list[int]:
    chosen = [int(np.argmax(layers[-1]))]
    for layer in reversed(layers[:-1]):
        now = chosen[-1]
        earlier = int(np.searchsorted(found.last, found.first[now]))
        new = found.topic[:earlier] != found.topic[now]
        chosen.append(
            int(np.argmax(layer[:earlier] + np.where(new, coverage[found.topic[now]], 0)))
        )
    return chosen[::-1]
