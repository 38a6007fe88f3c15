"""What the figures of `lecture evaluate` are, against values worked out by hand."""

import numpy as np
import pytest

from agents.types import (
    Box,
    ClipPlan,
    Interval,
    LayoutRegion,
    SilenceRegion,
    Transcript,
    TranscriptSegment,
    Word,
)
from jobs.evaluation import importance, layout, silence, slides, topics, words
from jobs.evaluation.boxes import box_iou
from jobs.evaluation.lectures import SaidSentence
from jobs.evaluation.matching import (
    Counts,
    count_points,
    frame_flags,
    joined,
    match_points,
    match_spans,
    outside,
    overlap_ratio,
)
from jobs.evaluation.ranking import average_precision, score_top, top_f1, window_lift
from jobs.evaluation.segmentation import (
    boundaries,
    count_boundaries,
    p_k,
    topics_at,
    window_diff,
    window_size,
)
from jobs.evaluation.wording import align, plain_words


def test_f1_is_twice_the_hits_over_all_found_and_labelled():
    counts = Counts(hits=3, found=4, labelled=6)
    assert (counts.precision, counts.recall, counts.f1) == (0.75, 0.5, 0.6)


def test_where_nothing_is_labelled_or_found_there_is_no_figure_and_a_false_alarm_gives_zero():
    assert (Counts().precision, Counts().recall, Counts().f1) == (None, None, None)
    assert (Counts(0, 2, 0).precision, Counts(0, 2, 0).recall, Counts(0, 2, 0).f1) == (0, None, 0)


def test_change_found_twice_is_one_hit_and_one_false_alarm():
    assert count_points([9.5, 10.5], [10.0], within=1.0) == Counts(1, 2, 1)


def test_points_are_matched_so_that_most_find_a_partner():
    # 10.0 alone fits 10.9 and 9.2; taking the nearest first would leave 9.2 alone
    assert match_points([10.0, 11.5], [9.2, 10.9], within=1.0) == [(10.0, 9.2), (11.5, 10.9)]
    assert match_points([1.0], [2.01], within=1.0) == []
    assert match_points([], [1.0], within=1.0) == []


def test_overlap_ratio_is_intersection_over_union():
    assert overlap_ratio((0, 2), (1, 4)) == 0.25
    assert overlap_ratio((0, 1), (1, 2)) == 0.0


def test_spans_match_from_half_their_union_on():
    labelled = [(0.0, 1.0), (5.0, 7.0)]
    assert match_spans([(0.0, 0.5), (5.0, 5.9)], labelled, least=0.5) == [((0.0, 0.5), (0.0, 1.0))]


def test_gaps_below_the_limit_are_closed_and_the_rest_is_outside():
    turns = [(1.0, 2.0), (1.5, 3.0), (3.2, 4.0), (4.3, 5.0)]
    assert joined(turns, 0.3) == [(1.0, 4.0), (4.3, 5.0)]
    assert outside([(1.0, 4.0)], 5.0) == [(0.0, 1.0), (4.0, 5.0)]
    assert outside([], 5.0) == [(0.0, 5.0)]


def test_frame_belongs_to_the_span_that_holds_its_middle():
    assert frame_flags([(0.01, 0.034)], 0.06).tolist() == [False, True, True, False, False, False]


def region(start, end, kind="audio_silence"):
    return SilenceRegion(start, end, -60.0, kind)


def test_pauses_are_matched_one_to_one_and_short_ones_are_left_out():
    found = [region(2.0, 3.0), region(5.1, 6.1), region(7.0, 7.4), region(9.0, 9.6)]
    labelled = [(2.0, 3.0), (5.0, 6.0), (7.0, 7.4), (8.0, 8.6)]
    score = silence.compare(found, labelled, 10.0, 0.0)
    figures = silence.figures([score])
    assert score.pauses == Counts(2, 3, 3)
    assert figures["pause_f1"] == pytest.approx(2 / 3)
    # borders off by 0, 0, 100 and 100 ms
    assert figures["border_error_ms"] == pytest.approx(50)


def test_start_and_end_of_a_recording_are_no_borders():
    assert silence.border_errors((0.0, 1.2), (0.0, 1.0), 10.0) == [pytest.approx(0.2)]
    assert silence.border_errors((8.5, 10.0), (9.0, 10.0), 10.0) == [pytest.approx(0.5)]


def test_blank_screen_over_speech_is_no_silence():
    score = silence.compare([region(2.0, 3.0, "blank_screen")], [], 10.0, 0.0)
    assert score.pauses == Counts(0, 0, 0)
    assert silence.figures([score])["nonspeech_f1"] is None


def test_short_gaps_in_speech_do_not_count_as_frames_without_speech():
    found = [region(0.0, 1.0), region(2.0, 2.2)]
    figures = silence.figures([silence.compare(found, [(0.0, 2.0)], 4.0, 0.0)])
    assert figures["nonspeech_precision"] == 1.0
    assert figures["nonspeech_recall"] == 0.5
    assert figures["nonspeech_f1"] == pytest.approx(2 / 3)


