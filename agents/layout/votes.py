"""Find boxes in which something moves: each moment votes for where a camera may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.layout.borders import (
    CLEAR_SUPPORT,
    frames_with_border,
    has_border,
    is_empty_beside,
    joint_box,
    limits_around,
    snap,
)
from agents.layout.boxes import (
    Rect,
    Snapped,
    bounds,
    find_blobs,
    find_cells,
    snap_to_edges,
    stands_in_middle,
)
from agents.layout.motion import (
    CELL,
    CHANGE_SCALE,
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
            box = snap(edges, seed, within)
            middle = stands_in_middle(box.rect, limits)
            if not middle and has_border(box, within, CLEAR_SUPPORT):
                votes.append(Vote(box, (index,), whole=False))
            else:
                weak = not middle and has_border(box, within, params.edge_support)
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
    again and again at one place is a camera of which no border can be seen; if nothing is drawn
    beside it either, it fills the picture.
    """
    votes: list[Vote] = []
    groups = same_place(blobs)
    while groups:
        group = groups.pop()
        frames = [blob.index for blob in group]
        seed, wide = _within(core(group), limits)[0], extent(group)
        pictures = sample(luma, frames)
        box = joint_box(pictures, seed, limits_around(seed, limits), params)
        box = box or joint_box(pictures, wide, limits_around(wide, limits), params)
        if box is not None and stands_in_middle(box.rect, limits):
            box = None
        clear = box is not None and np.mean(box.support) >= CLEAR_SUPPORT
        stays = not clear and _stays(seed, frames, motion)
        alone = stays and is_empty_beside(wide, pictures)
        whole = alone or (box is None and wide.meet(limits).area >= WHOLE_SHARE * limits.area)
        if whole:
            alike = _one_picture(frames, motion, params)
            groups += [[b for b in group if b.index not in alike]] * (len(alike) < len(set(frames)))
            box, frames = (
                Snapped(limits, NONE),
                sorted(alike - (set() if alone else bordered)),
            )
        elif box is None and stays:
            box = Snapped(seed, OPEN)
        if box is not None and not whole:
            here = frames_with_border(box.rect, frames, luma)
            groups += [[b for b in group if b.index not in here]] * (len(here) < len(set(frames)))
            group, frames = [b for b in group if b.index in here], sorted(here)
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


OPEN_VOTES = 4
"""Moments in which a thing must have moved to be a camera without any border."""
OPEN_SHARE, OPEN_ASPECT = 0.75, 2.5
"""Share of the moments between the first and the last at which it must, and its longest shape."""
NONE, OPEN = (0.0, 0.0, 0.0, 0.0), (0.2, 0.2, 0.2, 0.2)
"""Straightness of a camera that fills the picture, and of one without a border."""
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
            if size >= WINDOW // 2 and has_border(box, limits, params.edge_support):
                votes.append(Vote(box, tuple(range(first, first + size + 1)), whole=False))
    return votes
