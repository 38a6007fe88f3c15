"""Find the round frame in which some programs show a camera."""

from __future__ import annotations

import numpy as np

from agents.layout.boxes import Rect, Snapped

ANGLES = 48
LEAST_RADIUS, MOST_RADIUS = 14, 60
"""Pixels of a 320x180 picture."""
REACH = 0.6
"""How far the middle may be from that of what moves, in widths of it."""
STEP = 2
"""Pixels between the middles and radii that are tried."""
WIDTHS = (1.0, 1.11, 1.33)
"""Widths over heights: pictures of 16:9, 16:10 and 4:3 are all measured at 320x180."""
TRIED = 200
"""Circles of which all angles are looked at."""
BESIDE, BESIDE_PART = 4, 0.6
"""Pixels within the circle where a picture is rough, and how much of that is taken off."""


def fit_circle(edges: tuple[np.ndarray, np.ndarray], seed: Rect, limits: Rect) -> Snapped:
    """Return the box of the circle around `seed` that most runs along edges, and its support.

    A Hough transform for circles (Duda & Hart 1972) of which only the best is wanted; what lies
    outside the limits is left out, as a round camera may be cut off by the picture's end.
    """
    strength = np.maximum(edges[0], edges[1])
    width, height = seed.right - seed.left, seed.bottom - seed.top
    reach = round(REACH * max(width, height))
    x0, y0 = (seed.left + seed.right) // 2, (seed.top + seed.bottom) // 2
    shifts = np.arange(-reach, reach + 1, STEP)
    low = max(LEAST_RADIUS, max(width, height) // 3)
    radii = np.arange(low, max(low + 1, min(MOST_RADIUS, 2 * max(width, height))), STEP)
    wide = np.array(WIDTHS)
    x, y, r, k = np.meshgrid(x0 + shifts, y0 + shifts, radii, wide, indexing="ij")
    inside = _in(x - r * k, limits.left, limits.right) & _in(x + r * k, limits.left, limits.right)
    inside &= _in(y - r, limits.top, limits.bottom) & _in(y + r, limits.top, limits.bottom)
    x, y, r, k = x[inside], y[inside], r[inside], k[inside]
    if not len(x):
        return Snapped(seed, (0.0, 0.0, 0.0, 0.0))
    rough = _along(strength, x, y, (r * k, r), ANGLES // 3)
    few = np.argsort(-rough)[:TRIED]
    x, y, r, k = x[few], y[few], r[few], k[few]
    score = _along(strength, x, y, (r * k, r), ANGLES)
    score -= BESIDE_PART * _along(strength, x, y, (r * k - BESIDE, r - BESIDE), ANGLES)
    best = int(score.argmax())
    across, down = r[best] * k[best], r[best]
    ends = (x[best] - across, y[best] - down, x[best] + across + 1, y[best] + down + 1)
    support = float(max(0.0, score[best]))
    box = Rect(*(round(float(v)) for v in ends)).meet(limits)
    return Snapped(box, (support, support, support, support))


def _in(values: np.ndarray, low: int, high: int) -> np.ndarray:
    """Tell which circles end within the picture, or next to its end."""
    return (values >= low - STEP) & (values <= high + STEP)


def _along(
    strength: np.ndarray, x: np.ndarray, y: np.ndarray, radii: tuple[np.ndarray, np.ndarray], n: int
) -> np.ndarray:
    """Return the share of `n` angles at which an edge lies on each circle, or a pixel beside."""
    bottom, right = strength.shape[0] - 1, strength.shape[1] - 1
    total = np.zeros(len(x), np.float32)
    for angle in np.arange(n) * (2 * np.pi / n):
        near = [
            strength[
                np.clip(np.rint(y + (radii[1] + by) * np.sin(angle)), 0, bottom).astype(int),
                np.clip(np.rint(x + (radii[0] + by) * np.cos(angle)), 0, right).astype(int),
            ]
            for by in (-0.5, 0.5)
        ]
        total += np.maximum(*near)
    return total / n
