"""Whether two clips say the same thing in the same words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import combinations, pairwise

from agents.types import Sentence

_WORD = re.compile(r"\w+")


def find_duplicates(
    sentences: Sequence[Sentence], spans: Sequence[tuple[int, int]], limit: float
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the pairs of clips that are more alike than `limit`."""
    bags = [_word_pairs(sentences, span) for span in spans]
    pairs = combinations(range(len(spans)), 2)
    return [(spans[i], spans[j]) for i, j in pairs if _cosine(bags[i], bags[j]) > limit]


def _word_pairs(sentences: Sequence[Sentence], span: tuple[int, int]) -> Counter[tuple[str, str]]:
    """Return the pairs of adjacent words: the order tells a repetition from a shared subject."""
    text = " ".join(sentence.text for sentence in sentences[span[0] : span[1] + 1])
    words = _WORD.findall(text.casefold())
    return Counter(pairwise(words))


def _cosine(a: Counter[tuple[str, str]], b: Counter[tuple[str, str]]) -> float:
    shared = sum(times * b[pair] for pair, times in a.items() if pair in b)
    length = math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    return shared / length if length else 0.0
