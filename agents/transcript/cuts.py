"""Captions of a cut version: pieces of the file, each late or early by its own.

After alass (kaegi, https://github.com/kaegi/alass): every cue rates every shift by the voice it
would cover, a change of the shift between two cues costs a penalty, and dynamic programming
finds the best sequence of shifts. Here the pauses between cues rate too, and a piece must prove
itself against the shift that would be there without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

STEP_S = 0.05
COARSE = 4
"""Steps between the shifts that are compared first."""
GAP_S = 2.0
"""How much of a pause between two cues counts."""
SPLIT_SIGMAS = 12.0
"""What a change of the shift costs, in deviations of one cue's rating by chance."""
LEAST_CUES = 8
LEAST_CHANGE_S = 1.5
"""Smaller changes are the captioner's, not a cut's."""
LEAST_PAUSES = 0.05
"""Captions, or speech, with a smaller share of pauses tell nothing of cuts."""
LEAST_PIECE_S = 60.0
"""A shorter piece is no cut but a stretch that was captioned otherwise."""
NEAR_S = 2.0
"""Shifts this near to the best one are no rivals of it."""
PROOF, PROOF_GAIN = 0.4, 0.25
"""What a piece must rate of what its cues could at best, and by how much more than elsewhere."""
WINDOW_CUES, LEAST_WINDOWS, MOST_WINDOWS = 15, 5, 16
"""Cues of a window that drift is measured by, and how many windows there must and may be."""
DRIFT_S = 3.0
"""How far around the shift of the whole a window's own is looked for."""
MOST_LOST = 0.3
"""The recording may lack at most this share of the cues."""
FINE_S = 1.0
"""How far around a coarse shift the exact one is looked for."""


class Piece(NamedTuple):
    """The cues `first` to before `last`: they come `late_s` seconds late (early if negative)."""

    first: int
    last: int
    late_s: float


