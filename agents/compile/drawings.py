"""What is drawn for a clip's picture, as pixels in one file that the encoding child reads."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np

from agents.compile.layers import Layer, on_frames
from agents.types import Box

Shown = tuple[tuple[int, str | None], ...]
"""A layer: from which of the clip's frames on the image with which digest is seen, None: none."""


class Drawings:
    """Drawn pixels, each image once, and where in the file it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at: dict[str, tuple[Box, int]] = {}
        """By digest: where in the picture an image is shown, and its first byte."""
        self.size = 0
        path.touch()

    def add(self, pixels: np.ndarray) -> int:
        """Write an array, uint8, and return its first byte."""
        with self.path.open("ab") as file:
            file.write(np.ascontiguousarray(pixels).tobytes())
        begin, self.size = self.size, self.size + pixels.size
        return begin

    def draw(self, layer: Layer, fps: Fraction) -> Shown:
        """Write the images of a layer, and return when each is shown."""
        changes = on_frames(layer, fps)
        return tuple((at, self._image(layer.place, image)) for at, image in changes)

    def _image(self, place: Box, rgba: np.ndarray | None) -> str | None:
        """Write what is to be seen of an image, and return its digest."""
        if rgba is None:
            return None
        rows = np.flatnonzero(rgba[..., 3].any(axis=1))
        columns = np.flatnonzero(rgba[..., 3].any(axis=0))
        if not len(rows):
            return None
        top, left = rows[0] // 2 * 2, columns[0] // 2 * 2
        bottom, right = rows[-1] // 2 * 2 + 2, columns[-1] // 2 * 2 + 2
        box = Box(int(place.x + left), int(place.y + top), int(right - left), int(bottom - top))
        pixels = np.ascontiguousarray(rgba[top:bottom, left:right])
        digest = hashlib.sha256(repr(box).encode() + pixels.tobytes()).hexdigest()
        if digest not in self.at:
            self.at[digest] = box, self.add(pixels)
        return digest
