"""Measure what moves in key frames and in the half seconds after them; no threshold is applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from agents.layout.scrolling import without_scrolling
from agents.types import KeyFrames

CELL = 5
"""Side in pixels of the cells of a 320x180 picture: 36 rows of 64."""
ROWS, COLUMNS = 36, 64
CHANGE_SCALE = 4
"""Changes are stored as uint8 quarters of a level: they saturate at 64 levels."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Cell pictures of key frames and what changed between them, uint8, shape (n, 36, 64)."""

    time: np.ndarray
    """Seconds of the key frames, float64 (n,)."""
    cells: np.ndarray
    """Mean luma of each cell."""
    change: np.ndarray
    """Mean absolute change from the key frame before, in quarters of a level, (n - 1, 36, 64)."""
    stir_index: np.ndarray
    """Numbers of the key frames after which steady motion was measured, int64 (m,)."""
    stir: np.ndarray
    """What moves in the second after those, in quarters of a level, (m, 36, 64)."""


def to_cells(luma: np.ndarray) -> np.ndarray:
    """Return the mean luma per cell of pictures (n, 180, 320) as uint8 (n, 36, 64)."""
    import cv2

    cells = np.empty((len(luma), ROWS, COLUMNS), np.uint8)
    for index, picture in enumerate(luma):
        cells[index] = cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return cells


def measure_change(before: np.ndarray, after: np.ndarray, *, rough: bool = False) -> np.ndarray:
    """Return the mean absolute change per cell between pictures (n, 180, 320), in quarters.

    In `rough` ones, decoded without smoothing the edges of blocks, lines drift a little until the
    next key frame: a part of the steps around a pixel is no change. Nor is text that scrolled.
    """
    import cv2

    change = np.empty((len(before), ROWS, COLUMNS), np.uint8)
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        away = cv2.absdiff(old, new)
        if rough:
            steps = cv2.morphologyEx(old, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
            away = cv2.subtract(away, cv2.convertScaleAbs(steps, alpha=DRIFT))
        quarters = away * np.uint16(CHANGE_SCALE)
        cells = cv2.resize(quarters, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
        found = np.minimum(cells, 255).astype(np.uint8)
        change[index] = without_scrolling(old, new, found, CELL)
    return change


DRIFT = 0.2
"""Share of a step in luma by which its two sides may drift."""


def measure_stir(moments: Sequence[np.ndarray]) -> np.ndarray:
    """Return what moves steadily through four moments (n, 180, 320), in quarters (n, 36, 64).

    A slide change falls between two of them only: the median of the three changes is without it.
    """
    changes = [measure_change(old, new) for old, new in pairwise(moments)]
    return np.median(changes, axis=0).astype(np.uint8)


def stir_of_key_frames(change: np.ndarray) -> np.ndarray:
    """Return what moves both before and after each inner key frame, (n - 2, 36, 64) of n frames.

    `change` (n - 1, 36, 64) leads from one to the next. A slide changes before or after one of
    them; who speaks moves all the time. It costs nothing, so it is looked at first.
    """
    return np.minimum(change[:-1], change[1:])


def is_settled(stir: np.ndarray) -> np.ndarray:
    """Tell of what moves at key frames (n, 36, 64) whether no closer look at it is needed, (n,).

    Where much moves, either slides change at every key frame or the picture is a camera's; where
    nothing does, someone may sit still, or look the same every few seconds.
    """
    moving = stir > SETTLED_LEVEL * CHANGE_SCALE
    extent = _extent(moving, axis=2) * _extent(moving, axis=1)
    share = moving.mean(axis=(1, 2))
    return (
        (share > LEAST_SETTLED) & (share < MOST_SETTLED) & (extent < MOST_EXTENT * ROWS * COLUMNS)
    )


def moving_cells(stir: np.ndarray, level: float) -> np.ndarray:
    """Return which cells move in what was measured at key frames, bool (n, 36, 64).

    In a picture that is still elsewhere, less than `level` is motion too: someone in a dim room.
    Where even what moves least does so, it is grain, and more is needed.
    """
    grain, quiet = np.zeros((2, len(stir)))
    if len(stir):
        grain, quiet = np.percentile(stir, (GRAIN_CELLS, QUIET_CELLS), axis=(1, 2)) / CHANGE_SCALE
    least = np.clip(QUIET_TIMES * quiet, QUIET_PART * level, level)
    least = np.maximum(least, GRAIN_TIMES * grain)
    return stir > least.reshape(-1, 1, 1) * CHANGE_SCALE


GRAIN_CELLS, GRAIN_TIMES = 20, 2.0
"""Percentile of the cells that do not move but for grain, and how many times more motion is."""
QUIET_CELLS = 80
"""Percentile of the cells by which a picture is still."""
QUIET_TIMES = 4.0
"""How many times more than those a part must move."""
QUIET_PART = 0.35
"""Share of the usual level that suffices in a picture without any noise."""


SETTLED_LEVEL = 3.0
"""Levels by which a cell must change to count: it only decides where to look closer."""
LEAST_SETTLED, MOST_SETTLED = 0.006, 0.12
"""Share of the cells that move when it is a camera on or beside a screen."""
MOST_EXTENT = 0.3
"""Share of the picture over which those are spread."""


def _extent(cells: np.ndarray, axis: int) -> np.ndarray:
    """Return how far apart the first and last lines along `axis` with a cell are, (n,)."""
    flags = np.asarray(np.any(cells, axis=axis))
    last = flags.shape[1] - flags[:, ::-1].argmax(axis=1)
    return np.where(flags.any(axis=1), last - flags.argmax(axis=1), 0)


def measure_motion(
    key_frames: KeyFrames,
    stir_index: Sequence[int] = (),
    stir: np.ndarray | None = None,
    *,
    rough: bool = False,
) -> Motion:
    """Measure all key frames; `stir[i]` was measured after key frame number `stir_index[i]`.

    When `rough`, some of them are no key frames but pictures decoded between them.
    """
    luma = key_frames.luma
    return Motion(
        time=key_frames.time,
        cells=to_cells(luma),
        change=measure_change(luma[:-1], luma[1:], rough=rough),
        stir_index=np.asarray(stir_index, np.int64),
        stir=np.empty((0, ROWS, COLUMNS), np.uint8) if stir is None else stir,
    )


def measure_edges(luma: np.ndarray, full: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Return how steadily pictures (n, h, w) have vertical and horizontal edges, 0-1, (h, w).

    `vertical[y, x]` is the mean over the pictures of the step between columns x - 1 and x, where
    a step of `full` levels counts as a full one: a border that stays while slides change adds up.
    """
    vertical = np.zeros(luma.shape[1:], np.float32)
    horizontal = np.zeros(luma.shape[1:], np.float32)
    for picture in luma:
        values = picture.astype(np.int16)
        vertical[:, 1:] += np.minimum(np.abs(np.diff(values, axis=1)), full)
        horizontal[1:] += np.minimum(np.abs(np.diff(values, axis=0)), full)
    scale = 1 / (full * max(1, len(luma)))
    return vertical * scale, horizontal * scale
