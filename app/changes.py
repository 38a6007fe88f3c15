"""What one choice of clips, or one set of parameters, changes against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jobs.evaluation.marked import seconds, shared_seconds
from jobs.evaluation.matching import Span

Change = Literal["kept", "moved", "new", "lost"]
SAME_S = 0.05
"""Edges this close are the same: less than two frames."""
SAME_CLIP = 0.5
"""Clips that share so much of the shorter one are one clip that was moved."""

Parts = Sequence[Span]


@dataclass(frozen=True, slots=True)
class ClipChange:
    """A clip before and after: positions in the two choices, None where it is in one only."""

    before: int | None
    after: int | None
    change: Change


def compare_clips(before: Sequence[Parts], after: Sequence[Parts]) -> list[ClipChange]:
    """Return what became of every clip, pairs that share most first; one clip is in one pair."""
    shares = sorted(
        (
            (_share(mine, theirs), i, j)
            for i, mine in enumerate(before)
            for j, theirs in enumerate(after)
        ),
        key=lambda found: (-found[0], found[1:]),
    )
    pairs: dict[int, int] = {}
    for share, i, j in shares:
        if share >= SAME_CLIP and i not in pairs and j not in pairs.values():
            pairs[i] = j
    changes = [ClipChange(i, j, _changed(before[i], after[j])) for i, j in pairs.items()]
    changes += [ClipChange(i, None, "lost") for i in range(len(before)) if i not in pairs]
    taken = set(pairs.values())
    return changes + [ClipChange(None, j, "new") for j in range(len(after)) if j not in taken]


def _share(mine: Parts, theirs: Parts) -> float:
    shorter = min(seconds(mine), seconds(theirs))
    return shared_seconds(mine, theirs) / shorter if shorter > 0 else 0.0


def _changed(mine: Parts, theirs: Parts) -> Change:
    same = len(mine) == len(theirs) and all(
        abs(a - b) <= SAME_S
        for one, other in zip(mine, theirs, strict=True)
        for a, b in zip(one, other, strict=True)
    )
    return "kept" if same else "moved"


def compare_settings(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Return (name, before, after) of every tunable that differs; None where there is none."""
    names = [*before, *(name for name in after if name not in before)]
    return [
        (name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]
