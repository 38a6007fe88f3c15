"""Drawn pictures that lie over a clip for a time: captions, titles, bars, logos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from agents.types import Box


@dataclass(frozen=True, slots=True)
class Layer:
    """Images that are shown one after another at one place over the whole composed picture.

    To add something to a clip, draw it and return one more layer from
    `agents.compile.overlays.picture_layers`; nothing else needs to know of it. Later layers lie
    over earlier ones. Text is drawn as pixels, never named in a filter graph.
    """

    place: Box
    """Inside the canvas; all four numbers are even."""
    images: Iterable[tuple[float, np.ndarray]]
    """From when on each image is shown, in seconds of the clip and rising, until the next one.

    Straight (not premultiplied) RGBA, uint8 (place.h, place.w, 4). The first is at 0.0; where
    nothing is to be seen, the image is clear. Read once, one by one: a generator saves memory.
    """
