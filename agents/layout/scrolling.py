"""See that a text was scrolled: what is shown is what was shown before, some lines higher or lower.

A terminal, a page of a browser or an editor that scrolls is no slide change and no camera: the
same text moved, and only the lines that came into view are new.
"""

from __future__ import annotations

import numpy as np

from agents.layout.boxes import Rect, bounds

MOVED_LEVEL = 7.0
"""Levels by which a cell must have changed to have moved."""
LEAST_MOVED = 0.02
"""Share of the cells that must have, else it is not worth a look."""
MOST_SHIFT = 0.6
"""Share of the height of what moved by which a text may have been scrolled and still be told."""
COLUMNS_SEEN = 32
"""Columns to which a text is reduced to find by how much it was scrolled."""
FITS = 0.75
"""Share of the difference that may be left in those for a closer look."""
FINER = tuple(np.arange(-1, 1.01, 0.25).tolist())
"""Rows around a shift found in pictures of half the height."""
TEXT_STEP, TEXT_SHARE = 24, 0.1
"""Levels of a step in luma that is drawn, and the share of a cell that such steps fill in text."""
EXPLAINED = 0.4
"""Share of its difference that a cell of text keeps at most when the shift explains it."""
MOSTLY = 0.7
"""Share of the text that the shift must explain."""
LEAST_TEXT = 12
"""Cells with text that must be seen both before and after."""


def without_scrolling(
    before: np.ndarray, after: np.ndarray, change: np.ndarray, cell: int
) -> np.ndarray:
    """Return the change per cell between two pictures (h, w) without what was only scrolled.

    `change` (h / cell, w / cell) holds quarters of a level. Lines that came into view are no
    change either.
    """
    import cv2

    moved = change > MOVED_LEVEL * 4
    if moved.mean() < LEAST_MOVED:
        return change
    cells = bounds(moved)
    box = cells.scaled(cell, cell)
    shift = _find_shift(box.inside(before), box.inside(after))
    if shift is None:
        return change
    near = (shift + step for step in FINER)
    found = [_undo(before, after, cells, at, cell) for at in near]
    left, seen = min(found, key=lambda one: float(one[0][moved & one[1]].mean()))
    text = moved & seen & _has_text(after, cell)
    explained = text & (left <= EXPLAINED * change)
    if text.sum() < LEAST_TEXT or explained.sum() < MOSTLY * text.sum():
        return change
    rest = np.minimum(change, left)
    # beside what the shift explains, letters that fall between two rows of pixels may not be
    fitting = cv2.dilate(explained.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rest[fitting | (moved & ~seen)] = 0
    return rest


def _find_shift(before: np.ndarray, after: np.ndarray) -> int | None:
    """Return by how many rows a text lies higher than before (negative: lower), if it does."""
    import cv2

    height = len(before) // 2
    old, new = (
        cv2.resize(part, (COLUMNS_SEEN, height), interpolation=cv2.INTER_AREA).astype(np.int16)
        for part in (before, after)
    )
    best, at = FITS * float(np.abs(old - new).mean()), None
    for rows in range(1, int(MOST_SHIFT * height)):
        for shift, one, other in ((rows, old, new), (-rows, new, old)):
            away = float(np.abs(one[rows:] - other[:-rows]).mean())
            if away < best:
                best, at = away, 2 * shift
    return at


def _undo(
    before: np.ndarray, after: np.ndarray, cells: Rect, shift: float, cell: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the change per cell, in quarters, after moving a part up, and the cells still seen."""
    import cv2

    box = cells.scaled(cell, cell)
    part = box.inside(before)
    height, width = part.shape
    matrix = np.array([[1, 0, 0], [0, 1, -shift]], np.float32)
    moved = cv2.warpAffine(part, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    away = cv2.absdiff(moved, box.inside(after)) * np.uint16(4)
    size = (cells.right - cells.left, cells.bottom - cells.top)
    left = np.zeros((len(before) // cell, before.shape[1] // cell), np.uint8)
    reduced = cv2.resize(away, size, interpolation=cv2.INTER_AREA)
    cells.inside(left)[...] = np.minimum(reduced, 255)
    seen, rows = np.zeros(left.shape, bool), int(np.ceil(abs(shift) / cell))
    top, bottom = (
        (cells.top, cells.bottom - rows) if shift > 0 else (cells.top + rows, cells.bottom)
    )
    seen[top:bottom, cells.left : cells.right] = True
    return left, seen


def _has_text(picture: np.ndarray, cell: int) -> np.ndarray:
    """Tell which cells of a picture (h, w) show something drawn."""
    import cv2

    steps = cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > TEXT_STEP
    size = picture.shape[1] // cell, len(picture) // cell
    return cv2.resize(steps.astype(np.float32), size, interpolation=cv2.INTER_AREA) > TEXT_SHARE
