# ruff: noqa: RUF001 - other scripts are meant
import hashlib
import json
from itertools import pairwise

import numpy as np
import pytest
from pydantic import TypeAdapter

from agents.registry import Resources
from agents.subtitles import to_srt, to_vtt
from agents.transcript import AGENT, TranscriptParams, transcribe
from agents.transcript import transcriber as module
from agents.transcript.activity import measure_activity, speech_stretches
from agents.transcript.language import guess_language
from agents.types import Cue, Transcript
from tests.hearing import context, intake_from_levels, intake_from_sound, spoken

PARAMS = TranscriptParams()
SENTENCES = (0, 3, 5, 9)


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    """Return the intake of four spoken sentences and [(t0, t1, entry)]."""
    sound, said = spoken(SENTENCES)
    return intake_from_sound(sound, tmp_path_factory.mktemp("lecture") / "sound.wav"), said


@pytest.fixture
def no_recognition(monkeypatch):
    """Replace speech recognition by one that hears nothing, and return what it was asked."""
    asked = []

    def hear(audio, stretches, *, cores, progress):
        asked.append((cores, stretches))
        return []

    monkeypatch.setattr(module.offline, "recognise_offline", hear)
    monkeypatch.setattr(module.weights, "find_weights", lambda models, model: None)
    return asked


def captions_of(said, early_s=0.06, late_s=0.4):
    return [Cue(max(0.0, t0 - early_s), t1 + late_s, entry["text"]) for t0, t1, entry in said]


def with_captions(tmp_path, text, name="talk.vtt", **resources):
    path = tmp_path / name
    path.write_text(text)
    return context(tmp_path, captions=path, captions_name=name, **resources)


# --- captions -------------------------------------------------------------------------------------


def test_captions_become_the_sentences_with_words_where_the_voice_is(tmp_path, lecture):
    intake, said = lecture
    result = transcribe(
        intake, params=PARAMS, context=with_captions(tmp_path, to_vtt(captions_of(said)))
    )
    assert (result.engine, result.language, result.notices) == ("captions (talk.vtt)", "en", ())
    assert [s.text for s in result.segments] == [entry["text"] for _, _, entry in said]
    for segment, (start, end, entry) in zip(result.segments, said, strict=True):
        assert segment.start == pytest.approx(start, abs=0.15)
        assert segment.end == pytest.approx(end, abs=0.15)
        if len(segment.words) == len(entry["words"]):
            errors = [
                abs(word.start - start - true["t0"])
                for word, true in zip(segment.words, entry["words"], strict=True)
            ]
            assert np.median(errors) < 0.2


def test_one_cue_over_several_sentences_puts_no_word_into_the_pauses(tmp_path, lecture):
    intake, said = lecture
    cue = Cue(said[0][0], said[-1][1] + 0.5, " ".join(entry["text"] for _, _, entry in said))
    result = transcribe(intake, params=PARAMS, context=with_captions(tmp_path, to_srt([cue])))
    assert [s.text for s in result.segments] == [entry["text"] for _, _, entry in said]
    pauses = [(a[1] + 0.15, b[0] - 0.15) for a, b in pairwise(said)]
    for word in (word for segment in result.segments for word in segment.words):
        assert all(word.end <= start or word.start >= end for start, end in pauses)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no captions at all", "captions_unusable"),
        (to_vtt([Cue(i * 60.0, i * 60 + 9.0, "Another talk.") for i in range(60)]), "too_long"),
        (to_vtt([Cue(i * 9.0, i * 9 + 9.0, f"Half {i} fits.") for i in range(8)]), "too_long"),
        (to_vtt([Cue(0.0, 1.0, "Hardly anything.")]), "too_short"),
    ],
)
def test_captions_that_do_not_fit_are_refused_and_speech_recognition_is_used(
    tmp_path, no_recognition, text, code
):
    sound, _ = spoken((0, 1, 2, 3, 4, 5))
    intake = intake_from_sound(sound, tmp_path / "sound.wav")
    result = transcribe(intake, params=PARAMS, context=with_captions(tmp_path, text, cores=3))
    assert result.engine.startswith("PocketSphinx (rough")
    first = result.notices[0]
    assert first.code.endswith(code)
    assert "'talk.vtt'" in first.message
    assert "speech recognition is used" in first.message
    assert "no Whisper weights" in result.notices[1].message
    assert no_recognition[0][0] == 3


def test_single_cue_after_the_end_is_dropped_and_the_rest_used(tmp_path, lecture):
    intake, said = lecture
    cues = [*captions_of(said), *[Cue(4.0 + i / 5, 4.1 + i / 5, f"More {i}.") for i in range(8)]]
    stray = Cue(5000.0, 5001.0, "Stray.")
    result = transcribe(
        intake, params=PARAMS, context=with_captions(tmp_path, to_vtt([*cues, stray]))
    )
    assert result.engine == "captions (talk.vtt)"
    assert all(segment.end <= intake.media.duration for segment in result.segments)


def test_captions_are_left_aside_when_the_tuning_says_so(tmp_path, lecture, no_recognition):
    intake, said = lecture
    given = with_captions(tmp_path, to_vtt(captions_of(said)))
    result = transcribe(intake, params=TranscriptParams(use_captions=False), context=given)
    assert result.engine.startswith("PocketSphinx")
    assert len(no_recognition) == 1


