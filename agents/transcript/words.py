"""What engines say, repaired at the border: words in order, inside the recording, none empty."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from agents.subtitles import one_line
from agents.transcript.activity import Activity
from agents.transcript.settling import MIN_WORD_S, settle_words
from agents.types import Word

ROOM_S = 0.1
"""Seconds per word that an utterance keeps before it must end where the next one begins."""


class RawWord(NamedTuple):
    """A word as an engine gives it: its times may be wrong in every way."""

    start: float
    end: float
    text: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class RawUtterance:
    """Words that an engine or a cue gives together."""

    start: float
    end: float
    words: Sequence[RawWord]
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words said together: in order, without overlap."""

    words: tuple[Word, ...]
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    speaker: str = ""


def repair_utterances(
    raw: Iterable[RawUtterance],
    duration: float,
    activity: Activity | None = None,
    *,
    invents: bool = False,
) -> list[Utterance]:
    """Return the utterances in order; words that do not fit in are squeezed, then dropped.

    With `activity` words lie where there is a voice; of an engine that `invents` words, those far
    from any voice are dropped.
    """
    repaired: list[Utterance] = []
    free = 0.0
    ordered = sorted(raw, key=lambda u: _finite(u.start, math.inf))
    for utterance, after in zip_longest(ordered, ordered[1:]):
        start = max(free, _finite(utterance.start, duration))
        end = min(duration, _finite(utterance.end, duration))
        limit = _finite(after.start, duration) if after else duration
        if limit - start >= ROOM_S * len(utterance.words):
            end = min(end, limit)
        words = _place(utterance.words, start, end)
        if not words:
            continue
        free = words[-1].end
        if activity is not None:
            words = settle_words(words, activity, invents=invents)
        if words:
            repaired.append(
                Utterance(
                    tuple(words),
                    _finite(utterance.avg_logprob, 0.0),
                    _finite(utterance.no_speech_prob, 0.0),
                    utterance.speaker,
                )
            )
    return repaired


def _place(raw: Sequence[RawWord], start: float, end: float) -> list[Word]:
    """Return the words, in the order of the text, within `start`-`end`."""
    said = [(word, text) for word in raw if (text := one_line(word.text))]
    if not said or end - start < 0.005 * len(said):
        return []
    least = min(MIN_WORD_S, (end - start) / len(said))
    placed: list[Word] = []
    at = start
    for left, (word, text) in zip(range(len(said) - 1, -1, -1), said, strict=True):
        latest = end - least * left
        first = min(max(_finite(word.start, at), at), latest - least)
        last = min(max(_finite(word.end, first), first + least), latest)
        probability = min(1.0, max(0.0, _finite(word.probability, 0.0)))
        placed.append(Word(max(0.0, first), max(last, first + least / 2), text, probability))
        at = placed[-1].end
    return placed


def _finite(value: float, otherwise: float) -> float:
    return float(value) if math.isfinite(value) else otherwise
