"""What would have to change for a clip to drop out of the plan, tried out on the planner itself.

A clip has dropped out of another plan when no clip there has more than half of its sentences.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from agents.extract.candidates import read_lecture
from agents.extract.choices import Choice
from agents.extract.corrections import correct_layout
from agents.extract.decisions import decide
from agents.extract.describing import describe_with_cues, wordless_plans
from agents.extract.exchanges import find_substitute
from agents.extract.params import ExtractParams
from agents.extract.picks import pick_of
from agents.extract.planner import NOTHING, choose_spans, length_of, make_limits
from agents.extract.reasons import contributions, name_clips
from agents.extract.scoring import NAMES, weight_vector
from agents.extract.skips import Span
from agents.extract.trial import SAME_SHARE, Trial
from agents.registry import Context
from agents.types import (
    Change,
    ClipPlan,
    Content,
    Decisions,
    DropOut,
    Layout,
    Rival,
    SilenceRegion,
    Transcript,
)

STEP = 0.01
"""Of a weight's slider."""
TOTAL_STEP_S = 10.0
MOST_WEIGHTS = 4
"""So many weights are tried per clip, those first that need to move least by the estimate."""


def plan_and_explain(
    transcript: Transcript,
    silence: tuple[SilenceRegion, ...],
    layout: Layout,
    content: Content,
    *,
    params: ExtractParams,
    context: Context | None = None,
    decisions: Decisions | None = None,
) -> tuple[ClipPlan, ...]:
    """Return the plans of `plan_clips`, each with its cues and what would make it drop out."""
    decided = decide(decisions, context, layout)
    layout = correct_layout(layout, decided.layout)
    if not content.sentences:
        return wordless_plans(decided, layout)
    lecture = read_lecture(transcript, silence, layout, content, params)
    # what is kept only because it was there is explained as if it were proposed now
    trial = Trial(lecture, params, decided.unclosed())
    choice = NOTHING if decided.closed else trial.choice
    plans = describe_with_cues(lecture, trial.weighed, choice, params, decided)
    there = {plan.parts for plan in plans}
    spans = [span for span in trial.choice.spans if trial.weighed.timing.parts(*span) in there]
    found = {}
    for number, span in enumerate(spans):
        found[trial.weighed.timing.parts(*span)] = explain_drop_out(trial, span)
        if context is not None:
            share = (number + 1) / len(spans)
            context.progress(100 * share, f"Planned {len(plans)} clips")
    return tuple(
        plan if plan.kept else replace(plan, drop_out=found.get(plan.parts)) for plan in plans
    )


def explain_drop_out(trial: Trial, span: Span) -> DropOut:
    """Return what has to change for one clip to drop out, and what would take its place."""
    found = trial.weighed.found.without(*span, share=SAME_SHARE)
    without = replace(trial.weighed, found=found)
    price = trial.choice.price
    other = choose_spans(trial.lecture, without, trial.params, trial.decisions, price)
    return DropOut(
        margin=round(max(0.0, trial.choice.value - other.value), 3),
        weight=_least_weight(trial, span, other),
        limit=_least_limit(trial, span),
        rival=_rival(trial, span),
    )


def _rival(trial: Trial, span: Span) -> Rival | None:
    """Return the best clip for the place of a chosen one."""
    if length_of(trial.weighed) <= trial.params.min_clip_s:
        return None
    found = trial.weighed.found.without(*span)
    limits = make_limits(trial.lecture, trial.weighed, trial.params, trial.decisions)
    at = trial.choice.spans.index(span)
    best = find_substitute(found, limits, trial.choice.spans, at)
    if best is None:
        return None
    weighted = trial.lecture.components * weight_vector(trial.params.weights)
    pick = pick_of(trial.weighed, best[0])
    (title,) = name_clips([pick], trial.lecture.content)
    score = math.fsum(contributions(pick, weighted).values())
    behind = round(max(0.0, trial.choice.value - best[1]), 3)
    start, end = round(pick.parts[0].start, 3), round(pick.parts[-1].end, 3)
    return Rival(start, end, title, score, behind)


