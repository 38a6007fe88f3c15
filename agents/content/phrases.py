"""Phrases that name what a stretch of speech is about, in the words of the speaker."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise, zip_longest

import numpy as np

from agents.content.spoken import SHORTEST, Said, is_acronym, read_pieces, unowned

LONGEST = 3
"""Words of a phrase."""
_BEFORE_NOUN = """
a an the this that these those each every our its their of in for with about between on by
der die das den dem des ein eine einen einem einer eines im beim vom zur zum jede jeder jedes von
le la les l un une du des d cette ce cet ces chaque leur leurs notre de au aux
el los las una del al cada este esta su sus il lo gli i uno della dello delle degli dei nel nella
"""
_NAMING = """
called named known definition define defined genannt heißt nennt bezeichnet definieren appelle
appelé appelée nomme définition llama llamado llamada definición chiama chiamato chiamata
"""
BEFORE_NOUN = frozenset(_BEFORE_NOUN.split())
"""Behind these stands a noun, or what describes it."""
NAMING = frozenset(_NAMING.split())
"""Not far behind these stands the name of something."""
NAME_BONUS, NAME_REACH = 1.5, 4
"""What a phrase is worth more that is introduced by name, and within how many words."""
MOSTLY = 0.5
"""A phrase is named in full when more than this share of its mentions is part of a longer one."""
LEAST_TIMES, ALWAYS = 3, 0.6
"""A small word beside a phrase is part of it when it is there in this share of so many
mentions..."""
DESCRIBES = 0.15
"""... and stands behind an article or a preposition in this share of all its own."""
CONSIDERED = 300
"""So many phrases of a topic may name it, the best."""
PLACES = 6
"""A topic is cut into so many places; what is said in more of them is what it is about."""
UNLED = 0.7
"""What several words are worth that never follow an article, as in "to detect edges"; those that
always do are worth 1 more."""
LENGTH = (1.0, 2.0, 2.2)
"""What a phrase of one, two, three words is worth: several words name something by themselves."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A term or a run of terms with how well it names its topic."""

    stems: tuple[str, ...]
    words: str
    weight: float


