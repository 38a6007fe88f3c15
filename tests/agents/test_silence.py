import time

import numpy as np
import pytest

from agents.silence import (
    AGENT,
    SilenceParams,
    detect_silence,
    level_histogram,
    silence_threshold,
)
from agents.types import Levels
from tests.hearing import HOP_S, RATE, VOTE_HOP_S, intake_from_levels, intake_from_sound, spoken

PARAMS = SilenceParams()
EXACT = SilenceParams(padding_s=0)


def talk(*stretches, noise=-65.0, speech=-25.0, seed=3):
    """Return levels of (seconds, whether spoken) stretches: noise +-1 dB, speech +-6 dB."""
    rng = np.random.default_rng(seed)
    parts = [
        (speech + rng.uniform(-6, 6, round(s / HOP_S)))
        if loud
        else (noise + rng.uniform(-1, 1, round(s / HOP_S)))
        for s, loud in stretches
    ]
    return np.concatenate(parts).astype(np.float32)


def spans(regions, kind=None):
    return [
        (round(r.start, 3), round(r.end, 3))
        for r in regions
        if kind is None or r.silence_type == kind
    ]


def detect(levels, params=EXACT, **more):
    return detect_silence(intake_from_levels(levels, **more), params=params)


def test_pauses_between_speech_are_found_to_the_hop():
    levels = talk((1.0, False), (4.0, True), (0.8, False), (3.0, True), (1.2, False))
    assert spans(detect(levels)) == [(0.0, 1.0), (5.0, 5.8), (8.8, 10.0)]


def test_padding_leaves_room_beside_words_but_not_at_the_ends_of_the_recording():
    levels = talk((1.0, False), (4.0, True), (0.8, False), (3.0, True), (1.2, False))
    found = spans(detect(levels, SilenceParams(padding_s=0.1)))
    assert found == [(0.0, 0.9), (5.1, 5.7), (8.9, 10.0)]


def test_pause_shorter_than_the_minimum_is_ignored():
    levels = talk((2.0, True), (0.4, False), (2.0, True), (0.6, False), (2.0, True))
    assert spans(detect(levels, SilenceParams(min_silence_s=0.5, padding_s=0))) == [(4.4, 5.0)]


def test_pause_as_long_as_the_minimum_is_kept():
    levels = talk((2.0, True), (0.5, False), (2.0, True))
    assert spans(detect(levels, SilenceParams(min_silence_s=0.5, padding_s=0))) == [(2.0, 2.5)]


def test_click_does_not_end_a_silence_and_plosive_gap_does_not_end_speech():
    levels = talk(
        (2.0, True), (0.06, False), (2.0, True), (1.0, False), (0.05, True), (1.0, False), (1, True)
    )
    assert spans(detect(levels)) == [(4.06, 6.11)]


@pytest.mark.parametrize("gain", [0, -20, -35])
def test_quiet_speaker_has_the_same_pauses(gain):
    levels = talk((1.0, False), (4.0, True), (0.8, False), (3.0, True)) + gain
    assert spans(detect(levels)) == [(0.0, 1.0), (5.0, 5.8)]


def test_digital_silence_counts_as_silence():
    levels = talk((1.0, False), (4.0, True), (0.8, False), (3.0, True))
    levels[levels < -50] = -120.0
    assert spans(detect(levels)) == [(0.0, 1.0), (5.0, 5.8)]


def test_loud_room_noise_is_told_from_speech_by_the_recordings_own_levels():
    levels = talk((1.0, False), (4.0, True), (0.8, False), (3.0, True), noise=-42, speech=-20)
    assert spans(detect(levels)) == [(0.0, 1.0), (5.0, 5.8)]


