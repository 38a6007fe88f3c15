"""Find boxes in which something moves: each moment votes for where a camera may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.layout.boxes import Rect, Snapped, bounds, find_blobs, find_cells, snap_to_edges
from agents.layout.circles import fit_circle
from agents.layout.motion import (
    CELL,
    CHANGE_SCALE,
    COLUMNS,
    ROWS,
    Motion,
    measure_edges,
    moving_cells,
)
from agents.layout.params import LayoutParams
from agents.layout.places import Blob, core, distinct, extent, outer_cells, same_place

WINDOW = 8
"""Number of key frames in which a picture that always differs is looked for."""
ALWAYS = 0.95
"""Share of those in which a cell must have changed."""
STEADY_LEVELS = 30
"""How far it may be from its usual luma then: a head moves, words come and go."""


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """A box in which something moved after one key frame, or through several."""

    box: Snapped
    frames: tuple[int, ...]
    whole: bool


def sample(luma: np.ndarray, frames: Sequence[int], most: int = 12) -> np.ndarray:
    """Return at most `most` of the pictures, evenly chosen."""
    step = max(1, -(-len(frames) // most))
    return luma[np.asarray(frames)[::step]]


def _least_cells(params: LayoutParams, motion: Motion) -> int:
    return max(4, round(motion.cells[0].size * params.camera_min_share / 100))


def short_votes(motion: Motion, luma: np.ndarray, limits: Rect, params: LayoutParams) -> list[Vote]:
    """Return the boxes that enclose what moves in the second after a key frame.

    One picture decides only where the box is very clear.
    """
    votes: list[Vote] = []
    blobs: list[Blob] = []
    masks = moving_cells(motion.stir, params.motion_level)
    for index, moving in zip(motion.stir_index.tolist(), masks, strict=True):
        edges = measure_edges(luma[index : index + 1])
        for cells in find_cells(moving, _least_cells(params, motion))[:2]:
            seed, within = _within(cells, limits)
            box = snap_to_edges(edges, seed, within)
            if _has_border(box, within, CLEAR_SUPPORT):
                votes.append(Vote(box, (index,), whole=False))
            else:
                weak = _has_border(box, within, params.edge_support)
                blobs.append(Blob(seed, index, cells, box if weak else None))
    clear = distinct([vote.box for vote in votes])
    blobs = [_without_clear(blob, clear, luma, limits, params) for blob in blobs]
    bordered = {vote.frames[0] for vote in votes} | {blob.index for blob in blobs if blob.box}
    return votes + _joint_votes(blobs, bordered, motion, luma, limits, params)


def _within(cells: np.ndarray, limits: Rect) -> tuple[Rect, Rect]:
    """Return the bounds of moving cells (36, 64) in pixels, and where to look for their box."""
    moved = bounds(cells).scaled(CELL, CELL)
    within = limits_around(moved, limits)
    return moved.meet(within), within


def _without_clear(
    blob: Blob, clear: Sequence[Snapped], luma: np.ndarray, limits: Rect, params: LayoutParams
) -> Blob:
    """Return what moves without the part that a clear box of another moment explains.

    Where that box is seen then too: a film on a slide, behind a camera.
    """
    left = blob.cells.copy()
    edges = measure_edges(luma[blob.index : blob.index + 1])
    for box in clear:
        inside = np.zeros_like(left)
        outer_cells(box.rect).inside(inside)[...] = True
        least = LEAST_LEFT * blob.cells.sum()
        if (blob.cells & inside).sum() < least or (left & ~inside).sum() < least:
            continue
        there = snap_to_edges(edges, box.rect, limits, reach=0.0, slack=1)
        if np.mean(there.support) >= params.edge_support:
            left &= ~inside
    if left.sum() == blob.cells.sum():
        return blob
    left = find_cells(left, 1)[0]
    return Blob(_within(left, limits)[0], blob.index, left, None)


LEAST_LEFT = 0.15
"""Share of what moves that must lie inside and outside such a box."""


CLEAR_SUPPORT = 0.7
"""Support of each side of a box that needs no other picture to agree."""


def limits_around(seed: Rect, limits: Rect) -> Rect:
    """Return in which part of the picture the camera around a `seed` that moves lies.

    That is within the limits, unless it moves on the margin around them: beside the slide.
    """
    if seed.meet(limits).area >= WITHIN * seed.area:
        return limits
    return Rect(0, 0, COLUMNS * CELL, ROWS * CELL)


WITHIN = 0.5
"""Share of what moves that must lie within the limits to be looked for there only."""


def _joint_votes(
    blobs: list[Blob],
    bordered: set[int],
    motion: Motion,
    luma: np.ndarray,
    limits: Rect,
    params: LayoutParams,
) -> list[Vote]:
    """Return the boxes of blobs that move at the same place, by the edges of all their frames.

    What moves widely and has no border even then is a camera that fills the picture, unless one
    with a border moves at the same moment: then it is grain on a photograph, or a film. What moves
    again and again at one place is a camera of which no border can be seen.
    """
    votes: list[Vote] = []
    groups = same_place(blobs)
    while groups:
        group = groups.pop()
        frames = [blob.index for blob in group]
        seed, wide = _within(core(group), limits)[0], extent(group)
        pictures = sample(luma, frames)
        box = _joint_box(pictures, seed, limits_around(seed, limits), params)
        box = box or _joint_box(pictures, wide, limits_around(wide, limits), params)
        whole = box is None and wide.meet(limits).area >= WHOLE_SHARE * limits.area
        if whole:
            alike = _one_picture(frames, motion, params)
            groups += [[b for b in group if b.index not in alike]] * (len(alike) < len(set(frames)))
            box, frames = Snapped(limits, (0.0, 0.0, 0.0, 0.0)), sorted(alike - bordered)
        elif box is None and _stays(seed, frames, motion):
            box = Snapped(seed, (OPEN_SUPPORT, OPEN_SUPPORT, OPEN_SUPPORT, OPEN_SUPPORT))
        if box is not None and (whole or len(group) > 1):
            votes += [Vote(box, (index,), whole=whole) for index in frames]
        else:
            votes += [Vote(blob.box, (blob.index,), whole=False) for blob in group if blob.box]
    return votes


def _one_picture(frames: Sequence[int], motion: Motion, params: LayoutParams) -> set[int]:
    """Return those of some key frames that show about the same all over, at least one."""
    order = sorted(set(frames))
    cells = motion.cells[order].astype(np.float32)
    look = np.median(cells, axis=0)
    away = distance(cells, look, float(look.std()))
    near = away <= max(float(away.min()), params.camera_likeness)
    return {index for index, one in zip(order, near, strict=True) if one}


def _stays(seed: Rect, frames: Sequence[int], motion: Motion) -> bool:
    """Tell whether something without a border moves at nearly all moments, as a person does."""
    between = (motion.stir_index >= min(frames)) & (motion.stir_index <= max(frames))
    aspect = (seed.right - seed.left) / max(1, seed.bottom - seed.top)
    often = len(set(frames)) >= max(OPEN_VOTES, OPEN_SHARE * int(between.sum()))
    return often and 1 / OPEN_ASPECT <= aspect <= OPEN_ASPECT


def distance(cells: np.ndarray, look: np.ndarray, contrast: float) -> np.ndarray:
    """Return how far parts of pictures (n, rows, columns) are from a usual look, in its contrasts.

    What a part of the cells differs by counts no more than MOST_AWAY: a lecturer who walks leaves
    the wall behind where it was.
    """
    scale = max(LEAST_CONTRAST, contrast)
    away = np.minimum(np.abs(cells.astype(np.float32) - look), MOST_AWAY * scale)
    return away.mean(axis=(1, 2)) / scale


LEAST_CONTRAST = 5.0
"""Levels below which contrast is not trusted to tell pictures apart."""
MOST_AWAY = 1.5
"""Contrasts by which a cell may differ from its usual look; farther away is no worse."""


def _joint_box(
    pictures: np.ndarray, seed: Rect, limits: Rect, params: LayoutParams
) -> Snapped | None:
    """Return the box with straight borders, or round ones, around what moves, if there is one."""
    edges = measure_edges(pictures)
    box = snap_to_edges(edges, seed, limits)
    straight = 0.0
    if _has_border(box, limits, JOINT_SUPPORT * params.edge_support):
        straight = float(np.mean(free_sides(box, limits)))
    if straight >= CLEAR_SUPPORT:
        return box
    circle = fit_circle(edges, seed, limits)
    holds = circle.rect.meet(seed).area >= ROUND_HOLDS * seed.area
    needed = max(straight, ROUND_SUPPORT if holds else CLEARLY_ROUND)
    if circle.support[0] >= needed and circle.rect.area < 0.5 * limits.area:
        return circle
    if straight:
        return box
    faint = snap_to_edges(measure_edges(pictures, FAINT_LEVELS), seed, limits)
    sides = free_sides(faint, limits)
    if _has_border(faint, limits, FAINT_SIDE) and np.mean(sides) >= params.edge_support:
        return faint
    return None


FAINT_LEVELS = 10
"""Step in luma that counts as a full edge where no clear ones are."""
FAINT_SIDE = 0.25
"""Support of the weakest side of a box of faint ones."""
ROUND_SUPPORT = 0.45
"""Share of a circle that must be an edge."""
ROUND_HOLDS, CLEARLY_ROUND = 0.65, 0.7
"""Share of what moves that must lie in it, else it must be clearer: a head is round too."""
OPEN_VOTES = 4
"""Moments in which a thing must have moved to be a camera without any border."""
OPEN_SHARE, OPEN_ASPECT = 0.75, 2.5
"""Share of the moments between the first and the last at which it must, and its longest shape."""
OPEN_SUPPORT = 0.2
"""What counts as its straightness."""
JOINT_SUPPORT = 0.7
"""Share of the support that suffices where several frames agree on a border."""
WHOLE_SHARE = 0.15
"""Motion without borders over this share of the picture is a camera that fills it."""


def long_votes(motion: Motion, luma: np.ndarray, limits: Rect, params: LayoutParams) -> list[Vote]:
    """Return the boxes that enclose what differs in nearly all of several key frames."""
    votes = []
    moved = motion.change > params.motion_level * CHANGE_SCALE
    size = min(WINDOW, len(moved))
    if not size:
        return []
    for first in range(0, len(moved) - size + 1, max(1, size // 2)):
        cells = motion.cells[first : first + size + 1].astype(np.int16)
        away = np.percentile(np.abs(cells - np.median(cells, axis=0)), 80, axis=0)
        always = (moved[first : first + size].mean(axis=0) >= ALWAYS) & (away < STEADY_LEVELS)
        edges = measure_edges(luma[first : first + size + 1])
        for blob in find_blobs(always, _least_cells(params, motion)):
            box = snap_to_edges(edges, blob.scaled(CELL, CELL).meet(limits), limits)
            if size >= WINDOW // 2 and _has_border(box, limits, params.edge_support):
                votes.append(Vote(box, tuple(range(first, first + size + 1)), whole=False))
    return votes


def _has_border(box: Snapped, limits: Rect, support: float) -> bool:
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
