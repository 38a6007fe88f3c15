from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from faster_whisper.transcribe import Segment, Word

from agents.transcript import TranscriptParams, transcribe
from agents.transcript import whisper as module
from agents.transcript.whisper import (
    NoWeights,
    find_weights,
    load_whisper,
    read_samples,
    recognise_whisper,
)
from agents.types import Interval
from tests.hearing import context, intake_from_sound, spoken
from tests.tiny_whisper import make_tiny_whisper

PARAMS = TranscriptParams()


def segment(start, end, *words, logprob=-0.2, no_speech=0.1):
    return Segment(
        id=1,
        seek=0,
        start=start,
        end=end,
        text="".join(word for *_, word in words),
        tokens=[],
        avg_logprob=logprob,
        compression_ratio=1.0,
        no_speech_prob=no_speech,
        words=[Word(a, b, word, 0.9) for a, b, word in words],
        temperature=0.0,
    )


@dataclass
class StandIn:
    """A pipeline that says the given segments of each call and notes how it was called."""

    answers: list
    calls: list

    def transcribe(self, audio, **options):
        self.calls.append((audio, options))
        return iter(self.answers[len(self.calls) - 1]), SimpleNamespace(language="de")


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    sound, said = spoken((0, 3, 5))
    return intake_from_sound(sound, tmp_path_factory.mktemp("lecture") / "sound.wav"), said


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    make_tiny_whisper(folder / "faster-whisper-small")
    return folder


def test_long_recordings_are_heard_in_groups_with_one_language(lecture):
    intake, _ = lecture
    stretches = [Interval(i * 0.5, i * 0.5 + 0.4) for i in range(20)]
    pipeline = StandIn([[segment(0.0, 1.0, (0.1, 0.9, " eins"))]] * 2, [])
    percents = []
    language, said = recognise_whisper(
        pipeline, intake.audio, stretches, params=PARAMS, progress=percents.append
    )
    assert language == "de"
    (audio, first), (_, second) = pipeline.calls
    assert len(audio) == round(7.9 * 16_000)
    assert (first["language"], second["language"]) == (None, "de")
    assert first["clip_timestamps"][1] == {"start": 0.5, "end": 0.9}
    assert second["clip_timestamps"][0] == {"start": 0.0, "end": pytest.approx(0.4)}
    assert first["word_timestamps"]
    assert [u.words[0].start for u in said] == [pytest.approx(0.1), pytest.approx(8.1)]
    assert percents == sorted(percents)


def test_segment_keeps_confidence_and_is_no_longer_than_what_was_heard(lecture):
    intake, _ = lecture
    answer = [segment(0.0, 40.0, (0.1, 0.5, " So"), (39.0, 40.0, " on."), logprob=-0.7)]
    _, (said,) = recognise_whisper(
        StandIn([answer], []),
        intake.audio,
        [Interval(1.0, 4.0)],
        params=PARAMS,
        progress=lambda percent: None,
    )
    assert (said.start, said.end) == (1.0, 4.0)
    assert (said.avg_logprob, said.no_speech_prob) == (-0.7, 0.1)


def test_sentences_come_from_the_words_of_the_engine(tmp_path, lecture, models, monkeypatch):
    intake, said = lecture
    words = [
        (t0 + w["t0"] - 1.0, t0 + w["t1"] - 1.0, f" {w['text']}")
        for t0, _, entry in said
        for w in entry["words"]
    ]
    # Stretches begin 0.15 s before the speech, which begins at 1 s.
    words = [(a + 0.15, b + 0.15, text) for a, b, text in words]
    pipeline = StandIn([[segment(0.0, words[-1][1], *words)]], [])
    monkeypatch.setattr(module, "load_whisper", lambda folder, cores: pipeline)
    result = transcribe(intake, params=PARAMS, context=context(tmp_path, models=models))
    assert result.engine == "faster-whisper small"
    assert result.language == "de"
    ends = [s.end for s in result.segments]
    assert ends[-1] == pytest.approx(said[-1][1], abs=0.15)
    for word in (word for s in result.segments for word in s.words):
        assert any(t0 - 0.1 <= word.start and word.end <= t1 + 0.1 for t0, t1, _ in said)


