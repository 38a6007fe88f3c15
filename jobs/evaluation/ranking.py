"""Rankings of sentences, against those that people hold important."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.extract.choices import Candidates, Limits
from agents.extract.selection import best_choice

WINDOWS = 5
WINDOW_WORDS = 150

TopScore = tuple[float, float]
"""Precision and recall of the best few sentences of one clip."""


def score_top(scores: np.ndarray, wanted: np.ndarray, size: int) -> TopScore | None:
    """Return precision and recall of the best `size` sentences, None where none is wanted."""
    if not wanted.any():
        return None
    hits = wanted[np.argsort(-scores, kind="stable")[:size]].sum()
    return hits / min(size, len(wanted)), hits / wanted.sum()


def top_f1(clips: Sequence[TopScore]) -> float | None:
    """Return F1 of the mean precision and the mean recall over clips (VT-SSum, Lv et al. 2021)."""
    if not clips:
        return None
    precision, recall = np.mean(clips, axis=0)
    both = precision + recall
    return float(2 * precision * recall / both) if both else 0.0


def average_precision(scores: np.ndarray, wanted: np.ndarray) -> float | None:
    """Return the mean, over the wanted sentences, of the precision of the ranking down to each.

    Buckley & Voorhees 2000; None where none is wanted.
    """
    ranked = wanted[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked > 0].mean()) if ranked.any() else None


def best_windows(scores: np.ndarray, words: np.ndarray) -> list[tuple[int, int]]:
    """Return first and last sentence of the 5 disjoint windows whose mean score is highest.

    They are stretches of whole sentences, about 150 words (60 s) each; none in texts under 1,500
    words.
    """
    reached = np.concatenate([[0], np.cumsum(words)])
    if reached[-1] < WINDOWS * 2 * WINDOW_WORDS:
        return []
    last = np.searchsorted(reached, reached[:-1] + WINDOW_WORDS) - 1
    first = np.flatnonzero(last < len(words))
    last = last[first]
    length = reached[last + 1] - reached[first]
    summed = np.concatenate([[0], np.cumsum(scores * words)])
    mean = (summed[last + 1] - summed[first]) / length
    found = Candidates(first, last, np.zeros_like(first), mean, length)
    chosen = best_choice(found, Limits(WINDOWS, WINDOWS, np.inf, np.zeros(1)), 0.0)
    return [(int(first[at]), int(last[at])) for at in chosen]


def window_lift(scores: np.ndarray, important: np.ndarray, words: np.ndarray) -> float | None:
    """Return the share of important words in the best windows over the share of all words there.

    1 is what chance gets; None for short texts and those in which nothing is important.
    """
    marked = important * words
    windows = best_windows(scores, words) if marked.any() else []
    if not windows:
        return None
    inside = sum(marked[first : last + 1].sum() for first, last in windows)
    length = sum(words[first : last + 1].sum() for first, last in windows)
    return float(inside / marked.sum() * words.sum() / length)
