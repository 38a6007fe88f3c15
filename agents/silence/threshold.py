"""Where the recording's own levels put the border between silence and speech.

The noise floor follows minimum statistics (Martin, "Noise power spectral density estimation based
on optimal smoothing and minimum statistics", IEEE TSAP 9(5), 2001), over one band and in dB:
speech falls back to the room's noise within any few seconds, so the minimum of the smoothed level
per 2 s is noise as often as not, and a low percentile of these minima over a minute is the floor
there. Levels are compared after the drift of that floor is taken out of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.silence.params import SilenceParams
from agents.types import Levels

BLOCK = 200
"""Hops in which the smoothed level is expected to reach the noise once."""
SMOOTHED = 5
"""Hops over which levels are averaged before the minimum is taken; they divide a block."""
FLOOR_SPAN = 15
"""Blocks before and after that tell the noise of a block: a minute in all."""
FLOOR_PERCENTILE = 25
MAX_DRIFT_DB = 15.0
"""What moves the floor further is no drift: a long stretch without pauses, or another room."""
MIN_CONTRAST_DB = 12.0
"""The threshold stays this far below the loudest speech, however loud the noise is."""
STEADY_DB = 6.0
"""Levels that spread less than this from 5th to 99th percentile are a hum or noise, not speech."""
DEAD_DB = -110.0
"""Below lies digital silence, which says nothing about the room's noise."""
DEAD_SHARE = 0.05
"""With more digital silence than this the pauses are digital: what is heard is no noise."""
INAUDIBLE_DB = -70.0
"""A recording that is never louder holds no speech."""
SAMPLED = 60_000
"""Percentiles are taken over at most about this many hops, evenly spread."""
BIN_DB = 1.0
"""Width of a bar of the histogram."""
LOWEST_DB = -100.0
"""What is quieter, such as digital silence, counts to the first bar."""


class LevelHistogram(NamedTuple):
    """How often each level occurs, for people: see `level_histogram`."""

    counts: np.ndarray
    """Hops per bar, int, shape (n,)."""
    edges: np.ndarray
    """Borders of the bars in dB, float, shape (n + 1,), rising to 0."""
    threshold: float
    """`silence_threshold` of the same levels: 0 if nothing is speech."""


class NoiseFloor(NamedTuple):
    """The room's noise over time."""

    level_db: float
    """Median over the recording."""
    drift_db: np.ndarray
    """What the floor lies above the median in each block of 2 s, float32, shape (n,)."""

    def even(self, rms_db: np.ndarray) -> np.ndarray:
        """Return the levels with the drift taken out, float32, shape (n,)."""
        if not self.drift_db.any():
            return rms_db
        return rms_db - np.repeat(self.drift_db, BLOCK)[: len(rms_db)]


def measure_floor(levels: Levels) -> NoiseFloor:
    """Return the noise floor; the median and no drift where there is too little to tell."""
    blocks = -(-len(levels.rms_db) // BLOCK)
    lowest = _lowest(levels.rms_db, blocks)
    known = np.flatnonzero(np.isfinite(lowest))
    if not len(known):
        return NoiseFloor(LOWEST_DB, np.zeros(blocks, np.float32))
    lowest = np.interp(np.arange(blocks), known, lowest[known])
    around = np.pad(lowest, FLOOR_SPAN, mode="symmetric")
    around = np.lib.stride_tricks.sliding_window_view(around, 2 * FLOOR_SPAN + 1)
    rank = around.shape[1] * FLOOR_PERCENTILE // 100
    floor = np.partition(around, rank, axis=1)[:, rank]
    middle = float(np.median(floor))
    drift = np.clip(floor - middle, -MAX_DRIFT_DB, MAX_DRIFT_DB)
    return NoiseFloor(middle, drift.astype(np.float32))


def _lowest(rms_db: np.ndarray, blocks: int) -> np.ndarray:
    """Return the lowest smoothed level of each block, float32, infinite where all is dead."""
    whole = rms_db[: len(rms_db) // SMOOTHED * SMOOTHED].reshape(-1, SMOOTHED).T
    # column by column: numpy is slow at reducing five neighbours a million times
    mean = np.add.reduce(list(whole)) / np.float32(SMOOTHED)
    smooth = np.where(np.minimum.reduce(list(whole)) > DEAD_DB, mean, np.float32(np.inf))
    missing = blocks * (BLOCK // SMOOTHED) - len(smooth)
    smooth = np.pad(smooth, (0, missing), constant_values=np.inf)
    return smooth.reshape(blocks, -1).min(axis=1) if blocks else smooth


def silence_threshold(levels: Levels, params: SilenceParams) -> float:
    """Return the level in dB (RMS) halfway between silence and speech; 0 if nothing is speech.

    It lies `noise_margin_db` above the noise floor or `top_db` below the loudest speech (95th
    percentile), whichever is higher, yet clearly below that.
    """
    return place_threshold(levels, measure_floor(levels), params)


def place_threshold(levels: Levels, floor: NoiseFloor, params: SilenceParams) -> float:
    """Return `silence_threshold` of levels whose noise floor is known."""
    step = max(1, len(levels.rms_db) // SAMPLED)
    sampled = levels.rms_db[::step]
    at = np.arange(len(sampled)) * step // BLOCK
    heard = (sampled - floor.drift_db[at])[np.isfinite(sampled) & (sampled > DEAD_DB)]
    if not len(heard):
        return 0.0
    low, speech, loudest = (float(q) for q in np.percentile(heard, (5, 95, 99)))
    noise = floor.level_db
    if len(heard) < (1 - DEAD_SHARE) * len(sampled):
        noise, low = min(noise, speech - params.top_db), min(low, speech - params.top_db)
    if loudest < INAUDIBLE_DB or loudest - low < STEADY_DB:
        return 0.0
    wanted = max(noise + params.noise_margin_db, speech - params.top_db)
    return min(wanted, speech - MIN_CONTRAST_DB)


def level_histogram(levels: Levels, params: SilenceParams) -> LevelHistogram:
    """Return how often each level from -100 to 0 dB occurs, and where the threshold lies in it.

    The levels are those that the threshold is compared with: drift of the noise taken out.
    """
    floor = measure_floor(levels)
    edges = np.arange(LOWEST_DB, BIN_DB / 2, BIN_DB)
    heard = np.nan_to_num(floor.even(levels.rms_db), nan=LOWEST_DB)
    counts, _ = np.histogram(np.clip(heard, LOWEST_DB, 0), edges)
    return LevelHistogram(counts, edges, place_threshold(levels, floor, params))
