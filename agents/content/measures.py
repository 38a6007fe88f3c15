"""Score components that the words alone give: 0-1, unweighted, any language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from agents.content import cues
from agents.content.housekeeping import measure_subject
from agents.content.lexicon import is_unspaced, split_words, stem
from agents.content.spoken import function_words
from agents.content.wording import measure_wording

Scores = dict[str, np.ndarray]

SHORTEST = 3
"""A word of fewer letters means little, but in scripts that write no spaces."""
RICH = 24
"""A sentence with so many different meaningful words is full of information."""
FRAGMENT = (3.0, 6.0)
"""Words up to which a sentence is a fragment, and from which on it can be an idea."""
ENDLESS = (8.0, 96.0)
"""Words from which on a sentence grows long, and at which it is endless."""
AT_LENGTH = 50
"""When other sentences of its passage say a sentence's words so often, its point is made at
length."""
OPENING, FADED = 1.2, 4.7
"""Logarithms of the number of sentences after which the opening of a passage fades, and is over."""
_NUMBER = re.compile(r"\d+")


def measure_words(texts: Sequence[str], passage: np.ndarray, title: Sequence[str] = ()) -> Scores:
    """Return the components that need nothing but the words of each sentence.

    `passage`, int (n,), says which passage a sentence belongs to: its slide where slides are
    known, else its topic; `title` has the stems of the words of the lecture's title.
    """
    meaningful = find_meaningful(texts)
    return {
        "topic_centrality": measure_coverage(meaningful, passage),
        "lecture_centrality": measure_centrality(meaningful),
        "title": measure_title(meaningful, title),
        "information": measure_information(meaningful),
        "terms": measure_terms(meaningful),
        "cue_phrase": np.array(cues.announces(texts)),
        "novelty": measure_novelty(meaningful, passage),
        "said_once": measure_said_once(meaningful, passage),
        "question": measure_questions(texts),
        "completeness": measure_completeness(texts, passage),
        "on_subject": measure_subject(texts),
        "wording": measure_wording(texts),
        "position": measure_position(passage),
    }


def measure_coverage(meaningful: Sequence[Sequence[str]], passage: np.ndarray) -> np.ndarray:
    """Return the square root of the share of its passage's meaningful words that a sentence says.

    A word counts as often as sentences of the passage say it: what is said again is the subject
    (coverage of content units by frequency; Nenkova & Vanderwende 2005).
    """
    whole = np.bincount(passage, weights=[len(words) for words in meaningful])
    said = _times_said(meaningful, passage).sum(axis=1)
    return np.sqrt(said / np.maximum(1.0, whole[passage]))


def measure_said_once(meaningful: Sequence[Sequence[str]], passage: np.ndarray) -> np.ndarray:
    """Return how seldom the other sentences of its passage say what a sentence says.

    1 for what is said once, 0 where they say its words 50 times, by square root: of a point that
    is made at length each sentence makes little, however central its words are.
    """
    _, others = _times_said(meaningful, passage).T
    return np.clip(1 - np.sqrt(others / AT_LENGTH), 0, 1)


def _times_said(meaningful: Sequence[Sequence[str]], passage: np.ndarray) -> np.ndarray:
    """Return how many words a sentence says, and how often others of its passage do, (n, 2)."""
    groups = passage.tolist()
    times = Counter(
        (group, word) for group, words in zip(groups, meaningful, strict=True) for word in words
    )
    rows = [
        (len(words), sum(times[group, word] - 1 for word in words))
        for group, words in zip(groups, meaningful, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def measure_centrality(meaningful: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the cosine of each sentence with the lecture's mean sentence (Radev et al. 2004).

    Words weigh by how few sentences say them (idf).
    """
    count = len(meaningful)
    spread = Counter(word for words in meaningful for word in words)
    weight = {word: np.log((1 + count) / (1 + n)) + 1 for word, n in spread.items()}
    length = np.array([np.sqrt(sum(weight[w] ** 2 for w in words)) for words in meaningful])
    centre: Counter[str] = Counter()
    for words, own in zip(meaningful, length.tolist(), strict=True):
        for word in words:
            centre[word] += weight[word] / own
    whole = np.sqrt(sum(value**2 for value in centre.values()))
    shared = np.array([sum(weight[w] * centre[w] for w in words) for words in meaningful])
    return shared / np.maximum(length * whole, 1e-9)


def title_words(title: str) -> list[str]:
    """Return what of a lecture's title may tell its subject: the stems of its meaningful words."""
    return find_meaningful([title.replace("_", " ")])[0]


def measure_title(meaningful: Sequence[Sequence[str]], title: Sequence[str]) -> np.ndarray:
    """Return which share of the title's words each sentence says (Edmundson 1969)."""
    wanted = set(title)
    return np.array([len(wanted & set(words)) for words in meaningful]) / max(1, len(wanted))


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


def measure_information(meaningful: Sequence[Sequence[str]]) -> np.ndarray:
    """Return how many different meaningful words a sentence says, by logarithm; 24 are full."""
    number = np.array([len(words) for words in meaningful], dtype=np.float64)
    return np.minimum(1, np.log1p(number) / np.log1p(RICH))


def measure_terms(meaningful: Sequence[Sequence[str]]) -> np.ndarray:
    """Return how many pairs of neighbouring meaningful words another sentence says, too.

    Two words that are said side by side again and again are a term (Justeson & Katz 1995).
    """
    pairs = [set(pairwise(words)) for words in meaningful]
    times = Counter(pair for said in pairs for pair in said)
    again = np.array([sum(times[pair] > 1 for pair in said) for said in pairs], dtype=np.float64)
    return to_unit(np.log1p(again))


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
    """Return how far a sentence is one whole idea that stands on its own.

    A quarter for being no fragment, three tenths for being no endless run of words, and of the
    rest four parts for speaking of the subject rather than of speaker and listeners, four for not
    trailing off at the end of its passage, one for an end mark, one for leaning on nothing before.
    """
    last = np.concatenate([np.diff(group) != 0, [True]]) if len(group) else np.zeros(0, bool)
    marks = [
        (max(0.0, 1 - 5 * cues.personal_share(text)), not end, cues.finished(text), not leans)
        for text, end, leans in zip(texts, last, map(cues.leans, texts), strict=True)
    ]
    alone = np.array(marks, dtype=np.float64).reshape(-1, 4) @ np.array([0.4, 0.4, 0.1, 0.1])
    said = np.array([_count_words(text) for text in texts], dtype=np.float64)
    body = np.clip((said - FRAGMENT[0]) / (FRAGMENT[1] - FRAGMENT[0]), 0, 1)
    over = np.log(np.maximum(said, ENDLESS[0]) / ENDLESS[0]) / np.log(ENDLESS[1] / ENDLESS[0])
    return 0.45 * alone + 0.25 * body + 0.3 * np.clip(1 - over, 0, 1)


def _count_words(text: str) -> float:
    """Return the words of a text; scripts without spaces give pairs, of which two make a word."""
    words = split_words(text)
    return sum(0.5 if is_unspaced(word) else 1.0 for word in words) + len(_NUMBER.findall(text))


def measure_position(group: np.ndarray) -> np.ndarray:
    """Return 1 for the first sentences of each passage, 0 from the hundredth on, by logarithm."""
    before = np.arange(len(group)) - np.searchsorted(group, group)
    return np.clip(1 - (np.log1p(before) - OPENING) / (FADED - OPENING), 0, 1)
