"""The highlight reel: the best short passage of every topic, in a couple of minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.extract.params import ExtractParams
from agents.extract.planner import find_candidates
from agents.extract.reasons import describe_clips
from agents.extract.scoring import component_matrix, weight_vector
from agents.extract.similarity import find_duplicates
from agents.extract.timing import Timing, measure_timing
from agents.types import ClipPlan, Content, Layout, SilenceRegion, Transcript

STEPS = 1200
"""The total length is counted in so many steps, each passage rounded up: 0.1 s each of 2 min."""


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Stretches of sentences that the reel may show; every array has one value per stretch."""

    first: np.ndarray
    last: np.ndarray
    topic: np.ndarray
    value: np.ndarray
    """What it is worth, in seconds of outstanding speech."""
    length: np.ndarray

    def without(self, first: int, last: int) -> Passages:
        """Return the passages that share no sentence with the stretch."""
        keep = (self.last < first) | (self.first > last)
        columns = (self.first, self.last, self.topic, self.value, self.length)
        return Passages(*(column[keep] for column in columns))


def plan_reel(
    transcript: Transcript,
    silence: tuple[SilenceRegion, ...],
    layout: Layout,
    content: Content,
    *,
    params: ExtractParams,
) -> tuple[ClipPlan, ...]:
    """Return the passages of the reel in order of time; pure and deterministic.

    Each is one stretch of whole sentences of one topic, and says why it is there, as clips do.
    """
    if not content.sentences:
        return ()
    segments = [transcript.segments[sentence.index] for sentence in content.sentences]
    components = component_matrix(content.sentences)
    timing = measure_timing(segments, silence, layout, params)
    found = find_passages(content, components @ weight_vector(params.weights), timing, params)
    whole = float(timing.kept(np.array([0]), np.array([len(segments) - 1]))[0])
    total = min(params.reel.total_s, params.max_share * whole)
    spans = choose_apart(found, content, total, params)
    plans = describe_clips(spans, segments, content, components, timing, layout, params)
    return tuple(sorted(plans, key=lambda plan: plan.start))


def find_passages(
    content: Content, scores: np.ndarray, timing: Timing, params: ExtractParams
) -> Passages:
    """Return every stretch inside one topic that is short enough and lies between pauses."""
    reel = params.reel
    short = {"min_clip_s": reel.min_passage_s, "max_clip_s": reel.max_passage_s}
    found = find_candidates(content, scores, timing, params.model_copy(update=short))
    topics = np.array([sentence.topic for sentence in content.sentences])
    usual = float(np.average(scores, weights=timing.speech)) if timing.speech.any() else 0.0
    inside = topics[found.first] == topics[found.last]
    value = found.worth - usual * found.seconds
    columns = (found.first, found.last, found.topic, value, found.length)
    return Passages(*(column[inside] for column in columns))


def choose_apart(
    found: Passages, content: Content, total: float, params: ExtractParams
) -> list[tuple[int, int]]:
    """Return the chosen stretches in order of time; of two that say the same the better stays."""
    while True:
        chosen = choose_passages(found, total, params.reel.max_passages)
        spans = [(int(found.first[i]), int(found.last[i])) for i in chosen]
        alike = find_duplicates(content.sentences, spans, params.duplicate_similarity)
        if not alike:
            return sorted(spans)
        values = dict(zip(spans, found.value[chosen].tolist(), strict=True))
        found = found.without(*min(alike[0], key=lambda span: (values[span], -span[0])))


def choose_passages(found: Passages, total: float, most: int) -> list[int]:
    """Return the indices of the passages: one of as many topics as there is room for.

    Among those the choice of most value in at most `total` seconds, by dynamic programming over
    the steps (the multiple-choice knapsack problem; Kellerer, Pferschy, Pisinger 2004, ch. 11).
    """
    steps = np.ceil(found.length / total * STEPS - 1e-9).astype(int)
    groups = [_undominated(found, steps, topic) for topic in np.unique(found.topic)]
    best = np.full((min(most, len(groups)) + 1, STEPS + 1), -np.inf)
    best[0] = 0.0
    taken = []
    for group in groups:
        after, choice = best.copy(), np.full(best.shape, -1, np.int32)
        for index in group:
            reached = best[:-1, : STEPS + 1 - steps[index]] + found.value[index]
            room = after[1:, steps[index] :]
            better = reached > room
            room[better] = reached[better]
            choice[1:, steps[index] :][better] = index
        best = after
        taken.append(choice)
    count = int(np.flatnonzero(best[:, STEPS] > -np.inf)[-1])
    return _trace(taken, steps, count)


def _undominated(found: Passages, steps: np.ndarray, topic: int) -> list[int]:
    """Return a topic's passages of which no shorter one is worth as much, shortest first."""
    inside = np.flatnonzero((found.topic == topic) & (steps <= STEPS))
    kept: list[int] = []
    for index in inside[np.lexsort((found.first[inside], -found.value[inside], steps[inside]))]:
        if not kept or found.value[index] > found.value[kept[-1]]:
            kept.append(int(index))
    return kept


def _trace(taken: Sequence[np.ndarray], steps: np.ndarray, count: int) -> list[int]:
    chosen, left = [], STEPS
    for choice in reversed(taken):
        index = int(choice[count, left])
        if index >= 0:
            chosen.append(index)
            count, left = count - 1, left - int(steps[index])
    return chosen[::-1]
