"""Cut the bars of browsers and desktops off a screen: they stay while its slides change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.layout.boxes import BLUR, Rect
from agents.layout.lines import Lines

CHANGED_LEVELS = 16
"""Range of luma over the pictures from which a pixel has shown different things."""
MOST_STRIP = 0.16
"""Height of the highest bar of a browser or desktop, as a share of the screen."""
STRIP_SIDE = 0.85
"""Straightness of the line at which such a bar ends."""
STRIP_STATES = 3
"""Different slides below which a bar that never changes may still belong to them."""
STRIP_STRUCTURE = 6.0
"""Standard deviation of luma in a bar: buttons and titles stand on it; plain ones are slides'."""


def without_strips(
    groups: Sequence[tuple[np.ndarray, np.ndarray]], lines: Lines, rect: Rect, seed: Rect
) -> Rect:
    """Return a screen without bars above and below that never change while its slides do.

    `groups` are pictures (n, h, w) and their known pixels: first those of the screen, then others.
    """
    left, top, right, bottom = rect
    most = round(MOST_STRIP * (bottom - top))
    for side, low, high in (
        (1, top + 3, min(seed.top + BLUR, top + most)),
        (3, max(seed.bottom - BLUR, bottom - most), bottom - 3),
    ):
        at = np.arange(low, high)
        strength = lines.strength(side, at, np.full(len(at), left), np.full(len(at), right))
        if not len(at) or strength.max() < STRIP_SIDE:
            continue
        cut = int(at[strength.argmax()])
        bar = Rect(left, top, right, cut) if side == 1 else Rect(left, cut, right, bottom)
        if _is_strip(groups, bar, rect):
            top, bottom = (cut, bottom) if side == 1 else (top, cut)
    return Rect(left, top, right, bottom)


def _is_strip(groups: Sequence[tuple[np.ndarray, np.ndarray]], bar: Rect, rect: Rect) -> bool:
    """Tell whether something stands on a bar and stays while enough slides change beside it."""
    own, known = groups[0]
    usual = bar.inside(np.median(own, axis=0))
    shown = usual[bar.inside(known)]
    if not shown.size or shown.std() < STRIP_STRUCTURE:
        return False
    alike = [pictures[_looks(pictures, usual, bar, known & seen)] for pictures, seen in groups]
    rest = np.logical_and.reduce([seen for _, seen in groups])
    bar.inside(rest)[...] = False
    return _count_slides(rect.inside(np.concatenate(alike)), rect.inside(rest)) >= STRIP_STATES


def _looks(pictures: np.ndarray, usual: np.ndarray, bar: Rect, known: np.ndarray) -> np.ndarray:
    """Tell which pictures (n, h, w) show a bar as usual where it is known, bool (n,)."""
    seen = bar.inside(known)
    if not seen.any():
        return np.zeros(len(pictures), bool)
    return np.abs(bar.inside(pictures) - usual)[:, seen].mean(axis=1) < SAME_STRIP


SAME_STRIP = 4.0
"""Levels by which a bar may differ from its usual look, on average."""


def _count_slides(pictures: np.ndarray, known: np.ndarray) -> int:
    """Return how many different slides pictures (n, h, w) show where they are `known`.

    What differs in most of them is a film on one slide.
    """
    values = pictures[:, ::4, ::4].astype(np.int16)[:, known[::4, ::4]]
    if len(values) > STRIP_STATES:
        values = values[:, (np.abs(np.diff(values, axis=0)) > CHANGED_LEVELS).mean(axis=0) < FILM]
    if not values.shape[1]:
        return 1
    slides: list[np.ndarray] = []
    for picture in values:
        away = [(np.abs(picture - slide) > CHANGED_LEVELS).mean() for slide in slides]
        if min(away, default=1.0) > SLIDE_SHARE:
            slides.append(picture)
    return len(slides)


FILM = 0.6
"""Share of the steps from picture to picture in which a film differs."""
SLIDE_SHARE = 0.025
"""Share of the picture that differs between two slides; a hand that writes changes less."""
