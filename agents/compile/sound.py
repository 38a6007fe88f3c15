"""The sound of a clip: cut at the frame grid, cross-faded, brought to one loudness.

It is taken from the source at full quality, from the chosen stream and channel (never mixed
down), with the offset of that stream kept.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from agents.compile.timeline import Timeline
from agents.listening import RATE

SAMPLE_RATE = RATE
FADE_S = 0.010
MARGIN_S = 0.1
"""Read beyond the ends of a stretch, for the fades."""
SILENT_LUFS = -60.0
"""What is softer than this is not raised."""
MAX_GAIN_DB = 40.0
LOUDNESS_ERROR_DB = 0.1
GAIN_STEP_DB = 0.25
"""Gains are multiples of it: a moved edge seldom asks for another one, so sound is kept."""
MOST_ROUNDS = 6
"""Holding peaks costs loudness; so often it is made up for."""
PEAK_DB = -2.0
"""True peak before encoding: AAC at 96 kb/s overshoots by up to 0.7 dB."""
CEILING = 10 ** (PEAK_DB / 20)
BLOCK = 48
"""Samples of 1 ms, the step of the limiter."""
BETWEEN = 6
"""Samples on either side from which the wave between two samples is worked out."""
AROUND = np.arange(1 - BETWEEN, BETWEEN + 1)
TAPS = tuple(
    (np.sinc(away) * np.cos(np.pi * away / (2 * BETWEEN + 1)) ** 2).astype(np.float32)
    for away in (AROUND - 0.25, AROUND - 0.5, AROUND - 0.75)
)
"""Sinc times a Hann window: what a converter draws a quarter, half and three quarters between."""
HIGHEST_BETWEEN = max(float(np.abs(taps).sum()) for taps in TAPS)
"""The wave between samples is at most so many times as high as the highest of them."""
MOST_HELD_DB = 6.0
"""So much gain is added at most for what is lost by holding peaks."""
RAISED = 1000
"""So many milliseconds get their gain at once: little memory is taken for a long clip."""
WEIGHED = 32768
"""So many samples are weighted at once: a transform of that size stays in the processor's cache."""
SETTLED = 100 * BLOCK
"""After so many samples the weighting has forgotten what came before (0.1 s, -200 dB)."""


def read_sound(path: Path) -> np.ndarray:
    """Return raw samples as float32 (n,); what is no number is silence."""
    samples = np.fromfile(path, "<f4") if path.exists() else np.zeros(0, np.float32)
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return samples.clip(-4.0, 4.0, out=samples)


def cut_sound(timeline: Timeline, read: list[tuple[float, np.ndarray]]) -> np.ndarray:
    """Return the clip's samples, float32 (n,), from each stretch's (start in s, samples).

    At a cut, 10 ms of both sides are faded into each other around it: no click, no hole.
    """
    half = round(FADE_S * SAMPLE_RATE / 2)
    out = np.zeros(round(timeline.frames / timeline.fps * SAMPLE_RATE) + 2 * half, np.float32)
    done = 0
    for stretch, (begin, samples) in zip(timeline.stretches, read, strict=True):
        for piece in stretch.pieces:
            at = round(done / timeline.fps * SAMPLE_RATE)
            done += piece.frames
            count = round(done / timeline.fps * SAMPLE_RATE) - at
            first = round((piece.start - begin) * SAMPLE_RATE) - half
            part = _part(samples, first, count + 2 * half)
            if at:
                part[: 2 * half] = _join(out[at : at + 2 * half], part[: 2 * half])
            out[at : at + len(part)] = part
    clip = out[half : len(out) - half]
    fade_ends(clip, 2 * half)
    return clip


def _part(samples: np.ndarray, first: int, count: int) -> np.ndarray:
    """Return `count` samples from `first` on, silence where there are none."""
    cut = np.zeros(count, np.float32)
    a, b = max(first, 0), min(first + count, len(samples))
    if a < b:
        cut[a - first : b - first] = samples[a:b]
    return cut


