# ruff: noqa: RUF001 - the punctuation of other scripts is meant
"""Names for topics, from the speech: key terms and phrases, never a cut sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from agents.content.lexicon import Lexicon, is_unspaced, split_words, stem
from agents.headings import clean_title

SHORTEST = 4
"""A word of fewer letters names nothing, but in scripts that write no spaces."""
KEYWORDS = 6
"""So many keywords per topic."""
_PIECES = re.compile(r"[,.;:!?()\[\]\"…、。，；：？！]")
"""No phrase goes on over one of these."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A term or a run of terms with how well it names its topic."""

    stems: tuple[str, ...]
    words: str
    weight: float


def name_topics(
    texts: Sequence[str], topic: np.ndarray, lexicon: Lexicon
) -> list[tuple[str, tuple[str, ...]]]:
    """Return title and keywords of every topic; no two titles are the same."""
    stop = {lexicon.terms[index] for index in np.flatnonzero(lexicon.stop)}
    groups: list[list[str]] = [[] for _ in range(int(topic.max(initial=-1)) + 1)]
    for number, text in zip(topic, texts, strict=True):
        groups[number].append(text)
    pieces = [[piece for text in group for piece in _PIECES.split(text)] for group in groups]
    phrases = key_phrases([[split_words(piece) for piece in group] for group in pieces], stop)
    named: list[tuple[str, tuple[str, ...]]] = []
    taken: set[str] = set()
    for number, found in enumerate(phrases, start=1):
        title = unique_title(make_title(found) or f"Topic {number}", taken)
        taken.add(title.casefold())
        named.append((title, tuple(phrase.words for phrase in found[:KEYWORDS])))
    return named


def key_phrases(groups: Sequence[Sequence[Sequence[str]]], stop: set[str]) -> list[list[Phrase]]:
    """Return per topic its phrases, best first: frequent here, rare in the other topics.

    Runs of one to three meaningful words are weighted by how often the topic says them, by how
    few other topics do (class-based tf-idf), and by their length.
    """
    counts = [Counter(run for words in group for run in _runs(words, stop)) for group in groups]
    spread = Counter(run for count in counts for run in count)
    named = []
    for words, count in zip(groups, counts, strict=True):
        surface = _surfaces(words)
        weighted = [
            Phrase(
                run,
                " ".join(surface[part] for part in run),
                _weight(run, times, spread[run], len(groups)),
            )
            for run, times in count.items()
            if len(run) == 1 or times > 1
        ]
        weighted.sort(key=lambda phrase: (-phrase.weight, phrase.words))
        named.append(_without_overlap(weighted))
    return named


@cache
def function_words() -> frozenset[str]:
    """Return words of several languages that name nothing, whatever the lecture is about."""
    return frozenset(Path(__file__).with_name("function_words.txt").read_text("utf-8").split())


def _runs(words: Sequence[str], stop: set[str]) -> list[tuple[str, ...]]:
    """Return the runs of one to three adjacent words that may name something.

    A stop word of the lecture may stand in a run beside one that is none: in a lecture about
    searching "search" is everywhere, but "binary search" is not.
    """
    kept = ["" if names_nothing(word) else stem(word) for word in words]
    runs: list[tuple[str, ...]] = []
    for length in (1, 2, 3):
        for start in range(len(kept) - length + 1):
            run = tuple(kept[start : start + length])
            if all(run) and len(set(run)) == length and not stop.issuperset(run):
                runs.append(run)
    return runs


def names_nothing(word: str) -> bool:
    """Return whether a word is too short or too common in its language to be in a title."""
    return word in function_words() or (len(word) < SHORTEST and not is_unspaced(word))


def _surfaces(group: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return for each stem the word that is said most, the shorter one of equals."""
    said = Counter(word for words in group for word in words)
    best: dict[str, str] = {}
    for word, _ in sorted(said.items(), key=lambda item: (-item[1], len(item[0]), item[0])):
        best.setdefault(stem(word), word)
    return best


def _weight(run: tuple[str, ...], times: int, spread: int, topics: int) -> float:
    rarity = np.log(1 + topics / spread)
    letters = np.sqrt(sum(len(part) for part in run))
    return float(np.log1p(times) * rarity * letters * len(run) ** 0.5 * min(1.0, times / 2))


def _without_overlap(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return the phrases whose words no better phrase has used."""
    kept: list[Phrase] = []
    used: set[str] = set()
    for phrase in phrases:
        if not used & set(phrase.stems):
            kept.append(phrase)
            used.update(phrase.stems)
    return kept


def make_title(phrases: Sequence[Phrase]) -> str:
    """Return the best one to three phrases, of four words at the most, as a heading.

    A phrase of several words names a topic by itself: a single word beside it would only blur it.
    """
    chosen: list[str] = []
    for phrase in phrases[:3]:
        if chosen and (
            len(" ".join([*chosen, phrase.words]).split()) > 4
            or phrase.weight < 0.4 * phrases[0].weight
            or len(phrase.stems) < len(phrases[0].stems)
        ):
            break
        chosen.append(phrase.words)
    return clean_title(", ".join(_capital(words) for words in chosen))


def _capital(words: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in words.split())


def unique_title(title: str, taken: set[str]) -> str:
    """Return `title`, numbered if it is taken."""
    number = 2
    unique = title
    while unique.casefold() in taken:
        unique = f"{title} ({number})"
        number += 1
    return unique


def summarise(texts: Sequence[str], worth: np.ndarray, limit: int = 240) -> str:
    """Return the one or two most worthy sentences, whole and in their order."""
    ranked = sorted(range(len(texts)), key=lambda i: (-worth[i], i))
    chosen = ranked[:1]
    for other in ranked[1:2]:
        if len(texts[chosen[0]]) + len(texts[other]) < limit:
            chosen.append(other)
    return " ".join(texts[i].strip() for i in sorted(chosen))
