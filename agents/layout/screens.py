"""Find the shared screen in pictures: without bars, window frames, task bars and a desktop behind.

What surrounds a screen never changes while its slides do, and ends at straight lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.layout.boxes import BLUR, DARKEST_BAR, Rect, cut_margins, lies_between_bars

STEP_LEVELS = 4
"""Step in luma that counts as a full border: even a faint one stays all along its line."""
BESIDE, BESIDE_PART = 4, 0.6
"""Distance in pixels at which a picture is rough, and how much of that is taken off a line."""
CHANGED_LEVELS = 16
"""Range of luma over the pictures from which a pixel has shown different things."""
TRIM = 0.004
"""Share of what changed that may lie outside the screen on each side: a pointer, a clock."""
MOST_LINES = 6
"""Lines per side from which a rectangle is made."""
LEAST_LINE = 0.35
BORDER = 0.5
"""What the end of the picture counts as a side: less than a clear line."""
RUN_ON = 0.7
"""How much of the strength of its prolongation is taken off a side."""
RUN_ON_PIXELS = 10
LEAST_SIDE = 0.6
"""Straightness that each side of a window needs."""
LEAST_SHARE = 0.25
"""Share of the picture that the smallest shared screen has: a film on a slide is smaller."""
SMALLER = 0.06
"""What a rectangle loses for being as large as the picture: a frame in a frame is the screen."""
MOST_STRIP = 0.16
"""Height of the highest bar of a browser or desktop, as a share of the screen."""
STRIP_SIDE = 0.85
"""Straightness of the line at which such a bar ends."""
STRIP_STATES = 3
"""Different slides below which a bar that never changes may still belong to them."""
STRIP_STRUCTURE = 6.0
"""Standard deviation of luma in a bar: buttons and titles stand on it; plain ones are slides'."""


def find_screen(
    pictures: np.ndarray,
    camera: Rect | None,
    level: float,
    others: Sequence[Rect] = (),
    beside: Sequence[tuple[np.ndarray, Rect | None]] = (),
) -> Rect:
    """Return where pictures (n, 180, 320) of one arrangement show the shared screen.

    Where its slide does not change, it lies where it does in `others`, if its sides are there.
    `beside` are pictures and camera of other arrangements, which may show the same bars.
    """
    cut = _plausible(cut_margins(pictures, camera, level), pictures)
    if lies_between_bars(cut, pictures):
        # a slide that was fitted into the picture: a frame within is its own
        return cut
    limits = _beside(cut, camera)
    known = _known(pictures, camera)
    changed = np.ptp(pictures, axis=0) > CHANGED_LEVELS
    changed &= known
    seed = _bounds(changed, limits)
    lines = Lines(pictures, known)
    alike = [rect for rect in others if _has_sides(lines, rect, limits)]
    if seed is None:
        return min(alike, key=lambda rect: rect.area, default=limits)
    found = _enclosing(lines, seed, limits, _dark_ends(pictures))
    if found == limits:
        around = [rect for rect in alike if rect.meet(seed).area >= HELD * seed.area]
        found = min(around, key=lambda rect: rect.area, default=limits)
    groups = [(pictures, known), *((other, _known(other, at)) for other, at in beside)]
    return _without_strips(groups, lines, found, seed)


def _known(pictures: np.ndarray, camera: Rect | None) -> np.ndarray:
    """Return which pixels (h, w) of pictures (n, h, w) show nothing of the camera."""
    known = np.ones(pictures.shape[1:], bool)
    if camera is not None:
        camera.grown(BLUR + 1).inside(known)[...] = False
    return known


def _plausible(rect: Rect, pictures: np.ndarray) -> Rect:
    """Return the rectangle, or all of the picture where it is but a bar of a single slide."""
    height, width = pictures.shape[1:]
    large = rect.area >= LEAST_SHARE * width * height
    flat = rect.right - rect.left > MOST_ASPECT * (rect.bottom - rect.top)
    return rect if large and not flat else Rect(0, 0, width, height)


MOST_ASPECT = 4.0
"""Width over height above which no screen is."""


def _has_sides(lines: Lines, rect: Rect, limits: Rect) -> bool:
    """Tell whether a rectangle within the limits has straight sides where it is inside."""
    if rect.meet(limits) != rect:
        return False
    left, top, right, bottom = (np.array([end]) for end in rect)
    for side, at in enumerate((left, top, right, bottom)):
        span = (top, bottom) if side % 2 == 0 else (left, right)
        if rect[side] != limits[side] and lines.strength(side, at, *span)[0] < LEAST_SIDE:
            return False
    return True


SIDE_GAP = 4
"""Pixels between a camera and the end of the picture that nothing fits in."""
SIDE_SHARE = 0.9
"""Share of the picture's height or width that a camera covers when it is a whole side of it."""


