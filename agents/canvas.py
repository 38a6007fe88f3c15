"""The picture of a clip as it is painted in the sandboxed child, plane by plane in YUV 4:2:0.

Most of a lecture stands still: what did not change since the frame before is neither scaled nor
blended again. Only numbers and pixels come in here, never text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    import av
    from av.filter.context import FilterContext

MATRICES = {"bt709": 1, "bt470bg": 5, "smpte170m": 6}
"""FFmpeg's numbers for the colours that cameras and screen recorders write."""
PATCH_ROWS = 6
"""Rows that the strip beside a covered place is averaged to: streaks vanish, shades stay."""
TICK = Fraction(1, 1000)
TURNS = {1: "transpose=cclock", 2: "hflip,vflip", 3: "transpose=clock"}
"""Filters that set a frame upright, by quarter turns against the clock."""


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
    """The covered place and the strip beside it, counted from the corner of the part."""


class Planes:
    """A picture as a frame, and its three planes as uint8 arrays in which one can write."""

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        import av

        self.frame = av.VideoFrame(width, height, "yuv420p")
        self.frame.color_range, self.frame.colorspace = 1, MATRICES[colour.matrix]
        self.frame.color_primaries = MATRICES[colour.primaries]
        self.frame.color_trc = MATRICES[colour.transfer]
        self.planes = _planes(self.frame)

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
    return Image(place, _planes(_yuv(rgba, "yuva420p", matrix))[:3], rgba[..., 3])


def background(rgb: np.ndarray, matrix: str) -> list[np.ndarray]:
    """Return the planes of an opaque picture, uint8 RGB (h, w, 3)."""
    return _planes(_yuv(rgb, "yuv420p", matrix))


def _yuv(pixels: np.ndarray, wanted: str, matrix: str) -> av.VideoFrame:
    import av
    from av.video.reformatter import Colorspace

    kind = "rgba" if pixels.shape[2] == 4 else "rgb24"
    number = Colorspace.ITU709 if matrix == "bt709" else Colorspace.ITU601
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=kind)
    return frame.reformat(format=wanted, dst_colorspace=number, dst_color_range="MPEG")


def _planes(frame: av.VideoFrame) -> list[np.ndarray]:
    """Return the planes of a frame as views, uint8 (h, w), without their padding."""
    found = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        found.append(rows[: plane.height, : plane.width])
    return found


class Filters:
    """One chain of filters from a frame to the pixels of a view."""

    def __init__(self, frame: av.VideoFrame, source: Source, view: View) -> None:
        import av.filter

        self.graph = av.filter.Graph()
        self.graph.threads = 1
        self.ends = [
            self._add(
                "buffer",
                f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}"
                f":time_base={TICK}:pixel_aspect=1/1"
                f":colorspace={int(frame.colorspace)}:range={int(frame.color_range)}",
            )
        ]
        self.input = self.ends[0]
        turns = round(frame.rotation / 90) % 4
        steady = f"{TURNS[turns]}," if turns else ""
        matrix = source.colour.matrix
        steady += f"scale={source.width}:{source.height}:out_range=tv:out_color_matrix={matrix}"
        self._chain(f"{steady},format=yuv420p,setsar=1")
        self._chain(_crop(view.source))
        if view.patch:
            self._cover(*view.patch)
        self._chain(f"scale={view.target.w}:{view.target.h},format=yuv420p")
        self.output = self._add("buffersink", None)
        self.ends[0].link_to(self.output)
        self.graph.configure()

    def run(self, frame: av.VideoFrame) -> list[np.ndarray]:
        """Return the planes of the view."""
        self.input.push(frame)
        return _planes(cast("av.VideoFrame", self.output.pull()))

    def _add(self, name: str, args: str | None) -> FilterContext:
        return self.graph.add(name, args)

    def _chain(self, filters: str, end: int = 0) -> None:
        """Put filters, without pads or quotes, after one of the open ends."""
        for each in filters.split(","):
            name, _, args = each.partition("=")
            added = self._add(name, args or None)
            self.ends[end].link_to(added, self._outlet(end))
            self.ends[end] = added

    def _outlet(self, end: int) -> int:
        return end if (self.ends[end].name or "").startswith("split") else 0

    def _cover(self, place: Place, beside: Place) -> None:
        """Cover a place with the blurred strip that lies beside it."""
        self._chain("split=2")
        self.ends.append(self.ends[0])
        strip = f"{_crop(beside)},scale=2:{PATCH_ROWS}:flags=area"
        self._chain(f"{strip},scale={place.w}:{place.h}:flags=bilinear,setsar=1", end=1)
        over = self._add("overlay", f"x={place.x}:y={place.y}:format=yuv420")
        self.ends[0].link_to(over, self._outlet(0), 0)
        self.ends.pop().link_to(over, 0, 1)
        self.ends[0] = over


