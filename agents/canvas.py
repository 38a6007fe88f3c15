"""Pictures as planes of YUV 4:2:0 in which the sandboxed child paints, and images to lay on them.

Only numbers and pixels come in here, never text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import av

MATRICES = {"bt709": 1, "bt470bg": 5, "smpte170m": 6}
"""FFmpeg's numbers for the colours that cameras and screen recorders write."""


class Place(NamedTuple):
    """A rectangle in pixels."""

    x: int
    y: int
    w: int
    h: int

    def meets(self, other: Place) -> bool:
        """Return whether the two share a pixel."""
        across = self.x < other.x + other.w and other.x < self.x + self.w
        return across and self.y < other.y + other.h and other.y < self.y + self.h


@dataclass(frozen=True, slots=True)
class Colour:
    """How the numbers of the source mean colours: FFmpeg's names for them."""

    matrix: str
    primaries: str
    transfer: str


@dataclass(frozen=True, slots=True)
class Source:
    """What every frame of the recording is brought to before anything is cut from it."""

    width: int
    height: int
    colour: Colour


@dataclass(frozen=True, slots=True)
class View:
    """A part of the source frame, where it is shown, and a place in it that is covered."""

    source: Place
    target: Place
    patch: tuple[Place, Place] | None = None
    """The covered place and the strip beside it, both even, counted from the target's corner."""


class Planes:
    """A picture as a frame, and its three planes as uint8 arrays in which one can write."""

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        import av

        self.frame = av.VideoFrame(width, height, "yuv420p")
        self.frame.color_range, self.frame.colorspace = 1, MATRICES[colour.matrix]
        self.frame.color_primaries = MATRICES[colour.primaries]
        self.frame.color_trc = MATRICES[colour.transfer]
        self.planes = planes_of(self.frame)

    def part(self, place: Place) -> list[np.ndarray]:
        """Return what lies in an even place, as views."""
        x, y, w, h = place
        luma, *chroma = self.planes
        half = [c[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2] for c in chroma]
        return [luma[y : y + h, x : x + w], *half]

    def put(self, place: Place, planes: Sequence[np.ndarray]) -> None:
        """Copy planes into an even place."""
        for target, plane in zip(self.part(place), planes, strict=True):
            target[:] = plane


class Image:
    """An image with transparency, ready to be blended at an even place."""

    def __init__(self, place: Place, planes: Sequence[np.ndarray], cover: np.ndarray) -> None:
        """Take the three planes and how much of each pixel is covered, uint8 (place.h, place.w)."""
        self.place = place
        shown = cover.astype(np.uint16)
        half = shown.reshape(place.h // 2, 2, place.w // 2, 2).sum(axis=(1, 3), dtype=np.uint16)
        covers = [shown, (half + 2) // 4, (half + 2) // 4]
        self.added = [p.astype(np.uint16) * c for p, c in zip(planes[:3], covers, strict=True)]
        self.left = [255 - cover for cover in covers]

    def blend(self, canvas: Planes) -> None:
        """Lay the image over what the canvas shows."""
        for target, added, left in zip(canvas.part(self.place), self.added, self.left, strict=True):
            mixed = target * left + added + 128
            target[:] = (mixed + (mixed >> 8)) >> 8


def drawn_image(place: Place, rgba: np.ndarray, matrix: str) -> Image:
    """Return an image from straight RGBA, uint8 (place.h, place.w, 4)."""
    return Image(place, planes_of(_yuv(rgba, "yuva420p", matrix))[:3], rgba[..., 3])


def background(rgb: np.ndarray, matrix: str) -> list[np.ndarray]:
    """Return the planes of an opaque picture, uint8 RGB (h, w, 3)."""
    return planes_of(_yuv(rgb, "yuv420p", matrix))


def _yuv(pixels: np.ndarray, wanted: str, matrix: str) -> av.VideoFrame:
    import av
    from av.video.reformatter import Colorspace

    kind = "rgba" if pixels.shape[2] == 4 else "rgb24"
    number = Colorspace.ITU709 if matrix == "bt709" else Colorspace.ITU601
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=kind)
    return frame.reformat(format=wanted, dst_colorspace=number, dst_color_range="MPEG")


def planes_of(frame: av.VideoFrame) -> list[np.ndarray]:
    """Return the planes of a frame as views, uint8 (h, w), without their padding."""
    found = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        found.append(rows[: plane.height, : plane.width])
    return found


def part_of(plane: np.ndarray, place: Place, share: int) -> np.ndarray:
    x, y, w, h = place
    return plane[y // share : (y + h) // share, x // share : (x + w) // share]
