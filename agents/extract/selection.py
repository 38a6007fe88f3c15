"""Which stretches of sentences become clips: chosen all at once, with a bound on what is missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

MOST_PRICES = 40
"""So many prices of a second are tried at most; the best one is nearly always among the first 8."""
CLOSE = 1e-6
"""Seconds of outstanding speech by which choices of one worth may differ in their binary sums."""


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
            starts += _shortened(found, limits, [one for one in tried if one not in fit])
            chosen = best.chosen
            if best.price:
                better = [_exchange(found, limits, start) for start in starts]
                chosen = max([chosen, *better], key=lambda one: _value(found, limits, one))
            choice = _choice(found, limits, chosen, bound, best.price)
            if limits.fewest > 0 or choice.value > 0:
                return choice
    if limits.fewest < 1:
        return Choice((), 0.0, 0.0)
    return _choice(found, limits, [int(np.argmin(found.length))])


def _choice(
    found: Candidates,
    limits: Limits,
    chosen: list[int],
    bound: float = -np.inf,
    price: float = 0.0,
) -> Choice:
    spans = tuple((int(found.first[i]), int(found.last[i])) for i in chosen)
    value = _value(found, limits, chosen)
    return Choice(spans, value, max(bound, value), price)


def choice_of(found: Candidates, limits: Limits, spans: Sequence[tuple[int, int]]) -> Choice:
    """Return a choice of these stretches, all of them candidates."""
    return _choice(found, limits, _indices(found, spans))


def _value(found: Candidates, limits: Limits, chosen: list[int]) -> float:
    covered = sorted(set(found.topic[chosen].tolist()))
    return float(found.value[chosen].sum() + limits.coverage[covered].sum())


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
    return _Priced(price, chosen, _value(found, limits, chosen), length)


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


def find_substitute(
    found: Candidates, limits: Limits, spans: Sequence[tuple[int, int]], at: int
) -> tuple[tuple[int, int], float] | None:
    """Return the stretch that does best in a chosen one's stead, and what the choice is worth then.

    The others stay as they are. `found` must hold them; what it holds may stand in.
    """
    if not len(found.first):
        return None
    others = _indices(found, [span for place, span in enumerate(spans) if place != at])
    room = limits.total - float(found.length[others].sum())
    moves = [
        (gain, better[place])
        for place in range(len(others) + 1)
        for gain, better in [_best_move(found, limits, others, place, room, add=True)]
        if len(better) > len(others)
    ]
    if not moves:
        return None
    gain, best = max(moves, key=lambda move: move[0])
    return (int(found.first[best]), int(found.last[best])), _value(found, limits, others) + gain


def _indices(found: Candidates, spans: Sequence[tuple[int, int]]) -> list[int]:
    return [
        int(np.flatnonzero((found.first == first) & (found.last == last))[0])
        for first, last in spans
    ]


def _shortened(found: Candidates, limits: Limits, long: Sequence[_Priced]) -> list[list[int]]:
    """Return choices that were too long after the best exchange that makes them fit."""
    made = []
    for one in long:
        room = limits.total - one.length
        moves = [_best_move(found, limits, one.chosen, at, room) for at in range(len(one.chosen))]
        moves = [move for move in moves if move[1] is not one.chosen]
        if moves:
            made.append(max(moves, key=lambda move: move[0])[1])
    return made


def _exchange(found: Candidates, limits: Limits, chosen: list[int]) -> list[int]:
    """Return the choice after single exchanges and additions that the total has room for."""
    chosen = list(chosen)
    for _ in range(2 * limits.most):
        room = limits.total - float(found.length[chosen].sum())
        moves = [_best_move(found, limits, chosen, at, room) for at in range(len(chosen))]
        places = range(len(chosen) + 1 if len(chosen) < limits.most else 0)
        moves += [_best_move(found, limits, chosen, at, room, add=True) for at in places]
        gain, better = max(moves, key=lambda move: move[0])
        if gain <= 1e-9:
            break
        chosen = better
    return chosen


def _best_move(
    found: Candidates, limits: Limits, chosen: list[int], at: int, room: float, *, add: bool = False
) -> tuple[float, list[int]]:
    """Return what putting the best candidate in a clip's place, or before it, gains."""
    before, after = chosen[:at], chosen[at if add else at + 1 :]
    low = int(found.last[before[-1]]) if before else -1
    high = int(found.first[after[0]]) if after else int(found.last[-1]) + 1
    # sorted by last sentence: what fits between two clips lies in one run of candidates
    begin, stop = np.searchsorted(found.last, [low + 1, high])
    own = 0.0 if add else float(found.length[chosen[at]])
    fits = (found.first[begin:stop] > low) & (found.length[begin:stop] <= room + own)
    if not fits.any():
        return 0.0, chosen
    bonus = limits.coverage.copy()
    bonus[found.topic[before + after]] = 0.0
    worth = np.where(fits, found.value[begin:stop] + bonus[found.topic[begin:stop]], -np.inf)
    best = int(np.argmax(worth))
    kept = _value(found, limits, before + after) if before or after else 0.0
    gain = kept + float(worth[best]) - _value(found, limits, chosen)
    return gain, [*before, int(begin) + best, *after]
