"""Choices of clips made better, or fit, by exchanging one clip at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.extract.choices import Candidates, Limits, indices_of, value_of


def find_substitute(
    found: Candidates, limits: Limits, spans: Sequence[tuple[int, int]], at: int
) -> tuple[tuple[int, int], float] | None:
    """Return the stretch that does best in a chosen one's stead, and what the choice is worth then.

    The others stay as they are. `found` must hold them; what it holds may stand in.
    """
    if not len(found.first):
        return None
    others = indices_of(found, [span for place, span in enumerate(spans) if place != at])
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
    return (int(found.first[best]), int(found.last[best])), value_of(found, limits, others) + gain


def shorten(found: Candidates, limits: Limits, long: Sequence[list[int]]) -> list[list[int]]:
    """Return choices that were too long after the best exchange that makes them fit."""
    made = []
    for chosen in long:
        room = limits.total - float(found.length[chosen].sum())
        moves = [_best_move(found, limits, chosen, at, room) for at in range(len(chosen))]
        moves = [move for move in moves if move[1] is not chosen]
        if moves:
            made.append(max(moves, key=lambda move: move[0])[1])
    return made


def exchange(found: Candidates, limits: Limits, chosen: list[int]) -> list[int]:
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
    kept = value_of(found, limits, before + after) if before or after else 0.0
    gain = kept + float(worth[best]) - value_of(found, limits, chosen)
    return gain, [*before, int(begin) + best, *after]