@dataclass(slots=True)
class _Found:
    """A run of stems within one topic."""

    times: int = 0
    named: bool = False
    led: int = 0
    """So often behind an article or a preposition."""
    beside: tuple[Counter[str], Counter[str]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    """The words that name nothing right before it, and right behind it."""
    sentences: set[int] = field(default_factory=set)
    surfaces: Counter[tuple[str, ...]] = field(default_factory=Counter)


def key_phrases(groups: Sequence[Sequence[str]], stop: set[str]) -> list[list[Phrase]]:
    """Return per topic its phrases, best first: frequent here, rare in the other topics.

    Runs of one to three meaningful words are weighted by how often the topic says them and in how
    many places, by how few other topics do (class-based tf-idf, Grootendorst 2022), and by how
    often their last word ends a noun phrase: behind an article or a preposition, before a word
    that names nothing. What follows an article itself or is introduced by name is worth more.
    """
    pieces = [[read_pieces(text) for text in group] for group in groups]
    nouns = _noun_shares(pieces)
    small = _small_nouns(pieces)
    case = _Case(said for group in pieces for text in group for piece in text for said in piece)
    counted = [_count(group, stop) for group in pieces]
    spread = Counter(run for found in counted for run in found)
    said = Counter[tuple[str, ...]]()
    for found in counted:
        said.update({run: each.times for run, each in found.items()})
    ranked = []
    for found, group in zip(counted, groups, strict=True):
        weighted = []
        for run, each in found.items():
            if len(run) == 1 or each.times > 1:
                rarity = np.log(1 + len(groups) / spread[run]) * (each.times / said[run]) ** 0.5
                worth = _weight(run, each, nouns[run[-1]], len(group)) * float(rarity)
                weighted.append(
                    Phrase(run, case.write(_completed(_surface(each), each, small)), worth)
                )
        weighted.sort(key=lambda phrase: (-phrase.weight, phrase.words))
        times = {run: each.times for run, each in found.items()}
        ranked.append(_without_overlap(_in_full(weighted[:CONSIDERED], times)))
    return ranked


def _weight(run: tuple[str, ...], found: _Found, noun: float, sentences: int) -> float:
    """Return how well a run names its topic, whatever the other topics say."""
    places = max(1, min(PLACES, sentences // 4))
    seen = len({index * places // sentences for index in found.sentences})
    often = found.times**0.6 * min(1.0, found.times / 3)
    named = NAME_BONUS if found.named else 1.0
    led = UNLED + (found.led + 0.5) / (found.times + 1) if len(run) > 1 else 1.0
    return often * LENGTH[len(run) - 1] * (0.2 + noun) * led * named * (seen / places) ** 0.5


def _in_full(phrases: Sequence[Phrase], times: Mapping[tuple[str, ...], int]) -> list[Phrase]:
    """Return the phrases, those in full that are mostly said as part of a longer one.

    "Temporal logic" that is nearly always "linear temporal logic" is named so (C-value, Frantzi &
    Ananiadou 1996).
    """
    full = []
    for phrase in phrases:
        longer = [
            other
            for other in phrases
            if len(other.stems) > len(phrase.stems)
            and _holds(other.stems, phrase.stems)
            and times[other.stems] > MOSTLY * times[phrase.stems]
        ]
        longest = max(longer, key=lambda other: (times[other.stems], other.weight), default=phrase)
        full.append(replace(longest, weight=max(phrase.weight, longest.weight)))
    return full


def _holds(run: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return any(run[i : i + len(part)] == part for i in range(len(run) - len(part) + 1))


def _noun_shares(groups: Sequence[Sequence[list[list[Said]]]]) -> defaultdict[str, float]:
    """Return how often each stem ends a noun phrase, as a share of its mentions, smoothed."""
    ends, mentions = Counter[str](), Counter[str]()
    for piece in (piece for group in groups for text in group for piece in text):
        begun = False
        for said, following in zip_longest(piece, piece[1:]):
            if said.stem:
                mentions[said.stem] += 1
                ends[said.stem] += begun and (following is None or not following.stem)
            else:
                begun = said.folded in BEFORE_NOUN
            begun = begun and bool(said.stem or said.folded in BEFORE_NOUN)
    shares = defaultdict[str, float](float)
    shares.update({each: (ends[each] + 0.5) / (mentions[each] + 2) for each in mentions})
    return shares


def _count(group: Sequence[list[list[Said]]], stop: set[str]) -> dict[tuple[str, ...], _Found]:
    """Return the runs of a topic that may name something, with where and how they are said.

    A stop word of the lecture may stand in a run with others: in a lecture about searching "search"
    is everywhere, but "binary search" is not.
    """
    found: dict[tuple[str, ...], _Found] = {}
    for number, pieces in enumerate(group):
        for piece in pieces:
            for start, run in _runs(piece, stop):
                each = found.setdefault(run, _Found())
                each.times += 1
                each.sentences.add(number)
                said = [word.text for word in piece[start : start + len(run)]]
                each.surfaces[(*said[:-1], unowned(said[-1]))] += 1
                before = piece[max(0, start - NAME_REACH) : start]
                each.named |= any(said.folded in NAMING for said in before)
                each.led += bool(before) and before[-1].folded in BEFORE_NOUN
                behind = piece[start + len(run) : start + len(run) + 1]
                for side, near in zip(each.beside, (before[-1:], behind), strict=True):
                    side.update(said.text for said in near if not said.stem)
    return found


def _runs(piece: Sequence[Said], stop: set[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield start and stems of the runs of one to three adjacent words that may name something."""
    for length in range(1, LONGEST + 1):
        for start in range(len(piece) - length + 1):
            run = tuple(said.stem for said in piece[start : start + length])
            if all(run) and len(set(run)) == length and (length > 1 or run[0] not in stop):
                yield start, run


def _completed(words: tuple[str, ...], found: _Found, small: Set[str]) -> tuple[str, ...]:
    """Return a run with a small word that nearly always stands beside it and is part of its name.

    "Conjunctive normal" is always said with "form", "angle approximation" with "small".
    """
    near = []
    for side in found.beside:
        word, times = next(iter(side.most_common(1)), ("", 0))
        part = found.times >= LEAST_TIMES and times >= ALWAYS * found.times
        near.append((word,) if part and word.casefold() in small else ())
    return (*near[0], *words, *near[1])


def _small_nouns(groups: Sequence[Sequence[list[list[Said]]]]) -> set[str]:
    """Return words that name nothing alone, but are nouns and adjectives: articles precede them."""
    led, mentions = Counter[str](), Counter[str]()
    for piece in (piece for group in groups for text in group for piece in text):
        for before, said in pairwise(piece):
            if not said.stem and len(said.text) >= SHORTEST and said.folded not in BEFORE_NOUN:
                mentions[said.folded] += 1
                led[said.folded] += before.folded in BEFORE_NOUN
    return {word for word in led if led[word] >= DESCRIBES * mentions[word] and led[word] > 1}


def _surface(found: _Found) -> tuple[str, ...]:
    """Return how the run is said most, the shorter one of equals."""
    folded = Counter[tuple[str, ...]]()
    for words, times in found.surfaces.items():
        folded[tuple(word.casefold() for word in words)] += times
    return min(folded, key=lambda words: (-folded[words], len("".join(words)), words))


class _Case:
    """How words are written inside sentences: names and acronyms keep their capitals."""

    def __init__(self, said: Iterator[Said]) -> None:
        self.forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for word in said:
            if not word.opens or is_acronym(word.text):
                self.forms[word.folded][word.text] += 1

    def write(self, words: Sequence[str]) -> str:
        """Return folded words as they are written inside sentences."""
        return " ".join(self._written(word) for word in words)

    def _written(self, word: str) -> str:
        forms = self.forms.get(word)
        return min(forms, key=lambda form: (-forms[form], form)) if forms else word


def _without_overlap(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return the phrases whose words no better phrase has used."""
    kept: list[Phrase] = []
    used: set[str] = set()
    for phrase in phrases:
        if not used & set(phrase.stems):
            kept.append(phrase)
            used.update(phrase.stems)
    return kept
