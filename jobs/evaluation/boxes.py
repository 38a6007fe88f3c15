"""Boxes found against boxes labelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.types import Box, LayoutRegion


def box_iou(a: Box | None, b: Box | None) -> float:
    """Return intersection over union of the areas (Everingham et al. 2010), 0 if one is missing."""
    if a is None or b is None:
        return 0.0
    width = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    height = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    shared = max(0, width) * max(0, height)
    union = a.w * a.h + b.w * b.h - shared
    return shared / union if union else 0.0


def shared_time(
    found: Sequence[LayoutRegion], labelled: Sequence[LayoutRegion]
) -> Iterator[tuple[float, LayoutRegion, LayoutRegion]]:
    """Yield the seconds that a found and a labelled region share, and both, where they do."""
    for theirs in labelled:
        for mine in found:
            seconds = mine.overlap(theirs)
            if seconds > 0:
                yield seconds, mine, theirs
