"""People's corrections of the layout, laid over what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from agents.types import Layout, LayoutRegion

LEAST_S = 1e-3
"""What a correction leaves of a region is kept from this length on."""


def correct_layout(layout: Layout, corrections: Iterable[LayoutRegion]) -> Layout:
    """Return the layout with each correction in place of what was found in its stretch.

    A later correction covers an earlier one; nothing reaches beyond the recording.
    """
    regions = layout.regions
    for one in corrections:
        over = regions[-1].end if regions else one.end
        if one.start < over:
            mine = replace(one, end=min(one.end, over))
            kept = (part for region in regions for part in _outside(region, mine))
            regions = tuple(sorted((*kept, mine), key=lambda region: region.start))
    return replace(layout, regions=regions)


def _outside(region: LayoutRegion, mine: LayoutRegion) -> Iterator[LayoutRegion]:
    """Yield what lies of the region before and after a correction."""
    if min(region.end, mine.start) - region.start >= LEAST_S:
        yield replace(region, end=min(region.end, mine.start))
    if region.end - max(region.start, mine.end) >= LEAST_S:
        yield replace(region, start=max(region.start, mine.end))
