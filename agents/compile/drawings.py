"""What is drawn for a clip's picture, as pixels in one file that the encoding child reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.compile.layers import Layer
from agents.compile.timeline import Timeline
from agents.types import Box


@dataclass(frozen=True, slots=True)
class Shown:
    """A layer on the clip's frames: from which frame on it shows the image with which digest."""

    place: Box
    images: tuple[tuple[int, str | None], ...]
    """None where nothing is to be seen."""


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

    def draw(self, layer: Layer, timeline: Timeline) -> Shown:
        """Write the images of a layer, and return when each is shown."""
        images = [(timeline.frame_at(t), self._image(layer.place, i)) for t, i in layer.images]
        spans = [(timeline.frame_at(a), timeline.frame_at(b)) for a, b in layer.spans]
        if not spans:
            return Shown(layer.place, tuple(images))
        changes: list[tuple[int, str | None]] = []
        for frame in sorted({0, *(frame for frame, _ in images), *(f for s in spans for f in s)}):
            seen = any(start <= frame < end for start, end in spans)
            changes.append((frame, _last(images, frame) if seen else None))
        return Shown(layer.place, tuple(changes))

    def _image(self, place: Box, rgba: np.ndarray) -> str | None:
        """Write what is to be seen of an image, and return its digest."""
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


def _last(images: Iterable[tuple[int, str | None]], frame: int) -> str | None:
    shown = None
    for begin, digest in images:
        if begin > frame:
            break
        shown = digest
    return shown
