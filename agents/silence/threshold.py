"""Where the recording's own levels put the border between silence and speech."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.silence.params import SilenceParams
from agents.types import Levels

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


def level_histogram(levels: Levels, params: SilenceParams) -> LevelHistogram:
    """Return how often each level from -100 to 0 dB occurs, and where the threshold lies in it."""
    edges = np.arange(LOWEST_DB, BIN_DB / 2, BIN_DB)
    heard = np.nan_to_num(levels.rms_db, nan=LOWEST_DB)
    counts, _ = np.histogram(np.clip(heard, LOWEST_DB, 0), edges)
    return LevelHistogram(counts, edges, silence_threshold(levels, params))


def silence_threshold(levels: Levels, params: SilenceParams) -> float:
    """Return the level in dB (RMS) halfway between silence and speech; 0 if nothing is speech."""
    sampled = levels.rms_db[:: max(1, len(levels.rms_db) // SAMPLED)]
    heard = sampled[np.isfinite(sampled) & (sampled > DEAD_DB)]
    if not len(heard):
        return 0.0
    noise, speech, loudest = (float(q) for q in np.percentile(heard, (5, 95, 99)))
    if len(heard) < (1 - DEAD_SHARE) * len(sampled):
        noise = min(noise, speech - params.top_db)
    if loudest < INAUDIBLE_DB or loudest - noise < STEADY_DB:
        return 0.0
    wanted = max(noise + params.noise_margin_db, speech - params.top_db)
    return min(wanted, speech - MIN_CONTRAST_DB)
