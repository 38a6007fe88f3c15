"""The figures of the issue, with ffmpeg's own measurement as the judge."""

import pytest

from benchmarks.loudness import TARGET_LUFS, judge, loudnorm_to, measure, ours_to, sounds
from tests.recordings import ffmpeg


@pytest.fixture(scope="module")
def heard():
    return sounds()


def test_every_sound_lands_at_its_loudness_with_room_above_its_peaks(heard, tmp_path):
    made = {name: judge(sound, tmp_path, ours_to) for name, sound in heard.items()}
    assert len(made) >= 9
    for name, found in made.items():
        assert found.lufs == pytest.approx(TARGET_LUFS, abs=0.5), name
        assert found.peak <= -1.0, name
        assert found.moved < 3.5, name


def test_the_rival_levels_too_but_squeezes_what_is_uneven(heard, tmp_path):
    theirs = judge(heard["half of it 20 dB softer"], tmp_path, loudnorm_to)
    ours = judge(heard["half of it 20 dB softer"], tmp_path, ours_to)
    assert abs(theirs.lufs - TARGET_LUFS) < 5
    assert ours.moved < theirs.moved / 2


def test_the_judge_reads_the_standards_test_tone(tmp_path):
    path = tmp_path / "tone.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=997:d=5:r=48000", "-af", "volume=18.06dB", path)
    lufs, peak = measure(path)
    assert (lufs, peak) == (pytest.approx(-3.0, abs=0.2), pytest.approx(0.0, abs=0.2))
