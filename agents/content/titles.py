"""Names for topics, from slide and speech: headlines and key phrases, never a cut sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from agents.content.lexicon import Lexicon, cased_words, split_words, stem
from agents.content.phrases import BEFORE_NOUN, Phrase, key_phrases
from agents.content.spoken import names_nothing
from agents.headings import clean_title

KEYWORDS = 6
"""So many keywords per topic."""
SUPPORT = 0.5
"""Share of a headline's words that a topic must say to be named after it..."""
SHOWN, LEAST_SUPPORT = 0.6, 0.3
"""... or a lower one when it is shown for this share of the topic."""
BESIDE = 0.5
"""A phrase of several words is the title when it weighs this share of the best single word."""
LIKE, COMPARED = 0.8, 200
"""How like a word of a headline must be to one that is said to be a misreading of it, and with how
many it is compared at most."""


@dataclass(slots=True)
class Headline:
    """A headline of a slide: seconds over which it stands, per topic."""

    text: str
    seconds: dict[int, float]


def name_topics(
    texts: Sequence[str],
    topic: np.ndarray,
    lexicon: Lexicon,
    headlines: Sequence[str] = (),
    seconds: Sequence[float] = (),
) -> list[tuple[str, tuple[str, ...]]]:
    """Return title and keywords of every topic; no two titles are the same.

    `headlines` are those of the slides shown over the sentences, "" where none was read, and
    `seconds` the lengths of the sentences.
    """
    stop = {lexicon.terms[index] for index in np.flatnonzero(lexicon.stop)}
    groups: list[list[str]] = [[] for _ in range(int(topic.max(initial=-1)) + 1)]
    for number, text in zip(topic, texts, strict=True):
        groups[number].append(text)
    shown = gather_headlines(texts, topic, headlines, seconds)
    said = {stem(word) for text in texts for word in split_words(text)} if shown else set()
    named: list[tuple[str, tuple[str, ...]]] = []
    taken: set[str] = set()
    for number, (group, found) in enumerate(zip(groups, key_phrases(groups, stop), strict=True)):
        phrase = make_title(found, taken)
        headline = choose_headline(shown, number, group)
        if not headline and not _good_long(found):
            headline = longest_headline(shown, number, said)
        if headline.casefold() in taken and phrase:
            headline = clean_title(f"{headline}: {phrase}")
        title = unique_title(headline or phrase or f"Topic {number + 1}", taken)
        taken.add(title.casefold())
        named.append((title, tuple(phrase.words for phrase in found[:KEYWORDS])))
    return named


def make_title(phrases: Sequence[Phrase], taken: set[str]) -> str:
    """Return the best phrase as a heading, of several words if there is one nearly as good.

    Two single words stand side by side only where no phrase is to be had.
    """
    long = [phrase.words for phrase in _good_long(phrases)]
    pair = ", ".join(phrase.words for phrase in _good(phrases)[:2])
    last = [f"{long[0]}, {phrase.words}" for phrase in phrases if long and phrase.words != long[0]]
    titles = [clean_title(_capital(words)) for words in [*long, pair, *last[:1]] if words]
    return next((title for title in titles if title.casefold() not in taken), "".join(titles[:1]))


def _good(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return the phrases that are nearly as good as the best."""
    return [phrase for phrase in phrases if phrase.weight >= BESIDE * phrases[0].weight]


def _good_long(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return those of several words."""
    return [phrase for phrase in _good(phrases) if len(phrase.stems) > 1]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def gather_headlines(
    texts: Sequence[str], topic: np.ndarray, headlines: Sequence[str], seconds: Sequence[float]
) -> list[Headline]:
    """Return every headline that could name a topic, misread words put right by what is said."""
    found: dict[str, Headline] = {}
    for number, text, length in zip(topic.tolist(), headlines, seconds, strict=False):
        if text:
            each = found.setdefault(text, Headline(text, defaultdict(float)))
            each.seconds[number] += length
    said = {word: word for text in texts for word in cased_words(text)} if found else {}
    said |= {word.casefold(): word for word in said}
    for each in found.values():
        each.text = _put_right(_without_marks(clean_title(each.text), said), said)
    return [each for each in found.values() if each.text and not _is_cut(each.text)]


def _is_cut(headline: str) -> bool:
    """Tell whether a headline ends where something must follow."""
    words = split_words(headline)
    return not words or (len(words) > 1 and words[-1] in BEFORE_NOUN)


def _without_marks(headline: str, said: Mapping[str, str]) -> str:
    """Return the headline without what a logo beside it was misread as, such as "I'liī".

    Such a mark stands at an end, holds a sign besides letters, and a letter of a kind that nobody
    in the lecture needs.
    """
    words = headline.split(" ")
    plain = all(word.isascii() for word in said)
    for end in (0, -1):
        mark = not words[end].isascii() and not words[end].isalpha()
        if plain and mark and len(words) > 1:
            words.pop(end)
    return " ".join(words)


def _put_right(headline: str, said: Mapping[str, str]) -> str:
    """Return the headline with words that nobody says replaced by like ones that are said."""
    words = []
    for word in headline.split(" "):
        folded = word.casefold()
        near = [
            other
            for other in said
            if len(word) > 4 and abs(len(other) - len(word)) < 2 and other[-1:] == folded[-1:]
        ]
        if folded not in said and folded.isalpha() and (like := _likest(folded, near)):
            word = _capital(said[like]) if word[:1].isupper() else said[like]
        words.append(word)
    return " ".join(words)


def _likest(word: str, others: Sequence[str]) -> str:
    return next(iter(get_close_matches(word, others[:COMPARED], n=1, cutoff=LIKE)), "")


def choose_headline(shown: Sequence[Headline], number: int, group: Sequence[str]) -> str:
    """Return the headline that names a topic, "" when the speech supports none.

    Of those whose words are said, the one that stands longest over this topic, and not as long
    over others.
    """
    said = {stem(word) for text in group for word in split_words(text)}
    whole = sum(headline.seconds.get(number, 0.0) for headline in shown)
    best, title = 0.0, ""
    for headline in shown:
        here = headline.seconds.get(number, 0.0)
        stems = {stem(word) for word in split_words(headline.text) if not names_nothing(word)}
        if not here or not stems:
            continue
        support = len(stems & said) / len(stems)
        share = here / whole
        if support < (LEAST_SUPPORT if share >= SHOWN else SUPPORT):
            continue
        worth = share * support * here / sum(headline.seconds.values())
        if worth > best:
            best, title = worth, headline.text
    return title


def longest_headline(shown: Sequence[Headline], number: int, said: Set[str]) -> str:
    """Return the headline that stands longest over a topic and mostly there, "" if there is none.

    For topics that no phrase names: a word of it among the stems `said` in the lecture is enough.
    """
    own = [
        headline
        for headline in shown
        if 2 * headline.seconds.get(number, 0.0) > sum(headline.seconds.values())
        and any(
            stem(word) in said for word in split_words(headline.text) if not names_nothing(word)
        )
    ]
    longest = max(own, key=lambda headline: headline.seconds[number], default=None)
    return longest.text if longest else ""


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
