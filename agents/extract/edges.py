"""Where a clip may begin and end, and how well: at sentence ends, in pauses, around one idea."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from agents.content.cues import LEANING, asks
from agents.extract.timing import Timing
from agents.subtitles import ends_sentence
from agents.types import Sentence, TranscriptSegment

PUNCTUATED = 0.2
"""From this share of sentences with a mark at the end on, one without is none that ended."""
FEW_WORDS = 4
"""Fewer words open or close no idea: "There.", "Yeah, right."."""
_POINTERS = """
this that these those it he she they them which; das dies diese dieser dieses es er sie; cela ceci
ça ce c'est il elle ils elles; esto eso este ese; questo quello
"""
_POINTING = frozenset(_POINTERS.replace(";", " ").split())
_WORD = re.compile(r"[\w']+")


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """What is known of each sentence as the first and as the last one, shape (n,) each."""

    begins: np.ndarray
    """Whether a clip may begin with it."""
    ends: np.ndarray
    """Whether a clip may end with it."""
    opening: np.ndarray
    """How good a beginning it is."""
    closing: np.ndarray
    """How good an end it is."""
    leans: np.ndarray
    """0 for a sentence that stands for itself, 1 for one whose subject was named before."""
    asks: np.ndarray
    over: np.ndarray
    """Whether a sentence is over with it, pause or not."""

    @property
    def in_pauses(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where a clip may begin and end."""
        return self.begins, self.ends

    @property
    def at_ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the same without any pause."""
        return np.concatenate([[True], self.over[:-1]]), self.over

    @property
    def anywhere(self) -> np.ndarray:
        """Return every sentence."""
        return np.ones_like(self.over)


def measure_edges(
    segments: Sequence[TranscriptSegment],
    sentences: Sequence[Sentence],
    timing: Timing,
    min_pause: float,
) -> Edges:
    """Return where clips of these sentences may begin and end."""
    over = ends_of_sentences(segments)
    ends = over & (timing.pause_after >= min_pause)
    begins = np.concatenate([[True], over[:-1]]) & (timing.pause_before >= min_pause)
    marks = np.array([_marks(sentence.text) for sentence in sentences])
    leans, asked, short = marks.T
    clean, fresh = (
        np.array([s.components.get(name, 0.0) for s in sentences])
        for name in ("completeness", "position")
    )
    after_lean, after_fresh = np.append(leans[1:], 0.0), np.append(fresh[1:], 1.0)
    opening = clean + fresh - 2 * leans - short + np.minimum(timing.pause_before, 1)
    closing = after_fresh - after_lean - 2 * asked - short + np.minimum(timing.pause_after, 1)
    return Edges(begins, ends, opening, closing, leans, asked > 0, over)


def ends_of_sentences(segments: Sequence[TranscriptSegment]) -> np.ndarray:
    """Return per segment whether a sentence is over with it, bool, shape (n,).

    A transcript cuts long sentences at pauses: such a piece is no sentence, and no clip ends with
    it. Where most of the text has no marks at all the pauses are all there is to go by.
    """
    over = np.ones(len(segments), dtype=bool)
    for at, (one, after) in enumerate(pairwise(segments)):
        last, following = one.text.split()[-1:], after.text.split()[:1]
        over[at] = ends_sentence("".join(last), "".join(following), after.start - one.end)
    return over if over.mean() >= PUNCTUATED else np.ones_like(over)


@lru_cache(maxsize=1 << 14)
def _marks(text: str) -> tuple[float, float, float]:
    """Return how much a sentence leans on the one before, whether it asks, and is but a scrap."""
    return points_back(text), float(asks(text)), float(len(text.split()) < FEW_WORDS)


def points_back(text: str) -> float:
    """Return 1 where a sentence begins by pointing at what was said, "So that's", .3 where it
    only goes on, "So today we", and 0 where it does neither.
    """
    joined = 0.0
    while found := LEANING.match(text):
        words = _WORD.findall(found.group().casefold())
        if words and not _POINTING.isdisjoint((words[-1], words[-1].split("'")[0])):
            return 1.0
        text, joined = text[found.end() :], 0.3
    return joined
