"""Find where a camera picture lies: steady motion inside a box that stays across slides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.layout.borders import CLEAR_SUPPORT, frames_with_border
from agents.layout.boxes import Rect, cut_margins, iou, lies_between_bars
from agents.layout.likeness import Camera, keeps_border, shows, stirs, unlikeness
from agents.layout.motion import CELL, CHANGE_SCALE, COLUMNS, ROWS, Motion
from agents.layout.params import LayoutParams
from agents.layout.places import SAME_BOX, inner_cells, outer_cells
from agents.layout.votes import Vote, long_votes, sample, short_votes

FLAT = 2.0
"""Contrast in levels of a picture that shows nothing."""


def find_cameras(motion: Motion, luma: np.ndarray, params: LayoutParams) -> tuple[Camera, ...]:
    """Return the places at which a camera is seen at some time, the most often seen first."""
    limits = cut_margins(sample(luma, range(len(luma))), None, params.bar_level)
    cameras = [
        camera
        for camera in _merge(short_votes(motion, luma, limits, params), motion, luma)
        if _keeps_moving(camera, motion, params)
    ]
    if not cameras:
        cameras = _merge(long_votes(motion, luma, limits, params), motion, luma)
    cameras = [camera for camera in cameras if _is_steady(camera, motion, params)]
    cameras = [c for c in cameras if c.whole or not lies_between_bars(c.rect, luma)]
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
    """Tell whether what moves does so behind a camera in its box, which covers a part of it.

    Noise of an encoder does on a slide or a photograph, and films do.
    """
    pictures = luma[list(camera.voted)]
    return any(
        np.mean([keeps_border(other, picture, params) for picture in pictures]) > BEHIND
        for other in bordered
        if camera.whole or _covers(other, camera)
    )


def _covers(camera: Camera, other: Camera) -> bool:
    """Tell whether a camera that is seen better and more often lies on a part of another box."""
    better = camera.support > other.support and camera.votes > other.votes
    return better and camera.rect.meet(other.rect).area > 0


BEHIND = 0.5
"""Share of the moments of that motion in which a camera's border is seen then."""


def is_shadow(camera: Camera, others: Sequence[Camera]) -> bool:
    """Tell whether a box of weak borders is a bad measure of a camera seen more often.

    It may also hold that camera and something beside it that moved: a film on a slide.
    """
    for other in others:
        same = iou(camera.rect, other.rect) > SHADOW_IOU
        weaker = camera.support < other.support - SHADOW_SUPPORT
        holds = camera.rect.meet(other.rect).area >= HELD * other.rect.area
        rare = camera.votes < RARE * other.votes
        held = holds and camera.support < other.support + (RARE_SUPPORT if rare else 0.0)
        if (held or (same and weaker)) and not (camera.whole or other.whole):
            return True
    return False


SHADOW_IOU, SHADOW_SUPPORT = 0.4, 0.2
"""How much the two boxes cover each other then, and how much straighter the better one is."""
HELD = 0.8
"""Share of a camera that lies in a box that holds it."""
RARE, RARE_SUPPORT = 0.25, 0.03
"""Share of the other's votes below which a box is the worse, though straighter by this much."""


def _merge(votes: list[Vote], motion: Motion, luma: np.ndarray) -> list[Camera]:
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
    return [_camera(group, motion, luma) for group in groups]


def _camera(group: list[Vote], motion: Motion, luma: np.ndarray) -> Camera:
    supports = [float(np.mean(vote.box.support)) for vote in group]
    clear = np.array(supports) >= CLEAREST * max(supports)
    rects = np.array([vote.box.rect for vote in group])[clear]
    rect = Rect(*(int(v) for v in np.median(rects, axis=0)))
    if not group[0].whole:
        here = frames_with_border(rect, [vote.frames[0] for vote in group], luma)
        group = [vote for vote in group if vote.frames[0] in here]
    frames = sorted({frame for vote in group for frame in vote.frames})
    look = np.median(inner_cells(rect).inside(motion.cells[frames]), axis=0).astype(np.float32)
    voted = tuple(sorted({vote.frames[0] for vote in group}))
    return Camera(rect, float(np.mean(supports)), look, float(look.std()), voted, group[0].whole)


CLEAREST = 0.9
"""Share of the best support from which a vote tells where the box is."""
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
    """Tell whether it moved at enough of the moments at which it was looked at.

    In a box with a clear border it may be ever so little: a dim room.
    """
    alike = unlikeness(camera, motion.cells) <= MOVING_LIKENESS * params.camera_likeness
    looked, moved = alike[motion.stir_index], camera.votes
    if camera.support >= CLEAR_SUPPORT:
        moved = max(moved, int((looked & stirs(camera, motion, params)).sum()))
    return moved >= STEADY_SHARE * max(1, int(looked.sum()))


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
    seen = shows(camera, motion.cells, luma, params) <= 1
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


OVERLAP = 0.1
"""Share of the camera that must lie on the screen for a picture in picture."""
