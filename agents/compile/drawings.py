"""What is drawn for a clip's picture, as pixels in one file that the encoding child reads."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np

from agents.compile.layers import Drawn, Layer, Sketch, on_frames
from agents.types import Box

Shown = tuple[tuple[int, str | None], ...]
"""A layer: from which of the clip's frames on the image with which digest is seen, None: none."""


class Drawings:
    """Drawn pixels, each image once, and where in the file it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at: dict[str, tuple[Box, int]] = {}
        """By digest: where in the picture an image is shown, and its first byte."""
        self.sketches: dict[str, tuple[Box, Sketch]] = {}
        """By digest: images to be drawn when they are looked for, and their layer's place."""
        self.size = 0
        path.touch()

    def add(self, pixels: np.ndarray) -> int:
        """Write an array, uint8, and return its first byte."""
        with self.path.open("ab") as file:
            file.write(np.ascontiguousarray(pixels).tobytes())
        begin, self.size = self.size, self.size + pixels.size
        return begin

    def draw(self, layer: Layer, fps: Fraction) -> Shown:
        """Return when each image of a layer is shown, those written that are drawn already."""
        changes = on_frames(layer, fps)
        return tuple((at, self._image(layer.place, image)) for at, image in changes)

    def find(self, digest: str) -> tuple[Box, int]:
        """Return where in the picture an image is shown, and its first byte; draw it if need be."""
        if digest not in self.at:
            place, sketch = self.sketches[digest]
            nothing = place._replace(w=2, h=2), np.zeros((2, 2, 4), np.uint8)
            box, pixels = _trimmed(place, sketch.draw()) or nothing
            self.at[digest] = box, self.add(pixels)
        return self.at[digest]

    def _image(self, place: Box, image: Drawn | None) -> str | None:
        """Return the digest of an image, None where nothing is to be seen of it."""
        if isinstance(image, Sketch):
            digest = hashlib.sha256(f"{place} {image.key}".encode()).hexdigest()
            self.sketches[digest] = place, image
            return digest
        seen = None if image is None else _trimmed(place, image)
        if seen is None:
            return None
        box, pixels = seen
        digest = hashlib.sha256(repr(box).encode() + pixels.tobytes()).hexdigest()
        if digest not in self.at:
            self.at[digest] = box, self.add(pixels)
        return digest


def _trimmed(place: Box, rgba: np.ndarray) -> tuple[Box, np.ndarray] | None:
    """Return what is to be seen of an image, and where; None if nothing is."""
    rows = np.flatnonzero(rgba[..., 3].any(axis=1))
    columns = np.flatnonzero(rgba[..., 3].any(axis=0))
    if not len(rows):
        return None
    top, left = rows[0] // 2 * 2, columns[0] // 2 * 2
    bottom, right = rows[-1] // 2 * 2 + 2, columns[-1] // 2 * 2 + 2
    box = Box(int(place.x + left), int(place.y + top), int(right - left), int(bottom - top))
    return box, np.ascontiguousarray(rgba[top:bottom, left:right])
