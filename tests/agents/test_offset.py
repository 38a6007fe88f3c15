"""Captions that run late, early, too fast or from a cut version are put where the voice is."""

import re

import numpy as np
import pytest

from agents.subtitles import to_vtt
from agents.transcript import TranscriptParams, transcribe
from agents.transcript.activity import Activity, measure_activity
from agents.transcript.captions import Caption
from agents.transcript.offset import describe_fit, fitted, measure_fit, whole_hours
from agents.types import Cue
from tests.hearing import context, intake_from_sound, spoken


def measure_offset(captions, activity):
    """Return the one shift of the captions, 0.0 if there is none."""
    fit = measure_fit(captions, activity)
    assert fit.rate == 1.0
    assert len(fit.pieces) <= 1
    return fit.pieces[0].late_s if fit.pieces else 0.0


SENTENCES = tuple(range(12))
BEFORE_S, AFTER_S = 0.1, 0.4


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    """Return the intake of twelve spoken sentences and [(t0, t1, entry)]."""
    sound, said = spoken(SENTENCES)
    return intake_from_sound(sound, tmp_path_factory.mktemp("late") / "sound.wav"), said


def captions(said, late):
    """Return captions as people make them, a little longer than the voice, moved by `late`."""
    texts = [(t0 - BEFORE_S + late, t1 + AFTER_S + late, entry["text"]) for t0, t1, entry in said]
    return [Caption(max(0.0, t0), t1, text) for t0, t1, text in texts if t1 > 0]


@pytest.mark.parametrize("late", [2.0, 0.9, 12.5, -0.9, -1.4])
def test_how_late_captions_run_is_measured(lecture, late):
    intake, said = lecture
    found = measure_offset(captions(said, late), measure_activity(intake))
    assert found == pytest.approx(late - BEFORE_S, abs=0.2)


@pytest.mark.parametrize("late", [0.0, 0.3, -0.3])
def test_captions_in_time_stay(lecture, late):
    intake, said = lecture
    assert measure_offset(captions(said, late), measure_activity(intake)) == 0.0


def test_captions_that_tell_nothing_stay(lecture):
    intake, said = lecture
    activity = measure_activity(intake)
    duration = intake.media.duration
    gapless = [Caption(i * duration / 20, (i + 1) * duration / 20, "and so on") for i in range(20)]
    assert measure_offset(gapless, activity) == 0.0
    assert measure_offset(captions(said, 3.0)[:4], activity) == 0.0
    metronome = [Caption(4.0 * i, 4.0 * i + 2.0, "and so on") for i in range(int(duration / 4))]
    assert measure_offset(metronome, activity) == 0.0


def test_a_transcript_from_late_captions_is_where_the_voice_is_and_says_so(lecture, tmp_path):
    intake, said = lecture
    path = tmp_path / "talk.vtt"
    path.write_text(to_vtt([Cue(c.start, c.end, c.text) for c in captions(said, 2.0)]))
    given = context(tmp_path, captions=path, captions_name="talk.vtt")
    result = transcribe(intake, params=TranscriptParams(), context=given)
    assert result.engine == "captions (talk.vtt)"
    (notice,) = result.notices
    assert notice.code == "captions_moved"
    assert "too late" in notice.message
    assert len(result.segments) == len(said)
    for segment, (start, end, entry) in zip(result.segments, said, strict=True):
        assert segment.text == entry["text"]
        assert segment.start == pytest.approx(start, abs=0.25)
        assert segment.end == pytest.approx(end, abs=0.25)


# --- drift and cuts -------------------------------------------------------------------------------

TALK_S = 900.0
CUT_S, MIDDLE_S = 40.0, 400.0


def talk(seed=1, duration=TALK_S, longest_pause_s=2.5):
    """Return what is said [(start, end)], with sentences and pauses of any length."""
    rng = np.random.default_rng(seed)
    said, at = [], 1.0
    while at < duration - 8:
        length = rng.uniform(1.5, 6.5)
        said.append((at, at + length))
        at += length + rng.uniform(0.2, longest_pause_s)
    return said


