"""Where screen and camera stand in a clip: pure geometry in pixels, nothing is squeezed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from agents.compile.geometry import crop, even, fit, shaped
from agents.compile.params import CompileParams
from agents.compile.patches import Patch, patch_over
from agents.compile.people import People, Person
from agents.types import Box, LayoutRegion, Media

MIN_PANEL = 16
"""A smaller box in the source, in pixels, is no picture."""
GAP = 0.0125
"""Space between screen and camera as a part of the width."""
LINE_HEIGHT = 1.3
"""Distance of two caption lines in letter heights."""
BOX_PADDING = 0.25
"""Room between caption lines and the edge of their box, in letter heights."""
SAFE_EDGE = 0.04
"""Part of the shorter side that captions keep free at the lower edge, and a bubble all around."""
PHONE_EDGE = 0.2
"""The same of what a picture is higher than wide."""
BUBBLE = 0.32
"""Diameter of a bubble as a part of the shorter side."""
UPRIGHT = 0.75
"""Width by height of the narrowest picture that a camera beside the screen is cropped to."""
WIDEST = 1.6
"""Width by height of the widest picture that a camera below the screen is cropped to."""
ENLARGED = 2.0
"""A camera is cropped no further than lets it be shown this many times its size."""
ROOM = 1.25
"""A crop is this many times as wide as the stretch in which the lecturer moves."""
HEADROOM = 0.12
"""Part of a crop's height that is left above the lecturer."""
UNKNOWN = Person(0.5, 0.5, HEADROOM, 1.0)
"""Where nobody was found, a crop keeps the middle and the top."""
NOBODY: Mapping[Box, Person] = MappingProxyType({})


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
    """They do not overlap."""
    bubble: Panel | None = None
    """A square that is shown as a disc over the panels."""
    behind: Box | None = None
    """The part of the source, of the canvas's shape, that is shown blurred behind all panels."""
    captions: Box | None = None
    """The stretch across the picture that burned-in subtitles keep within, if there are any."""


def caption_letter(params: CompileParams) -> int:
    """Return the size of the caption letters in pixels."""
    size = params.caption_size * params.look.caption_scale
    return max(8, round(min(params.canvas) * size / 100))


def captions_below(params: CompileParams) -> bool:
    """Return whether captions have a strip of their own."""
    place = params.caption_place
    return (params.look.captions if place == "auto" else place) == "below"


def caption_strip(params: CompileParams) -> Box:
    """Return the place of captions under both screen and camera.

    That is under the screen where the lecturer is below it, else along the lower edge.
    """
    strip, look = lower_strip(params), params.look
    if look.both == "rows" and captions_below(params):
        return strip._replace(y=even(params.canvas[1] * look.split))
    return strip


def lower_strip(params: CompileParams) -> Box:
    """Return the stretch along the lower edge that captions keep within.

    On tall pictures it is higher up: phones lay their own buttons over the lower edge.
    """
    width, height = params.canvas
    lines = params.look.caption_lines * LINE_HEIGHT + 2 * BOX_PADDING
    strip = even(caption_letter(params) * lines) + 8
    edge = max(min(width, height) * SAFE_EDGE, (height - width) * PHONE_EDGE)
    return Box(0, even(height - edge) - strip, width, strip)


def compose(
    region: LayoutRegion | None, media: Media, params: CompileParams, people: People = NOBODY
) -> Composition:
    """Return the composition for a stretch of the lecture; no region means the whole frame."""
    screen, camera = _sources(region, media, params)
    person = people.get(region.camera) if region and region.camera else None
    made = _Composer(params, person or UNKNOWN).arrange(screen, camera)
    return replace(made, behind=_behind(made, screen, params))


def _behind(made: Composition, screen: Box | None, params: CompileParams) -> Box | None:
    """Return what of the screen fills the room that a tall or square picture leaves around it."""
    if screen is None or params.backdrop == "plain" or made.width > made.height:
        return None
    scale = min(screen.w / made.width, screen.h / made.height)
    return crop(screen, made.width * scale, made.height * scale, (0.5, 0.5))


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
    if params.look.both == "screen" and screen:
        camera = None
    if params.look.both == "camera" and camera:
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


