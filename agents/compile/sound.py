"""The sound of a clip: cut at the frame grid, cross-faded, brought to one loudness.

It is taken from the source at full quality, from the chosen stream and channel (never mixed
down), with the offset of that stream kept.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agents.compile.timeline import Timeline
from agents.types import Media

SAMPLE_RATE = 48_000
FADE_S = 0.010
MARGIN_S = 0.1
"""Read beyond the ends of a stretch, for the fades."""
SILENT_LUFS = -60.0
"""What is softer than this is not raised."""
MAX_GAIN_DB = 24.0
PEAK_DB = -1.5
BLOCK = 48
"""Samples of 1 ms, the step of the limiter."""


def extract_options(media: Media) -> list[str]:
    """Return the ffmpeg arguments that turn an input's sound into raw float32 samples."""
    channel = f"pan=mono|c0=c{media.audio_channel}"
    timed = f"aresample={SAMPLE_RATE}:async=1:first_pts=0"
    stream = ["-map", f"0:a:{media.audio_stream}", "-vn", "-sn", "-dn"]
    return [*stream, "-af", f"{channel},{timed}", "-c:a", "pcm_f32le", "-f", "f32le"]


def read_sound(path: Path) -> np.ndarray:
    """Return raw samples as float32 (n,); what is no number is silence."""
    samples = np.fromfile(path, "<f4") if path.exists() else np.zeros(0, np.float32)
    return np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0).clip(-4.0, 4.0)


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
            out[at : at + count + 2 * half] += _faded(samples, first, count + 2 * half, half)
    clip = out[half : len(out) - half]
    fade_ends(clip, FADE_S)
    return clip


def _faded(samples: np.ndarray, first: int, count: int, half: int) -> np.ndarray:
    """Return `count` samples from `first` on, silence where there are none, ends faded."""
    cut = np.zeros(count, np.float32)
    a, b = max(first, 0), min(first + count, len(samples))
    if a < b:
        cut[a - first : b - first] = samples[a:b]
    ramp = (np.arange(2 * half, dtype=np.float32) + 0.5) / (2 * half)
    width = min(2 * half, count)
    cut[:width] *= ramp[:width]
    cut[count - width :] *= ramp[::-1][2 * half - width :]
    return cut


def fade_ends(clip: np.ndarray, seconds: float) -> None:
    """Let the samples come from silence and go to it, in place."""
    width = min(round(seconds * SAMPLE_RATE), len(clip))
    ramp = ((np.arange(width) + 0.5) / width).astype(np.float32)
    clip[:width] *= ramp
    clip[len(clip) - width :] *= ramp[::-1]


def measure_loudness(samples: np.ndarray, rate: int = SAMPLE_RATE) -> float:
    """Return the integrated loudness in LUFS (ITU-R BS.1770-4, gated), -inf for silence."""
    size, step = rate * 4 // 10, rate // 10
    if len(samples) < size:
        return float("-inf")
    blocks = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    weight = _k_weighting(size, rate)
    power = np.concatenate(
        [_heard_power(blocks[i : i + 64], weight) for i in range(0, len(blocks), 64)]
    )
    power = power[power > 10 ** ((-70 + 0.691) / 10)]
    if not len(power):
        return float("-inf")
    kept = power[power > power.mean() / 10]
    return float(-0.691 + 10 * np.log10(kept.mean()))


def _heard_power(blocks: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the mean square of each block (a row) after weighting, by Parseval's theorem."""
    spectrum = np.abs(np.fft.rfft(blocks, axis=1)) ** 2
    return 2 * (spectrum @ weight) / blocks.shape[1] ** 2


def _k_weighting(size: int, rate: int) -> np.ndarray:
    """Return the power response of BS.1770's two filters, given there as 48 kHz biquads."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size, 1 / rate) / 48_000)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.abs(shelf * high_pass) ** 2


def level_sound(samples: np.ndarray, loudness: float) -> np.ndarray:
    """Return the samples at `loudness` LUFS, peaks held below -1.5 dB of full scale."""
    measured = measure_loudness(samples)
    if measured < SILENT_LUFS:
        return limit_peaks(samples)
    gain = min(loudness - measured, MAX_GAIN_DB)
    return limit_peaks(samples * np.float32(10 ** (gain / 20)))


def limit_peaks(samples: np.ndarray, peak_db: float = PEAK_DB) -> np.ndarray:
    """Return the samples with a gain that dips smoothly (5 ms either way) around each peak."""
    ceiling = 10 ** (peak_db / 20)
    if not len(samples) or np.abs(samples).max() <= ceiling:
        return samples
    count = -(-len(samples) // BLOCK)
    peaks = np.abs(np.pad(samples, (0, count * BLOCK - len(samples)))).reshape(count, BLOCK)
    gain = np.minimum(1.0, ceiling / np.maximum(peaks.max(axis=1), 1e-9))
    gain = np.lib.stride_tricks.sliding_window_view(np.pad(gain, 6, mode="edge"), 13).min(axis=1)
    gain = np.convolve(np.pad(gain, 5, mode="edge"), np.full(11, 1 / 11), "valid")
    centres = np.arange(count) * BLOCK + BLOCK / 2
    return (samples * np.interp(np.arange(len(samples)), centres, gain)).astype(np.float32)
