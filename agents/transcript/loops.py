"""What Whisper says over and over when it is stuck, or when nobody speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.transcript.words import RawWord

LONGEST = 12
"""Words of the longest phrase that is looked for."""
TIMES = 4
"""A phrase said so many times in a row is a loop; "no, no, no" is not."""
FEW_WORDS = 8
"""The words of a loop in all: "very, very, very, very" is not one yet."""


def drop_loops(words: Sequence[RawWord]) -> list[RawWord]:
    """Return the words with each phrase that is repeated in a row kept once."""
    plain = [re.sub(r"\W", "", word.text).lower() for word in words]
    kept: list[RawWord] = []
    at = 0
    while at < len(words):
        size, times = _loop_at(plain, at)
        kept += words[at : at + size]
        at += size * times
    return kept


def _loop_at(plain: Sequence[str], at: int) -> tuple[int, int]:
    """Return size and number of the phrases repeated from `at` on; (1, 1) if there is no loop."""
    for size in range(1, LONGEST + 1):
        phrase = plain[at : at + size]
        times = 1
        while plain[at + size * times : at + size * (times + 1)] == phrase:
            times += 1
        if times >= TIMES and size * times >= FEW_WORDS:
            return size, times
    return 1, 1