class _Composer:
    """Arranges the pictures of one stretch as the template says."""

    def __init__(self, params: CompileParams, person: Person) -> None:
        self.params = params
        self.look = params.look
        self.person = person
        self.width, self.height = params.canvas
        self.strip = caption_strip(params) if params.captions else None
        self.lower = lower_strip(params) if params.captions else None
        self.below = captions_below(params)

    def arrange(self, screen: Box | None, camera: Box | None) -> Composition:
        if screen and camera:
            kinds = {"columns": self._columns, "rows": self._rows, "bubble": self._bubble}
            return kinds[self.look.both](screen, camera)
        if screen:
            return self._alone(screen)
        assert camera is not None
        # A face is in the middle of a camera's picture: the words stand low, whatever the template.
        self.strip = self.lower
        whole = Box(0, 0, self.width, self.height)
        if self.look.both == "rows":
            camera = self._filling(camera, whole)
        return self._made(Panel(camera, fit(camera, whole)))

    def _alone(self, screen: Box) -> Composition:
        """Return the screen alone: nothing is written over it unless that is asked for."""
        self.strip = self.lower
        if self.params.caption_place != "over":
            self.below = True
        if self.strip is None or not self.below or self.look.both != "rows":
            return self._made(Panel(screen, fit(screen, self._above_strip())))
        whole = Box(0, 0, self.width, self.height - self.strip.h)
        target = fit(screen, whole)
        self.strip = self.strip._replace(y=target.y + target.h)
        return self._made(Panel(screen, target))

    def _made(self, *panels: Panel, bubble: Panel | None = None) -> Composition:
        return Composition(self.width, self.height, panels, bubble, captions=self.strip)

    def _above_strip(self) -> Box:
        """Return what captions with a strip of their own leave of the canvas."""
        floor = self.strip.y if self.strip and self.below else self.height
        return Box(0, 0, self.width, floor)

    def _columns(self, screen: Box, camera: Box) -> Composition:
        """Return the main picture with the other one beside it."""
        area = self._above_strip()
        gap = even(area.w * GAP)
        # The gap is taken from the smaller, so that a screen recorded at its size stays as it is.
        wide = even(area.w * self.params.main_share)
        narrow = even(area.w - wide - gap)
        main_left = (self.params.camera_side == "right") == (self.look.main == "screen")
        main = Box(0 if main_left else narrow + gap, area.y, wide, area.h)
        side = Box(wide + gap if main_left else 0, area.y, narrow, area.h)
        if self.look.main == "camera":
            lecturer = self._filling(camera, main)
            small = self._screen(screen, camera, fit(screen, side))
            return self._made(small, Panel(lecturer, fit(lecturer, main)))
        screen_at = fit(screen, main)
        lecturer = self._upright(camera, narrow, screen_at.h)
        camera_at = fit(lecturer, side)
        if camera_at.h <= screen_at.h:
            camera_at = camera_at._replace(y=screen_at.y)
        return self._made(self._screen(screen, camera, screen_at), Panel(lecturer, camera_at))

    def _rows(self, screen: Box, camera: Box) -> Composition:
        """Return the screen above the lecturer, who fills what is left."""
        split = even(self.height * self.look.split)
        top = split + (self.strip.h if self.strip and self.below else 0)
        floor = Box(0, top, self.width, self.height - top)
        above = fit(screen, Box(0, 0, self.width, split), down=1)
        lecturer = self._filling(camera, floor._replace(w=min(floor.w, even(floor.h * WIDEST))))
        return self._made(
            self._screen(screen, camera, above), Panel(lecturer, fit(lecturer, floor, down=0))
        )

    def _bubble(self, screen: Box, camera: Box) -> Composition:
        """Return the screen with the lecturer as a disc over its lower corner."""
        area = self._above_strip()
        floor = self.strip.y if self.strip else self.height
        size = even(min(self.width, self.height) * BUBBLE)
        edge = even(min(self.width, self.height) * SAFE_EDGE)
        x = edge if self.params.camera_side == "left" else self.width - edge - size
        at = Box(even(x), even(floor - edge - size), size, size)
        return self._made(
            self._screen(screen, camera, fit(screen, area)), bubble=Panel(self._round(camera), at)
        )

    def _screen(self, screen: Box, camera: Box, target: Box) -> Panel:
        patch = patch_over(screen, camera, target) if self.params.inset == "smooth" else None
        return Panel(screen, target, patch)

    def _centre(self) -> float:
        return (self.person.left + self.person.right) / 2

    def _needed(self, camera: Box) -> float:
        """Return how wide a crop of the camera is that holds the lecturer, in pixels."""
        return ROOM * (self.person.right - self.person.left) * camera.w

    def _upright(self, camera: Box, width: int, height: int) -> Box:
        """Return the part of the camera that is shown in a place of that size beside the screen.

        Cut at the sides alone: from head to hands the lecturer is seen as far as the camera shows.
        """
        if self.params.camera_crop == "whole":
            return camera
        least = max(UPRIGHT * camera.h, width / ENLARGED, width * camera.h / height)
        return crop(camera, max(least, self._needed(camera)), camera.h, (self._centre(), 0.5))

    def _filling(self, camera: Box, area: Box) -> Box:
        """Return the part of the camera that fills the area, wider where the lecturer needs it."""
        if self.params.camera_crop == "whole":
            return camera
        wide = max(min(camera.w, camera.h * area.w / area.h), self._needed(camera))
        high = min(camera.h, camera.w * area.h / area.w)
        wide, high = shaped(wide, high)
        return crop(camera, wide, high, (self._centre(), self._middle(high / camera.h)))

    def _round(self, camera: Box) -> Box:
        """Return the square of the camera that a disc shows."""
        side = even(min(camera.w, camera.h))
        return crop(camera, side, side, (self._centre(), self._middle(side / camera.h)))

    def _middle(self, share: float) -> float:
        """Return the middle of a crop of that share of the height, with the head inside."""
        return self.person.top + share * (0.5 - HEADROOM)
