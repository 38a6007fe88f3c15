"""Grids of parameters as people type them."""

import pytest

from agents.errors import TuningError
from jobs.grids import Axis, axes_json, cells_of, parse_axes, read_axes


def test_a_range_includes_both_ends_without_binary_dust():
    (axis,) = parse_axes("extract.weights.novelty=0:0.3:0.1")
    assert axis == Axis("extract.weights.novelty", (0, 0.1, 0.2, 0.3))


def test_values_are_numbers_words_and_truth_values_and_dashes_are_taken():
    axes = parse_axes("transcript.model=tiny,base ; transcript.use-captions=true,false")
    assert axes == (
        Axis("transcript.model", ("tiny", "base")),
        Axis("transcript.use_captions", (True, False)),
    )
    assert read_axes(axes_json(axes)) == axes


def test_the_first_parameter_changes_slowest():
    cells = cells_of(parse_axes("extract.max_clips=4,5;silence.top_db=20,30"))
    told = [(cell["extract.max_clips"], cell["silence.top_db"]) for cell in cells]
    assert told == [(4, 20), (4, 30), (5, 20), (5, 30)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 or 2 parameters, not 0"),
        ("silence.top_db", "must be NAME=FROM:TO:STEP"),
        ("silence.loud=1,2", "There is no parameter 'silence.loud'"),
        ("compile.crf=20,25", "changes nothing of which clips are chosen"),
        ("silence.top_db=20:60:0", "STEP > 0"),
        ("silence.top_db=60:20:5", "FROM <= TO"),
        ("silence.top_db=", "has no values"),
        ("silence.top_db=20:60", "needs FROM:TO:STEP"),
        ("silence.top_db=a:60:5", "'a' is no number"),
        ("silence.top_db=nan:60:5", "is no number"),
        ("silence.top_db=20,900", "less than or equal to 80"),
        ("silence.top_db=20:20000:1", "400 cells are the most"),
        ("silence.top_db=20:60:1;extract.max_clips=1:12:1", "492 cells"),
        ("silence.top_db=20,30;silence.top_db=40,50", "named twice"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_in_one_sentence(text, reason):
    with pytest.raises(TuningError, match=reason):
        parse_axes(text)


def test_limits_that_cross_somewhere_in_the_grid_are_no_fault():
    assert len(cells_of(parse_axes("extract.min_clip_s=20,120;extract.max_clip_s=60,120"))) == 4
