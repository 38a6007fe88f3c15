"""Whether two clips say the same thing in the same words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import combinations, pairwise

_WORD = re.compile(r"\w+")

Bag = Counter[tuple[str, str]]
"""How often each two words stand side by side."""


def word_pairs(texts: Iterable[str]) -> Bag:
    """Return the pairs of adjacent words: the order tells a repetition from a shared subject."""
    return Counter(pairwise(_WORD.findall(" ".join(texts).casefold())))


def alike_pairs(bags: list[Bag], limit: float) -> list[tuple[int, int]]:
    """Return which two of the clips are more alike than `limit`, by position."""
    pairs = combinations(range(len(bags)), 2)
    return [(i, j) for i, j in pairs if _cosine(bags[i], bags[j]) > limit]


def _cosine(a: Bag, b: Bag) -> float:
    shared = sum(times * b[pair] for pair, times in a.items() if pair in b)
    length = math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    return shared / length if length else 0.0
