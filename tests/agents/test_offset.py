"""Captions that run late or early as a whole are put where the voice is; others stay."""

import pytest

from agents.subtitles import to_vtt
from agents.transcript import TranscriptParams, transcribe
from agents.transcript.activity import measure_activity
from agents.transcript.captions import Caption
from agents.transcript.offset import measure_fit
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
