from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.compile.compositor import Composition
from agents.compile.moved_cues import move_cues
from agents.compile.timeline import Piece, Shot, Stretch, Timeline
from agents.types import ClipPlan, Cue, Interval

SCREEN = Composition(64, 36, ())


def plan_of(parts, cues):
    fields = {"rank": 1, "title": "", "score": 0.0, "contributions": {}, "reason": "", "quote": ""}
    return ClipPlan(parts=parts, topic=0, layout=(), cues=cues, **fields)


def timeline_of(fps, pieces):
    shots, first = [], 0
    for piece in pieces:
        shots.append(Shot(first, piece.frames, SCREEN))
        first += piece.frames
    return Timeline(Fraction(fps), (Stretch(0.0, tuple(shots), tuple(pieces)),))


def test_cues_move_with_the_frame_on_which_their_part_begins():
    parts = (Interval(1.04, 2.04), Interval(5.0, 6.0))
    cues = (Cue(0.2, 0.9, "one", (0.2, 0.5)), Cue(1.1, 1.8, "two"))
    timeline = timeline_of(10, [Piece(1.0, 10), Piece(5.05, 10)])
    first, second = move_cues(plan_of(parts, cues), timeline).cues
    assert (first.start, first.end) == pytest.approx((0.24, 0.94))
    assert first.spoken == pytest.approx((0.24, 0.54))
    assert (second.start, second.end) == pytest.approx((1.05, 1.75))


def test_cues_of_a_clip_that_lies_on_frames_stay():
    parts = (Interval(1.0, 2.0), Interval(5.0, 6.0))
    plan = plan_of(parts, (Cue(0.2, 1.5, "over the cut"), Cue(1.5, 2.0, "to the end")))
    moved = move_cues(plan, timeline_of(25, [Piece(1.0, 25), Piece(5.0, 25)])).cues
    assert [(c.start, c.end) for c in moved] == [pytest.approx((0.2, 1.5)), pytest.approx((1.5, 2))]


@given(
    st.lists(st.tuples(st.floats(0.3, 5), st.floats(0.2, 5)), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(0.05, 3), st.floats(0, 2)), max_size=12),
    st.sampled_from([10, 12, 25]),
)
def test_cues_never_move_far_and_never_overlap(kept, said, fps):
    parts, pieces, at, begun = [], [], 0.0, 0.0
    for length, gone in kept:
        parts.append(Interval(at, at + length))
        frames = round((begun + length) * fps) - round(begun * fps)
        pieces.append(Piece(round(at * fps) / fps, frames))
        begun += length
        at += length + gone
    cues, at = [], 0.0
    for length, gap in said:
        if at + length < begun:
            cues.append(Cue(at, at + length, "said"))
        at += length + gap
    moved = move_cues(plan_of(tuple(parts), tuple(cues)), timeline_of(fps, pieces)).cues
    assert len(moved) == len(cues)
    for cue, was in zip(moved, cues, strict=True):
        assert abs(cue.start - was.start) <= 1.51 / fps
        assert abs(cue.end - was.end) <= 1.51 / fps
    assert all(a.end <= b.start + 0.0011 for a, b in pairwise(moved))
