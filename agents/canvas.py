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

MATRICES = {"bt709": 1, "bt470bg": 5, "smpte170m": 6}
"""FFmpeg's numbers for the colours that cameras and screen recorders write."""
PATCH_ROWS = 9
"""So many rows around each decide on the shade that covers a place in it: streaks vanish."""
PLAIN = ("yuv420p", "yuvj420p")
"""Frames of these kinds are cut before they are converted: less is converted then."""
BLUR = 48
"""What is behind everything is shrunk to this part of its size, and enlarged again."""
DIM = (
    (16 + 0.4 * (np.arange(256).clip(16, 235) - 16)).astype(np.uint8),
    (128 + 0.5 * (np.arange(256) - 128.0)).round().astype(np.uint8),
)
"""It is darkened, its colours paled: by luma and by chroma, 0-255."""
TICK = Fraction(1, 1000)
TURNS = ((), ("transpose=cclock",), ("hflip", "vflip"), ("transpose=clock",))
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
    """The covered place and the strip beside it, both even, counted from the target's corner."""


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

    def __init__(
        self, frame: av.VideoFrame, source: Source, view: View, *, blurred: bool = False
    ) -> None:
        import av.filter

        self.graph = av.filter.Graph()
        self.graph.threads = 1
        self.end = self.input = self.graph.add(
            "buffer",
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}"
            f":time_base={TICK}:pixel_aspect=1/1"
            f":colorspace={int(frame.colorspace)}:range={int(frame.color_range)}",
        )
        coloured = f"out_range=tv:out_color_matrix={source.colour.matrix}"
        if _kind(frame)[:4] not in [(source.width, source.height, name, 0) for name in PLAIN]:
            turns = round(frame.rotation / 90) % 4
            self._chain(*TURNS[turns])
            self._chain(f"scale={source.width}:{source.height}:{coloured}")
            self._chain("format=yuv420p", "setsar=1")
        x, y, w, h = view.source
        self._chain(f"crop={w}:{h}:{x}:{y}")
        if blurred:
            few = [max(4, round(side / BLUR)) for side in (view.target.w, view.target.h)]
            self._chain(f"scale={few[0]}:{few[1]}:flags=area:{coloured}", "format=yuv420p")
        self._chain(f"scale={view.target.w}:{view.target.h}:{coloured}", "format=yuv420p")
        self._chain("buffersink")
        self.graph.configure()

    def run(self, frame: av.VideoFrame) -> list[np.ndarray]:
        """Return the planes of the view."""
        self.input.push(frame)
        return _planes(cast("av.VideoFrame", self.end.pull()))

    def _chain(self, *filters: str) -> None:
        for each in filters:
            name, _, args = each.partition("=")
            added = self.graph.add(name, args or None)
            self.end.link_to(added)
            self.end = added


def cover(planes: Sequence[np.ndarray], place: Place, beside: Place) -> None:
    """Cover a place with the shade that each row has beside it.

    The middle value of a row leaves out the letters that stand there, and edges of bars stay.
    """
    for number, plane in enumerate(planes):
        rows = np.median(_part(plane, beside, 1 + (number > 0)), axis=1)
        near = np.lib.stride_tricks.sliding_window_view(
            np.pad(rows, PATCH_ROWS // 2, "edge"), PATCH_ROWS
        )
        _part(plane, place, 1 + (number > 0))[:] = np.median(near, axis=1)[:, None]


class Painting:
    """The frames of one composition, painted one after another onto one canvas."""

    def __init__(
        self,
        source: Source,
        ground: Sequence[np.ndarray],
        views: Sequence[View],
        bubble: tuple[View, np.ndarray] | None,
        behind: View | None = None,
    ) -> None:
        """Take the background's planes, the views, and a disc over them with its cover.

        The cover is uint8 (h, w), 255 where the disc is seen. What is `behind` is blurred over
        the whole background.
        """
        height, width = ground[0].shape
        self.source, self.views, self.bubble, self.behind = source, views, bubble, behind
        self.under, self.canvas = (Planes(width, height, source.colour) for _ in range(2))
        for planes in (self.under, self.canvas):
            planes.put(Place(0, 0, width, height), ground)
        self.images: Sequence[Image | None] = ()
        self.disc: Image | None = None
        self.last: av.VideoFrame | None = None
        self.known: dict[tuple[object, ...], Filters] = {}

    def paint(self, frame: av.VideoFrame, images: Sequence[Image | None]) -> av.VideoFrame:
        """Return the picture; the next call paints over it."""
        changed = [self._show(frame, view) for view in self._stale(frame)]
        self.disc = self._disc(frame)
        self._lay_over([self.disc, *images], changed)
        self.last = frame
        return self.canvas.frame

    def _stale(self, frame: av.VideoFrame) -> list[View]:
        """Return the views to be shown anew: all of them when what is behind them changes."""
        if self.behind and not self._same(frame, self.behind.source):
            return [self.behind, *self.views]
        return [view for view in self.views if not self._same(frame, view.source)]

    def _show(self, frame: av.VideoFrame, view: View) -> Place:
        """Put a view in its place, and return where that is."""
        planes = self._cut(frame, view)
        if view is self.behind:
            planes = [DIM[number > 0][plane] for number, plane in enumerate(planes)]
        for canvas in (self.under, self.canvas):
            canvas.put(view.target, planes)
        return view.target

    def _disc(self, frame: av.VideoFrame) -> Image | None:
        if self.bubble is None:
            return None
        view, cover = self.bubble
        if self.disc and self._same(frame, view.source):
            return self.disc
        return Image(view.target, self._cut(frame, view), cover)

    def _cut(self, frame: av.VideoFrame, view: View) -> list[np.ndarray]:
        """Return the planes of a view, by filters that are set up once for frames of a kind."""
        blurred = view is self.behind
        key = (*_kind(frame), view, blurred)
        if key not in self.known:
            self.known[key] = Filters(frame, self.source, view, blurred=blurred)
        planes = self.known[key].run(frame)
        if view.patch:
            planes = [np.array(plane) for plane in planes]
            cover(planes, *view.patch)
        return planes

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
