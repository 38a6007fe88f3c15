"""The highlight reel: the best short passage of every topic, in a couple of minutes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.extract.candidates import read_lecture, weigh
from agents.extract.choices import Candidates
from agents.extract.params import ExtractParams
from agents.extract.picks import pick_of
from agents.extract.planner import length_of
from agents.extract.reasons import describe_clips, with_cues
from agents.extract.similarity import alike_pairs, word_pairs
from agents.types import (
    ClipPlan,
    Content,
    Decisions,
    Interval,
    Layout,
    SilenceRegion,
    Transcript,
)

STEPS = 1200
"""The total length is counted in so many steps, each passage rounded up: 0.1 s each of 2 min."""


def plan_reel(
    transcript: Transcript,
    silence: tuple[SilenceRegion, ...],
    layout: Layout,
    content: Content,
    *,
    params: ExtractParams,
    rejected: tuple[Interval, ...] = (),
) -> tuple[ClipPlan, ...]:
    """Return the passages of the reel in order of time; pure and deterministic.

    Each is one stretch of whole sentences of one topic, and says why it is there, as clips do.
    None touches what a person has `rejected`.
    """
    if not content.sentences:
        return ()
    lecture = read_lecture(transcript, silence, layout, content, params)
    # one stretch each: nothing is left out inside a passage this short
    short = {
        "min_clip_s": params.reel.min_passage_s,
        "max_clip_s": params.reel.max_passage_s,
        "max_skip_s": 0.0,
    }
    weighed = weigh(lecture, params.model_copy(update=short), Decisions(rejected=rejected))
    inside = lecture.topics[weighed.found.first] == lecture.topics[weighed.found.last]
    total = min(params.reel.total_s, params.max_share * length_of(weighed))
    spans = choose_apart(weighed.found.only(inside), content, total, params)
    picks = [pick_of(weighed, span) for span in spans]
    plans = with_cues(describe_clips(picks, lecture, weighed, params), lecture.segments)
    return tuple(sorted(plans, key=lambda plan: plan.start))


def choose_apart(
    found: Candidates, content: Content, total: float, params: ExtractParams
) -> list[tuple[int, int]]:
    """Return the chosen stretches in order of time; of two that say the same the better stays."""
    texts = [sentence.text for sentence in content.sentences]
    while True:
        chosen = choose_passages(found, total, params.reel.max_passages)
        spans = [(int(found.first[i]), int(found.last[i])) for i in chosen]
        bags = [word_pairs(texts[first : last + 1]) for first, last in spans]
        alike = alike_pairs(bags, params.duplicate_similarity)
        if not alike:
            return sorted(spans)
        values = found.value[chosen].tolist()
        weaker = min(alike[0], key=lambda at: (values[at], -spans[at][0]))
        found = found.without(*spans[weaker])


def choose_passages(found: Candidates, total: float, most: int) -> list[int]:
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


def _undominated(found: Candidates, steps: np.ndarray, topic: int) -> list[int]:
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
