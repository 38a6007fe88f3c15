"""Run the layout agent: measure, decide, and look inside the stretches that stay doubtful."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from agents.decoder import decoding
from agents.layout.detector import Turn, detect_layout
from agents.layout.headlines import headlines_used, read_headlines
from agents.layout.inside import look_inside
from agents.layout.looks import fill_gaps, look_for_motion, without_fillings
from agents.layout.motion import measure_motion
from agents.layout.ocr import open_reader
from agents.layout.params import LayoutParams
from agents.layout.stills import look_closely
from agents.registry import Context
from agents.types import Intake, Layout


def analyze_layout(intake: Intake, *, params: LayoutParams, context: Context) -> Layout:
    """Return the arrangements and the slides of a lecture, each without gaps."""
    with decoding(intake.media):
        return _analyze(intake, params, context)


def _analyze(intake: Intake, params: LayoutParams, context: Context) -> Layout:
    context.progress(0, "Looking for what moves")
    seen = fill_gaps(intake)
    motion = look_for_motion(seen, rough=seen is not intake)
    luma, duration = seen.key_frames.luma, intake.media.duration
    context.progress(35, "Finding screen and camera")
    stretches = detect_layout(motion, luma, duration, params)
    context.progress(45, "Finding slide changes")
    if seen is not intake:
        seen, stretches = without_fillings(seen, intake, stretches)
        motion = measure_motion(seen.key_frames, rough=True)
    turns, changes = look_inside(seen, motion, stretches, params)
    context.progress(70, "Measuring the boxes and writing stills")
    lasting, spans = _lasting(turns, duration, params), _spans(changes, duration, params)
    regions, slides = look_closely(intake, lasting, spans, context.workdir)
    if headlines_used(context.resources, params):
        context.progress(85, "Reading the headlines of the slides")
        reader = open_reader()
        slides = read_headlines(slides, regions, intake.media, reader, params.headlines)
    context.progress(100, f"{len(slides)} slides, {len(regions)} layouts")
    return Layout(regions=regions, slides=slides)


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
