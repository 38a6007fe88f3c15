"""Words of captions onto the voice, by dynamic programming over the whole recording.

Without a model of sounds, four things tell where a word begins: how long it takes to say, the
pauses (which lie between words, most of all where sentences end), the cue it stands in, and the
loudness, which is low between syllables. Their costs are squared deviations in standard
deviations, linear beyond a few (Huber 1964), so that one wrong cue cannot bend the rest; the
best path is Viterbi's. Pauses take no time here (`VoiceClock`), so a cue edge that is off by a
second is corrected by the next pause.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.subtitles import ends_sentence
from agents.transcript.clock import CELL_S, VoiceClock

REACH_S = 1.2
"""How far from where its cue has it a word is looked for, in seconds of voice."""
SPREAD, SPREAD_S = 0.35, 0.04
"""Standard deviation of a word's length: this share of it, and seconds."""
LENGTH_LIMIT, EDGE_LIMIT = 2.0, 2.0
"""Standard deviations from which on a word's length, a cue's edge costs no longer squared."""
PAUSE_COST, LONG_PAUSE_COST, LONG_PAUSE_S = 3.0, 8.0, 0.4
"""What a pause inside a word costs, and what it costs more if it is this long."""
BREATH_COST = 3.0
"""What a pause costs after a word that ends no clause."""
CLAUSE_COST, SENTENCE_COST = 0.5, 3.0
"""What it costs if a clause or a sentence ends without a pause."""
LOUD_COST, LOUD_DB = 0.5, 10.0
"""What it costs if a word begins at a peak of loudness, and how far below it costs nothing."""
SKIP_COST, SKIP_COST_S = 10.0, 8.0
"""What voice between two cues that no word is said in costs, and each second of it."""
LINGER_S = 0.15
"""How long after its cue a word may end at no cost."""
LONGEST = 150
"""Cells of the longest word."""
PACES = (1.5, 12.0)
"""Cells that a letter takes at least and at most."""
NEIGHBOURS = 10
"""Cues on either side that tell the pace."""
CLAUSE_ENDS = (",", ";", ":")
_VOWELS = re.compile(r"[aeiouyàâäéèêëîïôöùûüœæøåáíóúãõ]+")


@dataclass(frozen=True, slots=True)
class CueWords:
    """A cue to be aligned: seconds, and its words."""

    start: float
    end: float
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Edges:
    """How cues begin: `bias_s` is how long after the cue the voice does, `sigma_s` how exactly."""

    bias_s: float = 0.0
    sigma_s: float = 0.5


def word_length(text: str) -> float:
    """Return how long the word takes to say, in letters; fitted to read and made speech.

    A letter takes about 60 ms, a syllable half as much on top, a spoken digit 3.5 letters.
    """
    letters = sum(character.isalpha() for character in text)
    digits = sum(character.isdigit() for character in text)
    syllables = len(_VOWELS.findall(text.lower()))
    return 0.35 + letters + 0.5 * syllables + 3.5 * digits


def huber(deviations: np.ndarray, limit: float) -> np.ndarray:
    """Return the squares, beyond `limit` their tangents."""
    size = np.abs(deviations)
    return np.where(size < limit, size * size, limit * (2 * size - limit))


