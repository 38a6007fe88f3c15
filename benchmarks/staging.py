"""Where screen and camera lie in a made lecture of some style, and what is drawn around them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from agents.types import Box, LayoutKind
from tests.decks import Extra, Template
from tests.people import Manner, Room

Around = Literal["none", "pillar", "letter", "window", "taskbar", "desktop"]
BACKDROP = (24, 26, 32)
CHROME, CHROME_INK = (222, 225, 230), (70, 74, 82)
TITLE_BAR, TASK_BAR = 0.09, 0.06
"""Heights of a browser's bars and of a task bar, as shares of the picture."""
EDGE = 2
"""Pixels of a drawn border."""


@dataclass(frozen=True)
class Style:
    """Everything that makes one lecture look unlike another."""

    seed: int = 1
    size: tuple[int, int] = (640, 360)
    fps: int = 10
    gop_s: float = 4.0
    order: tuple[LayoutKind, ...] = (
        "picture_in_picture",
        "side_by_side",
        "screen_only",
        "camera_only",
    )
    corner: str = "bottom right"
    inset: float = 0.02
    """Distance of the camera from the picture's corner as a share of its width."""
    share: float = 0.24
    """Width of a camera that lies on the screen as a share of the picture's."""
    aspect: float = 16 / 9
    shape: Literal["straight", "rounded", "circle"] = "straight"
    border: Literal["none", "white", "dark"] = "none"
    beside: Literal["right", "left", "above", "halves"] = "right"
    """Where a camera that does not lie on the screen is; halves leave no backdrop."""
    proportion: float = 0.7
    """Width of the screen beside a camera as a share of the picture's."""
    manner: Manner = "talks"
    room: Room = "shelf"
    template: Template = "bar"
    extra: Extra = "none"
    around: Around = "none"
    logo: bool = False
    pointer: bool = False
    names: bool = False


def stage(kind: LayoutKind, style: Style) -> tuple[Box | None, Box | None]:
    """Return the boxes of screen and camera, even pixels."""
    width, height = style.size
    whole = Box(0, 0, width, height)
    if kind == "camera_only":
        return None, whole
    if kind == "side_by_side":
        return _beside(style)
    screen = _content(style)
    if kind == "screen_only":
        return screen, None
    wide = style.share * width
    tall = wide if style.shape == "circle" else wide / style.aspect
    gap = style.inset * width
    right, bottom = style.corner.endswith("right"), style.corner.startswith("bottom")
    return screen, _even(
        width - gap - wide if right else gap, height - gap - tall if bottom else gap, wide, tall
    )


def _even(x: float, y: float, w: float, h: float) -> Box:
    left, top, wide, tall = (round(value / 2) * 2 for value in (x, y, w, h))
    return Box(left, top, wide, tall)


def _content(style: Style) -> Box:
    """Return the part of the picture that the shared screen fills."""
    width, height = style.size
    if style.around == "pillar":
        wide = height * 4 / 3 if width / height > 1.5 else width * 0.8
        return _even((width - wide) / 2, 0, wide, height)
    if style.around == "letter":
        return _even(0, height * 0.11, width, height * 0.78)
    if style.around == "window":
        return _even(0, height * TITLE_BAR, width, height * (1 - TITLE_BAR))
    if style.around == "taskbar":
        return _even(0, 0, width, height * (1 - TASK_BAR))
    if style.around == "desktop":
        return _even(width * 0.08, height * 0.12, width * 0.8, height * 0.74)
    return Box(0, 0, width, height)


def _beside(style: Style) -> tuple[Box, Box]:
    width, height = style.size
    if style.beside == "above":
        tall = height * 0.24
        wide = tall * style.aspect
        screen = _even(width * 0.14, height * 0.26, width * 0.72, height * 0.72)
        return screen, _even((width - wide) / 2, height * 0.01, wide, tall)
    if style.beside == "halves":
        cut = round(style.proportion * width / 2) * 2
        return Box(0, 0, cut, height), Box(cut, 0, width - cut, height)
    wide = style.proportion * width - width * 0.02
    tall = min(height * 0.94, wide * 9 / 16)
    narrow = width - wide - width * 0.05
    low = min(height * 0.9, narrow / style.aspect)
    left = style.beside == "left"
    screen = _even(width - wide - width * 0.015 if left else width * 0.015,
                   (height - tall) / 2, wide, tall)  # fmt: skip
    camera = _even(width * 0.015 if left else width - narrow - width * 0.015,
                   (height - low) / 2, narrow, low)  # fmt: skip
    return screen, camera