def test_figures_of_several_recordings_add_up_their_counts():
    one = silence.compare([region(2.0, 3.0)], [(2.0, 3.0)], 10.0, 1.0)
    other = silence.compare([], [(1.0, 2.0), (4.0, 5.0), (6.0, 7.0)], 10.0, 2.0)
    figures = silence.figures([one, other])
    assert (figures["pause_recall"], figures["pauses"], figures["cpu_s"]) == (0.25, 4, 3.0)


def test_slide_changes_count_within_a_second():
    figures = slides.figures([slides.compare([10.9, 31.1, 50.0], [10.0, 30.0], 60.0, 0.0)])
    assert figures["change_precision"] == pytest.approx(1 / 3)
    assert figures["change_recall"] == 0.5
    assert figures["time_error_ms"] == pytest.approx(900)


def test_box_iou_is_that_of_the_areas():
    assert box_iou(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert box_iou(Box(0, 0, 10, 10), Box(20, 0, 10, 10)) == 0
    assert box_iou(None, Box(0, 0, 1, 1)) == 0


SCREEN, CAMERA = Box(0, 0, 100, 100), Box(80, 80, 20, 20)


def shown(start, end, kind, screen, camera):
    return LayoutRegion(start, end, kind, screen, camera, 1.0)


def test_layout_is_weighed_by_time():
    labelled = [
        shown(0, 10, "screen_only", SCREEN, None),
        shown(10, 20, "picture_in_picture", SCREEN, CAMERA),
    ]
    found = [
        shown(0, 13, "screen_only", SCREEN, None),
        shown(13, 20, "picture_in_picture", Box(0, 0, 50, 100), CAMERA),
    ]
    figures = layout.figures([layout.compare(found, labelled, 20.0, 0.0)])
    assert figures["kind"] == pytest.approx(17 / 20)
    assert figures["regions_right"] == 1.0
    assert figures["screen_iou"] == pytest.approx((13 + 7 * 0.5) / 20)
    assert figures["camera_iou"] == pytest.approx(7 / 10)
    assert figures["no_camera"] == 1.0
    assert figures["change_recall"] == 0.0  # 3 s off


def test_camera_that_is_not_there_costs_the_time_it_is_claimed():
    labelled = [shown(0, 10, "screen_only", SCREEN, None)]
    found = [
        shown(0, 4, "picture_in_picture", SCREEN, CAMERA),
        shown(4, 10, "screen_only", SCREEN, None),
    ]
    figures = layout.figures([layout.compare(found, labelled, 10.0, 0.0)])
    assert figures["no_camera"] == 0.6
    assert figures["camera_iou"] is None
    assert (figures["changes"], figures["change_recall"], figures["change_precision"]) == (
        0,
        None,
        0,
    )


def test_layout_that_was_not_found_at_all_is_wrong_everywhere():
    labelled = [shown(0, 10, "picture_in_picture", SCREEN, CAMERA)]
    figures = layout.figures([layout.compare([], labelled, 10.0, 0.0)])
    names = ("kind", "regions_right", "screen_iou", "camera_iou")
    assert [figures[name] for name in names] == [0, 0, 0, 0]
    assert figures["no_camera"] is None


def test_words_are_compared_without_case_and_punctuation():
    assert plain_words("Don't \u2014 log2(n), \u2018Yes\u2019!") == ["don't", "log2", "n", "yes"]


def test_alignment_costs_as_little_as_possible_and_keeps_equal_words():
    wrong, pairs = align(
        ["the", "cat", "sat", "on", "a", "mat"], ["the", "black", "cat", "sat", "on", "the", "mat"]
    )
    assert wrong == 2  # "black" is missing, "a" stands for "the"
    assert pairs == [(0, 0), (1, 2), (2, 3), (3, 4), (5, 6)]


def test_alignment_of_nothing_costs_every_word():
    assert align([], ["a", "b"]) == (2, [])
    assert align(["a", "b"], []) == (2, [])


def heard(*said):
    found = tuple(Word(a, b, text) for a, b, text in said)
    return Transcript("en", "made", (TranscriptSegment(found[0].start, found[-1].end, "", found),))


def test_word_times_are_compared_for_words_heard_right():
    said = [Word(1.0, 1.5, "one"), Word(2.0, 2.5, "two"), Word(3.0, 3.5, "three")]
    found = heard((1.1, 1.5, "One,"), (2.9, 3.0, "too"), (3.3, 3.7, "three"), (8.0, 8.5, "four"))
    score = words.compare(found, said, [(7.0, 9.0)], 10.0, 0.0, timed=True)
    figures = words.figures([score])
    assert figures["word_error_rate"] == pytest.approx(2 / 3)
    assert figures["start_error_ms"] == pytest.approx(200)
    assert figures["end_error_ms"] == pytest.approx(100)
    assert figures["in_silence"] == 0.25


def test_words_without_times_give_no_time_errors():
    score = words.compare(heard((1, 2, "one")), [Word(0, 1, "one")], None, 10.0, 0.0, timed=False)
    figures = words.figures([score])
    assert figures["word_error_rate"] == 0
    assert figures["start_error_ms"] is None
    assert figures["in_silence"] is None


TEN = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])


