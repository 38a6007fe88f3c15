"""Find the box around what moves: by its straight borders, a circle, or a line all across."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.layout.boxes import LEAST_SIZE, Rect, Snapped, snap_to_edges
from agents.layout.circles import fit_circle
from agents.layout.motion import CELL, COLUMNS, ROWS, measure_edges
from agents.layout.params import LayoutParams


def snap(edges: tuple[np.ndarray, np.ndarray], seed: Rect, limits: Rect) -> Snapped:
    """Return the box around a seed, within the limits unless it clearly reaches over the margin."""
    box = snap_to_edges(edges, seed, limits)
    cut = [side for side in range(4) if box.rect[side] == limits[side] != PICTURE[side]]
    if not cut:
        return box
    over = snap_to_edges(edges, seed, PICTURE)
    clear = all(over.support[s] >= CLEAR_SUPPORT and over.rect[s] != PICTURE[s] for s in cut)
    return over if clear else box


PICTURE = Rect(0, 0, COLUMNS * CELL, ROWS * CELL)


def limits_around(seed: Rect, limits: Rect) -> Rect:
    """Return in which part of the picture the camera around a `seed` that moves lies.

    That is within the limits, unless it moves on the margin around them: beside the slide.
    """
    if seed.meet(limits).area >= WITHIN * seed.area:
        return limits
    return PICTURE


WITHIN = 0.5
"""Share of what moves that must lie within the limits to be looked for there only."""


CLEAR_SUPPORT = 0.7
"""Support of each side of a box that needs no other picture to agree."""


def is_empty_beside(seed: Rect, pictures: np.ndarray) -> bool:
    """Tell whether no picture (n, 180, 320) shows anything drawn beside what moves: no slide."""
    for picture in pictures:
        lines = np.maximum(*measure_edges(picture[None])) > EMPTY_STEP
        seed.grown(LEAST_SIZE // 2).inside(lines)[...] = False
        if lines.mean() >= EMPTY_SHARE:
            return False
    return True


EMPTY_STEP, EMPTY_SHARE = 0.5, 0.003
"""Steps that are drawn, and the share of the picture below which they are too few for a slide."""


def joint_box(
    pictures: np.ndarray, seed: Rect, limits: Rect, params: LayoutParams
) -> Snapped | None:
    """Return the box with straight borders, or round ones, around what moves, if there is one."""
    edges = measure_edges(pictures)
    box = snap(edges, seed, limits)
    straight = 0.0
    if has_border(box, limits, JOINT_SUPPORT * params.edge_support):
        straight = float(np.mean(free_sides(box, limits)))
    if straight >= CLEAR_SUPPORT:
        return box
    panel = _panel(edges, seed, limits)
    if panel is not None:
        return panel
    circle = fit_circle(edges, seed, limits)
    holds = circle.rect.meet(seed).area >= ROUND_HOLDS * seed.area
    needed = max(straight, ROUND_SUPPORT if holds else CLEARLY_ROUND)
    if circle.support[0] >= needed and circle.rect.area < 0.5 * limits.area:
        return circle
    if straight:
        return box
    faint = snap_to_edges(measure_edges(pictures, FAINT_LEVELS), seed, limits)
    sides = free_sides(faint, limits)
    if has_border(faint, limits, FAINT_SIDE) and np.mean(sides) >= params.edge_support:
        return faint
    return None


def _panel(edges: tuple[np.ndarray, np.ndarray], seed: Rect, limits: Rect) -> Snapped | None:
    """Return the side of the picture, behind a line all across, in which all that moves lies."""
    width = limits.right - limits.left
    strength = limits.inside(edges[0]).mean(axis=0)
    for side, first, last in ((2, 0, seed.left), (0, seed.right, PICTURE.right)):
        at = np.arange(max(first, limits.left + 1), min(last, limits.right - 1))
        share = (limits.right - at if side == 2 else at - limits.left) / width
        at = at[(share > LEAST_PANEL) & (share < MOST_PANEL)]
        if not len(at) or strength[at - limits.left].max() < ALL_ACROSS:
            continue
        line = int(at[strength[at - limits.left].argmax()])
        rect = Rect(line, limits.top, limits.right, limits.bottom)
        if side == 0:
            rect = Rect(limits.left, limits.top, line, limits.bottom)
        found = float(strength[line - limits.left])
        return Snapped(rect, (found, found, found, found))
    return None


LEAST_PANEL, MOST_PANEL = 0.15, 0.6
"""Shares of the picture's width that a camera beside the screen has."""
ALL_ACROSS = 0.85
"""Straightness of the line from end to end that divides them."""
FAINT_LEVELS = 10
"""Step in luma that counts as a full edge where no clear ones are."""
FAINT_SIDE = 0.25
"""Support of the weakest side of a box of faint ones."""
ROUND_SUPPORT = 0.45
"""Share of a circle that must be an edge."""
ROUND_HOLDS, CLEARLY_ROUND = 0.65, 0.7
"""Share of what moves that must lie in it, else it must be clearer: a head is round too."""
JOINT_SUPPORT = 0.7
"""Share of the support that suffices where several frames agree on a border."""


