from itertools import pairwise

import numpy as np
import pytest

from agents.compile.sound import (
    FADE_S,
    MAX_GAIN_DB,
    PEAK_DB,
    SAMPLE_RATE,
    block_peaks,
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
    return Timeline(fps, (Stretch(0.0, shots, tuple(Piece(*piece) for piece in pieces)),))


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


@pytest.mark.parametrize("count", [1, 30, 48_000, 48_023, 48_024, 100_001])
def test_a_peak_near_any_end_is_held_whatever_the_length(count):
    loud = np.full(count, 0.1, np.float32)
    loud[-1] = 3.0
    held = limit_peaks(loud)
    assert len(held) == count
    assert np.abs(held).max() <= 10 ** (PEAK_DB / 20) + 1e-6


def test_peaks_that_may_matter_are_the_true_ones():
    noise = np.random.default_rng(2).normal(0, 0.1, 48_000).astype(np.float32)
    noise[20_000:] *= 0.2
    exact, some = block_peaks(noise), block_peaks(noise, 0.2)
    assert np.array_equal(some[exact >= 0.2], exact[exact >= 0.2])
    assert (some <= exact).all()
    assert (some[430:] < exact[430:]).any()


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


def test_no_gain_beyond_the_limit_makes_a_roar_of_a_whisper():
    soft = sine(0.002)
    assert measure_loudness(soft) == pytest.approx(-57, abs=0.1)
    assert measure_loudness(level_sound(soft, -16.0)) == pytest.approx(-57 + MAX_GAIN_DB, abs=0.1)


@pytest.mark.parametrize(("hz", "phase"), [(997, 0.0), (12_000, np.pi / 4), (16_000, 0.5)])
def test_the_wave_between_the_samples_counts_as_a_peak(hz, phase):
    wave = np.sin(2 * np.pi * hz * TIME[:SAMPLE_RATE] + phase).astype(np.float32)
    assert block_peaks(wave)[5:-5] == pytest.approx(1.0, abs=0.03)


def room(seconds, hum_hz=50.0):
    """Return the tone of a room: hum and noise, about -50 dB."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(5).standard_normal(len(time))
    return (0.003 * np.sin(2 * np.pi * hum_hz * time) + 0.003 * noise).astype(np.float32)


def cuts(count, piece_s=0.6, step_s=1.0137):
    """Return a timeline of short pieces, and when in the clip one follows another."""
    frames = round(piece_s * 25)
    made = timeline(*((0.2 + step_s * i, frames) for i in range(count)))
    return made, [round(i * piece_s * SAMPLE_RATE) for i in range(1, count)]


def db(samples):
    return 10 * np.log10((samples.astype(float) ** 2).mean() + 1e-12)


def test_the_tone_of_the_room_goes_on_over_every_cut():
    made, joins = cuts(60)
    clip = cut_sound(made, [(0.0, room(65))])
    usual = db(clip[SAMPLE_RATE // 10 : -SAMPLE_RATE // 10])
    ms = SAMPLE_RATE // 1000
    levels = [db(clip[at - 2 * ms : at + 2 * ms]) for at in joins]
    assert 10 * np.log10(np.mean(10 ** (np.array(levels) / 10))) == pytest.approx(usual, abs=1.0)
    assert min(levels) > usual - 6


def test_no_cut_clicks():
    made, joins = cuts(40)
    time = np.arange(42 * SAMPLE_RATE) / SAMPLE_RATE
    source = (room(42) + 0.3 * np.sin(2 * np.pi * 313 * time)).astype(np.float32)
    clip = cut_sound(made, [(0.0, source)])
    jumps = np.abs(np.diff(clip))
    fade = round(FADE_S * SAMPLE_RATE)
    near = np.zeros(len(jumps), bool)
    for at in joins:
        near[at - fade : at + fade] = True
    assert jumps[near].max() <= 1.2 * jumps[~near].max()
    # joined without a fade, the same cuts jump several times as far
    pieces = [piece for stretch in made.stretches for piece in stretch.pieces]
    ends = [round((piece.start + piece.frames / 25) * SAMPLE_RATE) for piece in pieces]
    starts = [round(piece.start * SAMPLE_RATE) for piece in pieces]
    bare = [abs(source[a - 1] - source[b]) for a, b in zip(ends, starts[1:], strict=False)]
    assert max(bare) > 4 * jumps[near].max()


def test_every_piece_keeps_its_place_and_its_level():
    made, joins = cuts(5)
    source = room(8)
    clip = cut_sound(made, [(0.0, source)])
    fade = round(FADE_S * SAMPLE_RATE)
    for number, (a, b) in enumerate(pairwise([0, *joins])):
        first = round((0.2 + 1.0137 * number) * SAMPLE_RATE)
        length = b - a
        assert np.array_equal(
            clip[a + fade : b - fade], source[first + fade :][: length - 2 * fade]
        )
