"""How a sentence is worded, apart from its terms: as key statements are, or as talk around them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from agents.content.lexicon import split_words

OPENING = "^"
"""Marks a word that opens a sentence."""
KNOWN = 0.25
"""Share of a lecture's words that must be known, else it is in another language."""


@cache
def word_odds() -> dict[str, float]:
    """Return what each word that is known adds to the log odds of a key statement.

    `wording.txt` says where they come from.
    """
    text = (Path(__file__).parent / "wording.txt").read_text("utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {word: float(odds) for word, odds in rows}


def wording_of(text: str) -> set[str]:
    """Return the words of a sentence as `word_odds` knows them, the first one once more marked."""
    words = split_words(text)
    return {*words, OPENING + words[0]} if words else set()


def measure_wording(texts: Sequence[str]) -> np.ndarray:
    """Return .5 plus the log odds of each sentence's words, within 0-1.

    All 0, so that nothing is said for any sentence, in languages that the words are not of.
    """
    odds = word_odds()
    said = [word for text in texts for word in split_words(text)]
    if sum(word in odds for word in said) < KNOWN * len(said) or not said:
        return np.zeros(len(texts))
    found = [sum(odds.get(word, 0.0) for word in wording_of(text)) for text in texts]
    return np.clip(0.5 + np.array(found), 0, 1)