def _join(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return one sound faded into another of the same length, as loud halfway as at the ends.

    Sounds that are alike add up to their level by themselves; those that are not, as the noise of
    a room, would dip by 3 dB (Fink, Holters, Zölzer: Signal-matched power-complementary
    cross-fading, DAFx 2016).
    """
    rise = (np.arange(len(after), dtype=np.float32) + 0.5) / len(after)
    both = float(np.sqrt((before @ before) * (after @ after)))
    alike = max(0.0, float(before @ after) / both) if both else 0.0
    fall = 1 - rise
    level = np.sqrt(rise**2 + fall**2 + 2 * rise * fall * np.float32(alike))
    return (before * fall + after * rise) / level


def fade_ends(clip: np.ndarray, width: int) -> None:
    """Fade the clip's first and last `width` samples in and out, in place."""
    width = min(width, len(clip))
    ramp = ((np.arange(width) + 0.5) / width).astype(np.float32)
    clip[:width] *= ramp
    clip[len(clip) - width :] *= ramp[::-1]


def measure_loudness(samples: np.ndarray) -> float:
    """Return the integrated loudness in LUFS (ITU-R BS.1770-4, gated), -inf for silence.

    What is shorter than one block of 0.4 s is one block.
    """
    return _integrated(_heard_power(samples))


def _heard_power(samples: np.ndarray) -> np.ndarray:
    """Return the mean square of every millisecond after K-weighting, the last ones padded."""
    count, step = -(-len(samples) // BLOCK), (WEIGHED - SETTLED) // BLOCK
    runs = -(-count // step)
    padded = np.zeros(SETTLED + runs * step * BLOCK, np.float32)
    padded[SETTLED : SETTLED + len(samples)] = samples
    size, weights = SETTLED + step * BLOCK, _k_weighting(WEIGHED)
    power = np.empty(runs * step)
    for run in range(runs):
        begin = run * step * BLOCK
        spectrum = np.fft.rfft(padded[begin : begin + size], WEIGHED)
        heard = np.fft.irfft(spectrum * weights, WEIGHED)[SETTLED:size].reshape(step, BLOCK)
        power[run * step : (run + 1) * step] = np.einsum("ij,ij->i", heard, heard) / BLOCK
    return power[:count]


def _integrated(power: np.ndarray) -> float:
    """Return the loudness of mean squares per millisecond: blocks of 0.4 s, every 0.1 s, gated."""
    size = min(400, len(power))
    if not size:
        return float("-inf")
    sums = np.concatenate([[0.0], np.cumsum(power)])
    blocks = (sums[size:] - sums[:-size])[::100] / size
    blocks = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    if not len(blocks):
        return float("-inf")
    kept = blocks[blocks > blocks.mean() / 10]
    return float(-0.691 + 10 * np.log10(kept.mean()))


@cache
def _k_weighting(size: int) -> np.ndarray:
    """Return the response of BS.1770's two filters at 48 kHz, for `size` samples."""
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1, dtype=np.float32) / np.float32(size))
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return (shelf * high_pass).astype(np.complex64)


def level_sound(samples: np.ndarray, loudness: float) -> np.ndarray:
    """Return the samples at `loudness` LUFS, true peaks held below `PEAK_DB` of full scale.

    One gain for the whole clip, so soft and loud stay as they were; only peaks are pressed down,
    and what that costs in loudness is made up for.
    """
    heard = _heard_power(samples)
    measured = _integrated(heard)
    if measured < SILENT_LUFS:
        return limit_peaks(samples)
    gain_db = min(loudness - measured, MAX_GAIN_DB)
    most_db = min(gain_db + MOST_HELD_DB, MAX_GAIN_DB)
    peaks = block_peaks(samples, CEILING / 10 ** (most_db / 20))
    for _ in range(MOST_ROUNDS):
        dips = _dips(peaks * 10 ** (gain_db / 20))
        missing = loudness - gain_db - _integrated(heard * dips**2)
        if abs(missing) < LOUDNESS_ERROR_DB:
            break
        # Half of what is added is lost to peaks that are held in their turn.
        gain_db = min(gain_db + 2 * missing, most_db)
    gain = 10 ** (round(gain_db / GAIN_STEP_DB) * GAIN_STEP_DB / 20)
    return _with_gain(samples, gain * _dips(peaks * gain))


def limit_peaks(samples: np.ndarray) -> np.ndarray:
    """Return the samples with a gain that dips smoothly (5 ms either way) around each peak."""
    return _with_gain(samples, _dips(block_peaks(samples))) if len(samples) else samples


def _dips(peaks: np.ndarray) -> np.ndarray:
    """Return the gain of every millisecond that keeps its peak below the ceiling."""
    if peaks.max() <= CEILING:
        return np.ones(len(peaks))
    gain = np.minimum(1.0, CEILING / np.maximum(peaks, 1e-9))
    gain = np.lib.stride_tricks.sliding_window_view(np.pad(gain, 6, mode="edge"), 13).min(axis=1)
    return np.convolve(np.pad(gain, 5, mode="edge"), np.full(11, 1 / 11), "valid")


def _with_gain(samples: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Return the samples times a gain given per millisecond."""
    if (gain == gain[0]).all():
        return samples if gain[0] == 1 else samples * np.float32(gain[0])
    # straight lines from the middle of each millisecond to the middle of the next one
    each, half = np.append(gain, gain[-1]).astype(np.float32), BLOCK // 2
    steps, made = np.arange(BLOCK, dtype=np.float32) / BLOCK, np.empty_like(samples)
    made[:half] = samples[:half] * each[0]
    for first in range(0, len(gain), RAISED):
        known = each[first : first + RAISED + 1]
        lines = (known[:-1, None] + np.diff(known)[:, None] * steps).ravel()
        here = samples[first * BLOCK + half :][: len(lines)]
        made[first * BLOCK + half :][: len(lines)] = here * lines[: len(here)]
    return made


def block_peaks(samples: np.ndarray, above: float = 0.0) -> np.ndarray:
    """Return the true peak of every millisecond: 4 x oversampled, as BS.1770-4 annex 2 has it.

    Where it cannot reach `above`, the highest sample is returned instead.
    """
    count = -(-len(samples) // BLOCK)
    padded = np.zeros((count + 2) * BLOCK, np.float32)
    padded[BLOCK : BLOCK + len(samples)] = samples
    highest = np.abs(padded).reshape(-1, BLOCK).max(axis=1)
    around = np.maximum(highest[1:-1], np.maximum(highest[:-2], highest[2:]))
    loud = np.flatnonzero(around * HIGHEST_BETWEEN >= above)
    highest = highest[1:-1].copy()
    if len(loud):
        width = BLOCK + 2 * BETWEEN
        rows = np.lib.stride_tricks.sliding_window_view(padded[BLOCK - BETWEEN :], width)[::BLOCK]
        highest[loud] = np.maximum(highest[loud], _between(rows[loud].ravel(), width))
    return highest


def _between(samples: np.ndarray, width: int) -> np.ndarray:
    """Return the highest value between the samples of each run of `width`, but for its margins."""
    found = np.zeros(len(samples), np.float32)
    for taps in TAPS:
        wave = np.abs(np.convolve(samples, taps[::-1], "full"))[BETWEEN - 1 :]
        np.maximum(found, wave[: len(samples)], out=found)
    return found.reshape(-1, width)[:, BETWEEN : BETWEEN + BLOCK].max(axis=1)
