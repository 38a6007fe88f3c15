"""Find rectangles in pictures: what moves, what has straight borders, what is only a margin.

Rectangles here are (left, top, right, bottom) in pixels of the measured picture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.types import Box


class Rect(NamedTuple):
    """A rectangle by its edges: right and bottom lie just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """Return the number of pixels inside."""
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)

    def meet(self, other: Rect) -> Rect:
        """Return what both cover; its area is 0 when they are apart."""
        return Rect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def scaled(self, x: float, y: float) -> Rect:
        """Return the same rectangle in a picture `x` times as wide and `y` times as high."""
        return Rect(
            round(self.left * x), round(self.top * y), round(self.right * x), round(self.bottom * y)
        )

    def grown(self, by: int) -> Rect:
        """Return the rectangle `by` pixels larger on every side; never beyond left and top."""
        return Rect(
            max(0, self.left - by), max(0, self.top - by), self.right + by, self.bottom + by
        )

    def inside(self, picture: np.ndarray) -> np.ndarray:
        """Return the part of `picture` (..., h, w) that it covers."""
        return picture[..., self.top : self.bottom, self.left : self.right]

    def to_box(self) -> Box:
        """Return it as position and size."""
        return Box(self.left, self.top, self.right - self.left, self.bottom - self.top)


class Snapped(NamedTuple):
    """A rectangle laid on straight edges, with the support 0-1 of its four sides."""

    rect: Rect
    support: tuple[float, float, float, float]


def iou(a: Rect, b: Rect) -> float:
    """Return the area that both cover over the area that either does."""
    both = a.meet(b).area
    return both / max(1, a.area + b.area - both)


def find_blobs(mask: np.ndarray, min_cells: int) -> list[Rect]:
    """Return the bounds of the connected parts of a cell mask, largest first, small gaps closed."""
    return [bounds(part) for part in find_cells(mask, min_cells)]


def find_cells(mask: np.ndarray, min_cells: int) -> list[np.ndarray]:
    """Return the connected parts of a cell mask as masks, largest first, small gaps closed."""
    import cv2

    grown = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(grown)
    parts = [(labels == label) & mask for label in range(1, count)]
    parts = [part for part in parts if part.sum() >= min_cells]
    return sorted(parts, key=lambda part: -int(part.sum()))


def bounds(cells: np.ndarray) -> Rect:
    """Return the smallest rectangle of cells that holds all of a mask that is not empty."""
    rows, columns = np.nonzero(cells)
    ends = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return Rect(*(int(end) for end in ends))


def snap_to_edges(
    edges: tuple[np.ndarray, np.ndarray],
    seed: Rect,
    limits: Rect,
    *,
    reach: float = 1.0,
    slack: int = 5,
) -> Snapped:
    """Move the sides of `seed` outwards onto the straight edges that best enclose it.

    A side counts what its line has more inside the rectangle than in its prolongation, because a
    line of the slide template runs on and the border of a camera ends at its corners.
    """
    vertical, horizontal = edges
    size = max(seed.right - seed.left, seed.bottom - seed.top, LEAST_SIZE)
    far = round(reach * size) + slack
    rect = list(seed)
    support = [0.0] * 4
    for _ in range(4):
        before = tuple(rect)
        for side in (0, 2, 1, 3):
            lines = vertical if side % 2 == 0 else horizontal.T
            near = rect[1 - side % 2]
            span = (near, max(near + 1, rect[3 - side % 2]))
            out, back = (far, slack) if side < 2 else (slack, far)
            bounds = (limits[side % 2], limits[side % 2 + 2])
            # of a seed that reaches over the limits a side lies on them
            low = min(max(bounds[0], seed[side] - out), bounds[1])
            high = max(min(bounds[1], seed[side] + back), bounds[0])
            found = _best_line(lines, span, seed[side], (low, high), bounds)
            rect[side], support[side] = found
        if tuple(rect) == before:
            break
    return Snapped(Rect(*rect), (support[0], support[1], support[2], support[3]))


