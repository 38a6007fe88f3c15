"""Find slide changes among pictures sampled a quarter of a second apart."""

from __future__ import annotations

import numpy as np

from agents.layout.boxes import find_blobs
from agents.layout.motion import CHANGE_SCALE, COLUMNS, ROWS
from agents.layout.params import LayoutParams
from agents.layout.slides import COMPACT_PART, LEAST_PART, SMALL_PART, has_changed

AROUND = 8
"""Steps before and after a step in which what keeps moving is looked for: two seconds."""
MOSTLY = 0.6
"""A film moves in more than this share of those."""
FILLS = 0.5
"""Share of the screen that may be left out because it keeps moving on one side of a step only:
a film that begins as a slide of its own is a change, one that begins on a slide is none."""
GROWS = 2
"""Cells around a part, and steps around its own, in which a hand that writes is looked for."""
GROWTH = 0.4
"""Share of a part's cells that must have moved elsewhere and beside it: a pointer has fewer."""
SMALL_SHARE = 0.03
"""Share of the screen below which a part may be written by hand."""
LINE_CELLS = 5
"""Rows of cells below which it may be a line of text or two, however wide."""
MOST_OF_PART = 0.6
"""Share of a small part's cells that change in the step in which it changes."""
TOGETHER = 0.8
"""Share of what changed that must have changed within two steps, where no step is large enough."""


def locate_changes(
    times: np.ndarray, change: np.ndarray, mask: np.ndarray, params: LayoutParams
) -> list[float]:
    """Return when the slide changes among sampled pictures; `change[i]` leads to `times[i + 1]`.

    A fade counts once, in its middle. What always moves (a film on a slide) and what grows out of
    what moved before it (a hand that writes, a terminal) is no change.
    """
    moved = (change > params.slide_level * CHANGE_SCALE) & mask
    flags = np.array([has_changed(one, mask, params) for one in change], bool)
    found: list[tuple[float, float]] = []
    for at in np.flatnonzero(flags).tolist():
        calm = mask & ~_films(moved, flags, at)
        if not has_changed(change[at], calm, params) or _grows(moved, flags, at, calm, mask):
            continue
        before, after = float(times[at]), float(times[at + 1])
        if found and before - found[-1][1] < 1e-6:
            found[-1] = (found[-1][0], after)
        else:
            found.append((before, after))
    return [(before + after) / 2 for before, after in found]


def _films(moved: np.ndarray, flags: np.ndarray, at: int) -> np.ndarray:
    """Return the cells (36, 64) of what keeps moving before a step or after it, or throughout.

    A film ends or begins where another slide comes.
    """
    cuts = _cuts(moved, flags)
    first = max((cut + 1 for cut in cuts if cut < at), default=0)
    end = min((cut for cut in cuts if cut > at), default=len(moved))
    sides = slice(max(first, at - AROUND), at), slice(at + 1, min(end, at + 1 + AROUND))
    before, after = (_film(moved[side], flags[side]) for side in sides)
    throughout = _film(moved[first:end], flags[first:end]) if at not in cuts else before
    either = before | after | throughout
    return either if either.mean() < FILLS else before & after


def _cuts(moved: np.ndarray, flags: np.ndarray) -> list[int]:
    """Return the steps in which far more moves than in most others where anything does."""
    count = moved.sum(axis=(1, 2))
    usual = np.percentile(count[flags], USUAL_STEP) if flags.any() else 0.0
    return np.flatnonzero(flags & (count > CUT_TIMES * usual)).tolist()


USUAL_STEP, CUT_TIMES = 25, 4.0
"""Percentile of the steps in which a film moves, and how much more another slide changes."""


def film_cells(change: np.ndarray, mask: np.ndarray, params: LayoutParams) -> np.ndarray:
    """Return the cells (36, 64) of what keeps moving at either end of sampled steps, or all along.

    `change` (n, 36, 64) leads from one picture to the next.
    """
    moved = (change > params.slide_level * CHANGE_SCALE) & mask
    flags = np.array([has_changed(one, mask, params) for one in change], bool)
    sides = slice(None, AROUND), slice(-AROUND, None), slice(None)
    found = np.any([_film(moved[side], flags[side]) for side in sides], axis=0)
    return found if found.mean() < FILLS else np.zeros_like(found)


def film_beside(change: np.ndarray, mask: np.ndarray, params: LayoutParams) -> np.ndarray:
    """Return the boxes (36, 64) of what moves in any of a few steps (n, 36, 64) around another.

    None where they fill the screen: a film that begins as a slide of its own is a change.
    """
    box = np.zeros(mask.shape, bool)
    for moved in (change > params.slide_level * CHANGE_SCALE) & mask:
        for part in find_blobs(moved, LEAST_PART):
            part.grown(1).inside(box)[...] = True
    return box if (box & mask).sum() < FILLS * mask.sum() else np.zeros_like(box)


