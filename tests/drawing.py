"""Draw slides and a lecturer for made lectures; nothing is loaded from outside."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

BACKDROP = (24, 26, 32)
PAPER, INK, ACCENT, FAINT = (250, 250, 247), (34, 38, 49), (29, 92, 150), (205, 214, 224)
SKIN, HAIR, SHIRT, WALL = (224, 180, 150), (66, 46, 36), (58, 82, 120), (176, 182, 178)
LOOP_S = 4
OVERSAMPLE = 2


@cache
def draw_slide(
    title: str, lines: tuple[str, ...], number: int, size: tuple[int, int]
) -> np.ndarray:
    """Return a slide of one template, RGB uint8 (h, w, 3): bar, title, lines, a figure."""
    width, height = size
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height * 0.16), fill=ACCENT)
    draw.text((width * 0.04, height * 0.035), title, PAPER, font=_font(height * 0.085))
    for row, line in enumerate(lines):
        y = height * (0.25 + 0.14 * row)
        dot = height * 0.014
        draw.ellipse((width * 0.05 - dot, y + dot, width * 0.05 + dot, y + 3 * dot), fill=ACCENT)
        draw.text((width * 0.085, y), line, INK, font=_font(height * 0.062))
    _figure(draw, number, width, height)
    draw.text(
        (width * 0.02, height * 0.945), f"Searching   {number + 1}", FAINT, _font(height / 32)
    )
    return np.asarray(image)


def _figure(draw: ImageDraw.ImageDraw, number: int, width: int, height: int) -> None:
    """Draw a row of cells, one of them marked: another one on every slide."""
    cell = width * 0.075
    for index in range(6):
        x, y = width * 0.06 + index * cell, height * 0.74
        fill = ACCENT if index == number % 6 else PAPER
        draw.rectangle((x, y, x + cell * 0.92, y + height * 0.13), fill=fill, outline=INK, width=2)
        value = str((number * 7 + index * 11) % 90 + 10)
        ink = PAPER if index == number % 6 else INK
        draw.text((x + cell * 0.22, y + height * 0.035), value, ink, font=_font(height * 0.05))


@cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(6, round(size)))


@cache
def draw_camera(size: tuple[int, int], fps: int) -> list[np.ndarray]:
    """Return a loop of a talking lecturer, RGB uint8 (h, w, 3) each."""
    count = LOOP_S * fps
    grain = np.random.default_rng(3).normal(0, 2.0, (8, size[1], size[0], 1))
    frames = []
    for index in range(count):
        image = _person(size, 2 * np.pi * index / count)
        frames.append(np.clip(image + grain[index % 8], 0, 255).astype(np.uint8))
    return frames


def _person(size: tuple[int, int], phase: float) -> np.ndarray:
    width, height = size[0] * OVERSAMPLE, size[1] * OVERSAMPLE
    image = Image.new("RGB", (width, height), WALL)
    draw = ImageDraw.Draw(image)
    for shelf in range(3):
        y = height * (0.1 + 0.26 * shelf)
        for book in range(7):
            x = width * (0.02 + 0.033 * book)
            tone = 70 + (book * 53 + shelf * 31) % 110
            draw.rectangle((x, y, x + width * 0.027, y + height * 0.2), fill=(tone, 90, 200 - tone))
    unit = min(height, width * 0.75)
    x = width * 0.55 + unit * 0.05 * np.sin(phase)
    y = height * 0.42 + unit * 0.015 * np.sin(3 * phase)
    draw.ellipse((x - unit * 0.42, y + unit * 0.24, x + unit * 0.42, y + unit * 1.3), fill=SHIRT)
    draw.rectangle((x - unit * 0.07, y + unit * 0.1, x + unit * 0.07, y + unit * 0.3), fill=SKIN)
    draw.ellipse((x - unit * 0.19, y - unit * 0.27, x + unit * 0.19, y + unit * 0.14), fill=HAIR)
    draw.ellipse((x - unit * 0.16, y - unit * 0.2, x + unit * 0.16, y + unit * 0.22), fill=SKIN)
    for side in (-1, 1):
        eye, r = x + side * unit * 0.065, unit * 0.02
        draw.ellipse((eye - r, y - r, eye + r, y + r), fill=INK)
    opened = unit * (0.008 + 0.03 * abs(np.sin(5 * phase) * np.sin(3 * phase + 1)))
    mouth = y + unit * 0.12
    draw.ellipse(
        (x - unit * 0.055, mouth - opened, x + unit * 0.055, mouth + opened), (120, 50, 50)
    )
    hand = x + unit * 0.36 * np.cos(phase)
    up = y + unit * (0.62 + 0.12 * np.sin(2 * phase))
    draw.ellipse((hand - unit * 0.07, up - unit * 0.07, hand + unit * 0.07, up + unit * 0.07), SKIN)
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS), np.float32)