@pytest.mark.parametrize(
    "levels",
    [
        np.full(1000, -120.0),
        np.full(1000, -90.0),
        -20 + np.random.default_rng(1).uniform(-1, 1, 1000),
        np.full(1000, np.nan),
        np.zeros(0),
    ],
    ids=["digital", "inaudible", "hum", "not a number", "empty"],
)
def test_recording_without_speech_is_one_silence(levels):
    (region,) = detect(levels, PARAMS, duration=10.0)
    assert (region.start, region.end) == (0.0, 10.0)
    assert -120.0 <= region.level_db <= 0.0
    assert np.isfinite(silence_threshold(Levels(HOP_S, levels, levels), PARAMS))


def test_model_finds_speech_where_an_offset_hides_it_from_the_levels():
    levels = np.full(1000, -6.0)  # a constant offset is as loud all the time
    votes = np.zeros(313)
    votes[100:200] = 0.95
    assert spans(detect(levels, votes=votes)) == [(0.0, 3.2), (6.4, 10.0)]


def test_model_alone_denies_speech_in_loud_music_when_it_has_all_the_weight():
    levels = talk((4.0, True), (4.0, False))
    votes = np.zeros(250)
    assert spans(detect(levels, SilenceParams(speech_weight=1), votes=votes)) == [(0.0, 8.0)]
    assert spans(detect(levels, SilenceParams(speech_weight=0, padding_s=0), votes=votes)) == [
        (4.0, 8.0)
    ]


def test_model_that_hears_nothing_is_not_believed_where_sound_is_clearly_switched():
    levels = np.repeat([-14.0, -120.0, -16.0, -120.0], [400, 200, 400, 200])
    assert spans(detect(levels, votes=np.zeros(375))) == [(4.0, 6.0), (10.0, 12.0)]
    # Where levels spread over everything in between, the model may well be right.
    murmur = np.linspace(-70, -20, 1200)
    assert spans(detect(murmur, votes=np.zeros(375))) == [(0.0, 12.0)]


def test_soft_speech_beside_digital_silence_is_no_noise():
    levels = np.repeat([-14.0, -31.0, -120.0, -14.0], [300, 100, 200, 300])
    assert spans(detect(levels)) == [(4.0, 6.0)]


def test_sound_that_ends_before_the_picture_leaves_silence():
    levels = talk((1.0, False), (4.0, True))
    assert spans(detect(levels, duration=9.0)) == [(0.0, 1.0), (5.0, 9.0)]


def test_level_of_a_region_is_its_mean():
    levels = np.concatenate([np.full(300, -25.0), np.full(100, -64.0), np.full(300, -24.0)])
    levels[::2] += 1
    (region,) = detect(levels)
    assert region.level_db == pytest.approx(-63.5, abs=0.02)


def test_noise_that_grows_by_25_db_over_a_lecture_does_not_bury_its_pauses():
    lengths = [(2.3, True), (0.9, False)] * 200
    levels = talk(*lengths, noise=-70, speech=-25)
    silent = levels < -50
    levels[silent] += np.linspace(0, 25, len(levels), dtype=np.float32)[silent]
    edges = np.cumsum([0] + [round(s / HOP_S) for s, _ in lengths]) * HOP_S
    truth = [(round(a, 3), round(b, 3)) for a, b in zip(edges[1::2], edges[2::2], strict=True)]
    assert spans(detect(levels)) == truth


def test_ventilation_that_starts_halfway_leaves_the_pauses_where_they_are():
    levels = talk(*[(2.3, True), (0.9, False)] * 100, noise=-65, speech=-22)
    half = len(levels) // 2
    levels[half:] = np.maximum(levels[half:], np.float32(-45) + levels[half:] % 1)
    found = spans(detect(levels, SilenceParams(padding_s=0, noise_margin_db=12)))
    exact = [start for start, end in found if round(end - start, 3) == 0.9]
    assert len(exact) >= 95  # the floor is that of a minute: a few go beside the sudden change


def test_model_that_is_late_does_not_move_the_end_of_speech():
    levels = talk((2.0, True), (1.0, False), (2.0, True))
    votes = (np.abs(np.arange(157) * VOTE_HOP_S - 2.55) > 0.4).astype(float)  # silent 2.15 to 2.95
    assert spans(detect(levels, votes=votes)) == [(2.0, 3.0)]


