"""Where there is a voice, per level hop: for the times of words and what is to be recognised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.types import Intake, Interval

VOTE = 0.15
"""Silero's probability below which loud sound is no voice."""
CERTAIN = 0.5
"""Silero's probability that is needed where the levels tell nothing."""
INAUDIBLE_DB = -70.0
DEAF = 0.1
"""If it votes for less than this share of the loud sound in what is spoken, Silero is deaf."""
STEADY_DB = 6.0
"""Levels that spread less are a hum, or a constant offset, in which speech would not show."""
BRIDGE_S = 0.1
"""Shorter gaps, such as before a plosive, belong to the speech."""
PAD_S = 0.15
"""What is kept around a stretch, for soft beginnings and ends of words."""


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """Whether there is a voice per hop, bool, shape (n,)."""

    hop_s: float
    active: np.ndarray

    def spans(self, start: float, end: float) -> list[tuple[float, float]]:
        """Return the active stretches within `start`-`end`, in seconds."""
        first = max(0, round(start / self.hop_s))
        inside = self.active[first : max(first, round(end / self.hop_s))]
        edges = np.flatnonzero(np.diff(inside.astype(np.int8), prepend=0, append=0)) + first
        times = (edges * self.hop_s).reshape(-1, 2)
        return [(max(start, a), min(end, b)) for a, b in times.tolist() if min(end, b) > a]

    def share(self, start: float, end: float) -> float:
        """Return the active seconds within `start`-`end`."""
        first, last = max(0, round(start / self.hop_s)), max(0, round(end / self.hop_s))
        return float(np.count_nonzero(self.active[first:last])) * self.hop_s


def measure_activity(intake: Intake, *, voted: bool = True) -> Activity:
    """Return where levels stand out of the noise and, if `voted`, Silero does not deny speech."""
    levels, hop = intake.levels.rms_db, intake.levels.hop_s
    heard = levels[np.isfinite(levels) & (levels > -110)]
    if not len(heard) or np.max(heard) < INAUDIBLE_DB:
        return Activity(hop, np.zeros(len(levels), bool))
    noise, speech, loudest = np.percentile(heard, (5, 95, 99))
    steady = loudest - noise < STEADY_DB
    least = INAUDIBLE_DB if steady else max(noise + 6.0, speech - 40.0)
    active = levels > (least if steady else min(least, speech - 12.0))
    if voted and len(intake.speech.values):
        at = np.arange(len(levels)) * (hop / intake.speech.hop_s)
        votes = intake.speech.values[np.minimum(at.astype(np.intp), len(intake.speech.values) - 1)]
        active &= votes >= (CERTAIN if steady else VOTE)
    elif steady:
        active[:] = False
    return Activity(hop, _bridge(active, round(BRIDGE_S / hop)))


def measure_spoken(intake: Intake, said: Sequence[Interval]) -> Activity:
    """Return where there is a voice in a recording of which it is known when somebody speaks.

    A voice unlike those that Silero learnt, such as a whispered or a synthetic one, gets no vote
    at all: then the levels alone tell.
    """
    heard, loud = measure_activity(intake), measure_activity(intake, voted=False)
    known = sum(loud.share(part.start, part.end) for part in said)
    believed = sum(heard.share(part.start, part.end) for part in said)
    return loud if believed < DEAF * known else heard


def speech_stretches(intake: Intake, *, max_s: float, join_s: float) -> tuple[Interval, ...]:
    """Return stretches of at most `max_s` with all of the speech, cut where the pauses are longest.

    Speech on both sides of a pause of `join_s` or more never shares a stretch.
    """
    spans = measure_activity(intake).spans(0.0, intake.media.duration)
    spans = [piece for span in spans for piece in _cut(span, max_s - 2 * PAD_S)]
    packed: list[tuple[float, float]] = []
    begin = 0
    while begin < len(spans):
        end = _last_together(spans, begin, max_s - 2 * PAD_S, join_s)
        packed.append((spans[begin][0], spans[end - 1][1]))
        begin = end
    return tuple(_padded(packed, intake.media.duration))


def _bridge(active: np.ndarray, hops: int) -> np.ndarray:
    """Return the mask with inner gaps shorter than `hops` closed."""
    edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0))
    closed = active.copy()
    for end, start in zip(edges[1:-1:2], edges[2:-1:2], strict=True):
        if start - end < hops:
            closed[end:start] = True
    return closed


def _cut(span: tuple[float, float], max_s: float) -> list[tuple[float, float]]:
    start, end = span
    pieces = int(-(-(end - start) // max_s))
    step = (end - start) / max(1, pieces)
    return [(start + i * step, start + (i + 1) * step) for i in range(pieces)]


def _last_together(
    spans: list[tuple[float, float]], begin: int, max_s: float, join_s: float
) -> int:
    """Return the index after the last span that shares a stretch with span `begin`."""
    start = spans[begin][0]
    best, best_value = begin + 1, 0.0
    for end in range(begin + 1, len(spans) + 1):
        length = spans[end - 1][1] - start
        if length > max_s + 1e-6:
            return best
        gap = spans[end][0] - spans[end - 1][1] if end < len(spans) else np.inf
        if gap >= join_s:
            return end
        # A longer stretch is worth a shorter pause, up to a quarter of it.
        value = gap * (0.3 + length / max_s)
        if value >= best_value:
            best, best_value = end, value
    return best


def _padded(spans: list[tuple[float, float]], duration: float) -> list[Interval]:
    """Return the spans with up to `PAD_S` around them, never into the neighbour's half."""
    padded = []
    for i, (start, end) in enumerate(spans):
        before = spans[i - 1][1] if i else 0.0
        after = spans[i + 1][0] if i + 1 < len(spans) else duration
        first = max(start - PAD_S, (start + before) / 2 if i else 0.0, 0.0)
        last = min(end + PAD_S, (end + after) / 2 if i + 1 < len(spans) else duration)
        padded.append(Interval(first, max(last, first + 0.01)))
    return padded