def _least_limit(trial: Trial, span: Span) -> Change | None:
    """Return the number of clips, else the total length, that is too small for the clip."""
    planned = len(trial.choice.spans) + len(trial.decisions.kept)
    for most in range(planned - 1, max(0, len(trial.decisions.kept) - 1), -1):
        if not trial.keeps(span, "max_clips", most):
            return Change("max_clips", float(trial.params.max_clips), float(most))
    before = trial.params.max_total_s
    steps = int((before - max(30.0, trial.params.min_clip_s)) // TOTAL_STEP_S)
    found = _bisect(trial, span, "max_total_s", before, -TOTAL_STEP_S, steps)
    return None if found is None else Change("max_total_s", before, found)


def _least_weight(trial: Trial, span: Span, other: Choice) -> Change | None:
    """Return the single weight that has to move least, of those that are tried.

    Which to try follows from a comparison with the best plan that lacks the clip: what both are
    worth under any value of one weight is known without planning anew. Where none of these does
    it, the weights are tried that do it when they are moved as far as they go.
    """
    estimated = sorted(_estimates(trial, other), key=lambda one: (abs(one[1]), one[0]))
    found = _first_that_drops(trial, span, estimated[:MOST_WEIGHTS])
    if found is not None:
        return found
    furthest = [
        (name, steps)
        for name in NAMES
        for steps in _reach(trial, name)
        if steps and not trial.keeps(span, f"weights.{name}", _moved(trial, name, steps))
    ]
    furthest.sort(key=lambda one: (abs(one[1]), one[0]))
    return _first_that_drops(trial, span, furthest[:MOST_WEIGHTS])


def _first_that_drops(trial: Trial, span: Span, tried: Sequence[tuple[str, int]]) -> Change | None:
    """Return the least change among weights for which a number of steps is a first guess."""
    best, least = None, math.inf
    for name, steps in tried:
        down, up = _reach(trial, name)
        most = min(abs(steps) + max(3, abs(steps) // 4), up if steps > 0 else -down, least - 1)
        before = float(getattr(trial.params.weights, name))
        step = math.copysign(STEP, steps)
        tunable = f"weights.{name}"
        found = _bisect(trial, span, tunable, before, step, int(most), abs(steps))
        if found is not None:
            best, least = Change(tunable, before, found), round(abs(found - before) / STEP)
    return best


def _reach(trial: Trial, name: str) -> tuple[int, int]:
    """Return by how many steps a weight can go down (below 0) and up."""
    weight = float(getattr(trial.params.weights, name))
    return -round(weight / STEP), round((1 - weight) / STEP)


def _moved(trial: Trial, name: str, steps: int) -> float:
    return round(float(getattr(trial.params.weights, name)) + steps * STEP, 6)


def _bisect(
    trial: Trial,
    span: Span,
    tunable: str,
    before: float,
    step: float,
    most: int,
    guess: int | None = None,
) -> float | None:
    """Return a value at which the clip is gone and one step before which it is there.

    None where it is still there after `most` steps. `guess` steps are tried first.
    """

    def value(steps: int) -> float:
        return round(before + steps * step, 6)

    low, high = 0, None
    tries: list[int] = [steps for steps in (guess or most, most) if 0 < steps <= most]
    for steps in tries:
        if high is not None and steps >= high:
            continue
        if trial.keeps(span, tunable, value(steps)):
            low = max(low, steps)
        else:
            high = steps
    if high is None:
        return None
    if high - low > 1 and trial.keeps(span, tunable, value(high - 1)):
        low = high - 1
    while high - low > 1:
        middle = (low + high) // 2
        if trial.keeps(span, tunable, value(middle)):
            low = middle
        else:
            high = middle
    return value(high)


def _estimates(trial: Trial, other: Choice) -> Iterator[tuple[str, int]]:
    """Yield names of weights and the steps after which the other choice is worth more."""
    speech, rows = trial.weighed.timing.speech, trial.lecture.components
    weights = weight_vector(trial.params.weights)
    scores = rows @ weights
    mine = _taken(trial.choice.spans, len(scores)) - _taken(other.spans, len(scores))
    ahead = trial.choice.value - other.value
    spoken = trial.lecture.timing.speech
    for column, name in enumerate(NAMES):
        down, up = _reach(trial, name)
        steps = np.arange(down, up + 1)
        x = rows[:, column]
        if not x.any():
            continue
        moved = np.concatenate([_moments(scores, x, speech * mine), _moments(scores, x, spoken)])
        worth = _worth(scores, x, moved, spoken.sum(), steps * STEP, float(mine @ speech))
        lost = np.flatnonzero(ahead + worth - worth[-down] < 0)
        if len(lost):
            nearest = steps[lost]
            yield name, int(nearest[np.argmin(np.abs(nearest))])


def _taken(spans: Sequence[Span], count: int) -> np.ndarray:
    """Return 1 for each sentence that the stretches hold."""
    taken = np.zeros(count)
    for first, last in spans:
        taken[first : last + 1] = 1.0
    return taken


def _moments(scores: np.ndarray, x: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    return np.array([scores @ seconds, x @ seconds])


def _worth(
    scores: np.ndarray,
    x: np.ndarray,
    moved: np.ndarray,
    spoken: float,
    deltas: np.ndarray,
    seconds: float,
) -> np.ndarray:
    """Return the outstanding seconds of a choice for every change of one weight.

    A score is linear in the weight, so are its sums over stretches, and its variance is quadratic.
    """
    total = moved[0] + deltas * moved[1]
    usual = (moved[2] + deltas * moved[3]) / (spoken or 1.0)
    both = np.cov(np.stack([scores, x]), bias=True)
    variance = both[0, 0] + 2 * deltas * both[0, 1] + deltas**2 * both[1, 1]
    return (total - usual * seconds) / np.sqrt(np.maximum(variance, 1e-12))
