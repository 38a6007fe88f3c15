"""Marks over a clip: how far it is, whose it is, and how it begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from agents.compile.colours import WHITE, accent_for
from agents.compile.compositor import SAFE_EDGE
from agents.compile.geometry import even
from agents.compile.layers import Layer
from agents.compile.logo import read_logo
from agents.compile.params import CompileParams
from agents.types import Box

BAR, TRACK = 0.008, 0.45
"""Height of the bar as a part of the shorter side, and how dark it is where it is not yet."""
BAR_STEP = 4
"""The bar grows by so many pixels at a time."""
LOGO_WIDE = 0.25
"""A logo is no wider than this part of the width."""


def bar_layer(duration: float, params: CompileParams) -> Layer:
    """Return a bar along the lower edge that grows from left to right."""
    width, height = params.canvas
    thick = max(4, even(min(width, height) * BAR))
    return Layer(Box(0, height - thick, width, thick), _bar(width, thick, duration))


def _bar(width: int, thick: int, duration: float) -> Iterator[tuple[float, np.ndarray]]:
    bar = np.zeros((thick, width, 4), np.uint8)
    bar[..., 3] = round(255 * TRACK)
    steps = width // BAR_STEP
    for step in range(steps + 1):
        bar[:, : step * BAR_STEP, :3] = accent_for(WHITE)
        bar[:, : step * BAR_STEP, 3] = 255
        yield duration * step / (steps + 1), bar.copy()


def logo_layer(path: Path, params: CompileParams) -> Layer:
    """Return the logo in its corner."""
    width, height = params.canvas
    edge = even(min(width, height) * SAFE_EDGE)
    most = (even(width * LOGO_WIDE), even(min(width, height) * params.logo_size / 100))
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    image = _scaled_logo(path, changed, most)
    h, w = image.shape[:2]
    x = edge if params.logo_place == "top_left" else width - edge - w
    return Layer(Box(even(x), edge, w, h), ((0.0, image),))


@lru_cache(8)
def _scaled_logo(path: Path, changed: int, most: tuple[int, int]) -> np.ndarray:
    return read_logo(path, most)


def fade_layer(duration: float, fps: float, params: CompileParams) -> Layer:
    """Return black that goes at the beginning and comes at the end."""
    width, height = params.canvas
    fade = min(params.fade_s, duration / 2)
    spans = ((0.0, fade), (duration - fade, duration + 1.0))
    return Layer(Box(0, 0, width, height), _black(width, height, duration, fade, fps), spans)


def _black(
    width: int, height: int, duration: float, fade: float, fps: float
) -> Iterator[tuple[float, np.ndarray]]:
    frames = max(1, round(fade * fps))
    # The very first and last frames are nearly, not quite black: a still of them shows something.
    for frame in range(frames):
        yield frame / fps, _plain(width, height, 1 - (frame + 0.5) / frames)
    yield fade, _plain(width, height, 0.0)
    for frame in range(frames):
        yield duration - (frames - frame) / fps, _plain(width, height, (frame + 0.5) / frames)


def _plain(width: int, height: int, dark: float) -> np.ndarray:
    image = np.zeros((height, width, 4), np.uint8)
    image[..., 3] = round(255 * dark)
    return image
