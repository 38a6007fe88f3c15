"""Run the layout agent: measure, decide, and look inside the stretches that stay doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from agents.layout.detector import Stretch, detect_layout, split_between
from agents.layout.motion import Motion, measure_change, measure_motion, measure_stir, to_cells
from agents.layout.params import LayoutParams
from agents.layout.slides import (
    detect_slides,
    has_changed,
    largest_step,
    locate_changes,
    screen_mask,
    screens_differ,
)
from agents.layout.stills import refine_stretches, write_stills
from agents.layout.views import choose_key_frames, decode_moments, sample_spans
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
    edges, changes = _times(intake, motion, stretches, params)
    context.progress(70, "Measuring the boxes")
    regions = refine_stretches(intake, stretches, edges)
    context.progress(80, "Writing stills")
    slides = write_stills(intake, _spans(changes, duration, params), context.workdir)
    context.progress(100, f"{len(slides)} slides, {len(regions)} layouts")
    return Layout(regions=regions, slides=slides)


def look_for_motion(intake: Intake) -> Motion:
    """Measure the key frames, and what moves in the second after some of them."""
    chosen = choose_key_frames(intake.key_frames, intake.media.duration)
    if not chosen:
        return measure_motion(intake.key_frames)
    times = intake.key_frames.time[chosen].tolist()
    stir = measure_stir(decode_moments(intake.media, times))
    return measure_motion(intake.key_frames, chosen, stir)


def _times(
    intake: Intake, motion: Motion, stretches: Sequence[Stretch], params: LayoutParams
) -> tuple[list[float], list[float]]:
    """Return when the arrangement changes, and when the slide does."""
    duration, time = intake.media.duration, motion.time
    found = detect_slides(motion, intake.packets, stretches, params)
    changes = list(found.times)
    owner = {i: s for s in stretches for i in range(s.first, s.last + 1)}
    spans = {i: (float(time[i]), float(time[i + 1])) for i in found.doubtful}
    spans |= {s.last: (float(time[s.last]), float(time[s.last + 1])) for s in stretches[:-1]}
    if duration - time[-1] > TAIL_S:
        spans[len(time) - 1] = (float(time[-1]), duration)
    edges: list[float] = []
    order = sorted(spans)
    samples = sample_spans(intake.media, [spans[i] for i in order])
    for index, (at, luma) in zip(order, samples, strict=True):
        after = owner.get(index + 1, owner[index])
        if after is owner[index]:
            changes += _inside(at, luma, owner[index], motion, index, params)
        else:
            edge, moved = _across(at, luma, owner[index], after, params)
            edges.append(edge)
            changes += moved
    return edges, sorted(changes)


def _inside(
    at: np.ndarray,
    luma: np.ndarray,
    stretch: Stretch,
    motion: Motion,
    index: int,
    params: LayoutParams,
) -> list[float]:
    """Return the slide changes among samples of one arrangement."""
    mask = screen_mask(stretch.arrangement)
    change = measure_change(luma[:-1], luma[1:])
    found = locate_changes(at, change, mask, params)
    known = index < len(motion.change) and has_changed(motion.change[index], mask, params)
    return found if found or not known else [largest_step(at, change, mask)]


def _across(
    at: np.ndarray,
    luma: np.ndarray,
    before: Stretch,
    after: Stretch,
    params: LayoutParams,
) -> tuple[float, list[float]]:
    """Return when one arrangement gives way to another among samples, and the slide changes."""
    split = split_between(to_cells(luma), before.arrangement, after.arrangement)
    edge = float(at[split - 1] + at[split]) / 2
    changes = []
    for part, stretch in ((slice(0, split), before), (slice(split, None), after)):
        if len(at[part]) > 1:
            change = measure_change(luma[part][:-1], luma[part][1:])
            mask = screen_mask(stretch.arrangement)
            changes += locate_changes(at[part], change, mask, params)
    old, new = luma[max(0, split - 2)], luma[min(len(luma) - 1, split + 1)]
    if screens_differ((old, before.arrangement), (new, after.arrangement), 3 * params.slide_level):
        changes.append(edge)
    return edge, changes


def _spans(
    changes: list[float], duration: float, params: LayoutParams
) -> list[tuple[float, float]]:
    """Return the stretches between changes, none shorter than a slide can be."""
    edges = [0.0]
    for change in changes:
        if change - edges[-1] >= params.min_slide_s and duration - change >= params.min_slide_s:
            edges.append(change)
    return list(pairwise([*edges, duration]))
