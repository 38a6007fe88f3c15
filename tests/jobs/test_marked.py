"""Clips against what a person holds important: figures with truth by construction."""

import pytest

from jobs.evaluation.marked import common, score_marked

TOPICS = [(0.0, 50.0), (50.0, 100.0), (100.0, 150.0)]


def test_half_of_the_clips_is_marked_and_a_third_of_the_marks_is_in_clips():
    found = score_marked([[(10.0, 30.0)]], [[(20.0, 40.0)], [(110.0, 120.0)]], TOPICS)
    assert found["precision"] == pytest.approx(10 / 20)
    assert found["recall"] == pytest.approx(10 / 30)
    assert found["f1"] == pytest.approx(2 * 10 / (20 + 30))
    assert found["topic_coverage"] == pytest.approx(1 / 2)


def test_what_is_cut_out_of_a_clip_does_not_count_as_kept():
    found = score_marked([[(0.0, 10.0), (20.0, 30.0)]], [[(10.0, 20.0)]], TOPICS)
    assert found["precision"] == found["recall"] == found["f1"] == 0.0


def test_edges_are_measured_where_clip_and_mark_share_half_of_what_they_cover():
    found = score_marked([[(12.0, 41.0)], [(60.0, 70.0)]], [[(10.0, 40.0)], [(90.0, 99.0)]], TOPICS)
    assert found["edge_error_s"] == pytest.approx(1.5)
    assert score_marked([[(0.0, 5.0)]], [[(4.0, 40.0)]], TOPICS)["edge_error_s"] is None


def test_marks_that_overlap_count_once_and_nothing_divides_by_nothing():
    twice = score_marked([[(0.0, 10.0)]], [[(0.0, 6.0)], [(4.0, 10.0)]], TOPICS)
    assert twice["recall"] == twice["precision"] == 1.0
    assert score_marked([], [[(0.0, 6.0)]], TOPICS)["precision"] is None
    assert set(score_marked([], [], []).values()) == {None}


def test_a_clip_must_meet_the_mark_of_a_topic_to_cover_it():
    assert score_marked([[(30.0, 60.0)]], [[(0.0, 10.0)]], TOPICS)["topic_coverage"] == 0.0
    assert common([(0.0, 4.0), (6.0, 9.0)], [(3.0, 7.0)]) == [(3.0, 4.0), (6.0, 7.0)]