def _film(moved: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """Return the boxes (36, 64) within which much moves in most of some steps (n, 36, 64)."""
    box = np.zeros(moved.shape[1:], bool)
    if len(moved) <= GROWS or flags.mean() <= MOSTLY:
        return box
    for part in find_blobs(moved.sum(axis=0) > 0, COMPACT_PART):
        busy = part.inside(moved).sum(axis=(1, 2)) >= LEAST_PART
        if busy.mean() > MOSTLY:
            part.grown(1).inside(box)[...] = True
    return box


def _grows(
    moved: np.ndarray, flags: np.ndarray, at: int, calm: np.ndarray, mask: np.ndarray
) -> bool:
    """Tell whether what moved in a step is small and lies beside what moved just before or after.

    Cells that moved then as well are a fade. A line of text may come two seconds after the last.
    """
    import cv2

    now = moved[at] & calm
    if not _is_small(now, mask):
        return False
    near = cv2.dilate(now.astype(np.uint8), np.ones((2 * GROWS + 1,) * 2, np.uint8)) > 0
    steps = [
        i
        for i in range(max(0, at - AROUND), min(len(moved), at + AROUND + 1))
        if i != at and (flags[i] or abs(i - at) <= GROWS)
    ]
    return any(
        (moved[i] & near & ~now).any()
        and (flags[i] or (moved[i] & ~now).sum() >= GROWTH * now.sum())
        for i in steps
    )


def _is_small(now: np.ndarray, mask: np.ndarray) -> bool:
    """Tell whether cells (36, 64) that moved are few, or but a line of text."""
    few = now.sum() <= SMALL_SHARE * mask.sum()
    return bool(few or np.ptp(np.nonzero(now)[0]) < LINE_CELLS)


def is_line(change: np.ndarray, mask: np.ndarray, params: LayoutParams) -> bool:
    """Tell whether so little of the screen changed in a step (36, 64) that it may be a line."""
    return _is_small((change > params.slide_level * CHANGE_SCALE) & mask, mask)


def turning_point(
    times: np.ndarray, luma: np.ndarray, mask: np.ndarray, params: LayoutParams
) -> float | None:
    """Return when the first of sampled pictures (n, 180, 320) turns into the last, None if slowly.

    Each cell turns when it becomes more like the last picture than like the first. A slow fade
    turns everywhere at once; what is written or typed does so part after part.
    """
    old, new = (_distance(luma, luma[end]) for end in (0, -1))
    cells = (old[-1] > params.slide_level) & mask
    turned = (new[:, cells] < old[:, cells]).argmax(axis=0)
    if not len(turned):
        return None
    counts = np.bincount(turned, minlength=len(times) + 1)
    pairs = counts[1:-1] + counts[2:]
    first = int(pairs.argmax()) + 1
    if pairs[first - 1] < TOGETHER * len(turned):
        return None
    at = first if counts[first] >= counts[min(first + 1, len(counts) - 1)] else first + 1
    return float(times[at - 1] + times[at]) / 2


def _distance(luma: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the mean absolute difference per cell to another picture, in levels (n, 36, 64)."""
    import cv2

    return np.stack(
        [
            cv2.resize(cv2.absdiff(one, other), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
            for one in luma
        ]
    )


def locate_small(
    times: np.ndarray, change: np.ndarray, fresh: np.ndarray, params: LayoutParams
) -> float | None:
    """Return when a small part of a slide changed at once, None when something moved there.

    `fresh` are the cells that differ in the end; a pointer comes and goes through others.
    """
    import cv2

    moved = change > params.slide_level * CHANGE_SCALE
    for part in find_blobs(fresh, SMALL_PART):
        inside = np.zeros_like(fresh)
        part.inside(inside)[...] = part.inside(fresh)
        steps = np.flatnonzero(moved[:, inside].mean(axis=1) >= MOST_OF_PART)
        if not len(steps) or steps[-1] - steps[0] > 1:
            continue
        near = cv2.dilate(inside.astype(np.uint8), np.ones((2 * GROWS + 1,) * 2, np.uint8)) > 0
        around = [i for i in range(steps[0] - 2, steps[-1] + 3) if 0 <= i < len(moved)]
        if not moved[[i for i in around if i not in steps]][:, near].any():
            return float(times[steps[0]] + times[steps[-1] + 1]) / 2
    return None
