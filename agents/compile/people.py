"""Where the lecturer is within the camera box: what moves there, over all key frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from agents.types import Box, KeyFrames, LayoutRegion, Media

FEWEST_FRAMES = 6
"""With fewer key frames nothing is known about motion."""
MIN_CELLS = 6
"""A camera of fewer cells than this, on a side, is shown as it is."""
INSIDE = (0.06, 0.94)
"""Shares of the motion between which the lecturer is: the rest is flicker at the edges."""


@dataclass(frozen=True, slots=True)
class Person:
    """The stretch of a camera box in which somebody moves, in parts of the box, 0-1."""

    left: float
    right: float
    top: float
    bottom: float


People = Mapping[Box, Person]
"""The lecturer of each camera box in which one was found."""


def find_people(frames: KeyFrames, regions: Iterable[LayoutRegion], media: Media) -> People:
    """Return the lecturer of every camera of the regions."""
    found: dict[Box, Person] = {}
    for region in regions:
        if region.camera is None or region.camera in found:
            continue
        shown = (frames.time >= region.start) & (frames.time < region.end)
        person = find_person(frames.luma[shown], region.camera, media)
        if person is not None:
            found[region.camera] = person
    return found


def find_person(luma: np.ndarray, camera: Box, media: Media) -> Person | None:
    """Return where something moves in the box over pictures, uint8 (n, h, w), None if nowhere.

    The motion of a column is the median change from picture to picture of its liveliest quarter:
    a passing shadow or a cut of the camera counts once, a person counts all the time.
    """
    if len(luma) < FEWEST_FRAMES:
        return None
    rows, columns = luma.shape[1:]
    x0, x1 = (round(x * columns / media.width) for x in (camera.x, camera.x + camera.w))
    y0, y1 = (round(y * rows / media.height) for y in (camera.y, camera.y + camera.h))
    inside = luma[:, max(0, y0) : y1, max(0, x0) : x1].astype(np.int16)
    if min(inside.shape[1:]) < MIN_CELLS:
        return None
    motion = np.median(np.abs(np.diff(inside, axis=0)), axis=0)
    motion = np.maximum(motion - max(2.0, float(np.quantile(motion, 0.25))), 0)
    if not motion.any():
        return None
    left, right = _span(motion.sum(axis=0))
    top, bottom = _span(motion.sum(axis=1))
    return Person(left, right, top, bottom)


def _span(weight: np.ndarray) -> tuple[float, float]:
    """Return between which parts of its length most of the weight lies."""
    reached = np.concatenate([[0.0], np.cumsum(weight)]) / weight.sum()
    low, high = np.interp(INSIDE, reached, np.linspace(0, 1, len(reached)))
    return float(low), float(high)
