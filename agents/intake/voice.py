"""How the voice moves; read in blocks from our own WAV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from agents.intake.audio import HEADER_BYTES, RATE, to_db

if TYPE_CHECKING:
    import numpy as np

PITCH_RATE = 4000
FOLD = RATE // PITCH_RATE
PITCH_FRAME = 200
"""Samples at 4 kHz: 50 ms, twenty a second."""
PITCH_FFT = 512
LAG_RATE = 2 * PITCH_RATE
"""Lags are found at half a sample: a period between two samples must not look weak."""
LOW_HZ, HIGH_HZ = 65.0, 400.0
MIN_STRENGTH = 0.5
"""Autocorrelation below which a frame is unvoiced."""
MIN_VOICE_DB = -60.0
LEAST_VOICED = 3
"""Voiced frames that a second needs to have a pitch."""
OCTAVE_COST = 0.05
"""Strength that a pitch one octave lower must gain to be believed."""


def read_seconds(path: Path, seconds: int) -> Iterator[np.ndarray]:
    """Yield the WAV as float32 in [-1, 1], `seconds` at a time."""
    import numpy as np

    with path.open("rb") as file:
        file.seek(HEADER_BYTES)
        while content := file.read(2 * RATE * seconds):
            yield np.frombuffer(content, "<i2").astype(np.float32) / np.float32(32768)


def measure_prosody(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return level (dB), pitch (Hz) and range of pitch (semitones) per second, float32 each.

    Pitch is the normalised autocorrelation of 50 ms Hann frames at 4 kHz, divided by that of the
    window (Boersma, 1993), 65-400 Hz with parabolic interpolation; a second takes the median of
    its voiced frames.
    """
    import numpy as np

    columns: list[list[np.ndarray]] = [[], [], []]
    for block in read_seconds(path, 60):
        seconds = np.pad(block, (0, -len(block) % RATE)).reshape(-1, RATE)
        # strided sums: a mean over rows of four takes eight times as long
        low = np.sum([seconds.ravel()[i::FOLD] for i in range(FOLD)], axis=0) / np.float32(FOLD)
        hz = frame_pitch(low)
        level = to_db(np.sqrt((seconds**2).mean(1)))
        for column, part in zip(
            columns, (level, *_summaries(hz.reshape(len(seconds), -1))), strict=True
        ):
            column.append(part.astype(np.float32))
    level, pitch, spread = (np.concatenate(c or [np.zeros(0, np.float32)]) for c in columns)
    return level, pitch, spread


def _summaries(hz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return median pitch and range (10-90 %, semitones) per row, 0 with few voiced frames."""
    import numpy as np

    voiced = (hz > 0).sum(1)
    enough = voiced >= LEAST_VOICED
    # the unvoiced ones last, where no percentile of the others reaches
    ordered = np.sort(np.where(hz > 0, hz, np.inf), axis=1)
    rows = np.arange(len(hz))

    def percentile(share: float) -> np.ndarray:
        place = np.where(enough, share * (voiced - 1), 0)
        below = place.astype(int)
        low = ordered[rows, below]
        high = ordered[rows, np.minimum(below + 1, np.maximum(voiced - 1, 0))]
        return low + (high - low) * (place - below)

    with np.errstate(invalid="ignore"):
        low, middle, high = percentile(0.1), percentile(0.5), percentile(0.9)
        spread = 12 * np.log2(high / low)
    return np.where(enough, middle, 0), np.where(enough, spread, 0)


def frame_pitch(sound: np.ndarray) -> np.ndarray:
    """Return the pitch of each 50 ms of sound at 4 kHz in Hz, 0 where there is none."""
    import numpy as np

    frames = sound.reshape(-1, PITCH_FRAME)
    frames = frames - frames.mean(1, keepdims=True)
    window = np.hanning(PITCH_FRAME + 2)[1:-1].astype(np.float32)
    shortest, longest = int(LAG_RATE / HIGH_HZ), int(LAG_RATE / LOW_HZ) + 1
    lags = np.arange(shortest - 1, longest + 2)
    own = _autocorrelation(window[None], lags)[0]
    found = _autocorrelation(frames * window, lags)
    loud = to_db(np.sqrt((frames**2).mean(1))) > MIN_VOICE_DB
    strength = found[:, 1:] / np.maximum(found[:, :1], 1e-12) / (own[1:] / own[0])
    best = _best_lag(strength - OCTAVE_COST * np.log2(lags / shortest))
    rows = np.arange(len(frames))
    before, peak, after = (strength[rows, best + i] for i in (-1, 0, 1))
    bend = before - 2 * peak + after
    offset = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, 1), 0)
    hz = LAG_RATE / (lags[best] + np.clip(offset, -0.5, 0.5))
    # a true period is a peak, not the slope of a slower movement
    voiced = loud & (peak > MIN_STRENGTH) & (peak >= before) & (peak >= after)
    return np.where(voiced, hz, 0.0)


def _best_lag(score: np.ndarray) -> np.ndarray:
    return score[:, 1:-1].argmax(1) + 1


def _autocorrelation(frames: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Return the autocorrelation of each frame at lag 0 and at `lags` half samples, (n, lags + 1).

    A cosine sum over the power spectrum: a fifth of what the inverse transform to all lags costs.
    """
    import numpy as np

    spectrum = np.fft.rfft(frames, PITCH_FFT)
    bins = np.arange(PITCH_FFT // 2 + 1)
    # every bin but the first stands for two
    weight = np.where(bins == 0, 1, 2) / PITCH_FFT
    turns = np.outer(bins, np.concatenate(([0], lags))) * (PITCH_RATE / LAG_RATE / PITCH_FFT)
    cosines = (weight[:, None] * np.cos(2 * np.pi * turns)).astype(np.float32)
    return (spectrum.real**2 + spectrum.imag**2) @ cosines
