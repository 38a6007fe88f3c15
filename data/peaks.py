"""The waveform that pages draw: lowest and highest sample per 10 ms, as a sidecar file.

One level is enough: reducing the 540,000 pairs of 90 minutes to a screen takes under 1 ms.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.types import Levels
from data.disk import atomic_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "peaks.npy"
HOP_S = 0.01
BLOCK_HOPS = 6000
"""A minute of sound is in memory at a time."""


def write_peaks(folder: Path, source: Path | Levels) -> Path:
    """Write peaks.npy into `folder` from a mono s16 WAV, or from an envelope where there is none.

    The array is int8, shape (hops, 2): lowest and highest sample per 10 ms, full scale 127.
    """
    pairs = _from_levels(source) if isinstance(source, Levels) else _from_wav(source)
    target = folder / NAME
    with atomic_file(target) as file:
        np.save(file, pairs)
    return target


def read_peaks(folder: Path, t0: float, t1: float, n: int) -> NDArray[np.int8]:
    """Return `n` pairs that cover `t0` to `t1` seconds, int8, shape (n, 2); 0 past the end."""
    if not (t0 < t1 and n > 0):
        raise ValueError(f"t0={t0} must be below t1={t1}, and n={n} above 0")
    pairs = np.load(folder / NAME, mmap_mode="r")
    edges = np.linspace(t0, t1, n + 1) / HOP_S
    last = min(len(pairs), int(np.ceil(edges[-1] - 1e-6)))
    first = np.floor(edges[:-1] + 1e-6).astype(np.int64)
    inside = np.flatnonzero((first >= 0) & (first < last))
    drawn = np.zeros((n, 2), np.int8)
    if len(inside):
        shown = pairs[:last]
        drawn[inside, 0] = np.minimum.reduceat(shown[:, 0], first[inside])
        drawn[inside, 1] = np.maximum.reduceat(shown[:, 1], first[inside])
    return drawn


def _from_wav(path: Path) -> NDArray[np.int8]:
    blocks = []
    with wave.open(str(path), "rb") as sound:
        if (sound.getnchannels(), sound.getsampwidth()) != (1, 2):
            raise ValueError(f"{path.name} must be mono with 16 bits a sample")
        hop = round(sound.getframerate() * HOP_S)
        while data := sound.readframes(hop * BLOCK_HOPS):
            samples = np.frombuffer(data, "<i2")
            # the last hop is short: repeating a sample changes neither lowest nor highest
            samples = np.pad(samples, (0, -len(samples) % hop), mode="edge").reshape(-1, hop)
            blocks.append(np.stack([samples.min(axis=1), samples.max(axis=1)], axis=1) >> 8)
    return np.concatenate(blocks or [np.zeros((0, 2))]).astype(np.int8)


def _from_levels(levels: Levels) -> NDArray[np.int8]:
    seconds = len(levels.peak_db) * levels.hop_s
    at = (np.arange(round(seconds / HOP_S)) * HOP_S / levels.hop_s).astype(np.int64)
    high = np.round(127 * 10 ** (np.minimum(levels.peak_db, 0) / 20)).astype(np.int8)[at]
    return np.stack([-high, high], axis=1)
