"""Words heard against words said."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

STEP, EXTRA, MISSING = 0, 1, 2


def plain_words(text: str) -> list[str]:
    """Return the words of a text without case and punctuation; accents and apostrophes stay."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    kept = "".join(c if c.isalnum() or c == "'" else " " for c in text)
    words = (word.strip("'") for word in kept.split())
    return [word for word in words if word]


def align(found: Sequence[str], said: Sequence[str]) -> tuple[int, list[tuple[int, int]]]:
    """Return the Levenshtein distance of two word sequences, and the positions of equal words.

    Substitution, insertion and deletion cost 1 each (Levenshtein 1966); the pairs are those that
    one cheapest alignment keeps.
    """
    ids: dict[str, int] = {}
    mine = np.array([ids.setdefault(word, len(ids)) for word in found], np.int32)
    theirs = np.array([ids.setdefault(word, len(ids)) for word in said], np.int32)
    columns = np.arange(len(theirs) + 1, dtype=np.int32)
    came = np.empty((len(mine) + 1, len(theirs) + 1), np.uint8)
    came[0], row = MISSING, columns
    for i, word in enumerate(mine, start=1):
        by_step = row[:-1] + (theirs != word)
        by_extra = row + 1
        least = by_extra.copy()
        least[1:] = np.minimum(least[1:], by_step)
        # d[j] = min over k <= j of least[k] + (j - k): a run of missing words ends here
        new = np.minimum.accumulate(least - columns) + columns
        came[i] = np.where(new == by_extra, EXTRA, MISSING)
        came[i, 1:][new[1:] == by_step] = STEP
        row = new
    return int(row[-1]), _kept(came, mine, theirs)


def _kept(came: np.ndarray, mine: np.ndarray, theirs: np.ndarray) -> list[tuple[int, int]]:
    pairs = []
    i, j = len(mine), len(theirs)
    while i and j:
        if came[i, j] == STEP:
            i, j = i - 1, j - 1
            if mine[i] == theirs[j]:
                pairs.append((i, j))
        elif came[i, j] == EXTRA:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]
