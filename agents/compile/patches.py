"""What closes the place of a camera that has moved out of the screen."""

from __future__ import annotations

from dataclasses import dataclass

from agents.compile.geometry import even
from agents.types import Box

PATCH_STRIP, PATCH_GAP = 192, 8
"""Widest strip whose shades cover the place of a camera, and its distance, in source pixels."""
PATCH_SLICE = 0.4
"""What is left between a camera and the edge of the screen is covered with it, up to this part of
the camera's side: a box that was found may be smaller than the camera, and no slide goes there."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A place from which a camera has moved out, and the strip beside it whose shades cover it.

    Both are counted from the corner of the panel's target, and even.
    """

    place: Box
    beside: Box


def patch_over(screen: Box, camera: Box, target: Box) -> Patch | None:
    """Return how the camera's place in the screen is covered; None if they lie apart."""
    x0, x1 = _covered(camera.x - screen.x, camera.w, screen.w)
    y0, y1 = _covered(camera.y - screen.y, camera.h, screen.h)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return None
    left, right = x0 - PATCH_GAP, screen.w - x1 - PATCH_GAP
    if max(left, right) < PATCH_GAP:
        return None
    # Towards the middle of the screen, where there is more room.
    width = min(max(left, right), PATCH_STRIP)
    x = left - width if left >= right else x1 + PATCH_GAP
    scale = target.w / screen.w
    place = _scaled((x0, y0, x1, y1), scale, target)
    beside = _scaled((x, y0, x + width, y1), scale, target)
    return Patch(place, beside._replace(y=place.y, h=place.h))


def _covered(start: int, length: int, whole: int) -> tuple[int, int]:
    """Return from where to where a camera covers a side of the screen, thin slices included."""
    end, slice_ = start + length, PATCH_SLICE * length
    start = 0 if start <= slice_ else start
    end = whole if whole - end <= slice_ else end
    return max(0, min(start, whole)), max(0, min(end, whole))


def _scaled(edges: tuple[int, int, int, int], scale: float, target: Box) -> Box:
    """Return the even box around left, top, right and bottom, scaled."""
    left, top = (max(0, even(edge * scale)) for edge in edges[:2])
    right = min(target.w, even(edges[2] * scale + 1.99))
    bottom = min(target.h, even(edges[3] * scale + 1.99))
    return Box(left, top, right - left, bottom - top)