class _Ratings:
    """What each cue gains by a shift: voice in it counts for, voice in the pause after against."""

    def __init__(self, starts: np.ndarray, ends: np.ndarray, voice: np.ndarray) -> None:
        self.starts, self.ends = starts, ends
        self.following = np.append(np.minimum(starts[1:], ends[:-1] + GAP_S), ends[-1])
        self.following = np.maximum(self.following, ends)
        self.voiced = np.concatenate([[0.0], np.cumsum(voice - voice.mean())]) * STEP_S
        shown = float(np.sum(ends - starts))
        self.share = shown / max(shown, float(np.sum(self.following - starts)))
        self.best = (ends - starts) * (1 - voice.mean()) * (1 - self.share)
        self.best += (self.following - ends) * self.share * voice.mean()

    def of(self, cue: int, late_s: np.ndarray) -> np.ndarray:
        """Return the cue's rating for each shift, in seconds of voice above what is usual."""
        inside = self._between(self.starts[cue] - late_s, self.ends[cue] - late_s)
        pause = self._between(self.ends[cue] - late_s, self.following[cue] - late_s)
        return (1 - self.share) * inside - self.share * pause

    def sums(self, late_s: float) -> np.ndarray:
        """Return the ratings of all cues at one shift, summed up from 0 to each, shape (n + 1,)."""
        at = np.array([late_s])
        each = [float(self.of(cue, at)[0]) for cue in range(len(self.starts))]
        return np.concatenate([[0.0], np.cumsum(each)])

    def _between(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        last = len(self.voiced) - 1
        first = np.clip(np.round(start / STEP_S), 0, last).astype(np.intp)
        return (
            self.voiced[np.clip(np.round(end / STEP_S), 0, last).astype(np.intp)]
            - (self.voiced[first])
        )


def find_pieces(
    starts: np.ndarray, ends: np.ndarray, voice: np.ndarray, late_s: float, reach: int
) -> tuple[Piece, ...]:
    """Return the pieces if there are surely several, none otherwise.

    `late_s` is the shift of the captions as a whole, `reach` the largest one in steps.
    """
    if len(starts) < 2 * LEAST_CUES or reach < COARSE:
        return ()
    ratings = _Ratings(starts, ends, voice)
    if max(ratings.share, float(voice.mean())) > 1 - LEAST_PAUSES:
        return ()
    shifts = np.arange(-reach, reach + 1, COARSE) * STEP_S
    table = np.array([ratings.of(cue, shifts) for cue in range(len(starts))])
    chance = float(np.median(table.std(axis=1)))
    path = shifts[_best_path(table, SPLIT_SIGMAS * chance)]
    runs = _merged([_finer(piece, ratings) for piece in _runs(path)])
    proven = [piece for piece in runs if _is_proven(piece, table, shifts, ratings)]
    if len(_merged(proven)) < 2:
        return ()
    cut = _cut_exactly(_merged(proven), ratings)
    kept = sum(piece.last - piece.first for piece in cut)
    better = _gain(cut, late_s, ratings) > SPLIT_SIGMAS * chance * (len(cut) - 1)
    return tuple(cut) if better and kept >= (1 - MOST_LOST) * len(starts) else ()


def measure_drift(
    starts: np.ndarray, ends: np.ndarray, voice: np.ndarray, late_s: float
) -> tuple[float, float]:
    """Return by how much a second of the captions is too long, and how surely, in deviations.

    The slope is Theil and Sen's: the median over pairs of windows, each with its own best shift.
    """
    count = min(MOST_WINDOWS, len(starts) // WINDOW_CUES)
    if count < LEAST_WINDOWS:
        return 0.0, 0.0
    ratings = _Ratings(starts, ends, voice)
    around = late_s + np.arange(-DRIFT_S, DRIFT_S + STEP_S / 2, STEP_S)
    edges = np.linspace(0, len(starts), count + 1).astype(np.intp)
    at, late = np.zeros(count), np.zeros(count)
    for number, (first, last) in enumerate(pairwise(edges.tolist())):
        total = np.sum([ratings.of(cue, around) for cue in range(first, last)], axis=0)
        at[number] = (starts[first] + ends[last - 1]) / 2
        late[number] = around[int(np.argmax(total))]
    one, two = np.triu_indices(count, 1)
    slope = float(np.median((late[two] - late[one]) / (at[two] - at[one])))
    rest = late - slope * at
    spread = max(STEP_S, 1.48 * float(np.median(np.abs(rest - np.median(rest)))))
    return slope, abs(slope) * float(at.std()) * np.sqrt(count) / spread


def _best_path(table: np.ndarray, penalty: float) -> np.ndarray:
    """Return the index of each cue's shift on the path of the highest ratings less penalties."""
    score = table[0].copy()
    came = np.zeros(table.shape, np.int16)
    for cue in range(1, len(table)):
        best = int(np.argmax(score))
        jump = score[best] - penalty
        stays = score >= jump
        came[cue] = np.where(stays, np.arange(len(score)), best)
        score = np.where(stays, score, jump) + table[cue]
    path = np.zeros(len(table), np.intp)
    path[-1] = int(np.argmax(score))
    for cue in range(len(table) - 1, 0, -1):
        path[cue - 1] = came[cue, path[cue]]
    return path


def _runs(path: np.ndarray) -> Iterator[Piece]:
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    for first, last in pairwise(edges):
        yield Piece(first, last, float(path[first]))


def _finer(piece: Piece, ratings: _Ratings) -> Piece:
    """Return the piece with its shift to the step: the earliest that is nearly the best."""
    around = np.arange(-FINE_S, FINE_S + STEP_S / 2, STEP_S) + piece.late_s
    total = np.sum([ratings.of(cue, around) for cue in range(piece.first, piece.last)], axis=0)
    near = np.flatnonzero(total >= total.max() - 0.02 * abs(total.max()))
    return piece._replace(late_s=round(float(around[near[0]]), 2))


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces with neighbours of about the same shift joined, and no cue left over."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and abs(piece.late_s - merged[-1].late_s) < LEAST_CHANGE_S:
            longer = max(merged[-1], piece, key=lambda one: one.last - one.first)
            merged[-1] = Piece(merged[-1].first, piece.last, longer.late_s)
        else:
            merged.append(piece)
    return merged


def _is_proven(piece: Piece, table: np.ndarray, shifts: np.ndarray, ratings: _Ratings) -> bool:
    """Return whether no other shift of the piece comes near the one that it has."""
    cues = slice(piece.first, piece.last)
    if ratings.ends[piece.last - 1] - ratings.starts[piece.first] < LEAST_PIECE_S:
        return False
    total = table[cues].sum(axis=0)
    near = np.abs(shifts - piece.late_s) <= NEAR_S
    mine, rival = float(total[near].max()), float(total[~near].max())
    possible = float(np.sum(ratings.best[cues]))
    return mine >= PROOF * possible and mine - rival >= PROOF_GAIN * possible


def _rated(piece: Piece, late_s: float, ratings: _Ratings) -> float:
    at = np.array([late_s])
    return float(sum(ratings.of(cue, at)[0] for cue in range(piece.first, piece.last)))


def _cut_exactly(pieces: list[Piece], ratings: _Ratings) -> list[Piece]:
    """Return the pieces with ends where the ratings are best, none reaching into the next one.

    Where the captions hold more than the recording, the cues between two pieces are left out.
    """
    cut = [pieces[0]._replace(first=0)]
    for piece in pieces[1:]:
        before = cut[-1]
        first = np.arange(before.first + 1, piece.last)  # the candidates for the end of `before`
        ends = ratings.ends[first - 1] - before.late_s
        after = np.searchsorted(ratings.starts - piece.late_s, ends - STEP_S)
        after = np.clip(np.maximum(after, first), first, piece.last - 1)
        mine, theirs = ratings.sums(before.late_s), ratings.sums(piece.late_s)
        total = mine[first] - mine[before.first] + theirs[piece.last] - theirs[after]
        best = int(np.argmax(total))
        cut[-1] = before._replace(last=int(first[best]))
        cut.append(piece._replace(first=int(after[best])))
    cut[-1] = cut[-1]._replace(last=len(ratings.starts))
    return cut


def _gain(pieces: list[Piece], late_s: float, ratings: _Ratings) -> float:
    """Return how much better the pieces rate than one shift for all cues."""
    whole = Piece(0, len(ratings.starts), late_s)
    return sum(_rated(piece, piece.late_s, ratings) for piece in pieces) - _rated(
        whole, late_s, ratings
    )
