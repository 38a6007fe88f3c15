"""Boxes with even sides, fitted into areas without squeezing what they show."""

from __future__ import annotations

from agents.types import Box


def even(value: float) -> int:
    """Return the largest even whole number that is not above `value`."""
    return int(value) // 2 * 2


def fit(source: Box, area: Box, *, across: float = 0.5, down: float = 0.5) -> Box:
    """Return the largest even box of the source's shape in the area.

    `across` and `down` say where the room that is left goes: 0 puts the box to the left and the
    top, 1 to the right and the bottom.
    """
    scale = min(area.w / source.w, area.h / source.h)
    w = min(area.w, max(2, 2 * round(source.w * scale / 2)))
    h = min(area.h, max(2, 2 * round(source.h * scale / 2)))
    return Box(area.x + even((area.w - w) * across), area.y + even((area.h - h) * down), w, h)


def crop(source: Box, width: float, height: float, centre: tuple[float, float]) -> Box:
    """Return the even part of the source of about that size, as near to `centre` as it can be.

    `centre` is in parts of the source, 0-1.
    """
    w, h = (
        max(2, min(whole, even(side)))
        for whole, side in zip(source[2:], (width, height), strict=True)
    )
    x, y = (
        origin + even(min(max(at * whole - side / 2, 0), whole - side))
        for origin, whole, side, at in zip(source[:2], source[2:], (w, h), centre, strict=True)
    )
    return Box(x, y, w, h)


def shaped(width: float, height: float) -> tuple[int, int]:
    """Return even sides, at most that large and not much smaller, whose shape is that most nearly.

    Of small pictures, rounding alone would leave a bar beside what is to fill a place.
    """
    least = max(2, even(0.9 * height))
    pairs = [(even(h * width / height + 1), h) for h in range(even(height), least - 1, -2)]
    fitting = [(w, h) for w, h in pairs if 2 <= w <= width] or [(even(width), even(height))]
    return min(fitting, key=lambda sides: abs(sides[0] * height / (sides[1] * width) - 1))
