"""Words as they were said, with what makes them part of a phrase or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agents.content.lexicon import cased_words, is_unspaced, stem

SHORTEST = 4
"""A word of fewer letters names nothing, but acronyms, and in scripts that write no spaces."""
_PIECES = re.compile(r"[,.;:!?()\[\]\"…、。，；：？！—–]|--")  # noqa: RUF001
"""No phrase goes on over one of these."""
_JOINED = re.compile(r"([^\W\d_]+)(?:-[^\W\d_]+)+|([^\W\d_]+)['’][st]\b")  # noqa: RUF001
"""A compound with hyphens, or a word with 's or 't."""


@dataclass(frozen=True, slots=True)
class Said:
    """A word as it was said, with what makes it part of a phrase or not."""

    text: str
    folded: str
    stem: str
    """The stem that counts, "" for a word that names nothing."""
    opens: bool
    """Whether it is the first word of its sentence, whose capital letter says nothing."""


def read_pieces(text: str) -> list[list[Said]]:
    """Return the words of a sentence in pieces over whose ends no phrase goes on."""
    shouted = sum(map(str.isupper, text)) > sum(map(str.islower, text))
    read: list[list[Said]] = []
    for piece in _PIECES.split(text):
        said: list[Said] = []
        for written in piece.split():
            for word, kept in _words(written, shouted):
                opens = not said and not any(read)
                said.append(Said(word, word.casefold(), kept, opens))
        read.append(said)
    return read


def _words(written: str, shouted: bool) -> list[tuple[str, str]]:
    """Return the words between two spaces, each with the stem that counts.

    "Right-handed" and "Newton's" are one word each, "don't" is one that names nothing.
    """
    shown = written.casefold() if shouted else written
    joined = _JOINED.search(shown)
    if joined is None:
        return [(word, stem_of(word)) for word in cased_words(shown)]
    whole, parts = joined.group(), cased_words(joined.group())
    if joined.group(2):
        owner = parts[0]
        kept = "" if whole.endswith("t") else stem_of(owner)
        return [(whole if kept else owner, kept)]
    if all(names_nothing(part) and not part[:1].isdigit() for part in parts[:-1]) and (
        names_nothing(parts[-1])
    ):
        return [(whole, "")]
    return [(whole, "-".join([*parts[:-1], stem(parts[-1])]).casefold())]


def unowned(word: str) -> str:
    """Return a word without the 's of an owner."""
    return word.removesuffix("'s").removesuffix("\u2019s")


def stem_of(word: str) -> str:
    """Return the stem that counts, "" for a word that names nothing."""
    return "" if names_nothing(word) else stem(word.casefold())


@cache
def function_words() -> frozenset[str]:
    """Return words of several languages that name nothing, whatever the lecture is about."""
    return frozenset(Path(__file__).with_name("function_words.txt").read_text("utf-8").split())


def names_nothing(word: str) -> bool:
    """Return whether a word is too short or too common in its language to be in a title."""
    folded = word.casefold()
    if folded in function_words():
        return True
    return len(word) < SHORTEST and not is_unspaced(word) and not is_acronym(word)


def is_acronym(word: str) -> bool:
    """Return whether a word is written in capitals alone."""
    return len(word) > 1 and word.isupper() and word.casefold() != word