def test_random_model_is_really_loaded_and_what_it_says_is_repaired(tmp_path, lecture, models):
    intake, _ = lecture
    percents = []
    given = context(tmp_path, lambda percent, message: percents.append(percent), models=models)
    result = transcribe(intake, params=TranscriptParams(beam_size=1), context=given)
    assert result.engine == "faster-whisper small"
    words = [word for s in result.segments for word in s.words]
    assert words
    for before, after in pairwise(words):
        assert before.end <= after.start + 1e-9
    assert all(0 <= w.start < w.end <= intake.media.duration for w in words)
    assert all(0 <= p <= 100 for p in percents)
    again = transcribe(intake, params=TranscriptParams(beam_size=1), context=given)
    assert again == result


def test_weights_are_found_under_every_name_they_go_by(tmp_path):
    def put(*parts):
        folder = tmp_path.joinpath(*parts)
        folder.mkdir(parents=True)
        for name in ("model.bin", "tokenizer.json"):
            (folder / name).write_bytes(b"x")
        return folder

    hub = put("hub", "models--Systran--faster-whisper-base", "snapshots", "abc")
    named = put("named", "small")
    own = put("my-own-whisper")
    assert find_weights(tmp_path / "hub", "base") == ("base", hub)
    assert find_weights(tmp_path / "named", "small") == ("small", named)
    assert find_weights(own, "small") == ("my-own-whisper", own)
    assert find_weights(tmp_path / "nothing", "small") is None


def test_weights_without_their_tokenizer_do_not_count(tmp_path):
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "model.bin").write_bytes(b"x")
    assert find_weights(tmp_path, "small") is None


def test_another_size_is_used_and_said_when_the_wanted_one_is_not_here(
    tmp_path, lecture, models, monkeypatch
):
    intake, _ = lecture
    monkeypatch.setattr(module, "load_whisper", lambda folder, cores: StandIn([[]], []))
    result = transcribe(
        intake, params=TranscriptParams(model="large-v3"), context=context(tmp_path, models=models)
    )
    assert result.engine == "faster-whisper small"
    assert result.notices[0].message == (
        "Whisper small is used: the weights of large-v3 were not found"
    )


def test_broken_weights_are_refused_by_name(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    for name in ("model.bin", "tokenizer.json", "config.json"):
        (folder / name).write_bytes(b"not a model")
    with pytest.raises(NoWeights, match="'small' cannot be loaded"):
        load_whisper(folder, cores=1)


def test_hub_that_does_not_answer_is_said_and_the_last_resort_used(tmp_path, lecture, monkeypatch):
    intake, _ = lecture
    monkeypatch.setattr(module, "HUB", "https://127.0.0.1:9")
    monkeypatch.setattr(module, "HUB_CACHE", tmp_path / "none")
    heard = []
    monkeypatch.setattr(
        "agents.transcript.offline.recognise_offline", lambda *a, **k: heard.append(a) or []
    )
    result = transcribe(intake, params=PARAMS, context=context(tmp_path, download_models=True))
    assert len(heard) == 1
    assert result.notices[0].code == "hub_unreachable"
    assert "127.0.0.1" in result.notices[0].message
    assert "PocketSphinx" in result.notices[0].message


def test_samples_of_a_stretch_are_read_and_end_with_the_file(lecture):
    intake, _ = lecture
    all_of_it = read_samples(intake.audio, 0.0, 1e6)
    part = read_samples(intake.audio, 1.5, 2.0)
    assert len(part) == 8000
    assert np.array_equal(part, all_of_it[24_000:32_000])
    assert part.dtype == np.float32
    assert np.abs(part).max() <= 1.0
    assert len(read_samples(intake.audio, 1e5, 1e6)) == 0
