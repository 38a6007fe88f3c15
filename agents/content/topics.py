"""Where the lecture's topics begin, with their number unknown.

A stretch is scored by the Dirichlet-multinomial likelihood of its words, and dynamic programming
finds the best division (Eisenstein & Barzilay 2008). The prior of a word grows with the square
root of its frequency in the lecture, so that common words surprise nobody. Each boundary costs a
multiple of ln(words) (Utiyama & Isahara 2001) less the evidence that lies at it: a pause, a new
slide, a phrase that announces a change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PRIOR_SHARE = 1 / 12
PRIOR_WORDS = (20.0, 200.0)
"""Strength of the prior in words: a share of the lecture's meaningful words, within limits."""
FULL_WORDS = 2000
"""In shorter talks the words of a topic are fewer, and less is asked of them where no slides are
seen that tell of topics too."""


def segment_topics(
    rows: Sequence[np.ndarray],
    *,
    words: int,
    penalty: float,
    evidence: np.ndarray,
    durations: np.ndarray,
    min_duration: float = 0.0,
    slides_tell: bool = False,
) -> np.ndarray:
    """Return the topic of each sentence, counted from 0.

    `rows` holds the meaningful terms per sentence, `words` counts all words of the lecture, and
    `evidence` says per sentence, in nats, how much speaks for a topic that begins with it;
    `slides_tell` whether new slides are part of it.
    """
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    likelihood = stretch_likelihood(rows)
    elapsed = np.concatenate([[0.0], np.cumsum(durations)])
    too_short = elapsed[None, :] - elapsed[:, None] < min(min_duration, float(elapsed[-1]))
    likelihood[too_short] = -np.inf
    scale = 1.0 if slides_tell else min(1.0, words / FULL_WORDS) ** 0.5
    starts = best_division(likelihood, scale * (evidence - penalty * np.log(max(words, 2))))
    topic = np.zeros(len(rows), dtype=np.int64)
    topic[starts[1:]] = 1
    return np.cumsum(topic)


def stretch_likelihood(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return the log likelihood of every stretch [start, end), shape (sentences + 1,) * 2."""
    count = len(rows)
    terms, tokens = np.unique(np.concatenate(rows), return_inverse=True)
    ends = np.cumsum([len(row) for row in rows])
    likelihood = np.full((count + 1, count + 1), -np.inf)
    if not len(terms):
        return np.where(np.tri(count + 1, k=-1, dtype=bool).T, 0.0, -np.inf)
    strength = float(np.clip(len(tokens) * PRIOR_SHARE, *PRIOR_WORDS))
    prior = np.sqrt(np.bincount(tokens))
    prior *= strength / prior.sum()
    said = np.zeros((len(terms), count + 1), dtype=np.int32)
    np.add.at(said, (tokens, np.repeat(np.arange(count), np.diff(ends, prepend=0)) + 1), 1)
    said = np.cumsum(said, axis=1, dtype=np.int32)
    running = np.zeros(count + 1)
    logs = {}
    for end, sentence in enumerate(np.split(tokens, ends[:-1])):
        for term, repeats in zip(*np.unique(sentence, return_counts=True), strict=True):
            if term not in logs:
                logs[term] = np.log(prior[term] + np.arange(said[term, -1] + 1))
            before = said[term, end] - said[term, : end + 1]
            for repeat in range(repeats):
                running[: end + 1] += logs[term][before + repeat]
        likelihood[: end + 1, end + 1] = running[: end + 1]
    return likelihood + _normaliser(np.concatenate([[0], ends]), strength)


def _normaliser(reached: np.ndarray, strength: float) -> np.ndarray:
    """Return log G(M) - log G(M + n), M the prior's strength, for the n words of every stretch."""
    table = -np.concatenate([[0.0], np.cumsum(np.log(strength + np.arange(reached[-1])))])
    return table[np.maximum(reached[None, :] - reached[:, None], 0)]


def best_division(likelihood: np.ndarray, gain: np.ndarray) -> list[int]:
    """Return the starts of the stretches of the best division; `gain` is won at each start."""
    count = len(likelihood) - 1
    best = np.full(count + 1, -np.inf)
    best[0] = 0.0
    came_from = np.zeros(count + 1, dtype=np.int64)
    for end in range(1, count + 1):
        options = best[:end] + likelihood[:end, end] + gain[:end]
        came_from[end] = np.argmax(options)
        best[end] = options[came_from[end]]
    starts = [int(came_from[count])]
    while starts[-1] > 0:
        starts.append(int(came_from[starts[-1]]))
    return starts[::-1]
