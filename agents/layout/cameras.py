"""Find where a camera picture lies: steady motion inside a box with straight borders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.layout.boxes import Rect, Snapped, cut_margins, find_blobs, iou, snap_to_edges
from agents.layout.motion import CELL, CHANGE_SCALE, Motion, measure_edges
from agents.layout.params import LayoutParams

SAME_BOX = 0.6
"""Two boxes that cover each other this much are one."""
WINDOW = 8
"""Number of key frames in which a picture that always differs is looked for."""
ALWAYS = 0.95
"""Share of those in which a cell must have changed."""
STEADY_LEVELS = 30
"""How far it may be from its usual luma then: a head moves, words come and go."""
LEAST_CONTRAST = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A place where a camera picture was seen; `rect` is in pixels of a 320x180 picture."""

    rect: Rect
    support: float
    """How much of its border is a straight edge, 0-1; 0 when it fills the picture."""
    look: np.ndarray
    """Usual mean luma of its cells, float32 (rows, columns)."""
    contrast: float
    """Standard deviation of `look` in levels."""
    voted: tuple[int, ...]
    """Numbers of the key frames after which motion showed it."""
    whole: bool
    """Whether it fills the picture."""

    @property
    def votes(self) -> int:
        """Return the number of moments in which motion showed it."""
        return len(self.voted)

    @property
    def cells(self) -> Rect:
        """Return the cells that lie wholly inside."""
        return inner_cells(self.rect)


@dataclass(frozen=True, slots=True, eq=False)
class _Vote:
    """A box in which something moved after one key frame, or through several."""

    box: Snapped
    frames: tuple[int, ...]
    whole: bool


