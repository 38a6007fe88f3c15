"""Find where a camera picture lies: steady motion inside a box that stays across slides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.layout.boxes import Rect, cut_margins, iou, snap_to_edges
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
from agents.layout.places import SAME_BOX, inner_cells, outer_cells
from agents.layout.votes import Vote, distance, free_sides, long_votes, sample, short_votes

FLAT = 2.0
"""Contrast in levels of a picture that shows nothing."""


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


def find_cameras(motion: Motion, luma: np.ndarray, params: LayoutParams) -> tuple[Camera, ...]:
    """Return the places at which a camera is seen at some time, the most often seen first."""
    limits = cut_margins(sample(luma, range(len(luma))), None, params.bar_level)
    cameras = [
        camera
        for camera in _merge(short_votes(motion, luma, limits, params), motion)
        if _keeps_moving(camera, motion, params)
    ]
    if not cameras:
        cameras = _merge(long_votes(motion, luma, limits, params), motion)
    cameras = [camera for camera in cameras if _is_steady(camera, motion, params)]
    bordered = [camera for camera in cameras if not camera.whole]
    cameras = [camera for camera in cameras if not _is_behind(camera, bordered, luma, params)]
    bordered = [camera for camera in cameras if not camera.whole]
    cameras = [
        camera
        for camera in cameras
        if camera.whole or not _is_on_slide(camera, motion, luma, bordered, params)
    ]
    cameras.sort(key=lambda camera: -camera.votes)
    return tuple(c for at, c in enumerate(cameras) if not is_shadow(c, cameras[:at]))


def _is_behind(
    camera: Camera, bordered: Sequence[Camera], luma: np.ndarray, params: LayoutParams
) -> bool:
    """Tell whether what moves all over the picture does so behind a camera in its box.

    Noise of an encoder does on a slide, and films do.
    """
    if not camera.whole:
        return False
    pictures = luma[list(camera.voted)]
    return any(
        np.mean([keeps_border(other, picture, params) for picture in pictures]) > BEHIND
        for other in bordered
    )


BEHIND = 0.5
"""Share of the moments of wide motion in which a camera's border is seen then."""


def is_shadow(camera: Camera, others: Sequence[Camera]) -> bool:
    """Tell whether a box of weak borders is a bad measure of a camera seen more often.

    It may also hold that camera and something beside it that moved: a film on a slide.
    """
    for other in others:
        same = iou(camera.rect, other.rect) > SHADOW_IOU
        weaker = camera.support < other.support - SHADOW_SUPPORT
        holds = camera.rect.meet(other.rect).area >= HELD * other.rect.area
        held = holds and camera.support < other.support
        if (held or (same and weaker)) and not (camera.whole or other.whole):
            return True
    return False


SHADOW_IOU, SHADOW_SUPPORT = 0.4, 0.2
"""How much the two boxes cover each other then, and how much straighter the better one is."""
HELD = 0.8
"""Share of a camera that lies in a box that holds it."""


def unlikeness(camera: Camera, cells: np.ndarray) -> np.ndarray:
    """Return how far pictures (n, 36, 64) are from the camera's usual look, in its contrasts."""
    return distance(camera.cells.inside(cells), camera.look, camera.contrast)


def shows(camera: Camera, cells: np.ndarray, luma: np.ndarray, params: LayoutParams) -> np.ndarray:
    """Return for each key frame how unlike the camera it is: at most 1 when it shows it.

    It shows it by its look, or, where the camera pans or cuts, by the straight border. Where a
    border that is always clear is gone, something else looks like it: a person at a white wall
    and a white slide do.
    """
    away = unlikeness(camera, cells) / params.camera_likeness
    if camera.whole:
        return away
    steps = border_steps(camera.rect, luma)
    usual = float(np.median(steps[list(camera.voted)]))
    if usual > CLEAR_BORDER:
        away[steps < GONE * usual] = np.inf
    for frame in np.flatnonzero((away > 1) & np.isfinite(away)):
        if keeps_border(camera, luma[frame], params):
            away[frame] = 1.0
    return away


def camera_costs(
    camera: Camera, motion: Motion, luma: np.ndarray, params: LayoutParams
) -> np.ndarray:
    """Return for each key frame how badly it fits what the camera shows, 0-MOST_COST.

    A camera of which it is known how often it moves when it is seen is less likely where nothing
    does: its place may merely be as dark as it is.
    """
    cost = np.minimum(shows(camera, motion.cells, luma, params), MOST_COST)
    voted = np.isin(np.arange(len(cost)), camera.voted)
    looked = motion.stir_index
    alike = voted[looked] | (cost[looked] <= 1)
    stirred = voted[looked] | _stirs(camera, motion, params)
    rate = (alike & stirred).sum() / max(1, alike.sum())
    cost[looked[~stirred]] -= np.log(max(LEAST_STILL, 1 - rate))
    near = voted & (cost <= NEAR_COST)
    cost[near] = np.minimum(cost[near], VOTED_COST)
    return np.minimum(cost, MOST_COST)


MOST_COST = 4.0
"""Cost of the most unlike picture."""
NEAR_COST, VOTED_COST = 2.0, 0.5
"""Cost up to which a picture is rather like it, and the highest where its motion was seen too."""
LEAST_STILL = 0.2
"""Share of the moments at which even the liveliest camera may be still."""


def _stirs(camera: Camera, motion: Motion, params: LayoutParams) -> np.ndarray:
    """Tell at which of the looked-at moments something moves inside the camera's box, bool (m,)."""
    inside = camera.cells.inside(moving_cells(motion.stir, params.motion_level))
    return inside.sum(axis=(1, 2)) >= LEAST_STIR


