"""Group what moves by where it does: the same person at several moments, a film beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.layout.boxes import Rect, Snapped, iou
from agents.layout.motion import CELL


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """What moved connectedly after key frame number `index`."""

    seed: Rect
    """Its bounds in pixels."""
    index: int
    cells: np.ndarray
    """Which cells moved, bool (36, 64)."""
    box: Snapped | None
    """The box that one picture shows around it, if it does."""


def same_place(blobs: Sequence[Blob]) -> list[list[Blob]]:
    """Return the blobs in groups that lie mostly on each other."""
    groups: list[list[Blob]] = []
    for blob in sorted(blobs, key=lambda blob: -blob.seed.area):
        for group in groups:
            first, rect = group[0].seed, blob.seed
            inside = first.meet(rect).area >= INSIDE * rect.area
            if iou(first, rect) > SAME_PLACE or (inside and rect.area > PART * first.area):
                group.append(blob)
                break
        else:
            groups.append([blob])
    return groups


SAME_PLACE = 0.35
"""Motion that covers other motion this much is the same person."""
INSIDE, PART = 0.7, 0.15
"""So is a part of it that lies this much inside, and is not much smaller."""


def core(group: Sequence[Blob]) -> np.ndarray:
    """Return the cells (36, 64) that move often among blobs of one place.

    A camera does in most of them, a film beside it only while its slide is shown.
    """
    often = np.sum([blob.cells for blob in group], axis=0)
    return often > OFTEN * often.max()


OFTEN = 0.5
"""How often, as a share of the cell that does most often."""


def extent(group: Sequence[Blob]) -> Rect:
    """Return the bounds, in pixels, that most blobs of one place reach."""
    ends = np.percentile(np.array([blob.seed for blob in group]), [20, 80], axis=0)
    return Rect(*(int(v) for v in (*ends[0, :2], *ends[1, 2:])))


def distinct(boxes: Sequence[Snapped]) -> list[Snapped]:
    """Return one of each of the boxes that cover the same place, the most frequent first."""
    groups: list[list[Snapped]] = []
    for box in boxes:
        same = (group for group in groups if iou(group[0].rect, box.rect) > SAME_BOX)
        group = next(same, None)
        if group is None:
            groups.append([box])
        else:
            group.append(box)
    return [group[0] for group in sorted(groups, key=lambda group: -len(group))]


SAME_BOX = 0.6
"""Two boxes that cover each other this much are one."""


def inner_cells(rect: Rect) -> Rect:
    """Return the cells that lie wholly inside a rectangle of pixels."""
    inner = Rect(
        -(-rect.left // CELL), -(-rect.top // CELL), rect.right // CELL, rect.bottom // CELL
    )
    return inner if inner.area else outer_cells(rect)


def outer_cells(rect: Rect) -> Rect:
    """Return the cells that a rectangle of pixels touches."""
    return Rect(
        rect.left // CELL, rect.top // CELL, -(-rect.right // CELL), -(-rect.bottom // CELL)
    )
