"""Score components that the words alone give: 0-1, unweighted, any language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.content import cues
from agents.content.lexicon import TermCounts, split_words

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
    letters = count_letters(speech.texts)
    return {
        "topic_centrality": to_unit(centrality(speech.counts, weights, speech.passage)),
        "lecture_centrality": to_unit(centrality(speech.counts, weights, whole)),
        "information": to_unit(np.log1p(letters)),
        "cue_phrase": np.array(cues.announces(speech.texts)),
        "novelty": to_unit(measure_novelty(speech.counts)),
        "question": measure_questions(speech.texts),
        "completeness": measure_completeness(speech.texts, speech.passage),
        "position": measure_position(speech.passage),
    }


def term_weights(counts: TermCounts) -> np.ndarray:
    """Return tf-idf per pair; tf is damped, idf over sentences."""
    idf = np.log((1 + counts.sentences) / (1 + counts.per_term())) + 1
    return (1 + np.log(counts.times)) * idf[counts.term]


def centrality(counts: TermCounts, weights: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the cosine of each sentence with the sum of its group's tf-idf (Radev 2004)."""
    groups = int(group.max(initial=0)) + 1
    cell = group[counts.sentence] * counts.terms + counts.term
    centre = np.bincount(cell, weights=weights, minlength=groups * counts.terms)
    length = np.sqrt((centre.reshape(groups, -1) ** 2).sum(axis=1))[group]
    own = np.sqrt(counts.per_sentence(weights**2))
    return counts.per_sentence(weights * centre[cell]) / np.maximum(length * own, 1e-9)


def to_unit(values: np.ndarray) -> np.ndarray:
    """Return `values` divided by their 95th percentile and clipped to 0-1."""
    top = np.percentile(values, 95) if len(values) else 0.0
    return np.clip(values / top, 0, 1) if top > 1e-9 else np.zeros(len(values))


def count_letters(texts: Sequence[str]) -> np.ndarray:
    """Return per sentence the letters of its different words beyond the average word's length.

    Words that mean much are long, those that only join others are short, in any language
    (Piantadosi et al. 2011): this ranks sentences as well as counting words off a stop list does.
    """
    words = [split_words(text) for text in texts]
    lengths = [len(word) for sentence in words for word in sentence]
    usual = float(np.mean(lengths)) if lengths else 0.0
    return np.array([sum(max(0.0, len(w) - usual) for w in sorted(set(ws))) for ws in words])


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


def measure_completeness(texts: Sequence[str], group: np.ndarray) -> np.ndarray:
    """Return the mean of five: it has a body of words, leans on nothing before, is finished,
    speaks of its subject rather than of speaker and listeners, and does not trail off at the end
    of its passage.
    """
    last = np.concatenate([np.diff(group) != 0, [True]]) if len(group) else np.zeros(0, bool)
    marks = [
        (
            min(1.0, len(text.split()) / 8),
            not cues.leans(text),
            cues.finished(text),
            max(0.0, 1 - 5 * cues.personal_share(text)),
            not trails,
        )
        for text, trails in zip(texts, last, strict=True)
    ]
    return np.array(marks, dtype=np.float64).reshape(-1, 5).mean(axis=1)


def measure_position(group: np.ndarray) -> np.ndarray:
    """Return 1 for the first sentence of each passage, falling with the number before it."""
    starts = np.concatenate([[True], np.diff(group) != 0]) if len(group) else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(group)), 0))
    return np.clip(1 - np.log1p(np.arange(len(group)) - first) / np.log(20), 0, 1)
