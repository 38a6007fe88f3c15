"""Draw pages of several slide templates, with what moves on them: videos and handwriting."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.people import draw_portrait

Template = Literal["bar", "plain", "dark", "cream", "blue"]
Extra = Literal["none", "photos", "video", "strokes"]
Colour = tuple[int, int, int]

INKS: dict[Template, tuple[Colour, Colour, Colour]] = {
    "bar": ((250, 250, 247), (34, 38, 49), (29, 92, 150)),
    "plain": ((255, 255, 255), (0, 0, 0), (0, 0, 0)),
    "dark": ((18, 20, 26), (226, 228, 232), (250, 196, 70)),
    "cream": ((244, 236, 216), (60, 44, 30), (150, 50, 40)),
    "blue": ((28, 60, 120), (240, 244, 250), (255, 216, 110)),
}
"""Paper, text and title of each template."""
VIDEO = (0.56, 0.36, 0.38, 0.42)
"""Where a page's video lies, as shares of the page: left, top, width, height."""


@dataclass(frozen=True)
class Page:
    """What a slide shows."""

    title: str
    lines: tuple[str, ...]
    number: int
    template: Template = "bar"
    extra: Extra = "none"


@lru_cache(16)
def draw_page(page: Page, size: tuple[int, int]) -> np.ndarray:
    """Return a slide, RGB uint8 (h, w, 3)."""
    width, height = size
    paper, ink, accent = INKS[page.template]
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    left, top = width * 0.05, height * 0.05
    if page.template == "bar":
        draw.rectangle((0, 0, width, height * 0.16), fill=accent)
        accent = paper
    elif page.template == "cream":
        draw.line((left, height * 0.19, width * 0.95, height * 0.19), fill=accent, width=2)
    elif page.template == "blue":
        draw.rectangle((0, height * 0.93, width, height), fill=(18, 40, 84))
    draw.text((left, top), page.title, accent, font=_font(height * 0.085))
    for row, line in enumerate(page.lines):
        draw.text((left, height * (0.27 + 0.13 * row)), line, ink, font=_font(height * 0.06))
    for index in range(3):
        place = (index * 3 + page.number) % 7
        x, wide = width * (0.06 + 0.07 * place), width * 0.05
        tall = height * (0.05 + 0.02 * ((page.number * 5 + index * 3) % 6))
        draw.rectangle((x, height * 0.9 - tall, x + wide, height * 0.9), fill=ink)
    if page.extra == "photos":
        _photos(image, page.number)
    draw.text((width * 0.92, height * 0.94), str(page.number + 1), ink, _font(height / 30))
    return np.asarray(image)


def _photos(image: Image.Image, number: int) -> None:
    """Paste two portraits, at other places on every page."""
    width, height = image.size
    side = round(height * 0.26)
    for index in range(1 + number % 2):
        x = width * (0.56 + 0.2 * index) + width * 0.02 * (number % 3)
        y = height * (0.3 + 0.07 * ((number + index) % 3))
        image.paste(draw_portrait(number + index, (side, side)), (round(x), round(y)))


@lru_cache(2)
def film_video(number: int, size: tuple[int, int], fps: int) -> tuple[np.ndarray, ...]:
    """Return a loop of 6 s, as a slide plays it: discs that cross a plain ground."""
    frames = []
    for index in range(6 * fps):
        image = Image.new("RGB", size, (90 + 20 * (number % 4), 120, 140))
        draw = ImageDraw.Draw(image)
        for disc in range(4):
            turn = 2 * np.pi * (index / (6 * fps) + disc / 4)
            x = size[0] * (0.5 + 0.38 * np.cos(turn * (1 + disc % 2)))
            y, r = size[1] * (0.5 + 0.34 * np.sin(turn)), size[1] * 0.13
            draw.ellipse((x - r, y - r, x + r, y + r), fill=(240, 60 + 45 * disc, 40))
        frames.append(np.asarray(image))
    return tuple(frames)


@lru_cache(2)
def write_strokes(page: Page, size: tuple[int, int], count: int) -> np.ndarray:
    """Return a page with so many strokes of a hand on it."""
    width, height = size
    image = Image.fromarray(draw_page(page, size))
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(page.number)
    for stroke in range(count):
        x = width * (0.5 + 0.035 * (stroke % 12))
        y = height * (0.32 + 0.09 * (stroke // 12 % 6))
        steps = rng.normal(0, 0.012, (6, 2)).cumsum(axis=0) * (width, height)
        points = [(float(x + a), float(y + b)) for a, b in steps]
        draw.line(points, fill=(200, 40, 40), width=2)
    return np.asarray(image)


@cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(6, round(size)))