def _beside(limits: Rect, camera: Rect | None) -> Rect:
    """Return what a camera leaves of the picture when it fills one whole side."""
    if camera is None:
        return limits
    meet = camera.meet(limits)
    left, top, right, bottom = limits
    if meet.bottom - meet.top >= SIDE_SHARE * (bottom - top):
        if right - meet.right <= SIDE_GAP:
            return Rect(left, top, meet.left, bottom)
        if meet.left - left <= SIDE_GAP:
            return Rect(meet.right, top, right, bottom)
    if meet.right - meet.left >= SIDE_SHARE * (right - left):
        if bottom - meet.bottom <= SIDE_GAP:
            return Rect(left, top, right, meet.top)
        if meet.top - top <= SIDE_GAP:
            return Rect(left, meet.bottom, right, bottom)
    return limits


def _bounds(changed: np.ndarray, limits: Rect) -> Rect | None:
    """Return the bounds of nearly all that changed, None when next to nothing did."""
    part = limits.inside(changed)
    if part.sum() < LEAST_CHANGED * max(1, part.size):
        return None
    ends = []
    for axis in (0, 1):
        share = part.sum(axis=axis).cumsum() / part.sum()
        ends.append((np.searchsorted(share, TRIM), np.searchsorted(share, 1 - TRIM) + 1))
    (left, right), (top, bottom) = ends
    x, y = limits.left, limits.top
    return Rect(int(left) + x, int(top) + y, int(right) + x, int(bottom) + y)


HELD = 0.9
"""Share of what changed that must lie on the screen that another arrangement shows."""
LEAST_CHANGED = 0.004
"""Share of the picture that must have changed to tell the screen by it."""


