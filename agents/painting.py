"""The frames of a clip as they are painted in the sandboxed child, one after another.

Most of a lecture stands still: what did not change since the frame before is neither scaled nor
blended again.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np

from agents.canvas import Image, Place, Planes, Source, View, part_of, planes_of

if TYPE_CHECKING:
    import av

PATCH_ROWS = 9
"""So many rows around each decide on the shade that covers a place in it: streaks vanish."""
SHADE = 8
"""Levels that count as one shade."""
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
        return planes_of(cast("av.VideoFrame", self.end.pull()))

    def _chain(self, *filters: str) -> None:
        for each in filters:
            name, _, args = each.partition("=")
            added = self.graph.add(name, args or None)
            self.end.link_to(added)
            self.end = added


def cover(planes: Sequence[np.ndarray], place: Place, beside: Place) -> None:
    """Cover a place with the shade that each row has beside it.

    The usual shade of a row leaves out the letters that stand there, and edges of bars stay.
    """
    for number, plane in enumerate(planes):
        rows = usual_shades(part_of(plane, beside, 1 + (number > 0)))
        near = np.lib.stride_tricks.sliding_window_view(
            np.pad(rows, PATCH_ROWS // 2, "edge"), PATCH_ROWS
        )
        part_of(plane, place, 1 + (number > 0))[:] = np.median(near, axis=1)[:, None]


def usual_shades(part: np.ndarray) -> np.ndarray:
    """Return of each row of a plane's part, uint8 (h, w), the mean of its most frequent shades.

    Letters fill less of a row than what they stand on, or have more shades: a bold headline takes
    more than half of its rows, so that a median would be its colour.
    """
    height, bins = len(part), 256 // SHADE
    found = part // SHADE + bins * np.arange(height)[:, None]
    counts = np.bincount(found.ravel(), minlength=bins * height).reshape(height, bins)
    around = counts[:, :-1] + counts[:, 1:]
    low = SHADE * around.argmax(axis=1)[:, None]
    usual = (part >= low) & (part < low + 2 * SHADE)
    return np.rint((part * usual).sum(axis=1) / usual.sum(axis=1))


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
        pairs = zip(planes_of(frame), planes_of(last), strict=True)
        return all(
            np.array_equal(part_of(a, place, 1 + (n > 0)), part_of(b, place, 1 + (n > 0)))
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
