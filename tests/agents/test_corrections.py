"""People's corrections of the layout take the place of what was found, and of nothing else."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agents.extract.corrections import correct_layout
from agents.types import Box, Layout, LayoutRegion

SCREEN, CAMERA = Box(0, 0, 640, 360), Box(500, 260, 140, 100)
LECTURE_S = 100.0


def region(start, end, kind="screen_only", confidence=0.8):
    return LayoutRegion(start, end, kind, SCREEN, CAMERA, confidence)


FOUND = Layout((region(0, 40), region(40, LECTURE_S, "picture_in_picture")), ())


def spans(layout):
    return [(one.start, one.end, one.kind) for one in layout.regions]


def test_correction_inside_a_region_leaves_both_its_ends():
    mine = region(10, 20, "camera_only", 1.0)
    assert spans(correct_layout(FOUND, [mine])) == [
        (0, 10, "screen_only"),
        (10, 20, "camera_only"),
        (20, 40, "screen_only"),
        (40, 100, "picture_in_picture"),
    ]


def test_correction_over_a_border_moves_it():
    mine = region(30, 60, "side_by_side", 1.0)
    assert spans(correct_layout(FOUND, [mine])) == [
        (0, 30, "screen_only"),
        (30, 60, "side_by_side"),
        (60, 100, "picture_in_picture"),
    ]


def test_later_correction_covers_an_earlier_one_and_nothing_leaves_the_lecture():
    twice = [region(0, 500, "side_by_side"), region(50, 60, "camera_only"), region(200, 300)]
    assert spans(correct_layout(FOUND, twice)) == [
        (0, 50, "side_by_side"),
        (50, 60, "camera_only"),
        (60, 100, "side_by_side"),
    ]


def test_without_corrections_nothing_changes():
    assert correct_layout(FOUND, ()) == FOUND


@given(st.lists(st.tuples(st.integers(0, 98), st.integers(1, 60)), max_size=6))
def test_the_lecture_stays_covered_without_gap_or_overlap(stretches):
    mine = [region(start, start + length, "camera_only", 1.0) for start, length in stretches]
    corrected = correct_layout(FOUND, mine).regions
    assert (corrected[0].start, corrected[-1].end) == (0, LECTURE_S)
    assert all(a.end == b.start for a, b in pairwise(corrected))
    for t in range(100):
        shown = next(one for one in corrected if one.start <= t < one.end)
        expected = any(one.start <= t < one.end for one in mine)
        assert (shown.kind == "camera_only") == expected