LEAST_STIR = 3
"""Cells that move even where only a mouth does."""


def keeps_border(camera: Camera, picture: np.ndarray, params: LayoutParams) -> bool:
    """Tell whether the camera's box has its straight border in a picture (180, 320)."""
    least = max(params.edge_support, BORDER_KEPT * camera.support)
    return not camera.whole and border_support(camera, picture) >= least


BORDER_KEPT = 0.8
"""How much of its usual straightness a camera's border must keep in a frame."""
CLEAR_BORDER, GONE = 0.5, 0.3
"""Usual step along a camera's border, in full ones, and the share of it that is none."""


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


def border_support(camera: Camera, picture: np.ndarray) -> float:
    """Return the mean straightness of the sides of the camera's box in one picture (h, w)."""
    edges = measure_edges(picture[None])
    whole = Rect(0, 0, picture.shape[1], picture.shape[0])
    sides = free_sides(snap_to_edges(edges, camera.rect, whole, reach=0.0, slack=1), whole)
    return min(sides, default=0.0)


def _merge(votes: list[Vote], motion: Motion) -> list[Camera]:
    """Return one camera for the votes that agree."""
    groups: list[list[Vote]] = []
    for vote in votes:
        for group in groups:
            same = iou(group[0].box.rect, vote.box.rect) > SAME_BOX
            if same and group[0].whole == vote.whole:
                group.append(vote)
                break
        else:
            groups.append([vote])
    return [_camera(group, motion) for group in groups]


def _camera(group: list[Vote], motion: Motion) -> Camera:
    rect = Rect(*(int(v) for v in np.median([vote.box.rect for vote in group], axis=0)))
    frames = sorted({frame for vote in group for frame in vote.frames})
    look = np.median(inner_cells(rect).inside(motion.cells[frames]), axis=0).astype(np.float32)
    support = np.mean([np.mean(vote.box.support) for vote in group])
    voted = tuple(sorted({vote.frames[0] for vote in group}))
    return Camera(rect, float(support), look, float(look.std()), voted, group[0].whole)


STEADY_VOTES = 3
"""A box that moved at this many moments is a camera even when its picture changes."""
MOVING_LIKENESS = 0.5
"""Share of the usual difference below which what looks like a camera should be moving."""
STEADY_SHARE = 0.25
"""Share of the looked-at moments in which what looks like a camera must have moved."""


def _is_steady(camera: Camera, motion: Motion, params: LayoutParams) -> bool:
    """Tell whether the box has a picture that keeps its look or its place."""
    alike = unlikeness(camera, motion.cells) <= params.camera_likeness
    kept = camera.votes >= STEADY_VOTES or bool(alike.any())
    return camera.contrast > FLAT and kept


def _keeps_moving(camera: Camera, motion: Motion, params: LayoutParams) -> bool:
    """Tell whether it moved at enough of the moments at which it was looked at."""
    alike = unlikeness(camera, motion.cells) <= MOVING_LIKENESS * params.camera_likeness
    return camera.votes >= STEADY_SHARE * max(1, int(alike[motion.stir_index].sum()))


NEXT_SLIDE_SHARE = 0.04
"""Share of the cells beside a camera that change when another slide comes."""
CORNER_GAP = 0.08
"""Distance from two ends of the picture within which a picture that moves lies in a corner."""


def _is_on_slide(
    camera: Camera,
    motion: Motion,
    luma: np.ndarray,
    cameras: Sequence[Camera],
    params: LayoutParams,
) -> bool:
    """Tell whether what moves is a video on a slide.

    It comes and goes with its slide, while a camera stays when another one comes. Where no other
    came, a camera lies in a corner of the picture or beside the screen. What changes where one of
    the other `cameras` comes or goes is no slide.
    """
    seen = unlikeness(camera, motion.cells) <= MOVING_LIKENESS * params.camera_likeness
    seen[list(camera.voted)] = True
    stays = np.flatnonzero(seen[:-1] & seen[1:])
    beside = np.ones((len(stays), ROWS, COLUMNS), bool)
    outer_cells(camera.rect).inside(beside)[...] = False
    for other in cameras:
        shown = unlikeness(other, motion.cells) <= params.camera_likeness
        if other is not camera and other.votes >= min(2, camera.votes):
            there = beside[shown[stays] | shown[stays + 1]]
            outer_cells(other.rect).inside(there)[...] = False
            beside[shown[stays] | shown[stays + 1]] = there
    moved = (motion.change[stays] > params.slide_level * CHANGE_SCALE) & beside
    most = NEXT_SLIDE_SHARE * np.maximum(1, beside.sum(axis=(1, 2)))
    if (moved.sum(axis=(1, 2)) > most).any():
        return False
    pictures = sample(luma, np.flatnonzero(seen).tolist())
    limits = cut_margins(pictures, camera.rect, params.bar_level)
    shared = limits.meet(camera.rect).area
    return not _in_corner(camera.rect) and shared > OVERLAP * camera.rect.area


def _in_corner(rect: Rect) -> bool:
    """Tell whether a rectangle lies near two ends of the picture that meet."""
    width, height = COLUMNS * CELL, ROWS * CELL
    across = min(rect.left, width - rect.right) / width
    down = min(rect.top, height - rect.bottom) / height
    return max(across, down) <= CORNER_GAP


OVERLAP = 0.15
"""Share of the camera that must lie on the screen for a picture in picture."""