def heard(said, duration=TALK_S, seed=2):
    """Return the voice as it is measured: with gaps of its own, and noises in the pauses."""
    rng = np.random.default_rng(seed)
    active = np.zeros(round(duration * 100), bool)
    for start, end in said:
        active[round(start * 100) : round(end * 100)] = True
    for at in rng.uniform(0, duration - 1, round(duration / 10)):
        active[round(at * 100) : round((at + 0.2) * 100)] ^= True
    return Activity(0.01, active)


def cues_of(said, *, jitter_s=0.1, until_next=False):
    """Return a cue per sentence, its number as the text and as much more as is said in it."""
    rng = np.random.default_rng(3)
    cues = []
    for number, (start, end) in enumerate(said):
        text = f"{number} " + "word " * round(2.5 * (end - start))
        start, end = rng.normal((start, end + 0.2), jitter_s)
        cues.append(Caption(max(0.0, start), end, text.strip()))
    if until_next:
        for number, after in enumerate(cues[1:]):
            cues[number] = Caption(cues[number].start, after.start, cues[number].text)
    return cues


def changed(cues, change):
    """Return the cues with `change` made to their times; those that it gives None are left out."""
    kept = [(cue, change(cue.start)) for cue in cues]
    return [
        Caption(at, at + cue.end - cue.start, cue.text)
        for cue, at in kept
        if at is not None and at >= 0
    ]


def check_places(cues, activity, said, *, missing=3, within=0.6):
    """Assert that the fitted cues, but for a few at the seams, lie where they are said."""
    places = {int(c.text.split()[0]): c.start for c in fitted(cues, measure_fit(cues, activity))}
    numbers = [int(cue.text.split()[0]) for cue in cues]
    off = [n for n in numbers if n in said and abs(places.get(n, 1e9) - said[n]) > within]
    assert len(off) <= missing, off


def starts(said):
    return {number: start for number, (start, _) in enumerate(said)}


