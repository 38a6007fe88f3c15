"""Colours of text, and whether they can be read on what may lie under them (WCAG 2.2)."""

from __future__ import annotations

RGB = tuple[int, int, int]
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
READABLE = 4.5
"""Least contrast of text to its ground (WCAG 2.2, success criterion 1.4.3)."""
TEXT_COLOURS: dict[str, RGB] = {"white": WHITE, "yellow": (255, 225, 60), "cyan": (90, 235, 255)}
ACCENTS: tuple[RGB, ...] = ((255, 205, 0), (0, 229, 255), (255, 255, 255))
"""What the word being said may be shown in."""


def luminance(colour: RGB) -> float:
    """Return the relative luminance of an sRGB colour, 0-1."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: RGB, b: RGB) -> float:
    """Return the contrast ratio of two colours, 1-21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def under(shade: float, picture: RGB = WHITE) -> RGB:
    """Return a picture's colour under a black box of that shade, 0-1."""
    red, green, blue = (round((1 - shade) * part) for part in picture)
    return red, green, blue


def needs_outline(text: RGB, shade: float) -> bool:
    """Return whether the box alone leaves the text hard to read over a white slide."""
    return contrast(text, under(shade)) < READABLE


def accent_for(text: RGB) -> RGB:
    """Return the colour for the word being said: readable on black, and far from the others'."""
    return max(ACCENTS, key=lambda colour: (_distance(colour, text), contrast(colour, BLACK)))


def _distance(a: RGB, b: RGB) -> float:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5