def test_window_is_half_the_mean_segment():
    assert window_size(TEN) == 2
    assert window_size(np.zeros(4, int)) == 2


def test_boundaries_are_where_the_topic_changes():
    assert boundaries(np.array([0, 0, 1, 1, 2])) == [2, 4]


def test_pk_counts_pairs_wrongly_held_together_or_apart():
    # 8 pairs two apart; the label parts (3, 5) and (4, 6)
    assert p_k(np.zeros(10, int), TEN) == pytest.approx(2 / 8)
    assert p_k(TEN, TEN) == 0
    one_late = np.array([0] * 6 + [1] * 4)
    assert p_k(one_late, TEN) == pytest.approx(2 / 8)


def test_windowdiff_also_counts_two_boundaries_close_together():
    twice = np.array([0, 0, 0, 0, 0, 1, 2, 2, 2, 2])
    # windows (3, 5), (4, 6), (5, 7): only where both boundaries, or the second alone, lie inside
    assert window_diff(twice, TEN) == pytest.approx(2 / 8)
    assert p_k(twice, TEN) == pytest.approx(1 / 8)


def test_text_no_longer_than_the_window_has_no_pk():
    assert p_k(np.zeros(1, int), np.zeros(1, int)) is None
    assert window_diff(np.zeros(0, int), np.zeros(0, int)) is None


def test_boundaries_match_one_to_one_within_sentences():
    found = np.repeat([0, 1, 2], [4, 2, 4])
    assert count_boundaries(found, TEN, within=1) == Counts(1, 2, 1)
    assert count_boundaries(np.repeat([0, 1], [2, 8]), TEN, within=2) == Counts(0, 1, 1)


def test_topic_at_a_time_is_the_last_one_begun():
    assert topics_at([0.5, 10.0, 12.0, 30.0], [10.0, 20.0]).tolist() == [0, 1, 1, 2]


def test_topic_figures_average_pk_and_pool_boundaries():
    score = topics.compare(np.zeros(10, int), TEN, 1, 0.0)
    figures = topics.figures([score, topics.compare(TEN, TEN, 1, 0.0)])
    assert figures["pk"] == pytest.approx(1 / 8)
    assert (figures["boundary_precision"], figures["boundary_recall"]) == (1.0, 0.5)


def test_best_sentences_are_compared_with_the_important_ones():
    scores, wanted = np.array([0.9, 0.8, 0.1, 0.7]), np.array([1, 0, 1, 0])
    assert score_top(scores, wanted, 3) == (1 / 3, 1 / 2)
    assert score_top(scores, np.zeros(4, int), 3) is None
    assert score_top(np.array([1.0, 2.0]), np.array([1, 1]), 3) == (1.0, 1.0)
    # means: precision (1/3 + 1) / 2, recall (1/2 + 1) / 2
    assert top_f1([(1 / 3, 1 / 2), (1.0, 1.0)]) == pytest.approx(
        2 * (2 / 3) * 0.75 / (2 / 3 + 0.75)
    )
    assert top_f1([(0.0, 0.0)]) == 0.0
    assert top_f1([]) is None


def test_average_precision_is_the_mean_over_important_sentences():
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    assert average_precision(scores, np.array([1, 0, 0, 1])) == pytest.approx((1 + 2 / 4) / 2)
    assert average_precision(scores, np.zeros(4, int)) is None


def test_lift_says_how_much_denser_important_words_are_in_the_windows():
    words_per_sentence = np.full(200, 15)  # 3,000 words; five windows of 150 hold a quarter
    important = np.zeros(200, int)
    important[:50] = 1
    assert window_lift(important.astype(float), important, words_per_sentence) == pytest.approx(4)
    assert window_lift(-important.astype(float), important, words_per_sentence) == 0
    assert (
        window_lift(important[:50].astype(float), important[:50], words_per_sentence[:50]) is None
    )


def plan(*parts):
    kept = tuple(Interval(a, b) for a, b in parts)
    return ClipPlan(kept, 1, "", 0.0, {}, "", "", 0, (), ())


def test_lift_of_clips_compares_seconds_of_key_speech():
    said = [
        SaidSentence(t0=0, t1=10, text="", key=True),
        SaidSentence(t0=10, t1=40, text=""),
    ]
    # the clip keeps half of the key speech and a quarter of all speech
    assert importance.clip_lift([plan((0, 5), (20, 25))], said) == pytest.approx(2.0)
    assert importance.clip_lift([], said) is None