class Lines:
    """Strength 0-1 of straight lines in pictures, unknown pixels left out."""

    def __init__(self, pictures: np.ndarray, known: np.ndarray) -> None:
        values = pictures.astype(np.int16)
        self.known = (_summed(known), _summed(known.T))
        steps = []
        for axis in (2, 1):
            step = np.minimum(np.abs(np.diff(values, axis=axis)), STEP_LEVELS).mean(axis=0)
            full = np.zeros(known.shape, np.float32)
            full[(slice(None), slice(1, None)) if axis == 2 else slice(1, None)] = step
            steps.append(full * known / STEP_LEVELS)
        self.sums = (_summed(steps[0]), _summed(steps[1].T))

    def strength(self, side: int, at: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the mean of the lines `at` from a to b above the roughness beside them.

        Side 0 and 2 are upright.
        """
        beside = np.minimum(
            self._mean(side, at - BESIDE, a, b), self._mean(side, at + BESIDE, a, b)
        )
        return self._mean(side, at, a, b) - BESIDE_PART * beside

    def _mean(self, side: int, at: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        sums, known = self.sums[side % 2], self.known[side % 2]
        most = sums.shape[1] - 1
        a, b = (np.clip(end, 0, len(sums) - 1) for end in (a, b))
        inside = np.clip(at, 0, most)
        count = known[b, inside] - known[a, inside]
        return (sums[b, inside] - sums[a, inside]) / np.maximum(1, count)


def _summed(values: np.ndarray) -> np.ndarray:
    return np.vstack((np.zeros((1, values.shape[1])), values.cumsum(axis=0, dtype=np.float64)))


def _dark_ends(pictures: np.ndarray) -> tuple[bool, bool]:
    """Tell whether pictures (n, h, w) are dark at left and right, and at top and bottom."""
    usual = np.median(pictures, axis=0)
    ends = usual[:, [0, 1, -2, -1]], usual[[0, 1, -2, -1]]
    return bool(np.median(ends[0]) <= DARKEST_BAR), bool(np.median(ends[1]) <= DARKEST_BAR)


def _enclosing(lines: Lines, seed: Rect, limits: Rect, dark: tuple[bool, bool]) -> Rect:
    """Return the rectangle of straight lines around `seed` that end at its corners.

    Only where the picture's ends are `dark`, at the sides or above and below, can bars lie.
    """
    places = [_candidates(lines, side, seed, limits) for side in range(4)]
    grids = np.meshgrid(*places, indexing="ij")
    left, top, right, bottom = grids
    scores, least = [], np.ones(left.shape)
    pillars = dark[0] & _alike(left - limits.left, limits.right - right)
    letters = dark[1] & _alike(top - limits.top, limits.bottom - bottom)
    for side, at in enumerate(grids):
        a, b = (top, bottom) if side % 2 == 0 else (left, right)
        bars = pillars if side % 2 == 0 else letters
        score = _side_score(lines, side, at, (a, b), limits, bars)
        border = at == limits[side]
        scores.append(np.where(border, BORDER, score))
        least = np.minimum(least, np.where(border, 1.0, score))
    area = (right - left) * (bottom - top) / max(1, limits.area)
    total = np.mean(scores, axis=0) - SMALLER * area
    total[(least < LEAST_SIDE) | (area < LEAST_SHARE)] = -1
    best = np.unravel_index(int(total.argmax()), total.shape)
    return Rect(*(int(grid[best]) for grid in grids)) if total[best] > 0 else limits


def _candidates(lines: Lines, side: int, seed: Rect, limits: Rect) -> np.ndarray:
    """Return the positions of the strongest lines between the seed and the limit, and the limit."""
    low, high = sorted((limits[side], seed[side]))
    slack = BLUR if low < high else 0
    at = np.arange(low + 1 - (slack if side > 1 else 0), high + (slack if side < 2 else 0))
    at = at[(at > 0) & (at != limits[side])]
    span = [np.full(len(at), seed[n]) for n in ((1, 3) if side % 2 == 0 else (0, 2))]
    strength = lines.strength(side, at, *span)
    chosen = at[np.argsort(-strength)[:MOST_LINES]]
    chosen = chosen[lines.strength(side, chosen, *(s[: len(chosen)] for s in span)) > LEAST_LINE]
    return np.append(chosen, limits[side])


def _alike(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Tell where two opposite margins are equally wide, as bars beside a picture are."""
    return (before > BLUR) & (np.abs(before - after) <= BLUR)


def _side_score(
    lines: Lines,
    side: int,
    at: np.ndarray,
    span: tuple[np.ndarray, np.ndarray],
    limits: Rect,
    bars: np.ndarray,
) -> np.ndarray:
    """Return the strength of sides without that of their prolongation at both ends.

    A line between two ends of the picture has no prolongation: a slide's own lines are such, and
    only the ends of two equal `bars` are not.
    """
    a, b = span
    first, last = (limits.top, limits.bottom) if side % 2 == 0 else (limits.left, limits.right)
    inner = lines.strength(side, at, a, b)
    before = lines.strength(side, at, np.maximum(first, a - RUN_ON_PIXELS), a - 1)
    after = lines.strength(side, at, b + 1, np.minimum(last, b + RUN_ON_PIXELS))
    before = np.where(a - first > 2, before, inner)
    after = np.where(last - b > 2, after, inner)
    outer = np.where(bars, 0.0, np.minimum(np.minimum(before, after), inner))
    return inner - RUN_ON * outer


def _without_strips(
    groups: Sequence[tuple[np.ndarray, np.ndarray]], lines: Lines, rect: Rect, seed: Rect
) -> Rect:
    """Return a screen without bars above and below that never change while its slides do.

    `groups` are pictures (n, h, w) and their known pixels: first those of the screen, then others.
    """
    left, top, right, bottom = rect
    most = round(MOST_STRIP * (bottom - top))
    for side, low, high in (
        (1, top + 3, min(seed.top + BLUR, top + most)),
        (3, max(seed.bottom - BLUR, bottom - most), bottom - 3),
    ):
        at = np.arange(low, high)
        strength = lines.strength(side, at, np.full(len(at), left), np.full(len(at), right))
        if not len(at) or strength.max() < STRIP_SIDE:
            continue
        cut = int(at[strength.argmax()])
        bar = Rect(left, top, right, cut) if side == 1 else Rect(left, cut, right, bottom)
        if _is_strip(groups, bar, rect):
            top, bottom = (cut, bottom) if side == 1 else (top, cut)
    return Rect(left, top, right, bottom)


def _is_strip(groups: Sequence[tuple[np.ndarray, np.ndarray]], bar: Rect, rect: Rect) -> bool:
    """Tell whether something stands on a bar and stays while enough slides change beside it."""
    own, known = groups[0]
    usual = bar.inside(np.median(own, axis=0))
    shown = usual[bar.inside(known)]
    if not shown.size or shown.std() < STRIP_STRUCTURE:
        return False
    alike = [pictures[_looks(pictures, usual, bar, known & seen)] for pictures, seen in groups]
    rest = np.logical_and.reduce([seen for _, seen in groups])
    bar.inside(rest)[...] = False
    return _count_slides(rect.inside(np.concatenate(alike)), rect.inside(rest)) >= STRIP_STATES


def _looks(pictures: np.ndarray, usual: np.ndarray, bar: Rect, known: np.ndarray) -> np.ndarray:
    """Tell which pictures (n, h, w) show a bar as usual where it is known, bool (n,)."""
    seen = bar.inside(known)
    if not seen.any():
        return np.zeros(len(pictures), bool)
    return np.abs(bar.inside(pictures) - usual)[:, seen].mean(axis=1) < SAME_STRIP


SAME_STRIP = 4.0
"""Levels by which a bar may differ from its usual look, on average."""


def _count_slides(pictures: np.ndarray, known: np.ndarray) -> int:
    """Return how many different slides pictures (n, h, w) show where they are `known`.

    What differs in most of them is a film on one slide.
    """
    values = pictures[:, ::4, ::4].astype(np.int16)[:, known[::4, ::4]]
    if len(values) > STRIP_STATES:
        values = values[:, (np.abs(np.diff(values, axis=0)) > CHANGED_LEVELS).mean(axis=0) < FILM]
    slides: list[np.ndarray] = []
    for picture in values:
        away = [(np.abs(picture - slide) > CHANGED_LEVELS).mean() for slide in slides]
        if min(away, default=1.0) > SLIDE_SHARE:
            slides.append(picture)
    return len(slides)


FILM = 0.6
"""Share of the steps from picture to picture in which a film differs."""
SLIDE_SHARE = 0.025
"""Share of the picture that differs between two slides; a hand that writes changes less."""