def test_given_language_wins_over_the_guess(tmp_path, lecture):
    intake, said = lecture
    given = with_captions(tmp_path, to_vtt(captions_of(said)))
    assert transcribe(intake, params=TranscriptParams(language="de"), context=given).language == (
        "de"
    )


def test_hostile_captions_are_only_text(tmp_path, lecture):
    intake, said = lecture
    cues = captions_of(said)
    hostile = Cue(cues[1].start, cues[1].end, "<img src=x> {\\an8} a --> b & c\x00")
    result = transcribe(
        intake,
        params=PARAMS,
        context=with_captions(tmp_path, to_vtt([cues[0], hostile, *cues[2:]])),
    )
    assert "a --> b & c" in result.segments[1].text
    assert not any(ord(c) < 32 for segment in result.segments for c in segment.text)


# --- the agent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [-120.0, -90.0])
def test_silent_recording_gives_an_empty_transcript_and_loads_nothing(tmp_path, level):
    result = transcribe(
        intake_from_levels(np.full(3000, level)), params=PARAMS, context=context(tmp_path)
    )
    assert (result.segments, result.language) == ((), "und")
    assert "no speech" in result.engine


def test_same_input_gives_the_same_transcript_and_survives_json(tmp_path, lecture):
    intake, said = lecture
    given = with_captions(tmp_path, to_vtt(captions_of(said)))
    first = transcribe(intake, params=PARAMS, context=given)
    adapter = TypeAdapter(Transcript)
    assert transcribe(intake, params=PARAMS, context=given) == first
    assert adapter.validate_json(adapter.dump_json(first)) == first


def test_key_follows_the_captions_and_the_weights_that_are_here(tmp_path):
    captions = tmp_path / "talk.srt"
    captions.write_text("one")
    models = tmp_path / "models"
    nothing = AGENT.uses(Resources(models=models, download_models=False), PARAMS)
    given = AGENT.uses(Resources(captions=captions, models=models), PARAMS)
    assert nothing == {"captions": None, "engine": "pocketsphinx"}
    assert given["captions"] == hashlib.sha256(b"one").hexdigest()
    captions.write_text("two")
    assert AGENT.uses(Resources(captions=captions, models=models), PARAMS) != given
    unused = TranscriptParams(use_captions=False)
    assert AGENT.uses(Resources(captions=captions, models=models), unused)["captions"] is None
    weights = models / "faster-whisper-small"
    weights.mkdir(parents=True)
    for name in ("config.json", "model.bin", "tokenizer.json", "vocabulary.json"):
        (weights / name).write_bytes(b"123")
    found = AGENT.uses(Resources(models=models), PARAMS)
    assert found["engine"] == "whisper small 3"
    assert json.loads(json.dumps(found)) == found


# --- what the engines are given -------------------------------------------------------------------


def test_stretches_hold_all_speech_and_are_cut_in_the_pauses(lecture):
    intake, said = lecture
    stretches = speech_stretches(intake, max_s=8.0, join_s=3.0)
    assert all(stretch.duration <= 8.0 + 1e-6 for stretch in stretches)
    for start, end, _ in said:
        assert any(s.start <= start + 0.1 and end - 0.1 <= s.end for s in stretches)
    for before, after in pairwise(stretches):
        assert before.end <= after.start


def test_speech_far_apart_is_not_heard_together():
    levels = np.repeat([-70.0, -25.0, -70.0, -25.0, -70.0], [100, 300, 500, 300, 100])
    levels += np.random.default_rng(1).uniform(-3, 3, len(levels))
    intake = intake_from_levels(levels)
    assert len(speech_stretches(intake, max_s=29.0, join_s=3.0)) == 2
    assert len(speech_stretches(intake, max_s=29.0, join_s=6.0)) == 1


def test_speech_without_a_pause_is_cut_to_the_longest_stretch():
    levels = np.random.default_rng(2).uniform(-30, -15, 10_000)
    levels[:50] = levels[-50:] = -80.0
    stretches = speech_stretches(intake_from_levels(levels), max_s=15.0, join_s=1.0)
    assert len(stretches) == 7
    assert all(stretch.duration <= 15.0 + 1e-6 for stretch in stretches)


def test_sound_that_the_model_denies_is_no_voice():
    levels = np.repeat([-70.0, -25.0, -70.0, -25.0, -70.0], 200).astype(float)
    votes = np.zeros(313)
    votes[62:125] = 0.9
    activity = measure_activity(intake_from_levels(levels, votes=votes))
    assert activity.share(0.0, 5.0) == pytest.approx(2.0, abs=0.05)
    assert activity.share(5.0, 10.0) == 0.0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("So what we are going to do is to look at the list and that is all for you", "en"),
        ("Das ist nicht die Liste, die wir mit dem Programm sortieren, und das ist gut", "de"),
        ("Nous allons voir que la liste est dans une table, et ce que vous en faites", "fr"),
        ("今日は機械学習について話します", "ja"),
        ("我们今天讨论排序算法", "zh"),
        ("Сегодня мы говорим о поиске", "ru"),
        ("42 17 99", "und"),
        ("", "und"),
    ],
)
def test_language_of_captions_is_guessed(text, language):
    assert guess_language(text) == language
