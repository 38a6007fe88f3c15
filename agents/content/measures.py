"""Score components that the words alone give: 0-1, unweighted, any language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.content import cues
from agents.content.lexicon import TermCounts, is_unspaced, split_words, stem
from agents.content.phrases import function_words

Scores = dict[str, np.ndarray]

SHORTEST = 3
"""A word of fewer letters means little, but in scripts that write no spaces."""
FEW_WORDS = 15
"""A sentence's worth: so many words into a passage its opening begins to fade."""
_NUMBER = re.compile(r"\d+")


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
    meaningful = find_meaningful(speech.texts)
    return {
        "topic_centrality": to_unit(centrality(speech.counts, weights, speech.passage)),
        "lecture_centrality": to_unit(centrality(speech.counts, weights, whole)),
        "information": measure_information(speech.texts, meaningful),
        "cue_phrase": np.array(cues.announces(speech.texts)),
        "novelty": measure_novelty(meaningful, speech.passage),
        "question": measure_questions(speech.texts),
        "completeness": measure_completeness(speech.texts, speech.passage),
        "position": measure_position(speech.texts, speech.passage),
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


def find_meaningful(texts: Sequence[str]) -> list[list[str]]:
    """Return per sentence its different meaningful words and numbers, by their stems.

    Left out are the function words of several languages, and in any other the shortest words, as
    words that mean much are long (Piantadosi et al. 2011).
    """
    return [
        [
            *dict.fromkeys(stem(word) for word in split_words(text) if not _says_little(word)),
            *dict.fromkeys(_NUMBER.findall(text)),
        ]
        for text in texts
    ]


def _says_little(word: str) -> bool:
    return word in function_words() or (len(word) < SHORTEST and not is_unspaced(word))


def measure_information(texts: Sequence[str], meaningful: Sequence[Sequence[str]]) -> np.ndarray:
    """Return how many different meaningful words a sentence says, and how densely.

    Three parts of the number, by its logarithm against the richest sentences, and two of the
    share of all words, where half is full: without the share the longest sentences win.
    """
    number = np.array([len(words) for words in meaningful], dtype=np.float64)
    said = np.array([len(text.split()) for text in texts])
    return 0.6 * to_unit(np.log1p(number)) + 0.4 * np.minimum(1, 2 * number / np.maximum(said, 1))


def measure_novelty(meaningful: Sequence[Sequence[str]], passage: np.ndarray) -> np.ndarray:
    """Return how many meaningful words are new to the passage, counting double those it repeats."""
    first: dict[tuple[int, str], int] = {}
    repeated = np.zeros(len(meaningful))
    new = np.zeros(len(meaningful))
    for index, (group, words) in enumerate(zip(passage.tolist(), meaningful, strict=True)):
        for word in words:
            opener = first.setdefault((group, word), index)
            new[index] += opener == index
            repeated[opener] += opener != index
    return to_unit(np.log1p(new + np.minimum(new, repeated)))


def measure_questions(texts: Sequence[str]) -> np.ndarray:
    """Return 1 for a question and .7 for the sentence that follows one."""
    asked = np.array([cues.asks(text) for text in texts], dtype=bool)
    after = np.concatenate([[False], asked[:-1]]) if len(asked) else asked
    return np.where(asked, 1.0, np.where(after, 0.7, 0.0))


def measure_completeness(texts: Sequence[str], group: np.ndarray) -> np.ndarray:
    """Return how far a sentence stands on its own.

    Four parts for speaking of the subject rather than of speaker and listeners, four for not
    trailing off at the end of its passage, one for an end mark, one for leaning on nothing before.
    """
    last = np.concatenate([np.diff(group) != 0, [True]]) if len(group) else np.zeros(0, bool)
    marks = [
        (max(0.0, 1 - 5 * cues.personal_share(text)), not end, cues.finished(text), not leans)
        for text, end, leans in zip(texts, last, map(cues.leans, texts), strict=True)
    ]
    return np.array(marks, dtype=np.float64).reshape(-1, 4) @ np.array([0.4, 0.4, 0.1, 0.1])


def measure_position(texts: Sequence[str], group: np.ndarray) -> np.ndarray:
    """Return 1 for the first sentence of each passage, 0 after a thousand words, by logarithm."""
    words = np.cumsum([0, *(len(text.split()) for text in texts)])[:-1]
    before = words - words[np.searchsorted(group, group)]
    return np.clip(1 - np.log1p(before / FEW_WORDS) / np.log1p(1000 / FEW_WORDS), 0, 1)
