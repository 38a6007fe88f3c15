"""What a person does with the kept stretches of a clip, in plain values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import TuningError
from agents.types import Interval
from app.services import cutting

TWO = (Interval(10, 20), Interval(25, 40))


def pairs(parts):
    return [(part.start, part.end) for part in parts]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (5, 40, [(5, 20), (25, 40)]),
        (12.5, 45, [(12.5, 20), (25, 45)]),
        (22, 40, [(25, 40)]),
        (10, 18, [(10, 18)]),
        (10, 22, [(10, 20)]),
        (10.00049, 40, [(10.0, 20), (25, 40)]),
    ],
)
def test_edges_move_and_skips_stay(start, end, expected):
    assert pairs(cutting.resize(TWO, start, end)) == expected


def test_a_clip_moves_as_it_is():
    assert pairs(cutting.shift(TWO, 3)) == [(3, 13), (18, 33)]
    assert pairs(cutting.shift(TWO, 0)) == [(0, 10), (15, 30)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (12, 15, [(10, 12), (15, 20), (25, 40)]),
        (18, 30, [(10, 18), (30, 40)]),
        (10.1, 12, [(12, 20), (25, 40)]),
        (39.9, 50, [(10, 20), (25, 39.9)]),
        (50, 60, [(10, 20), (25, 40)]),
    ],
)
def test_what_is_cut_is_left_out_and_no_sliver_stays(start, end, expected):
    assert pairs(cutting.cut(TWO, start, end)) == expected


def test_what_was_cut_comes_back_inside_the_clip_only():
    assert pairs(cutting.fill(TWO, 21, 23)) == [(10, 20), (21, 23), (25, 40)]
    assert pairs(cutting.fill(TWO, 0, 100)) == [(10, 40)]
    assert cutting.fill(TWO, 50, 60) == TWO


def test_a_split_and_a_merge_undo_each_other():
    for at in (12.0, 20.0, 22.0, 30.0):
        left, right = cutting.split(TWO, at)
        assert left[-1].end <= at <= right[0].start
        assert cutting.join(right, left) == TWO
    near = cutting.join((Interval(1, 2),), (Interval(3, 4),))
    assert pairs(near) == [(1, 4)]
    assert pairs(cutting.join((Interval(1, 2),), (Interval(9, 10),))) == [(1, 2), (9, 10)]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: cutting.split(TWO, 5), "playhead inside"),
        (lambda: cutting.split(TWO, 10.5), "0.5 s would be left"),
        (lambda: cutting.cut(TWO, 0, 100), "delete it instead"),
        (lambda: cutting.resize(TWO, 50, 60), "Nothing of the clip"),
        (lambda: cutting.check_parts((Interval(5, 5.6),), [], 100), "0.6 s would be left"),
        (lambda: cutting.check_parts(TWO, [], 39), "ends at 39.0 s"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(act, said):
    with pytest.raises(TuningError, match=said):
        act()


times = st.floats(0, 100)


@given(st.lists(st.tuples(times, times), max_size=5), times)
def test_however_much_is_cut_the_parts_stay_in_order_and_apart(cuts, at):
    parts = (Interval(0, 100),)
    for start, end in cuts:
        try:
            parts = cutting.cut(parts, start, end)
            parts = cutting.fill(parts, at, at + 1)
        except TuningError:
            return
        ends = [value for part in parts for value in (part.start, part.end)]
        assert ends == sorted(set(ends))
        assert ends[0] >= 0
        assert ends[-1] <= 100