def inner_cells(rect: Rect) -> Rect:
    """Return the cells that lie wholly inside a rectangle of pixels."""
    inner = Rect(
        -(-rect.left // CELL), -(-rect.top // CELL), rect.right // CELL, rect.bottom // CELL
    )
    return inner if inner.area else outer_cells(rect)


def outer_cells(rect: Rect) -> Rect:
    """Return the cells that a rectangle of pixels touches."""
    return Rect(
        rect.left // CELL, rect.top // CELL, -(-rect.right // CELL), -(-rect.bottom // CELL)
    )


def find_cameras(motion: Motion, luma: np.ndarray, params: LayoutParams) -> tuple[Camera, ...]:
    """Return the places at which a camera is seen at some time, the most often seen first."""
    limits = cut_margins(sample(luma, range(len(luma))), None, params.bar_level)
    cameras = [
        camera
        for camera in _merge(_short_votes(motion, luma, limits, params), motion)
        if _keeps_moving(camera, motion, params)
    ]
    if not cameras:
        cameras = _merge(_long_votes(motion, luma, limits, params), motion)
    cameras = [camera for camera in cameras if _is_steady(camera, motion, params)]
    return tuple(sorted(cameras, key=lambda camera: -camera.votes))


def unlikeness(camera: Camera, cells: np.ndarray) -> np.ndarray:
    """Return how far pictures (n, 36, 64) are from the camera's usual look, in its contrasts."""
    seen = camera.cells.inside(cells).astype(np.float32)
    return np.abs(seen - camera.look).mean(axis=(1, 2)) / max(LEAST_CONTRAST, camera.contrast)


def shows(camera: Camera, cells: np.ndarray, luma: np.ndarray, params: LayoutParams) -> np.ndarray:
    """Return for each key frame how unlike the camera it is: at most 1 when it shows it.

    It shows it by its look, or, where the camera pans or cuts, by the straight border.
    """
    away = unlikeness(camera, cells) / params.camera_likeness
    if camera.whole:
        return away
    for frame in np.flatnonzero(away > 1):
        if keeps_border(camera, luma[frame], params):
            away[frame] = 1.0
    return away


def keeps_border(camera: Camera, picture: np.ndarray, params: LayoutParams) -> bool:
    """Tell whether the camera's box has its straight border in a picture (180, 320)."""
    least = max(params.edge_support, BORDER_KEPT * camera.support)
    return not camera.whole and border_support(camera, picture) >= least


BORDER_KEPT = 0.8
"""How much of its usual straightness a camera's border must keep in a frame."""


def border_support(camera: Camera, picture: np.ndarray) -> float:
    """Return the mean straightness of the sides of the camera's box in one picture (h, w)."""
    edges = measure_edges(picture[None])
    whole = Rect(0, 0, picture.shape[1], picture.shape[0])
    sides = _free_sides(snap_to_edges(edges, camera.rect, whole, reach=0.0, slack=1), whole)
    return min(sides, default=0.0)


def sample(luma: np.ndarray, frames: Sequence[int], most: int = 12) -> np.ndarray:
    """Return at most `most` of the pictures, evenly chosen."""
    step = max(1, -(-len(frames) // most))
    return luma[np.asarray(frames)[::step]]


def _least_cells(params: LayoutParams, motion: Motion) -> int:
    return max(4, round(motion.cells[0].size * params.camera_min_share / 100))


def _short_votes(
    motion: Motion, luma: np.ndarray, limits: Rect, params: LayoutParams
) -> list[_Vote]:
    """Return the boxes that enclose what moves in the second after a key frame."""
    votes: list[_Vote] = []
    open_blobs: list[tuple[Rect, int]] = []
    for index, stir in zip(motion.stir_index.tolist(), motion.stir, strict=True):
        edges = measure_edges(luma[index : index + 1])
        moving = stir > params.motion_level * CHANGE_SCALE
        for blob in find_blobs(moving, _least_cells(params, motion))[:2]:
            seed = blob.scaled(CELL, CELL).meet(limits)
            if not seed.area:
                continue
            box = snap_to_edges(edges, seed, limits)
            if _has_border(box, limits, params.edge_support):
                votes.append(_Vote(box, (index,), whole=False))
            else:
                open_blobs.append((seed, index))
    return votes + _joint_votes(open_blobs, luma, limits, params)


def _joint_votes(
    blobs: list[tuple[Rect, int]], luma: np.ndarray, limits: Rect, params: LayoutParams
) -> list[_Vote]:
    """Return the boxes of blobs that move at the same place, by the edges of all their frames.

    What moves widely and has no border even then is a camera that fills the picture.
    """
    votes: list[_Vote] = []
    for group in _same_place(blobs):
        frames = [index for _, index in group]
        seed = Rect(*(int(v) for v in np.median([rect for rect, _ in group], axis=0)))
        box = snap_to_edges(measure_edges(sample(luma, frames)), seed, limits)
        if len(group) > 1 and _has_border(box, limits, JOINT_SUPPORT * params.edge_support):
            votes += [_Vote(box, (index,), whole=False) for index in frames]
        elif seed.area >= WHOLE_SHARE * limits.area:
            whole = Snapped(limits, (0.0, 0.0, 0.0, 0.0))
            votes += [_Vote(whole, (index,), whole=True) for index in frames]
    return votes


JOINT_SUPPORT = 0.7
"""Share of the support that suffices where several frames agree on a border."""
WHOLE_SHARE = 0.15
"""Motion without borders over this share of the picture is a camera that fills it."""


def _same_place(blobs: list[tuple[Rect, int]]) -> list[list[tuple[Rect, int]]]:
    """Return the blobs in groups that lie mostly on each other."""
    groups: list[list[tuple[Rect, int]]] = []
    for rect, index in sorted(blobs, key=lambda pair: -pair[0].area):
        for group in groups:
            if iou(group[0][0], rect) > SAME_PLACE:
                group.append((rect, index))
                break
        else:
            groups.append([(rect, index)])
    return groups


SAME_PLACE = 0.35
"""Motion that covers other motion this much is the same person."""


def _long_votes(
    motion: Motion, luma: np.ndarray, limits: Rect, params: LayoutParams
) -> list[_Vote]:
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
                votes.append(_Vote(box, tuple(range(first, first + size + 1)), whole=False))
    return votes


def _has_border(box: Snapped, limits: Rect, support: float) -> bool:
    """Tell whether a box is smaller than the picture and has straight sides where it is inside."""
    width, height = box.rect.right - box.rect.left, box.rect.bottom - box.rect.top
    if not LEAST_ASPECT <= width / max(1, height) <= MOST_ASPECT or width * height < LEAST_AREA:
        return False
    sides = _free_sides(box, limits)
    needed = support if len(sides) > 1 else max(support, ONE_SIDE_SUPPORT)
    return bool(sides) and min(sides) >= needed and box.rect.area < 0.8 * limits.area


LEAST_ASPECT, MOST_ASPECT = 0.4, 4.0
"""Shapes that a camera picture has, width over height."""
LEAST_AREA = 0.008 * 320 * 180
"""Pixels of the smallest camera picture."""
ONE_SIDE_SUPPORT = 0.75
"""Support that a single side needs, where a camera fills the rest of the picture."""


def _free_sides(box: Snapped, limits: Rect) -> list[float]:
    """Return the support of the sides that do not lie on the border of the picture."""
    pairs = zip(box.rect, limits, box.support, strict=True)
    return [support for side, limit, support in pairs if side != limit]


def _merge(votes: list[_Vote], motion: Motion) -> list[Camera]:
    """Return one camera for the votes that agree."""
    groups: list[list[_Vote]] = []
    for vote in votes:
        for group in groups:
            same = iou(group[0].box.rect, vote.box.rect) > SAME_BOX
            if same and group[0].whole == vote.whole:
                group.append(vote)
                break
        else:
            groups.append([vote])
    return [_camera(group, motion) for group in groups]


def _camera(group: list[_Vote], motion: Motion) -> Camera:
    rect = Rect(*(int(v) for v in np.median([vote.box.rect for vote in group], axis=0)))
    frames = sorted({frame for vote in group for frame in vote.frames})
    look = np.median(inner_cells(rect).inside(motion.cells[frames]), axis=0).astype(np.float32)
    support = np.mean([np.mean(vote.box.support) for vote in group])
    voted = tuple(sorted({vote.frames[0] for vote in group}))
    return Camera(rect, float(support), look, float(look.std()), voted, group[0].whole)


STEADY_VOTES = 3
"""A box that moved at this many moments is a camera even when its picture changes."""
STEADY_SHARE = 0.25
"""Share of the looked-at moments in which what looks like a camera must have moved."""


def _is_steady(camera: Camera, motion: Motion, params: LayoutParams) -> bool:
    """Tell whether the box has a picture that keeps its look or its place."""
    alike = unlikeness(camera, motion.cells) <= params.camera_likeness
    kept = camera.votes >= STEADY_VOTES or bool(alike.any())
    return camera.contrast > LEAST_CONTRAST and kept


def _keeps_moving(camera: Camera, motion: Motion, params: LayoutParams) -> bool:
    """Tell whether it moved at enough of the moments at which it was looked at."""
    alike = unlikeness(camera, motion.cells) <= params.camera_likeness
    return camera.votes >= STEADY_SHARE * max(1, int(alike[motion.stir_index].sum()))
