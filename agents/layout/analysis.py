"""Run the layout agent: measure, decide, and look inside the stretches that stay doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from agents.layout.detector import Arrangement, Stretch, Turn, arrange_samples, detect_layout
from agents.layout.looks import look_for_motion
from agents.layout.motion import Motion, measure_change
from agents.layout.params import LayoutParams
from agents.layout.slides import (
    detect_slides,
    has_changed,
    largest_step,
    locate_changes,
    screen_mask,
    screens_differ,
)
from agents.layout.stills import measure_regions, write_stills
from agents.layout.views import FAR_S, sample_spans, since_key
from agents.registry import Context
from agents.types import Intake, Layout

TAIL_S = 1.0
"""A shorter rest after the last key frame holds no slide of its own."""


def analyze_layout(intake: Intake, *, params: LayoutParams, context: Context) -> Layout:
    """Return the arrangements and the slides of a lecture, each without gaps."""
    context.progress(0, "Looking for what moves")
    motion = look_for_motion(intake)
    luma, duration = intake.key_frames.luma, intake.media.duration
    context.progress(35, "Finding screen and camera")
    stretches = detect_layout(motion, luma, duration, params)
    context.progress(45, "Finding slide changes")
    turns, changes = _look_inside(intake, motion, stretches, params)
    context.progress(70, "Measuring the boxes")
    regions = measure_regions(intake, _lasting(turns, duration, params))
    context.progress(80, "Writing stills")
    slides = write_stills(intake, _spans(changes, duration, params), context.workdir)
    context.progress(100, f"{len(slides)} slides, {len(regions)} layouts")
    return Layout(regions=regions, slides=slides)


def _look_inside(
    intake: Intake, motion: Motion, stretches: Sequence[Stretch], params: LayoutParams
) -> tuple[list[Turn], list[float]]:
    """Return when each arrangement begins, and when the slide changes.

    Sampled are the stretches between key frames where the arrangement changes, where packets do
    not tell when the slide does, and the rest after the last key frame.
    """
    duration, time = intake.media.duration, motion.time
    found = detect_slides(motion, intake.packets, stretches, params)
    owner = [s.arrangement for s in stretches for _ in range(s.first, s.last + 1)]
    known = list({id(s.arrangement): s.arrangement for s in stretches}.values())
    ends = [*time.tolist(), max(time[-1], min(duration, intake.packets.time[-1] + TAIL_S))]
    wanted = {*found.doubtful, *(s.last for s in stretches[:-1])}
    if ends[-1] - time[-1] > TAIL_S:
        wanted.add(len(time) - 1)
    far = since_key(intake.packets, time) >= FAR_S
    order = sorted(index for index in wanted if not far[index])
    turns = [Turn(0.0, owner[0])]
    turns += [Turn(ends[s.last + 1], owner[s.last + 1]) for s in stretches[:-1] if far[s.last]]
    changes = [*found.times, *((ends[i] + ends[i + 1]) / 2 for i in found.doubtful if far[i])]
    samples = sample_spans(intake.media, [(ends[i], ends[i + 1]) for i in order])
    for index, (at, luma) in zip(order, samples, strict=True):
        after = owner[index + 1] if index + 1 < len(owner) else None
        parts = arrange_samples(at, luma, (owner[index], after), known, params)
        known += [a for _, a in parts if a not in known]
        turns += [Turn(float(at[i - 1] + at[i]) / 2, a) for i, a in parts[1:]]
        moved = _changes_in(at, luma, parts, params)
        certain = len(parts) == 1 and index < len(motion.change)
        if (
            certain
            and not moved
            and has_changed(motion.change[index], screen_mask(owner[index]), params)
        ):
            moved = [
                largest_step(at, measure_change(luma[:-1], luma[1:]), screen_mask(owner[index]))
            ]
        changes += moved
    return turns, sorted(changes)


def _changes_in(
    at: np.ndarray, luma: np.ndarray, parts: list[tuple[int, Arrangement]], params: LayoutParams
) -> list[float]:
    """Return the slide changes among samples, within each arrangement and between them."""
    changes: list[float] = []
    borders = [first for first, _ in parts] + [len(at)]
    for (_, arrangement), a, b in zip(parts, borders, borders[1:], strict=False):
        if b - a > 1:
            change = measure_change(luma[a : b - 1], luma[a + 1 : b])
            changes += locate_changes(at[a:b], change, screen_mask(arrangement), params)
    for (_, before), (first, after) in pairwise(parts):
        old, new = luma[max(0, first - 2)], luma[min(len(luma) - 1, first + 1)]
        if screens_differ((old, before), (new, after), params):
            changes.append(float(at[first - 1] + at[first]) / 2)
    return changes


def _lasting(turns: list[Turn], duration: float, params: LayoutParams) -> list[Turn]:
    """Return the turns without those that do not last, and without a turn to the same."""
    turns = sorted(turns, key=lambda turn: turn.start)
    while True:
        turns = turns[:1] + [b for a, b in pairwise(turns) if a.arrangement is not b.arrangement]
        ends = [*(turn.start for turn in turns[1:]), duration]
        lengths = [end - turn.start for turn, end in zip(turns, ends, strict=True)]
        shortest = int(np.argmin(lengths))
        if len(turns) == 1 or lengths[shortest] >= params.min_layout_s:
            return turns
        gone = turns.pop(shortest)
        if shortest == 0:
            turns[0] = Turn(gone.start, turns[0].arrangement)


def _spans(
    changes: list[float], duration: float, params: LayoutParams
) -> list[tuple[float, float]]:
    """Return the stretches between changes, none shorter than a slide can be."""
    edges = [0.0]
    for change in changes:
        if change - edges[-1] >= params.min_slide_s and duration - change >= params.min_slide_s:
            edges.append(change)
    return list(pairwise([*edges, duration]))
