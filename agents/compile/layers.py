"""Drawn pictures that lie over a clip for a time: captions, titles, bars, logos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

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
    spans: tuple[tuple[float, float], ...] = ()
    """When there is something to be seen, from and to in seconds of the clip; empty means always.

    Outside of them the frames pass untouched: a large layer costs only while it is seen.
    """


def on_frames(layer: Layer, fps: Fraction) -> Layer:
    """Return the layer with every image moved to the frame nearest to its time."""
    return replace(layer, images=_on_frames(layer.images, fps))


def _on_frames(
    images: Iterable[tuple[float, np.ndarray]], fps: Fraction
) -> Iterator[tuple[float, np.ndarray]]:
    held: tuple[int, np.ndarray] | None = None
    for time, image in images:
        frame = round(time * fps)
        # Of two images that fall on one frame, the later is shown.
        if held is not None and held[0] < frame:
            yield float(held[0] / fps), held[1]
        held = frame, image
    if held is not None:
        yield float(held[0] / fps), held[1]


def at_time(layers: Iterable[Layer], time: float) -> tuple[Layer, ...]:
    """Return the layers that are seen at that time, each with its one image."""
    seen = []
    for layer in layers:
        if layer.spans and not any(start <= time < end for start, end in layer.spans):
            continue
        shown = None
        for begin, image in layer.images:
            if begin > time + 1e-6:
                break
            shown = image
        if shown is not None:
            seen.append(Layer(layer.place, ((0.0, shown),)))
    return tuple(seen)