@pytest.mark.parametrize("until_next", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_captions_that_fit_stay_as_they_are(seed, until_next):
    said = talk(seed)
    fit = measure_fit(cues_of(said, until_next=until_next), heard(said))
    assert not fit.shifts
    assert fit.pieces == ()


@pytest.mark.parametrize("duration", [30.0, 60.0, 150.0])
def test_captions_of_a_short_lecture_stay(duration):
    for seed in range(5):
        said = talk(seed, duration)
        assert not measure_fit(cues_of(said, jitter_s=0.2), heard(said, duration)).shifts


def test_speech_without_pauses_tells_nothing():
    said = [(4.0 * i, 4.0 * i + 4.0) for i in range(200)]
    fit = measure_fit(changed(cues_of(said), lambda t: t + 7.0), heard(said, 800.0))
    assert not fit.shifts


@pytest.mark.parametrize("seed", range(4))
def test_captions_of_another_lecture_fit_nowhere(seed):
    assert not measure_fit(cues_of(talk(seed + 50)), heard(talk(seed))).shifts


@pytest.mark.parametrize("rate", [25 / 23.976, 23.976 / 25, 25 / 24, 1.001, 0.999, 1.002])
@pytest.mark.parametrize("late", [0.0, 3.0])
def test_a_rate_is_found_and_taken_back(rate, late):
    said = talk()
    cues = changed(cues_of(said), lambda t: t * rate + late)
    fit = measure_fit(cues, heard(said))
    assert fit.rate == pytest.approx(1 / rate, abs=0.0003)
    assert "%" in describe_fit(fit, cues, 0.0)
    check_places(cues, heard(said), starts(said))


@pytest.mark.parametrize("until_next", [False, True])
def test_a_part_that_the_captions_lack_makes_two_pieces(until_next):
    said = talk()
    cues = changed(
        cues_of(said, until_next=until_next),
        lambda t: t if t < MIDDLE_S else t - CUT_S if t > MIDDLE_S + CUT_S else None,
    )
    fit = measure_fit(cues, heard(said))
    assert [round(piece.late_s) for piece in fit.pieces] == [0, -CUT_S]
    told = describe_fit(fit, cues, 0.0)
    assert re.search(r"in time at first, (39.9|40.\d) s too early from \d:\d\d on$", told)
    check_places(cues, heard(said), starts(said))


def test_a_part_that_the_recording_lacks_is_left_out():
    whole = talk()
    said = [
        (a, b) if a < MIDDLE_S else (a - CUT_S, b - CUT_S)
        for a, b in whole
        if b < MIDDLE_S or a > MIDDLE_S + CUT_S
    ]
    cues = cues_of(whole)
    fit = measure_fit(cues, heard(said, TALK_S - CUT_S))
    assert [round(piece.late_s) for piece in fit.pieces] == [0, CUT_S]
    places = {
        n: a if a < MIDDLE_S else a - CUT_S
        for n, (a, b) in enumerate(whole)
        if b < MIDDLE_S or a > MIDDLE_S + CUT_S
    }
    check_places(cues, heard(said, TALK_S - CUT_S), places)
    left = {int(c.text.split()[0]) for c in fitted(cues, fit)}
    lacking = [n for n, (a, b) in enumerate(whole) if a > MIDDLE_S and b < MIDDLE_S + CUT_S]
    assert len(left & set(lacking)) <= 2
    assert "the recording lacks were left out" in describe_fit(fit, cues, 0.0)


@pytest.mark.parametrize("late", [-CUT_S, CUT_S])
def test_an_intro_that_only_one_of_them_has_is_one_shift(late):
    said = talk()
    cues = changed(cues_of(said), lambda t: t + late)
    fit = measure_fit(cues, heard(said))
    assert [round(piece.late_s) for piece in fit.pieces] == [late]
    check_places(cues, heard(said), starts(said), missing=0)


def test_times_from_ten_hours_on_count_from_the_first():
    cues = [Caption(36_000.0 + i, 36_000.5 + i, "x") for i in range(9)]
    assert whole_hours(cues, 600.0) == 36_000.0
    assert whole_hours(cues, 40_000.0) == 0.0
    assert whole_hours([Caption(3.0, 4.0, "x")], 2.0) == 0.0
    assert whole_hours([], 2.0) == 0.0


def test_a_cut_is_corrected_in_the_transcript_and_told_with_its_numbers(tmp_path):
    sound, said = spoken(tuple(range(34)))
    intake = intake_from_sound(sound, tmp_path / "sound.wav")
    middle = said[16][0] - 0.3
    cues = changed(captions(said, 0.0), lambda t: t if t < middle else t - 12.0)
    # without the cues of the part that the captions lack
    cues = [cue for cue, (at, _, _) in zip(cues, said, strict=True) if not 0 < at - middle < 12.5]
    path = tmp_path / "talk.vtt"
    path.write_text(to_vtt([Cue(c.start, c.end, c.text) for c in cues]))
    given = context(tmp_path, captions=path, captions_name="talk.vtt")
    result = transcribe(intake, params=TranscriptParams(), context=given)
    (notice,) = result.notices
    assert notice.code == "captions_moved"
    assert "cut elsewhere: in time at first, 1" in notice.message
    assert "s too early from 1:" in notice.message
    places = {entry["text"]: start for start, _, entry in said}
    off = [abs(s.start - places[s.text]) for s in result.segments if s.text in places]
    assert len(off) >= 25
    assert np.median(off) < 0.15
    assert np.percentile(off, 90) < 0.4


def test_drift_is_corrected_in_the_transcript_and_told_with_its_numbers(tmp_path):
    sound, said = spoken(tuple(range(34)))
    intake = intake_from_sound(sound, tmp_path / "sound.wav")
    cues = changed(captions(said, 0.0), lambda t: t * 25 / 23.976)
    path = tmp_path / "talk.vtt"
    path.write_text(to_vtt([Cue(c.start, c.end, c.text) for c in cues]))
    given = context(tmp_path, captions=path, captions_name="talk.vtt")
    result = transcribe(intake, params=TranscriptParams(), context=given)
    (notice,) = result.notices
    assert re.search(r"ran 4\.\d\d % too slow", notice.message)
    for segment, (start, _, entry) in zip(result.segments, said, strict=True):
        assert segment.text == entry["text"]
        assert segment.start == pytest.approx(start, abs=0.35)