def has_border(box: Snapped, limits: Rect, support: float) -> bool:
    """Tell whether a box is smaller than the picture and has straight sides where it is inside."""
    width, height = box.rect.right - box.rect.left, box.rect.bottom - box.rect.top
    if not LEAST_ASPECT <= width / max(1, height) <= MOST_ASPECT or width * height < LEAST_AREA:
        return False
    sides = free_sides(box, limits)
    needed = support if len(sides) > 1 else max(support, ONE_SIDE_SUPPORT)
    return bool(sides) and min(sides) >= needed and box.rect.area < 0.8 * limits.area


LEAST_ASPECT, MOST_ASPECT = 0.4, 4.0
"""Shapes that a camera picture has, width over height."""
LEAST_AREA = 0.008 * 320 * 180
"""Pixels of the smallest camera picture."""
ONE_SIDE_SUPPORT = 0.75
"""Support that a single side needs, where a camera fills the rest of the picture."""


def free_sides(box: Snapped, limits: Rect) -> list[float]:
    """Return the support of the sides that do not lie on the border of the picture."""
    pairs = zip(box.rect, limits, box.support, strict=True)
    return [support for side, limit, support in pairs if side != limit]


def frames_with_border(rect: Rect, frames: Sequence[int], luma: np.ndarray) -> set[int]:
    """Return those of some key frames in which a box has the border that it usually has.

    In others something else moves there: the film of a slide that was shown elsewhere before.
    """
    order = sorted(set(frames))
    steps = border_steps(rect, luma[order])
    usual = float(np.median(steps))
    return {i for i, step in zip(order, steps, strict=True) if step >= LEAST_STEPS * usual}


LEAST_STEPS = 0.5
"""Share of the usual step along the border of a box that is still that border."""


def border_steps(rect: Rect, luma: np.ndarray) -> np.ndarray:
    """Return the mean step, 0-1, along the sides of a box inside pictures (n, 180, 320): (n,)."""
    sides = []
    for side, at in enumerate(rect):
        lines = luma if side % 2 else luma.transpose(0, 2, 1)
        if not 2 < at < lines.shape[1] - 2:
            continue
        span = (rect.left, rect.right) if side % 2 else (rect.top, rect.bottom)
        part = lines[:, at - 2 : at + 2, span[0] : span[1]].astype(np.int16)
        steps = np.minimum(np.abs(np.diff(part, axis=1)), FULL_STEP).mean(axis=2)
        sides.append(steps.max(axis=1) / FULL_STEP)
    return np.mean(sides, axis=0) if sides else np.zeros(len(luma))


FULL_STEP = 24
"""Step in luma that counts as a full one."""
