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
    squares = [sum(times * times for times in bag.values()) for bag in bags]
    alike = []
    for i, j in combinations(range(len(bags)), 2):
        length = math.sqrt(squares[i] * squares[j])
        if length and _shared(bags[i], bags[j]) / length > limit:  # their cosine
            alike.append((i, j))
    return alike


def _shared(a: Bag, b: Bag) -> int:
    return sum(a[pair] * b[pair] for pair in a.keys() & b.keys())