def _crop(place: Place) -> str:
    return f"crop={place.w}:{place.h}:{place.x}:{place.y}"


class Painting:
    """The frames of one composition, painted one after another onto one canvas."""

    def __init__(
        self,
        source: Source,
        ground: Sequence[np.ndarray],
        views: Sequence[View],
        bubble: tuple[View, np.ndarray] | None,
    ) -> None:
        """Take the background's planes, the views, and a disc over them with its cover.

        The cover is uint8 (h, w), 255 where the disc is seen.
        """
        height, width = ground[0].shape
        self.source, self.views, self.bubble = source, views, bubble
        self.under, self.canvas = (Planes(width, height, source.colour) for _ in range(2))
        for planes in (self.under, self.canvas):
            planes.put(Place(0, 0, width, height), ground)
        self.images: Sequence[Image | None] = ()
        self.disc: Image | None = None
        self.last: av.VideoFrame | None = None
        self.known: dict[tuple[object, ...], Filters] = {}

    def paint(self, frame: av.VideoFrame, images: Sequence[Image | None]) -> av.VideoFrame:
        """Return the picture; the next call paints over it."""
        changed = []
        for view in self.views:
            if not self._same(frame, view.source):
                planes = self._cut(frame, view)
                for canvas in (self.under, self.canvas):
                    canvas.put(view.target, planes)
                changed.append(view.target)
        self.disc = self._disc(frame)
        self._lay_over([self.disc, *images], changed)
        self.last = frame
        return self.canvas.frame

    def _disc(self, frame: av.VideoFrame) -> Image | None:
        if self.bubble is None:
            return None
        view, cover = self.bubble
        if self.disc and self._same(frame, view.source):
            return self.disc
        return Image(view.target, self._cut(frame, view), cover)

    def _cut(self, frame: av.VideoFrame, view: View) -> list[np.ndarray]:
        """Return the planes of a view, by filters that are set up once for frames of a kind."""
        key = (*_kind(frame), view)
        if key not in self.known:
            self.known[key] = Filters(frame, self.source, view)
        return self.known[key].run(frame)

    def _same(self, frame: av.VideoFrame, place: Place) -> bool:
        """Return whether a part of the source shows what it did, where that is soon told."""
        last = self.last
        if last is None or frame is last:
            return frame is last
        plain = (self.source.width, self.source.height, "yuv420p", 0)
        if _kind(frame) != _kind(last) or _kind(frame)[:4] != plain:
            return False
        pairs = zip(_planes(frame), _planes(last), strict=True)
        return all(
            np.array_equal(_part(a, place, 1 + (n > 0)), _part(b, place, 1 + (n > 0)))
            for n, (a, b) in enumerate(pairs)
        )

    def _lay_over(self, images: Sequence[Image | None], changed: Sequence[Place]) -> None:
        """Lay the images over the places where they or what is under them changed."""
        before = self.images or [None] * len(images)
        pairs = list(zip(before, images, strict=True))
        dirty = {n for n, (old, new) in enumerate(pairs) if old is not new}
        gone = [image.place for n in dirty for image in pairs[n] if image]
        spots = [*gone, *changed]
        while spots:
            spot = spots.pop()
            for number, image in enumerate(images):
                if image and number not in dirty and image.place.meets(spot):
                    dirty.add(number)
                    gone.append(image.place)
                    spots.append(image.place)
        for place in gone:
            self.canvas.put(place, self.under.part(place))
        for number in sorted(dirty):
            image = images[number]
            if image:
                image.blend(self.canvas)
        self.images = images


def _kind(frame: av.VideoFrame) -> tuple[object, ...]:
    size = (frame.width, frame.height, frame.format.name, frame.rotation)
    return (*size, int(frame.colorspace), int(frame.color_range))


def _part(plane: np.ndarray, place: Place, share: int) -> np.ndarray:
    x, y, w, h = place
    return plane[y // share : (y + h) // share, x // share : (x + w) // share]
