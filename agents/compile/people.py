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
INSIDE = (0.02, 0.98)
"""Shares of the motion between which the lecturer is: the rest is flicker at the edges."""
OFTEN = 0.8
"""The change that this part of all changes does not exceed counts: where a lecturer who walks is
for a fifth of the time counts, a shadow that passes or a cut of the camera does not."""
STILL, LIVELY = 4.0, 20.0
"""Changes of luma below which a place stands still, and above which it is no livelier: a hand that
waves does not outweigh a head that is nearly still."""


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

    What flickers all over the box is taken for noise.
    """
    if len(luma) < FEWEST_FRAMES:
        return None
    rows, columns = luma.shape[1:]
    x0, x1 = (round(x * columns / media.width) for x in (camera.x, camera.x + camera.w))
    y0, y1 = (round(y * rows / media.height) for y in (camera.y, camera.y + camera.h))
    inside = luma[:, max(0, y0) : y1, max(0, x0) : x1].astype(np.int16)
    if min(inside.shape[1:]) < MIN_CELLS:
        return None
    changes, often = np.abs(np.diff(inside, axis=0)), int(OFTEN * (len(inside) - 2))
    motion = np.partition(changes, often, axis=0)[often]
    noise = max(STILL, 2 * float(np.quantile(motion, 0.25)))
    motion = np.clip(motion - noise, 0, LIVELY - STILL)
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