def test_soft_speech_that_only_the_model_hears_is_kept():
    levels = talk((2.0, True), (3.0, False), (2.0, True))
    votes = np.ones(220)
    votes[63:94] = votes[125:156] = 0
    assert spans(detect(levels, votes=votes)) == [(2.0, 3.01), (4.0, 5.0)]


def test_noise_that_hardly_moves_the_model_is_no_speech():
    levels = talk((2.0, True), (1.0, False), (0.5, True), (1.0, False), (2.0, True))
    votes = np.repeat([1.0, 0.0, 0.2, 0.0, 1.0], [62, 31, 16, 31, 66])
    assert spans(detect(levels, votes=votes)) == [(1.98, 4.5)]
    # with the model in the minority, the levels decide
    alone = SilenceParams(speech_weight=0.3, padding_s=0)
    assert len(detect(levels, alone, votes=votes)) == 2


def test_smaller_range_below_the_loudest_speech_never_finds_less_silence():
    levels = talk((1, False), (4, True), (1, False), (4, True)) + np.repeat(
        np.linspace(0, -25, 100), 10
    ).astype(np.float32)
    found = [
        sum(r.duration for r in detect(levels, SilenceParams(top_db=top_db)))
        for top_db in (60, 40, 30, 20, 10)
    ]
    assert found == sorted(found)
    assert found[-1] > found[0]


def test_histogram_counts_every_hop_and_holds_the_threshold_in_its_valley():
    levels = talk((4.0, False), (6.0, True), noise=-64.5, speech=-25.5)
    levels[:100] = -120.0
    levels[100] = np.nan
    measured = Levels(HOP_S, levels, levels)
    counts, edges, threshold = level_histogram(measured, PARAMS)
    assert counts.sum() == len(levels)
    assert len(edges) == len(counts) + 1
    assert (edges[0], edges[-1]) == (-100.0, 0.0)
    assert counts[0] == 101  # digital silence, and what is no number
    assert counts[(edges[:-1] >= -66) & (edges[:-1] < -63)].sum() == 299
    assert counts[(edges[:-1] >= -32) & (edges[:-1] < -19)].sum() == 600
    assert threshold == silence_threshold(measured, PARAMS)
    assert -63 < threshold < -32


def pauses_of(said, end):
    edges = [0.0, *(t for t0, t1, _ in said for t in (t0, t1)), end]
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize("noise_db", [-100.0, -60.0])
def test_pauses_of_real_speech_are_found_within_60_ms(tmp_path, noise_db):
    sound, said = spoken((0, 3, 5, 9, 12), noise_db=noise_db)
    intake = intake_from_sound(sound, tmp_path / "sound.wav")
    found = detect_silence(intake, params=PARAMS)
    truth = pauses_of(said, len(sound) / RATE)
    assert len(found) == len(truth)
    for region, (start, end) in zip(found, truth, strict=True):
        # A clip's first and last hops may be its own silence: a little more is found, never less.
        assert region.start == pytest.approx(start, abs=0.12)
        assert region.end == pytest.approx(end, abs=0.12)
    errors = [abs(r.start - s) for r, (s, _) in zip(found, truth, strict=True)]
    assert np.median(errors) <= 0.06


def test_ninety_minutes_are_decided_in_milliseconds():
    levels = np.tile(talk((4.0, True), (1.0, False)), 1080)
    votes = (np.arange(168_750) * VOTE_HOP_S % 5 < 4).astype(np.float32)
    intake = intake_from_levels(levels, votes=votes)
    seconds = []
    for _ in range(5):
        begin = time.process_time()
        found = detect_silence(intake, params=PARAMS)
        seconds.append(time.process_time() - begin)
    assert len(found) == 1080
    # About 10 ms of one idle core; the bound only catches a loop over hops.
    assert min(seconds) < 0.1


def test_agent_declares_itself():
    assert (AGENT.name, AGENT.needs, AGENT.params) == ("silence", ("intake",), SilenceParams)
