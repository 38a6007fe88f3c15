"""The headlines of slides, read from their stills where the extra [ocr] is installed.

Only the upper part of the screen is looked at, and of it only the few lines that are large and
high up are read. A headline is the largest of them; what stands on nearly every slide (the name
of a university, the number of the page) is none. What was read is text from outside: it is
reduced to one plain line, and never used as anything but text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.headings import clean_title
from agents.layout.boxes import Rect
from agents.layout.ocr import WIDTH, Reader, ocr_version
from agents.layout.params import LayoutParams
from agents.registry import Resources
from agents.types import Box, LayoutRegion, Media, Slide

TOP_SHARE = 0.4
"""Part of the screen's height in which a headline stands."""
READ = 3
"""So many lines of a slide are read, those that look most like a headline."""
LEAST_HEIGHT = 0.03
"""Share of the screen's height that a headline's line takes at least."""
SURE = 0.85
"""Confidence below which what was read is taken for a misreading."""
LONGEST = 80
"""A headline of more characters is a sentence."""
TOUCH = 2
"""Pixels from a line to the camera when it goes on behind it: lines are found with a margin."""
MOSTLY = 0.5
"""Share of a line that lies in the camera when it is the camera itself that was taken for one."""
SAME_LEVELS = 2.0
"""Upper parts of slides that differ by less in the mean are read once, and count as one."""
CROWD, STANDS_OUT = 4, 1.15
"""Among so many other lines a headline is so many times higher than their median."""
ALIKE = 0.85
"""Lines are of one size when the lower one has this share of the higher one's height."""
OFTEN, ENOUGH = 0.8, 8
"""Stands a line on this share of at least so many slides, it belongs to the template."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on a slide: where in the reduced picture, and what it says."""

    where: Rect
    text: str

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return _height(self.where)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The upper part of a slide, reduced: BGR (h, w, 3), and where the camera covers it."""

    picture: np.ndarray
    camera: Rect | None = None


@dataclass(frozen=True, slots=True)
class Top:
    """What was read in the upper part of a slide."""

    size: tuple[int, int]
    """Width and height of the reduced picture in pixels."""
    lines: tuple[Line, ...]
    heights: tuple[int, ...]
    """Heights of all lines there, those not read included."""
    hidden: float = 0.0
    """Prominence of the line that goes on behind the camera, the most prominent such."""


def headlines_used(resources: Resources, params: LayoutParams) -> Mapping[str, Any]:
    """Return by what headlines are read, for the stage key; nothing when none are."""
    found = ocr_version() if params.headlines else ""
    return {"ocr": f"rapidocr {found}"} if found else {}


def read_headlines(
    slides: Sequence[Slide],
    regions: Sequence[LayoutRegion],
    media: Media,
    reader: Reader,
    most: int,
) -> tuple[Slide, ...]:
    """Return the slides with their headlines as titles; at most `most`, those shown longest."""
    order = sorted(range(len(slides)), key=lambda i: (-slides[i].duration, i))
    tops: dict[int, Top] = {}
    before: tuple[Part, Top] | None = None
    for index in sorted(order[:most]):
        part = upper_part(slides[index], regions, media)
        if part is not None:
            same = before is not None and _same(before[0].picture, part.picture)
            tops[index] = before[1] if before and same else read_top(part, reader)
            before = (part, tops[index])
    template = find_template(list({id(top): top for top in tops.values()}.values()))
    return tuple(
        replace(slide, title=choose_headline(tops[i], template)) if i in tops else slide
        for i, slide in enumerate(slides)
    )


def upper_part(slide: Slide, regions: Sequence[LayoutRegion], media: Media) -> Part | None:
    """Return the upper part of a slide's screen, None where no screen is seen."""
    import cv2

    region = max(regions, key=slide.overlap, default=None)
    if slide.still is None or region is None or region.screen is None:
        return None
    still = cv2.imdecode(np.frombuffer(Path(slide.still).read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if still is None:
        return None
    scale = still.shape[1] / media.width
    screen = _scaled(region.screen, scale)
    height = round((screen.bottom - screen.top) * TOP_SHARE)
    picture = still[screen.top : screen.top + height, screen.left : screen.right]
    if min(picture.shape[:2]) < 2:
        return None
    reduced = min(1.0, WIDTH / picture.shape[1])
    small = cv2.resize(picture, None, fx=reduced, fy=reduced, interpolation=cv2.INTER_AREA)
    camera = region.camera
    if camera is None:
        return Part(small)
    x, y = region.screen.x, region.screen.y
    beside = Rect(camera.x - x, camera.y - y, camera.x - x + camera.w, camera.y - y + camera.h)
    return Part(small, beside.scaled(scale * reduced, scale * reduced))


def _scaled(box: Box, scale: float) -> Rect:
    x, y, w, h = box
    return Rect(max(0, x), max(0, y), x + w, y + h).scaled(scale, scale)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two upper parts show the same, noise aside."""
    return one.shape == other.shape and bool(
        np.abs(one.astype(np.int16) - other).mean() < SAME_LEVELS
    )


def read_top(part: Part, reader: Reader) -> Top:
    """Read the lines of the upper part of a slide that look most like a headline.

    A line that touches the camera's border goes on behind it and is not read.
    """
    picture = part.picture
    height, width = picture.shape[:2]
    least = LEAST_HEIGHT * height / TOP_SHARE
    found = [place for place in reader.find(picture) if _height(place) >= least]
    camera = part.camera or Rect(0, 0, 0, 0)
    found = [place for place in found if place.meet(camera).area < MOSTLY * place.area]
    cut = [place for place in found if place.grown(TOUCH).meet(camera).area]
    places = [place for place in found if place not in cut]
    places.sort(key=lambda place: (-_prominence(place, height), place))
    lines = []
    for place in places[:READ]:
        text, sure = reader.read(place.inside(np.moveaxis(picture, 2, 0)).transpose(1, 2, 0))
        if sure >= SURE and is_wording(text):
            lines.append(Line(place, text))
    heights = tuple(_height(place) for place in places)
    hidden = max((_prominence(place, height) for place in cut), default=0.0)
    return Top((width, height), tuple(lines), heights, hidden)


def _height(place: Rect) -> int:
    return place.bottom - place.top


def _prominence(place: Rect, height: int) -> float:
    """Return the height of a line, halved at the lower end of the part."""
    return _height(place) * (1 - 0.5 * min(1.0, place.top / height))


def is_wording(text: str) -> bool:
    """Tell whether `text` is words: no number of a page, no formula, no date."""
    letters = sum(character.isalpha() for character in text)
    filled = sum(not character.isspace() for character in text)
    wide = any(character.isalpha() and ord(character) > 0x2E80 for character in text)
    return letters >= (2 if wide else 3) and letters >= 0.6 * filled


def find_template(tops: Sequence[Top]) -> frozenset[str]:
    """Return what stands on nearly every slide, as `_key` writes it."""
    said = Counter(key for top in tops for key in {_key(line.text) for line in top.lines})
    if len(tops) < ENOUGH:
        return frozenset()
    return frozenset(key for key, times in said.items() if times >= OFTEN * len(tops))


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalpha())


def choose_headline(top: Top, template: frozenset[str]) -> str:
    """Return the headline as one plain line, "" when no line is clearly one."""
    lines = [line for line in top.lines if _key(line.text) not in template]
    if not lines:
        return ""
    first = max(lines, key=lambda line: _prominence(line.where, top.size[1]))
    others = sorted(top.heights)
    others.remove(first.height)
    if top.hidden > _prominence(first.where, top.size[1]):
        return ""
    if len(others) >= CROWD and first.height < STANDS_OUT * float(np.median(others)):
        return ""
    second = [line for line in lines if _follows(first, line, top)]
    text = clean_title(" ".join(line.text for line in [first, *second[:1]]), limit=10 * LONGEST)
    return text if len(text) <= LONGEST and is_wording(text) else ""


def _follows(first: Line, line: Line, top: Top) -> bool:
    """Tell whether `line` is the second line of a headline that had no room left in its first."""
    gap = line.where.top - first.where.bottom
    low, high = sorted((first.height, line.height))
    letter = (first.where.right - first.where.left) / len(first.text)
    word = letter * (1 + len(line.text.split()[0]))
    full = max(0.85 * top.size[0], *(other.where.right for other in top.lines))
    wrapped = first.where.right + word > full
    return wrapped and low >= ALIKE * high and -0.3 * high < gap < 0.5 * high
