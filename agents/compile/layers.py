"""Drawn pictures that lie over a clip for a time: captions, titles, bars, logos."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from itertools import groupby, takewhile
from math import ceil

import numpy as np

from agents.types import Box

EARLY = 0.43
"""An image may come this part of a frame early, else it comes late.

No multiple of 10 ms lies there at any usual rate, so times that captions have do not flicker
between two frames when an edge of the clip is moved.
"""


@dataclass(frozen=True, slots=True)
class Sketch:
    """An image that is drawn only for a part of the clip that is encoded: others are kept."""

    key: str
    """Names all that its pixels depend on."""
    draw: Callable[[], np.ndarray]


Drawn = np.ndarray | Sketch


@dataclass(frozen=True, slots=True)
class Layer:
    """Images that are shown one after another at one place over the whole composed picture.

    To add something to a clip, draw it and return one more layer from
    `agents.compile.overlays.picture_layers`; nothing else needs to know of it. Later layers lie
    over earlier ones. Text is drawn as pixels, never named in a filter graph.
    """

    place: Box
    """Inside the canvas; all four numbers are even."""
    images: Iterable[tuple[float, Drawn]]
    """From when on each image is shown, in seconds of the clip and rising, until the next one.

    Straight (not premultiplied) RGBA, uint8 (place.h, place.w, 4), or how it is drawn, where that
    is dear. The first is at 0.0; where nothing is to be seen, the image is clear. Read once, one
    by one: a generator saves memory.
    """
    spans: tuple[tuple[float, float], ...] = ()
    """When there is something to be seen, from and to in seconds of the clip; empty means always.

    Outside of them the frames pass untouched: a large layer costs only while it is seen.
    """


def frame_of(time: float, fps: Fraction) -> int:
    """Return the frame from which on something is shown that begins at a time of the clip."""
    return max(0, ceil(time * fps - EARLY))


def on_frames(layer: Layer, fps: Fraction) -> Iterator[tuple[int, Drawn | None]]:
    """Yield from which frame on each image is shown, None where nothing is to be seen."""
    spans = [(frame_of(start, fps), frame_of(end, fps)) for start, end in layer.spans]
    edges = [(frame, None) for frame in sorted({0, *(edge for span in spans for edge in span)})]
    images = ((frame_of(time, fps), image) for time, image in layer.images)
    held: Drawn | None = None
    for frame, changes in groupby(merge(edges, images, key=_first), key=_first):
        for _, image in changes:
            # Of two images that fall on one frame, the later is shown.
            held = held if image is None else image
        seen = not spans or any(start <= frame < end for start, end in spans)
        yield frame, held if seen else None


def _first(change: tuple[int, Drawn | None]) -> int:
    return change[0]


def at_frame(layers: Iterable[Layer], frame: int, fps: Fraction) -> tuple[Layer, ...]:
    """Return the layers that are seen on that frame, each with its one image."""
    seen = []
    for layer in layers:
        until = takewhile(lambda change: change[0] <= frame, on_frames(layer, fps))
        _, image = deque(until, 1).pop()
        if image is not None:
            seen.append(Layer(layer.place, ((0.0, image),)))
    return tuple(seen)