LEAST_SIZE = 36
"""Pixels in width that even a head that hardly moves is taken for."""
BORDER_SUPPORT = 0.5
"""What the border of the picture counts as an edge: less than a clear line."""
RUN_ON = 0.6
"""How much of the prolongation's strength is taken off a line."""


def _best_line(
    lines: np.ndarray,
    span: tuple[int, int],
    seed: int,
    search: tuple[int, int],
    bounds: tuple[int, int],
) -> tuple[int, float]:
    """Return the best position of one side and its support; `lines[:, p]` is the edge at p."""
    inner = lines[span[0] : span[1]].mean(axis=0)
    outer = _prolongation(lines, *span)
    positions = np.arange(search[0], search[1] + 1)
    strength = np.zeros(len(positions))
    real = (positions > 0) & (positions < lines.shape[1])
    at = positions[real]
    strength[real] = inner[at] - RUN_ON * np.minimum(outer[at], inner[at])
    border = (positions == bounds[0]) | (positions == bounds[1])
    strength[border] = np.maximum(strength[border], BORDER_SUPPORT)
    distance = np.abs(positions - seed) / max(1, search[1] - search[0])
    best = int(np.argmax(strength * (1 - 0.25 * distance)))
    return int(positions[best]), float(strength[best])


def _prolongation(lines: np.ndarray, a: int, b: int) -> np.ndarray:
    """Return the edge strength just before and after the stretch a..b of every line."""
    more = max(3, (b - a) // 3)
    beside = [lines[max(0, a - more - 1) : max(0, a - 1)], lines[b + 1 : b + 1 + more]]
    parts = [part.mean(axis=0) for part in beside if len(part) >= 2]
    return np.min(parts, axis=0) if parts else np.zeros(lines.shape[1], np.float32)


FLAT_SHARE = 0.85
"""Share of a line that must be margin: a logo in the corner may interrupt it."""
STEP_SHARE = 0.8
"""Share of the line after a margin that must differ from it: a straight edge, not a word."""
STEP = 1.5
"""How many times the level a line must differ then: a step, not the begin of a gradient."""
STEP_FRAMES = 75
"""Percentile of the pictures in which it must: a dark slide hides the edge of a dark margin."""


BLUR = 2
"""Pixels by which a box's border may be blurred, or be off by rounding."""


def cut_margins(pictures: np.ndarray, camera: Rect | None, level: float) -> Rect:
    """Return pictures' (n, h, w) bounds without the flat, unchanging margins around the screen.

    Pixels of the camera are left out, so that a camera that lies on the margin hides nothing. Two
    equal bars reach the corners, and may be shorter than the white of the slide between them.
    """
    known = np.ones(pictures.shape[1:], bool)
    if camera is not None:
        camera.grown(BLUR).inside(known)[...] = False
    barred = _without_margin(pictures, known, _margin_luma(pictures, known, CORNER_SHARE), level)
    if lies_between_bars(barred, pictures):
        return barred
    return _without_margin(pictures, known, _margin_luma(pictures, known), level)


def lies_between_bars(rect: Rect, pictures: np.ndarray) -> bool:
    """Tell whether a rectangle is all of pictures (n, h, w) but two equal bars at opposite ends."""
    height, width = pictures.shape[1:]
    left, top, right, bottom = rect.left, rect.top, width - rect.right, height - rect.bottom
    pillars = min(left, right) > BLUR and abs(left - right) <= BLUR and not top and not bottom
    letters = min(top, bottom) > BLUR and abs(top - bottom) <= BLUR and not left and not right
    return pillars or letters


def stands_in_middle(rect: Rect, limits: Rect) -> bool:
    """Tell whether a rectangle rises high from the bottom in the middle, away from both sides.

    No camera is shown there beside a screen: it is somebody in a picture that the camera fills,
    between straight lines of the room.
    """
    width, height = limits.right - limits.left, limits.bottom - limits.top
    stands = rect.bottom >= limits.bottom - BLUR and rect.bottom - rect.top >= TALL * height
    within = rect.left >= limits.left + BLUR and rect.right <= limits.right - BLUR
    centre = abs(rect.left + rect.right - limits.left - limits.right) / 2
    return stands and within and centre <= MIDDLE * width


TALL, MIDDLE = 0.6, 0.2
"""Share of the height that it has then, and of the width by which its centre may be off."""


def _without_margin(
    pictures: np.ndarray, known: np.ndarray, margin: np.int16, level: float
) -> Rect:
    """Return the pictures' bounds without ends of the luma `margin` that stop at straight lines."""
    height, width = known.shape
    away = np.abs(pictures.astype(np.int16) - margin)
    rect = Rect(0, 0, width, height)
    for _ in range(3):
        rect = _without_ends(away > level, known, rect)
    if not rect.area:
        return Rect(0, 0, width, height)
    for _ in range(2):
        rect = _with_straight_sides(away > STEP * level, known, rect)
    across, down = rect.right - rect.left < width, rect.bottom - rect.top < height
    if margin > DARKEST_BAR and not (across and down):
        # a template's own title bar and footer
        return Rect(0, 0, width, height)
    return rect


def _without_ends(away: np.ndarray, known: np.ndarray, rect: Rect) -> Rect:
    """Return the rectangle without the lines at its four ends that are margin."""
    if not rect.area:
        return rect
    left, right = _ends(_shares(rect.inside(away), rect.inside(known)))
    upright = rect.inside(away).transpose(0, 2, 1), rect.inside(known).transpose()
    top, bottom = _ends(_shares(*upright))
    return Rect(rect.left + left, rect.top + top, rect.left + right, rect.top + bottom)


def _shares(away: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the share of each column's known pixels that are no margin, per picture (n, w)."""
    return (away & known).sum(axis=1) / np.maximum(1, known.sum(axis=0))


def _ends(shares: np.ndarray) -> tuple[int, int]:
    inside = np.flatnonzero(np.percentile(shares, 90, axis=0) > 1 - FLAT_SHARE)
    return (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)


def _with_straight_sides(away: np.ndarray, known: np.ndarray, rect: Rect) -> Rect:
    """Return the rectangle with every side that no straight edge marks put back to the border."""
    height, width = known.shape
    columns = _often(_shares(rect.inside(away), rect.inside(known)))
    upright = rect.inside(away).transpose(0, 2, 1), rect.inside(known).transpose()
    rows = _often(_shares(*upright))
    # the edge itself may be blurred over two lines
    return Rect(
        rect.left if columns[:3].max() >= STEP_SHARE else 0,
        rect.top if rows[:3].max() >= STEP_SHARE else 0,
        rect.right if columns[-3:].max() >= STEP_SHARE else width,
        rect.bottom if rows[-3:].max() >= STEP_SHARE else height,
    )


def _often(shares: np.ndarray) -> np.ndarray:
    return np.percentile(shares, STEP_FRAMES, axis=0)


def _margin_luma(pictures: np.ndarray, known: np.ndarray, share: float = 0.5) -> np.int16:
    """Return the most usual luma along the border of the pictures.

    Only what lies within that `share` of a side from a corner counts.
    """
    ring = np.zeros_like(known)
    ring[:2], ring[-2:], ring[:, :2], ring[:, -2:] = True, True, True, True
    rows, columns = (round(share * side) for side in known.shape)
    ring[rows : known.shape[0] - rows] = False
    ring[:, columns : known.shape[1] - columns] = False
    chosen = ring & known
    values = pictures[:, chosen if chosen.any() else ring].ravel()
    most = np.bincount(values >> 2, minlength=64).argmax()
    return np.int16(np.median(values[values >> 2 == most]))


DARKEST_BAR = 40
"""Luma up to which bars fill a picture of another shape; what is lighter surrounds the screen."""
CORNER_SHARE = 0.1
"""Share of a side next to a corner in which the luma of bars is looked for."""
