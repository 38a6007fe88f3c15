"""Cues in the time of the rendered clip: cuts fall on frames, and the words move with them.

A part of the lecture begins up to half a frame before or after the time that was planned. At 25
frames a second nobody sees that; at 10 it would be 50 ms more or less between a word and its cue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from agents.compile.timeline import Timeline
from agents.types import ClipPlan, Cue, Interval


@dataclass(frozen=True, slots=True)
class _Played:
    """A stretch of the lecture and when the clip plays it, all in seconds."""

    start: float
    end: float
    at: float


def move_cues(plan: ClipPlan, timeline: Timeline) -> ClipPlan:
    """Return the plan with its cues where their words are heard in the rendered clip."""
    played = _played(timeline)
    moved: list[Cue] = []
    for cue, after in zip_longest(plan.cues, plan.cues[1:]):
        start = _heard(cue.start, plan.parts, played)
        end = _heard(cue.end, plan.parts, played)
        if after is not None:
            end = min(end, max(_heard(after.start, plan.parts, played), start))
        spoken = tuple(round(_heard(time, plan.parts, played), 3) for time in cue.spoken)
        moved.append(Cue(start, max(end, start + 0.001), cue.text, spoken))
    return replace(plan, cues=tuple(moved))


def _played(timeline: Timeline) -> list[_Played]:
    played, done = [], 0
    for stretch in timeline.stretches:
        for piece in stretch.pieces:
            length = float(piece.frames / timeline.fps)
            played.append(_Played(piece.start, piece.start + length, float(done / timeline.fps)))
            done += piece.frames
    return played


def _heard(time: float, parts: Sequence[Interval], played: Sequence[_Played]) -> float:
    """Return when the clip plays what was planned for `time`."""
    offset, wanted = 0.0, 0.0
    for part in parts:
        wanted = part.start + time - offset
        if time <= offset + part.duration:
            break
        offset += part.duration
    off = [max(one.start - wanted, wanted - one.end, 0.0) for one in played]
    one = played[off.index(min(off))]
    return one.at + max(0.0, min(wanted, one.end) - one.start)
