"""Where screen and camera stand in a clip: pure geometry in pixels, nothing is squeezed."""

from __future__ import annotations

from dataclasses import dataclass

from agents.compile.params import CompileParams
from agents.types import Box, LayoutRegion, Media

MIN_PANEL = 16
"""A smaller box in the source, in pixels, is no picture."""
GAP = 0.0125
"""Space between screen and camera as a part of the width."""
PATCH_STRIP = 8
"""Width of the strip that covers the place of a camera, and its distance, in source pixels."""
CAPTION_LINES = 2
LINE_HEIGHT = 1.3
"""Distance of two caption lines in letter heights."""
BOX_PADDING = 0.25
"""Room between caption lines and the edge of their box, in letter heights."""
SAFE_EDGE = 0.04
"""Part of the height that captions keep free at the lower edge."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A place from which a camera has moved out, and the strip beside it that covers it.

    Both are counted from the corner of the panel's source.
    """

    place: Box
    beside: Box


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the source frame and where it is shown; both boxes have even sides."""

    source: Box
    target: Box
    patch: Patch | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """What is shown at one time: panels on a background of `width` x `height` pixels."""

    width: int
    height: int
    panels: tuple[Panel, ...]


def even(value: float) -> int:
    """Return the largest even whole number that is not above `value`."""
    return int(value) // 2 * 2


def caption_strip(params: CompileParams) -> Box:
    """Return the stretch along the lower edge that the captions keep within."""
    width, height = params.canvas
    lines = CAPTION_LINES * LINE_HEIGHT + 2 * BOX_PADDING
    strip = even(caption_letter(params) * lines) + 8
    return Box(0, even(height * (1 - SAFE_EDGE)) - strip, width, strip)


def caption_letter(params: CompileParams) -> int:
    """Return the size of the caption letters in pixels."""
    return max(8, round(params.canvas[1] * params.caption_size / 100))


def compose(region: LayoutRegion | None, media: Media, params: CompileParams) -> Composition:
    """Return the composition for a stretch of the lecture; no region means the whole frame."""
    width, height = params.canvas
    screen, camera = _sources(region, media, params)
    floor = height
    if screen and params.captions and params.caption_place == "below":
        floor = caption_strip(params).y
    if screen and camera:
        panels = _side_by_side(screen, camera, Box(0, 0, width, floor), params)
    else:
        only = screen or camera
        assert only is not None
        panels = (Panel(only, _fit(only, Box(0, 0, width, floor))),)
    return Composition(width, height, panels)


def _sources(
    region: LayoutRegion | None, media: Media, params: CompileParams
) -> tuple[Box | None, Box | None]:
    """Return the boxes to be shown, at least one of them."""
    whole = Box(0, 0, even(media.width), even(media.height))
    screen = _usable(region.screen, whole) if region else None
    camera = _usable(region.camera, whole) if region else None
    if region and region.kind == "screen_only":
        camera = None
    if region and region.kind == "camera_only":
        screen, camera = None, camera or whole
    if params.composition == "screen_only" and screen:
        camera = None
    if params.composition == "camera_only" and camera:
        screen = None
    return (screen, camera) if screen or camera else (whole, None)


def _usable(box: Box | None, frame: Box) -> Box | None:
    """Return the even box inside `box` and the frame, None when hardly anything is left."""
    if box is None:
        return None
    x0, y0 = even(max(0, box.x) + 1), even(max(0, box.y) + 1)
    w = even(min(box.x + box.w, frame.w) - x0)
    h = even(min(box.y + box.h, frame.h) - y0)
    return Box(x0, y0, w, h) if min(w, h) >= MIN_PANEL else None


def _fit(source: Box, area: Box) -> Box:
    """Return the largest even box of the source's shape in the middle of the area."""
    scale = min(area.w / source.w, area.h / source.h)
    w = min(area.w, max(2, 2 * round(source.w * scale / 2)))
    h = min(area.h, max(2, 2 * round(source.h * scale / 2)))
    return Box(area.x + even((area.w - w) / 2), area.y + even((area.h - h) / 2), w, h)


def _side_by_side(
    screen: Box, camera: Box, area: Box, params: CompileParams
) -> tuple[Panel, Panel]:
    gap = even(area.w * GAP)
    # The gap is taken from the camera, so that a screen recorded at its size stays pixel for pixel.
    wide = even(area.w * params.screen_share)
    narrow = even(area.w - wide - gap)
    left = params.camera_side == "left"
    screen_area = Box(narrow + gap if left else 0, area.y, wide, area.h)
    camera_area = Box(0 if left else wide + gap, area.y, narrow, area.h)
    screen_at, camera_at = _fit(screen, screen_area), _fit(camera, camera_area)
    if camera_at.h <= screen_at.h:
        camera_at = camera_at._replace(y=screen_at.y)
    patch = _patch(screen, camera) if params.inset == "smooth" else None
    return Panel(screen, screen_at, patch), Panel(camera, camera_at)


def _patch(screen: Box, camera: Box) -> Patch | None:
    """Return how the camera's place in the screen is covered; None if they lie apart."""
    x0, y0 = even(max(camera.x - screen.x, 0)), even(max(camera.y - screen.y, 0))
    x1 = min(camera.x + camera.w - screen.x, screen.w)
    y1 = min(camera.y + camera.h - screen.y, screen.h)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return None
    place = Box(x0, y0, even(x1 - x0 + 1), even(y1 - y0 + 1))
    left, right = x0, screen.w - place.x - place.w
    if max(left, right) < PATCH_STRIP:
        return None
    # Towards the middle of the screen, where there is more room.
    x = x0 - 2 * PATCH_STRIP if left >= right else place.x + place.w + PATCH_STRIP
    x = min(max(x, 0), screen.w - PATCH_STRIP)
    return Patch(place, Box(x, place.y, PATCH_STRIP, place.h))
