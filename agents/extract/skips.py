"""Asides: low stretches inside a topic that a clip leaves out, so that its idea stays whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agents.extract.edges import Edges
from agents.extract.params import ExtractParams
from agents.extract.timing import Timing, cut_out

Span = tuple[int, int]
"""First and last sentence of a stretch, as positions in `Content.sentences`."""


def find_asides(
    outstanding: np.ndarray,
    topics: np.ndarray,
    timing: Timing,
    edges: Edges,
    params: ExtractParams,
) -> list[Span]:
    """Return the stretches that a clip around them leaves out, in order, `min_part_s` apart.

    `outstanding` is the score of each sentence in standard deviations above the usual. An aside
    lies inside one topic between sentence ends in pauses, and scores `skip_below` lower than
    usual. What is said next must not point back at it, and no question stands before it that it
    may answer. Of asides that are too near to each other, those that gain most in sum are taken
    (weighted interval scheduling).
    """
    first, last = _low_stretches(outstanding, timing, params)
    inside = (first > 0) & (last < len(topics) - 1)
    first, last = first[inside], last[inside]
    joined = (
        edges.ends[first - 1] & edges.begins[last + 1] & (topics[first - 1] == topics[last + 1])
    )
    joined &= (edges.leans[last + 1] < 1) & ~edges.asks[first - 1] & ~edges.asks[last]
    first, last = first[joined], last[joined]
    lost = np.concatenate([[0.0], np.cumsum(-outstanding * timing.speech)])
    gain = lost[last + 1] - lost[first] - params.edge_weight
    begin, end = timing.end[first - 1], timing.start[last + 1]
    short = (gain > 0) & (end - begin <= params.max_skip_s)
    return _best_apart(first[short], last[short], begin[short], end[short], gain[short], params)


def _low_stretches(
    outstanding: np.ndarray, timing: Timing, params: ExtractParams
) -> tuple[np.ndarray, np.ndarray]:
    """Return first and last sentences of all that scores low throughout, up to `max_skip_s`."""
    count = len(outstanding)
    worth = np.concatenate([[0.0], np.cumsum((outstanding + params.skip_below) * timing.speech)])
    ahead = np.arange(count)
    stop = np.searchsorted(timing.end, timing.start + params.max_skip_s + 1e-6)
    sizes = np.maximum(stop - ahead, 0)
    first = np.repeat(ahead, sizes)
    last = first + np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    # none of it may stand out: half as far below the usual as all of it together
    better = np.concatenate([[0], np.cumsum(outstanding > -params.skip_below / 2)])
    low = (worth[last + 1] - worth[first] <= 0) & (better[last + 1] == better[first])
    return first[low], last[low]


def _best_apart(
    first: np.ndarray,
    last: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    gain: np.ndarray,
    params: ExtractParams,
) -> list[Span]:
    order = np.argsort(end, kind="stable")
    ends = end[order]
    best, taken = [0.0], [False]
    before = np.searchsorted(ends, begin[order] - params.min_part_s, side="right")
    for at, which in enumerate(order):
        worth = float(gain[which]) + best[before[at]]
        taken.append(worth > best[-1])
        best.append(max(worth, best[-1]))
    chosen: list[Span] = []
    at = len(order)
    while at:
        if taken[at]:
            which = order[at - 1]
            chosen.append((int(first[which]), int(last[which])))
            at = int(before[at - 1])
        else:
            at -= 1
    return chosen[::-1]


def skip(timing: Timing, asides: Sequence[Span]) -> Timing:
    """Return the timing of clips that leave the asides out."""
    speech = timing.speech.copy()
    for first, last in asides:
        speech[first : last + 1] = 0.0
    gone = [(timing.end[first - 1], timing.start[last + 1]) for first, last in asides]
    return cut_out(replace(timing, speech=speech), np.array(gone).reshape(-1, 2))


def whole_parts(
    first: np.ndarray,
    last: np.ndarray,
    asides: Sequence[Span],
    timing: Timing,
    params: ExtractParams,
) -> np.ndarray:
    """Return which stretches stay in parts of `min_part_s`, and leave out no more than allowed."""
    if not asides:
        return np.ones(len(first), dtype=bool)
    begin, finish = np.array(asides).T
    nearest = np.searchsorted(begin, first, side="right")
    furthest = np.searchsorted(finish, last) - 1
    # no edge inside an aside: as many are over as have begun
    fine = nearest == np.searchsorted(finish, first)
    fine &= furthest == np.searchsorted(begin, last, side="right") - 1
    holds = nearest <= furthest
    at, to = nearest.clip(max=len(asides) - 1), furthest.clip(min=0)
    head, tail = begin[at] - 1, finish[to] + 1
    long = (head >= first) & (tail <= last)
    long &= timing.kept(first, np.maximum(head, first)) >= params.min_part_s
    long &= timing.kept(np.minimum(tail, last), last) >= params.min_part_s
    seconds = timing.start[finish + 1] - timing.end[begin - 1]
    skipped = np.concatenate([[0.0], np.cumsum(seconds)])
    long &= skipped[to + 1] - skipped[at] <= params.max_skip_s
    return fine & (~holds | long)
