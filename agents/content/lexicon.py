"""Words as the analyzer counts them: any language, with stop words learned from the lecture."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

STEM_LENGTH = 6
"""Words that share this many first letters count as one: the inflections of most languages."""
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[^\W\d_{_UNSPACED}]+|[{_UNSPACED}]+")


def split_words(text: str) -> list[str]:
    """Return the words of `text`, folded to lower case; scripts without spaces give pairs."""
    return [word.casefold() for word in cased_words(text)]


def cased_words(text: str) -> list[str]:
    """Return the words of `text` as they are written; scripts without spaces give pairs."""
    words: list[str] = []
    for found in _WORD.findall(unicodedata.normalize("NFC", text)):
        if len(found) > 2 and is_unspaced(found):
            words += [found[i : i + 2] for i in range(len(found) - 1)]
        else:
            words.append(found)
    return words


def is_unspaced(word: str) -> bool:
    """Return whether the word is of a script that writes no spaces."""
    return bool(re.match(rf"[{_UNSPACED}]", word))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return the first letters of `word`, which stand for its inflections."""
    return word[:STEM_LENGTH]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """What the words of a lecture are: a column per term, and which terms carry meaning."""

    terms: tuple[str, ...]
    rows: tuple[np.ndarray, ...]
    """Per sentence its terms in order, as indices of `terms`, stop words included."""
    stop: np.ndarray
    """Whether a term is a stop word, bool, shape (terms,)."""

    def content_rows(self) -> list[np.ndarray]:
        """Return per sentence the terms that carry meaning, in order."""
        return [row[~self.stop[row]] for row in self.rows]


def read_lexicon(texts: Sequence[str]) -> Lexicon:
    """Return the lecture's lexicon, with the stop words found by how evenly they are spread."""
    split = [[stem(word) for word in split_words(text)] for text in texts]
    seen = Counter(word for words in split for word in words)
    terms = tuple(sorted(seen))
    column = {term: index for index, term in enumerate(terms)}
    rows = tuple(np.array([column[word] for word in words], dtype=np.int64) for words in split)
    return Lexicon(terms, rows, find_stop_words(terms, rows))


def find_stop_words(terms: Sequence[str], rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return which terms are spread over the lecture as evenly as chance would spread them.

    A word of the topic comes in bursts: it fills fewer of the lecture's windows than the same
    number of scattered words would (Church & Gale 1995). Frequent words that show no burst say
    nothing about the topic; nor do the shortest, as words that mean much are long.
    """
    tokens = np.concatenate([*rows, np.zeros(0, dtype=np.int64)])
    total = len(tokens)
    if not total:
        return np.zeros(len(terms), dtype=bool)
    frequency = np.bincount(tokens, minlength=len(terms))
    windows = max(8, min(60, total // 150))
    window = np.arange(total) * windows // total
    pairs = np.unique(window * len(terms) + tokens)
    spread = np.bincount(pairs % len(terms), minlength=len(terms))
    evenness = spread / np.maximum(windows * -np.expm1(-frequency / windows), 1e-9)
    often = frequency >= max(COMMON * total, ENOUGH)
    ubiquitous = (frequency > UBIQUITOUS * total) & (evenness > UNEVEN)
    short = np.array([len(term) <= SHORT and not is_unspaced(term) for term in terms])
    return (often & (evenness > EVEN)) | ubiquitous | short


EVEN = 0.85
"""Share of the windows expected by chance that a stop word fills at least."""
COMMON = 0.0015
"""Share of all words that a stop word makes up at least."""
ENOUGH = 6
"""Said less often than this, a word's spread is noise."""
UBIQUITOUS = 0.015
"""Share of all words above which a word needs clear bursts to be no stop word."""
UNEVEN = 0.8
SHORT = 2
"""Words of so few letters are stop words, but in scripts that write no spaces."""
