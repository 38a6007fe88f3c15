import re
import subprocess
import sys

import pytest

from agents.errors import StageError
from agents.transcript import TranscriptParams, transcribe
from agents.transcript import offline as module
from agents.transcript.offline import recognise_offline
from agents.types import Interval
from tests.hearing import context, intake_from_sound, spoken


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    sound, said = spoken((0, 12))
    folder = tmp_path_factory.mktemp("lecture")
    return intake_from_sound(sound, folder / "sound.wav"), said


def plain(text):
    return re.findall(r"[a-z']+", text.lower())


@pytest.fixture
def no_weights(monkeypatch):
    monkeypatch.setattr("agents.transcript.weights.find_weights", lambda models, model: None)


def test_real_speech_is_recognised_roughly_with_times(tmp_path, lecture, no_weights):
    intake, said = lecture
    percents = []
    given = context(tmp_path, lambda percent, message: percents.append(percent), cores=2)
    result = transcribe(intake, params=TranscriptParams(language="de"), context=given)
    assert result.engine == "PocketSphinx (rough: no Whisper weights found)"
    assert [notice.code for notice in result.notices] == ["no_whisper_weights", "english_only"]
    heard = {word for segment in result.segments for word in plain(segment.text)}
    true = {word for _, _, entry in said for word in plain(entry["text"])}
    # A synthetic voice and a small model: about half of the words are right.
    assert len(heard & true) >= 0.3 * len(true)
    for word in (word for segment in result.segments for word in segment.words):
        assert any(t0 - 0.2 <= word.start and word.end <= t1 + 0.2 for t0, t1, _ in said)
        assert 0 <= word.probability <= 1
        assert re.fullmatch(r"[a-z'.-]+", word.text)
    assert percents[-1] == pytest.approx(100)


def test_words_do_not_depend_on_the_number_of_processes(lecture):
    intake, said = lecture
    stretches = [Interval(t0 - 0.1, t1 + 0.1) for t0, t1, _ in said]
    one, two = (
        recognise_offline(intake.audio, stretches, cores=cores, progress=lambda percent: None)
        for cores in (1, 2)
    )
    assert one == two
    assert [u.start for u in one] == [pytest.approx(s.start) for s in stretches]


def test_nothing_to_hear_starts_no_process(lecture, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    assert recognise_offline(lecture[0].audio, [], cores=2, progress=lambda percent: None) == []


def test_process_that_dies_is_an_error_not_a_shorter_transcript(lecture, monkeypatch):
    monkeypatch.setattr(module, "PROGRAM", "raise SystemExit(3)")
    with pytest.raises(StageError, match="stopped before the end"):
        recognise_offline(
            lecture[0].audio, [Interval(0.0, 1.0)], cores=1, progress=lambda percent: None
        )


def test_importing_the_agent_loads_no_engine():
    code = (
        "import sys, agents.transcript; "
        "print([m for m in ('faster_whisper', 'ctranslate2', 'pocketsphinx', 'av', 'pysubs2',"
        " 'huggingface_hub') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
