import numpy as np
import pytest

from agents.compile.sound import (
    FADE_S,
    PEAK_DB,
    SAMPLE_RATE,
    cut_sound,
    level_sound,
    limit_peaks,
    measure_loudness,
)
from agents.compile.timeline import Piece, Shot, Stretch, Timeline

TIME = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE


def sine(amplitude, hz=997.0):
    return (amplitude * np.sin(2 * np.pi * hz * TIME)).astype(np.float32)


def timeline(*pieces, fps=25):
    shots = (Shot(0, 1, None),)
    return Timeline(fps, (Stretch(0.0, 0.0, shots, tuple(Piece(*piece) for piece in pieces)),))


def test_loudness_of_the_standards_test_tone():
    # BS.1770: a 997 Hz sine at full scale in one channel reads -3.01 LUFS.
    assert measure_loudness(sine(1.0)) == pytest.approx(-3.01, abs=0.05)
    assert measure_loudness(sine(0.1)) == pytest.approx(-23.01, abs=0.05)


def test_pauses_do_not_count_for_loudness():
    half = sine(0.1)
    half[len(half) // 2 :] *= 0.001
    assert measure_loudness(half) == pytest.approx(-23.0, abs=0.3)


@pytest.mark.parametrize("count", [0, 1, 100, 19_199, 48_000])
def test_silence_of_any_length_stays_silence(count):
    silence = np.zeros(count, np.float32)
    assert measure_loudness(silence) == float("-inf")
    assert np.array_equal(level_sound(silence, -16.0), silence)


def test_speech_is_raised_to_the_wanted_loudness_but_noise_is_not():
    assert measure_loudness(level_sound(sine(0.03), -16.0)) == pytest.approx(-16.0, abs=0.1)
    noise = sine(0.0005)
    assert np.array_equal(level_sound(noise, -16.0), noise)


def test_peaks_stay_below_the_ceiling_and_the_rest_is_untouched():
    loud = sine(0.1)
    loud[100_000:100_010] = 3.0
    held = limit_peaks(loud)
    assert np.abs(held).max() <= 10 ** (PEAK_DB / 20) + 1e-6
    assert np.array_equal(held[:95_000], loud[:95_000])
    assert np.array_equal(held[105_000:], loud[105_000:])


def test_a_cut_joins_both_sides_without_a_hole():
    source = np.ones(4 * SAMPLE_RATE, np.float32)
    clip = cut_sound(timeline((0.5, 25), (2.5, 25)), [(0.0, source)])
    assert len(clip) == 2 * SAMPLE_RATE
    fade = round(FADE_S * SAMPLE_RATE)
    assert clip[fade:-fade] == pytest.approx(np.ones(len(clip) - 2 * fade), abs=0.01)
    assert abs(clip[0]) < 0.01
    assert abs(clip[-1]) < 0.01


def test_samples_come_from_their_place():
    source = TIME.astype(np.float32)
    clip = cut_sound(timeline((1.0, 25), (3.0, 25)), [(0.4, source)])
    assert clip[24_000] == pytest.approx(1.5 - 0.4, abs=1e-4)
    assert clip[72_000] == pytest.approx(3.5 - 0.4, abs=1e-4)


def test_sound_that_ends_early_is_followed_by_silence():
    clip = cut_sound(timeline((4.0, 50)), [(0.0, np.ones(5 * SAMPLE_RATE, np.float32))])
    assert clip[SAMPLE_RATE // 2] == 1.0
    assert not clip[SAMPLE_RATE + 480 :].any()
    assert not cut_sound(timeline((4.0, 50)), [(0.0, np.zeros(0, np.float32))]).any()
