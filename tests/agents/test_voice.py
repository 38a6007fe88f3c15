"""Speech is where somebody speaks, and the pitch of a voice is the one it has."""

import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agents.intake.audio import RATE
from agents.intake.onnx import read_weights
from agents.intake.silero import WINDOW, find_silero, measure_speech
from agents.intake.voice import frame_pitch, measure_prosody

SPEECH = Path(__file__).parents[1] / "speech"


def write(path, sound):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(np.rint(sound * 32768), -32768, 32767).astype("<i2").tobytes())
    return path


def voice(seconds, hz):
    """Return a sound with the harmonics of a voice; `hz` may move."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hz, round(seconds * RATE))) / RATE
    return 0.1 * sum(np.sin(k * phase) / k for k in range(1, 12))


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Two sentences with 3 s of silence between them; returns the WAV and where speech is."""
    parts = [soundfile.read(SPEECH / f"s0{i}.flac", dtype="float32") for i in (0, 1)]
    assert {rate for _, rate in parts} == {RATE}
    first, second = (sound for sound, _ in parts)
    path = tmp_path_factory.mktemp("spoken") / "audio.wav"
    whole = np.concatenate([first, np.zeros(3 * RATE, np.float32), second])
    gap = (len(first) / RATE + 0.3, len(first) / RATE + 2.9)
    return write(path, whole), len(whole) / RATE, gap


def test_speech_is_probable_where_it_is_and_not_in_the_silence(spoken):
    path, duration, gap = spoken
    heard = []
    values = measure_speech(path, find_silero(), duration, heard.append)
    time = np.arange(len(values)) * WINDOW / RATE
    silent = (time > gap[0]) & (time < gap[1])
    assert len(values) == int(np.ceil(duration * RATE / WINDOW))
    assert values.dtype == np.float32
    assert values[silent].max() < 0.3
    assert (values[~silent] > 0.5).mean() > 0.6
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(100, abs=1)


def test_probabilities_are_those_of_the_speech_model_in_its_own_package(spoken, tmp_path):
    from faster_whisper.vad import get_vad_model

    path, duration, _ = spoken
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / np.float32(32768)
    long = np.tile(sound, int(np.ceil(70 / duration)))
    path = write(tmp_path / "long.wav", long)
    values = measure_speech(path, find_silero(), len(long) / RATE, lambda percent: None)
    padded = np.pad(long, (0, -len(long) % WINDOW)).astype(np.float32)
    whole = get_vad_model()(padded).reshape(-1)
    assert len(values) == len(whole) > 2000
    assert np.abs(values - whole).max() < 0.001


@pytest.mark.parametrize("hz", [80, 120, 210, 330])
def test_the_pitch_of_a_steady_voice_is_right_within_two_percent(tmp_path, hz):
    level, pitch, spread = measure_prosody(write(tmp_path / "v.wav", voice(4, float(hz))))
    assert pitch == pytest.approx(hz, rel=0.02)
    assert spread.max() < 0.5
    assert level == pytest.approx(20 * np.log10(np.std(voice(4, float(hz)))), abs=0.3)
    assert pitch.dtype == spread.dtype == level.dtype == np.float32


def test_a_voice_that_glides_an_octave_a_second_has_that_range(tmp_path):
    hz = 110 * 2 ** (np.arange(3 * RATE) / RATE % 1)
    _, pitch, spread = measure_prosody(write(tmp_path / "g.wav", voice(3, hz)))
    assert pitch == pytest.approx(110 * np.sqrt(2), rel=0.05)
    assert spread == pytest.approx(0.8 * 12, abs=1.5)


def test_noise_and_silence_have_no_pitch(tmp_path):
    noise = np.random.default_rng(3).normal(0, 0.1, 3 * RATE)
    _, pitch, _ = measure_prosody(write(tmp_path / "n.wav", np.concatenate([noise, 0 * noise])))
    assert (pitch > 0).sum() <= 1
    assert pitch[3:].max() == 0


def test_an_empty_recording_gives_empty_measurements(tmp_path):
    path = write(tmp_path / "e.wav", np.zeros(0))
    assert len(measure_speech(path, find_silero(), 1.0, lambda percent: None)) == 0
    assert [len(part) for part in measure_prosody(path)] == [0, 0, 0]
    assert len(frame_pitch(np.zeros(0))) == 0


def test_a_model_that_is_cut_off_is_no_protocol_buffer(tmp_path):
    path = tmp_path / "cut.onnx"
    path.write_bytes(b"\x3b" + find_silero().read_bytes()[:100])
    with pytest.raises(ValueError, match="wire type 3"):
        read_weights(path)


def test_listening_leaves_no_trace_for_the_maker_of_onnxruntime(tmp_path):
    program = "import agents, numpy; from faster_whisper.vad import get_vad_model; "
    program += "assert len(get_vad_model()(numpy.zeros(5120, numpy.float32))) == 10"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "XDG_"))}
    subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "HOME": str(tmp_path)},
        check=True,
    )
    assert list(tmp_path.rglob("*")) == []
