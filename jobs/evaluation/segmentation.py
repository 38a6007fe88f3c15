"""Divisions of a text into topics, found against labelled; one number per sentence says which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jobs.evaluation.matching import Counts, count_points


def boundaries(topics: np.ndarray) -> list[int]:
    """Return the numbers of the sentences with which a new topic begins, shape (n,) -> list."""
    # [0, 0, 1, 1, 2] -> [2, 4]
    return (np.flatnonzero(np.diff(topics)) + 1).tolist()


def window_size(labelled: np.ndarray) -> int:
    """Return half the mean length of the labelled segments, at least 1 (Beeferman et al. 1999)."""
    return max(1, round(len(labelled) / (len(boundaries(labelled)) + 1) / 2))


def p_k(found: np.ndarray, labelled: np.ndarray) -> float | None:
    """Return Pk: how often two sentences k apart are wrongly held to share a topic, or not to.

    Beeferman, Berger & Lafferty 1999, with k of `window_size`. 0 is best; finding nothing gets
    near 0.5 or below, so it means little alone. None if the text is no longer than k.
    """
    wrong, windows = _windows(found, labelled, count=False)
    return wrong / windows if windows else None


def window_diff(found: np.ndarray, labelled: np.ndarray) -> float | None:
    """Return WindowDiff: how often the number of boundaries within k sentences is wrong.

    Pevzner & Hearst 2002; unlike Pk it counts boundaries that stand close together.
    """
    wrong, windows = _windows(found, labelled, count=True)
    return wrong / windows if windows else None


def _windows(found: np.ndarray, labelled: np.ndarray, *, count: bool) -> tuple[int, int]:
    """Return how many windows of k sentences are wrong, and how many there are."""
    k = window_size(labelled)
    if len(labelled) <= k:
        return 0, 0
    inside = []
    for topics in (found, labelled):
        begun = np.concatenate([[0], np.cumsum(np.diff(topics) != 0)])
        inside.append(begun[k:] - begun[:-k])
    mine, theirs = inside
    wrong = mine != theirs if count else (mine > 0) != (theirs > 0)
    return int(wrong.sum()), len(wrong)


def count_boundaries(found: np.ndarray, labelled: np.ndarray, *, within: int) -> Counts:
    """Return how many boundaries match one to one at most `within` sentences apart."""
    return count_points(boundaries(found), boundaries(labelled), within=within)


def topics_at(times: Sequence[float], starts: Sequence[float]) -> np.ndarray:
    """Return for each time in seconds how many of the topics' `starts` lie at or before it."""
    return np.searchsorted(np.sort(starts), np.asarray(times), side="right")
