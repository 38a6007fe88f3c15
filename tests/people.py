"""Film lecturers of many manners in many rooms for made lectures; all of it is drawn."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

Manner = Literal["talks", "still", "wide", "walks"]
Room = Literal["shelf", "dim", "virtual", "paper", "dark", "board"]
Colour = tuple[int, int, int]

LOOP_S: dict[Manner, int] = {"talks": 4, "still": 6, "wide": 10, "walks": 14}
"""Seconds after which the film begins again."""
WALLS: dict[Room, Colour] = {
    "shelf": (176, 182, 178),
    "dim": (120, 118, 112),
    "virtual": (120, 160, 215),
    "paper": (249, 249, 246),
    "dark": (26, 28, 34),
    "board": (38, 66, 52),
}
SKINS: tuple[Colour, ...] = ((224, 180, 150), (150, 106, 80), (92, 62, 46))
SHIRTS: tuple[Colour, ...] = ((58, 82, 120), (150, 60, 60), (230, 230, 226), (30, 30, 34))
HAIR: Colour = (52, 38, 32)
DIM = 0.3
GRAIN = 1.8
"""Standard deviation of the sensor's noise in levels."""


@dataclass(frozen=True)
class Person:
    """Who is filmed, how they move, and where."""

    manner: Manner = "talks"
    room: Room = "shelf"
    number: int = 0
    """Chooses skin and shirt."""


@lru_cache(4)
def film_person(person: Person, size: tuple[int, int], fps: int) -> tuple[np.ndarray, ...]:
    """Return a loop of RGB uint8 (h, w, 3) frames of a person who speaks."""
    count = LOOP_S[person.manner] * fps
    wall = _room(person.room, size)
    grain = np.random.default_rng(5).normal(0, GRAIN, (5, size[1], size[0], 1))
    frames = []
    for index in range(count):
        image = wall.copy()
        _draw_person(image, person, 2 * np.pi * index / count)
        light = DIM if person.room == "dim" else 1.0
        picture = np.asarray(image, np.float32) * light + grain[index % 5]
        frames.append(np.clip(picture, 0, 255).astype(np.uint8))
    return tuple(frames)


def draw_portrait(number: int, size: tuple[int, int]) -> Image.Image:
    """Return a photo of a face, as slides show them."""
    image = _room("virtual", size)
    _draw_person(image, Person("still", "virtual", number), 0.4 * number)
    return image


def _room(room: Room, size: tuple[int, int]) -> Image.Image:
    width, height = size
    image = Image.new("RGB", size, WALLS[room])
    draw = ImageDraw.Draw(image)
    if room in ("shelf", "dim"):
        for place in range(21):
            shelf, book = divmod(place, 7)
            x, y = width * (0.02 + 0.033 * book), height * (0.1 + 0.26 * shelf)
            tone = 70 + (book * 53 + shelf * 31) % 110
            draw.rectangle((x, y, x + width * 0.027, y + height * 0.2), fill=(tone, 90, 200 - tone))
    elif room == "virtual":
        for row in range(height):
            tone = row / height
            colour = (int(120 + 90 * tone), int(170 - 40 * tone), int(220 - 150 * tone))
            draw.line((0, row, width, row), fill=colour)
        draw.polygon(
            [(0, height), (width * 0.3, height * 0.35), (width * 0.7, height)], fill=(70, 110, 80)
        )
    elif room == "board":
        draw.rectangle((0, height * 0.86, width, height), fill=(120, 92, 66))
        for line in range(4):
            y = height * (0.12 + 0.15 * line)
            for word in range(5):
                x = width * (0.06 + 0.17 * word)
                wide = width * (0.05 + 0.02 * ((word * 3 + line) % 4))
                draw.line((x, y, x + wide, y - height * 0.01), fill=(206, 214, 206), width=2)
    return image


def _draw_person(image: Image.Image, person: Person, phase: float) -> None:
    width, height = image.size
    draw = ImageDraw.Draw(image)
    skin = SKINS[person.number % len(SKINS)]
    shirt = SHIRTS[person.number % len(SHIRTS)]
    x, y, unit, reach = _stance(person.manner, width, height, phase)
    draw.ellipse((x - unit * 0.42, y + unit * 0.24, x + unit * 0.42, y + unit * 1.5), fill=shirt)
    draw.rectangle((x - unit * 0.07, y + unit * 0.1, x + unit * 0.07, y + unit * 0.3), fill=skin)
    draw.ellipse((x - unit * 0.19, y - unit * 0.27, x + unit * 0.19, y + unit * 0.14), fill=HAIR)
    draw.ellipse((x - unit * 0.16, y - unit * 0.2, x + unit * 0.16, y + unit * 0.22), fill=skin)
    for side in (-1, 1):
        eye, r = x + side * unit * 0.065, max(1.0, unit * 0.02)
        draw.ellipse((eye - r, y - r, eye + r, y + r), fill=(30, 30, 36))
    opened = unit * (0.01 + 0.035 * abs(np.sin(7 * phase) * np.sin(3 * phase + 1)))
    mouth, lip = y + unit * 0.12, unit * 0.055
    draw.ellipse((x - lip, mouth - opened, x + lip, mouth + opened), (120, 50, 50))
    for side in (-1, 1) if person.manner != "still" else ():
        hand = x + side * unit * (0.3 + reach * abs(np.cos(phase + side)))
        up = y + unit * (0.6 - reach * np.sin(2 * phase + side))
        r = unit * 0.075
        draw.ellipse((hand - r, up - r, hand + r, up + r), skin)


def _stance(
    manner: Manner, width: int, height: int, phase: float
) -> tuple[float, float, float, float]:
    """Return the head's middle, the unit of size, and how far the hands reach, in units."""
    unit = min(height, width * 0.75)
    if manner == "walks":
        unit *= 0.55
        return width * (0.5 + 0.3 * np.sin(phase)), height * 0.4, unit, 0.25
    if manner == "wide":
        x = width * (0.5 + 0.24 * np.sin(phase) + 0.04 * np.sin(5 * phase))
        return x, height * (0.42 + 0.03 * np.sin(4 * phase)), unit * 0.9, 0.5
    if manner == "still":
        x = width * 0.5 + unit * 0.012 * np.sin(phase)
        return x, height * 0.42 + unit * 0.012 * np.sin(3 * phase), unit, 0.0
    x = width * 0.54 + unit * 0.05 * np.sin(phase)
    return x, height * 0.42 + unit * 0.015 * np.sin(3 * phase), unit, 0.12