@lru_cache(8)
def draw_ground(kind: LayoutKind, style: Style) -> np.ndarray:
    """Return the picture (h, w, 3) behind screen and camera: bars, windows, a desktop, a logo."""
    width, height = style.size
    image = Image.new("RGB", style.size, BACKDROP if kind == "side_by_side" else (0, 0, 0))
    draw = ImageDraw.Draw(image)
    if style.around == "desktop":
        _draw_desktop(image)
    if style.around == "window" and kind != "side_by_side":
        _draw_bar(draw, (0, 0, width, height * TITLE_BAR), 6)
    if style.around == "taskbar" and kind != "side_by_side":
        _draw_bar(draw, (0, height * (1 - TASK_BAR), width, height), 14)
    if style.around == "desktop" and kind != "side_by_side":
        x, y, w, _ = _content(style)
        _draw_bar(draw, (x, y - height * 0.06, x + w, y), 4)
    if style.logo and kind != "camera_only":
        draw.rectangle((width * 0.01, height * 0.93, width * 0.07, height * 0.985), (200, 204, 208))
        draw.text((width * 0.015, height * 0.935), "UNI", (20, 20, 30), _font(height * 0.04))
    return np.asarray(image)


def _draw_desktop(image: Image.Image) -> None:
    width, height = image.size
    draw = ImageDraw.Draw(image)
    for row in range(height):
        tone = row / height
        draw.line(
            (0, row, width, row),
            fill=(int(30 + 60 * tone), int(70 + 50 * tone), int(150 - 60 * tone)),
        )
    draw.ellipse((width * 0.55, height * 0.5, width * 1.2, height * 1.4), fill=(60, 130, 150))
    for icon in range(5):
        y = height * (0.06 + 0.13 * icon)
        draw.rectangle((width * 0.015, y, width * 0.05, y + height * 0.07), fill=(230, 220, 160))


def _draw_bar(
    draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], items: int
) -> None:
    """Draw a bar of a window with small marks on it, as tabs and buttons look."""
    draw.rectangle(box, fill=CHROME)
    left, top, right, bottom = box
    tall = bottom - top
    for item in range(items):
        x = left + tall * (0.4 + 1.1 * item)
        if x + tall < right:
            draw.rectangle((x, top + tall * 0.35, x + tall * 0.5, bottom - tall * 0.35), CHROME_INK)


def paste(frame: np.ndarray, film: np.ndarray, box: Box, style: Style, kind: LayoutKind) -> None:
    """Put the camera's picture in its box, in its shape, with its border and its name."""
    x, y, w, h = box
    place = frame[y : y + h, x : x + w]
    if kind == "camera_only":
        place[:] = film
        return
    shaped = kind == "picture_in_picture"
    mask, edge = _mask((w, h), style.shape if shaped else "straight")
    place[mask] = film[mask]
    if style.border != "none":
        place[edge] = (245, 245, 245) if style.border == "white" else (40, 40, 44)
    if style.names:
        label = _name((round(w * 0.45), max(8, round(h * 0.12))))
        place[-label.shape[0] - 2 : -2, 2 : 2 + label.shape[1]] = label


@lru_cache(8)
def _mask(size: tuple[int, int], shape: str) -> tuple[np.ndarray, np.ndarray]:
    """Return which pixels of a box the camera's picture covers, and which its border."""
    width, height = size
    masks = []
    for inner in (0, EDGE):
        image = Image.new("1", size)
        draw = ImageDraw.Draw(image)
        box = (inner, inner, width - 1 - inner, height - 1 - inner)
        if shape == "circle":
            draw.ellipse(box, fill=1)
        elif shape == "rounded":
            draw.rounded_rectangle(box, height * 0.12, fill=1)
        else:
            draw.rectangle(box, fill=1)
        masks.append(np.asarray(image))
    return masks[0], masks[0] & ~masks[1]


@lru_cache(8)
def _name(size: tuple[int, int]) -> np.ndarray:
    image = Image.new("RGB", size, (30, 30, 30))
    ImageDraw.Draw(image).text((2, 0), "A. Lecturer", (240, 240, 240), _font(size[1] * 0.8))
    return np.asarray(image)


def point(page: np.ndarray, at: float) -> None:
    """Draw a mouse pointer that wanders and rests."""
    height, width = page.shape[:2]
    moving = at - max(0.0, at % 9 - 4)
    x = round(width * (0.4 + 0.3 * np.sin(moving * 0.9)))
    y = round(height * (0.5 + 0.3 * np.sin(moving * 0.7 + 1)))
    page[y : y + 8, x : x + 5] = (20, 20, 20)
    page[y + 1 : y + 7, x + 1 : x + 4] = (240, 240, 240)


@lru_cache(8)
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(6, round(size)))
