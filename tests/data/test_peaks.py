"""The waveform that pages draw."""

import time

import numpy as np
import pytest

from agents.types import Levels
from data.peaks import read_peaks, write_peaks
from tests.data.values import make_intake


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A minute of sound: +-16000 for 30 s, then silence."""
    folder = tmp_path_factory.mktemp("peaks")
    write_peaks(folder, make_intake(folder).audio)
    return folder


def test_a_loud_half_is_drawn_loud_and_a_silent_half_flat(folder):
    drawn = read_peaks(folder, 0, 60, 600)
    assert drawn.dtype == np.int8
    assert drawn.shape == (600, 2)
    assert (drawn[:300] == (-63, 62)).all()
    assert (drawn[300:] == 0).all()


def test_the_edge_is_where_it_sounds(folder):
    drawn = read_peaks(folder, 29.9, 30.1, 20)
    assert (drawn[:10] == (-63, 62)).all()
    assert (drawn[10:] == 0).all()


def test_nothing_is_drawn_outside_of_the_lecture(folder):
    drawn = read_peaks(folder, -10, 80, 90)
    assert (drawn[:10] == 0).all()
    assert (drawn[10:40] == (-63, 62)).all()
    assert (drawn[40:] == 0).all()


def test_closer_than_the_stored_steps_each_pixel_shows_its_step(folder):
    assert (read_peaks(folder, 10.001, 10.009, 50) == (-63, 62)).all()


def test_a_single_click_is_seen_at_every_zoom(tmp_path):
    peak = np.full(6000, -120.0, np.float32)
    peak[4321] = 0.0
    write_peaks(tmp_path, Levels(0.01, peak, peak))
    for pixels in (1, 7, 100, 6000):
        drawn = read_peaks(tmp_path, 0, 60, pixels)
        assert (drawn.max(), drawn.min()) == (127, -127)
        assert np.argmax(drawn[:, 1]) == int(43.21 / 60 * pixels)


def test_ninety_minutes_are_drawn_in_a_few_milliseconds(tmp_path):
    rng = np.random.default_rng(1)
    peak = rng.uniform(-60, 0, 540_000).astype(np.float32)
    write_peaks(tmp_path, Levels(0.01, peak, peak))
    started = time.process_time()
    for _ in range(10):
        read_peaks(tmp_path, 0, 5400, 1500)
    assert (time.process_time() - started) / 10 < 0.02
    assert (tmp_path / "peaks.npy").stat().st_size < 1_100_000


def test_sound_that_is_not_mono_16_bit_is_a_mistake(tmp_path):
    import wave

    with wave.open(str(tmp_path / "stereo.wav"), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(b"\0" * 400)
    with pytest.raises(ValueError, match="must be mono"):
        write_peaks(tmp_path, tmp_path / "stereo.wav")


@pytest.mark.parametrize(("t0", "t1", "n"), [(1, 1, 10), (2, 1, 10), (0, 1, 0)])
def test_an_empty_stretch_is_a_mistake(folder, t0, t1, n):
    with pytest.raises(ValueError, match="must be below"):
        read_peaks(folder, t0, t1, n)
