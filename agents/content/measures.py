"""Score components that the words alone give: 0-1, unweighted, any language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.content import cues
from agents.content.lexicon import TermCounts

Scores = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """The sentences as the measures need them."""

    texts: Sequence[str]
    counts: TermCounts
    """Meaningful terms per sentence."""
    passage: np.ndarray
    """Which passage a sentence belongs to: its topic, or its slide where slides are known."""


def measure_words(speech: Speech) -> Scores:
    """Return the components that need nothing but the words."""
    weights = term_weights(speech.counts)
    whole = np.zeros(len(speech.texts), dtype=np.int64)
    return {
        "topic_centrality": to_unit(centrality(speech.counts, weights, speech.passage)),
        "lecture_centrality": to_unit(centrality(speech.counts, weights, whole)),
        "information": measure_information(speech.counts),
        "cue_phrase": np.array(cues.announces(speech.texts)),
        "novelty": to_unit(measure_novelty(speech.counts)),
        "question": measure_questions(speech.texts),
        "completeness": measure_completeness(speech.texts),
        "position": measure_position(speech.passage),
    }


def term_weights(counts: TermCounts) -> np.ndarray:
    """Return tf-idf per pair, each sentence of unit length; tf is damped, idf over sentences."""
    idf = np.log((1 + counts.sentences) / (1 + counts.per_term())) + 0.5
    weights = (1 + np.log(counts.times)) * idf[counts.term]
    length = np.sqrt(counts.per_sentence(weights**2))
    return weights / np.maximum(length, 1e-9)[counts.sentence]


def centrality(counts: TermCounts, weights: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the cosine of each sentence with the sum of its group without it (Radev 2004)."""
    groups = int(group.max(initial=0)) + 1
    cell = group[counts.sentence] * counts.terms + counts.term
    centre = np.bincount(cell, weights=weights, minlength=groups * counts.terms)
    length = (centre.reshape(groups, -1) ** 2).sum(axis=1)[group]
    with_all = counts.per_sentence(weights * centre[cell])
    own = counts.per_sentence(weights**2)
    without = np.sqrt(np.maximum(length - 2 * with_all + own, 1e-9))
    return np.maximum(with_all - own, 0) / np.maximum(without, 1e-4)


def to_unit(values: np.ndarray) -> np.ndarray:
    """Return `values` divided by their 95th percentile and clipped to 0-1."""
    top = np.percentile(values, 95) if len(values) else 0.0
    return np.clip(values / top, 0, 1) if top > 1e-9 else np.zeros(len(values))


def measure_information(counts: TermCounts) -> np.ndarray:
    """Return the number of different meaningful words, logarithmic; 30 and more give 1."""
    return np.clip(np.log1p(counts.per_sentence()) / np.log1p(30), 0, 1)


def measure_novelty(counts: TermCounts) -> np.ndarray:
    """Return how many later sentences use the terms that a sentence is the first to say."""
    terms, first = np.unique(counts.term, return_index=True)
    uses = counts.per_term()[terms]
    return np.bincount(
        counts.sentence[first], weights=np.log(uses), minlength=counts.sentences
    ).astype(np.float64)


def measure_questions(texts: Sequence[str]) -> np.ndarray:
    """Return 1 for a question and .7 for the sentence that follows one."""
    asked = np.array([cues.asks(text) for text in texts], dtype=bool)
    after = np.concatenate([[False], asked[:-1]]) if len(asked) else asked
    return np.where(asked, 1.0, np.where(after, 0.7, 0.0))


def measure_completeness(texts: Sequence[str]) -> np.ndarray:
    """Return the mean of: has a body of words, leans on nothing before, is finished."""
    whole = [min(1.0, len(text.split()) / 8) for text in texts]
    free = [not cues.leans(text) for text in texts]
    ended = [cues.finished(text) for text in texts]
    return (np.array(whole) + np.array(free) + np.array(ended)) / 3


def measure_position(group: np.ndarray) -> np.ndarray:
    """Return 1 for the first sentence of each passage, falling with the number before it."""
    starts = np.concatenate([[True], np.diff(group) != 0]) if len(group) else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(group)), 0))
    return 1 / (1 + (np.arange(len(group)) - first) / 2)