def align_words(
    cues: Sequence[CueWords], clock: VoiceClock, loudness: np.ndarray, edges: Edges
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return where each word begins and ends on the clock, None if there is no way at all.

    `loudness` is 0-1 per position of the clock: 1 at a peak.
    """
    return _Alignment(cues, clock, loudness, edges).solve()


class _Alignment:
    """The costs of one recording, and the way back through them."""

    def __init__(
        self, cues: Sequence[CueWords], clock: VoiceClock, loudness: np.ndarray, edges: Edges
    ) -> None:
        self.cues, self.clock, self.edges = cues, clock, edges
        self.texts = [text for cue in cues for text in cue.texts]
        self.first = np.cumsum([0, *(len(cue.texts) for cue in cues)])
        self.cue_of = np.repeat(np.arange(len(cues)), np.diff(self.first))
        self.at_edge = np.zeros(clock.size + 1, bool)
        self.at_edge[clock.edges] = True
        self.loud = np.where(self.at_edge, 0.0, LOUD_COST * loudness)
        inside = np.zeros(clock.size + 1)
        long = np.minimum(1.0, clock.pauses() / LONG_PAUSE_S)
        inside[clock.edges[1:-1]] = PAUSE_COST + LONG_PAUSE_COST * long
        self.upto = np.cumsum(inside)
        """Costs of the pauses up to each position; a word pays those between its ends."""
        self.before = self.upto - inside
        self._expect()

    def _expect(self) -> None:
        """Say how long each word is expected to take, and where it is looked for, in cells."""
        lengths = np.array([word_length(text) for text in self.texts])
        starts = np.array([cue.start + self.edges.bias_s for cue in self.cues])
        begin = self.clock.positions(starts)
        voiced = self.clock.positions(np.array([cue.end for cue in self.cues])) - begin
        totals = np.add.reduceat(lengths, self.first[:-1])
        paces = np.clip(_running_median(voiced / totals), *PACES)
        self.expected = np.minimum(lengths * paces[self.cue_of], LONGEST / 2)
        said = np.cumsum(lengths) - lengths
        said -= said[self.first[:-1]][self.cue_of]
        by_pace = said * paces[self.cue_of]
        by_cue = (said / totals[self.cue_of]) * np.maximum(0.0, voiced)[self.cue_of]
        reach = REACH_S / CELL_S
        low = begin[self.cue_of] + np.minimum(by_pace, by_cue) - reach
        high = begin[self.cue_of] + np.maximum(by_pace, by_cue) + reach
        low = np.maximum.accumulate(np.clip(np.floor(low), 0, self.clock.size).astype(np.intp))
        high = np.clip(np.ceil(high), 0, self.clock.size).astype(np.intp)
        high = np.maximum.accumulate(np.maximum(high, low))
        self.low = np.append(low, low[-1])
        self.high = np.append(high, min(self.clock.size, high[-1] + LONGEST))

    def solve(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return begins and ends of the words on the cheapest path."""
        count = len(self.texts)
        cost = np.zeros(self.high[0] - self.low[0] + 1)
        skips = [np.arange(len(cost), dtype=np.int32)]
        steps: list[np.ndarray] = []
        for word in range(count):
            cost = cost + self._begin_cost(word)
            cost, step = self._say(word, cost)
            if not np.isfinite(cost).any():
                return None
            steps.append(step)
            cost, skip = self._skip(word + 1, cost + self._end_cost(word + 1))
            skips.append(skip)
        return self._way_back(int(np.argmin(cost)) + int(self.low[count]), steps, skips)

    def _begin_cost(self, word: int) -> np.ndarray:
        """Return what it costs that the word begins at each position it is looked for."""
        at = slice(self.low[word], self.high[word] + 1)
        cost = self.loud[at]
        cue = self.cue_of[word]
        if word == self.first[cue]:
            late = self.clock.begin_s[at] - self.cues[cue].start - self.edges.bias_s
            cost = cost + huber(late / self.edges.sigma_s, EDGE_LIMIT)
        return cost

    def _end_cost(self, word: int) -> np.ndarray:
        """Return what it costs that the word before `word` ends at each position."""
        at = slice(self.low[word], self.high[word] + 1)
        last = word == len(self.texts)
        text, following = self.texts[word - 1], "" if last else self.texts[word]
        if ends_sentence(text, following):
            cost = np.where(self.at_edge[at], 0.0, SENTENCE_COST)
        elif text.endswith(CLAUSE_ENDS):
            cost = np.where(self.at_edge[at], 0.0, CLAUSE_COST)
        else:
            cost = np.where(self.at_edge[at], BREATH_COST, 0.0)
        cue = self.cue_of[word - 1]
        if last:  # what is left of the last cue's voice counts as left out
            left = self.clock.positions(np.array([self.cues[cue].end])) - np.arange(
                at.start, at.stop
            )
            cost = cost + SKIP_COST_S * CELL_S * np.maximum(0.0, left)
        if last or self.cue_of[word] != cue:
            allowed = self.cues[cue].end + self.edges.bias_s + LINGER_S
            late = np.maximum(0.0, self.clock.end_s[at] - allowed)
            cost = cost + huber(late / self.edges.sigma_s, EDGE_LIMIT)
        return cost

    def _say(self, word: int, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the costs after the word, and how many cells it took to each position."""
        expected = self.expected[word]
        longest = int(min(LONGEST, max(12, np.ceil(3 * expected + 10))))
        sizes = np.arange(longest, 0, -1)
        price = huber((sizes - expected) / (SPREAD * expected + SPREAD_S / CELL_S), LENGTH_LIMIT)
        low, high = self.low[word], self.high[word]
        first, last = self.low[word + 1], self.high[word + 1]
        reachable = np.full(last - first + longest, np.inf)
        begin, end = max(low, first - longest), min(high, last - 1)
        if end >= begin:
            there = slice(begin - first + longest, end - first + longest + 1)
            reachable[there] = (cost - self.upto[low : high + 1])[begin - low : end - low + 1]
        ways = np.lib.stride_tricks.sliding_window_view(reachable, longest) + price
        best = np.argmin(ways, axis=1)
        after = ways[np.arange(len(ways)), best] + self.before[first : last + 1]
        return after, sizes[best].astype(np.int32)

    def _skip(self, word: int, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the costs where voice may be left out between cues, and from where."""
        at = np.arange(len(cost), dtype=np.int32)
        if word < len(self.texts) and word != self.first[self.cue_of[word]]:
            return cost, at
        slope = SKIP_COST_S * CELL_S
        level = cost - slope * at
        least = np.minimum.accumulate(level)
        source = np.maximum.accumulate(np.where(level <= least, at, 0))
        skipped = least + slope * at + SKIP_COST
        return np.minimum(cost, skipped), np.where(skipped < cost, source, at)

    def _way_back(
        self, position: int, steps: list[np.ndarray], skips: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        begins, ends = np.zeros(len(steps), np.intp), np.zeros(len(steps), np.intp)
        for word in range(len(steps), 0, -1):
            low = int(self.low[word])
            position = low + int(skips[word][position - low])
            ends[word - 1] = position
            position -= int(steps[word - 1][position - low])
            begins[word - 1] = position
        return begins, ends


def _running_median(values: np.ndarray) -> np.ndarray:
    """Return the median of each value and its neighbours."""
    return np.array(
        [np.median(values[max(0, i - NEIGHBOURS) : i + NEIGHBOURS + 1]) for i in range(len(values))]
    )
