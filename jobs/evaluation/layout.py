"""How well layouts are found: kind, boxes and changes over time.

`kind` is the share of the time in which the kind is right, `regions_right` the share of the
labelled regions whose kind is right for most of their time. `screen_iou` and `camera_iou` are
intersection over union (Everingham et al. 2010) averaged over the time in which a screen or camera
is labelled, one that is not found counting 0; so the seconds between a change and its detection
count too. `no_camera` is the share of the time without a labelled camera in which none is claimed.
A change of layout is found if it is matched one to one within 2 s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agents.layout.detector import detect_regions
from agents.layout.params import LayoutParams
from agents.types import LayoutRegion
from jobs.evaluation.boxes import box_iou, shared_time
from jobs.evaluation.labels import Figures, median, share
from jobs.evaluation.lectures import RenderedLecture
from jobs.evaluation.matching import Counts, match_points, total
from jobs.evaluation.running import Bench, cpu_seconds
from jobs.evaluation.stills import Stills

CHANGE_S = 2.0

STAGES = ("layout",)


@dataclass(frozen=True, slots=True)
class LayoutScore:
    """What one recording adds to the figures: (part, whole) in seconds or regions."""

    kind: tuple[float, float]
    regions: tuple[float, float]
    screen: tuple[float, float]
    camera: tuple[float, float]
    no_camera: tuple[float, float]
    changes: Counts
    errors: tuple[float, ...]
    duration: float
    cpu_s: float


def figures(scores: Sequence[LayoutScore]) -> Figures:
    """Return the figures of one or several recordings."""
    changes = total(s.changes for s in scores)
    return {
        "kind": _pooled([s.kind for s in scores]),
        "regions_right": _pooled([s.regions for s in scores]),
        "screen_iou": _pooled([s.screen for s in scores]),
        "camera_iou": _pooled([s.camera for s in scores]),
        "no_camera": _pooled([s.no_camera for s in scores]),
        "change_recall": changes.recall,
        "change_precision": changes.precision,
        "changes": changes.labelled,
        "change_error_s": median(error for s in scores for error in s.errors),
        "duration_s": sum(s.duration for s in scores),
        "cpu_s": sum(s.cpu_s for s in scores),
    }


def _pooled(pairs: Sequence[tuple[float, float]]) -> float | None:
    part, whole = np.sum(pairs, axis=0)
    return share(float(part), float(whole))


def score_lecture(lecture: RenderedLecture, bench: Bench) -> LayoutScore:
    """Run the layout agent over a rendered lecture."""
    labelled = [shown.region() for shown in lecture.labels("layouts")]
    values, cpu_s = bench.run(lecture.media, "layout")
    return compare(values["layout"].regions, labelled, values["intake"].media.duration, cpu_s)


def compare(
    found: Sequence[LayoutRegion],
    labelled: Sequence[LayoutRegion],
    duration: float,
    cpu_s: float,
) -> LayoutScore:
    """Compare regions found with those labelled."""
    shared = list(shared_time(found, labelled))
    pairs = match_points(_changes(found), _changes(labelled), within=CHANGE_S)
    whole = sum(theirs.duration for theirs in labelled)
    with_screen = [row for row in shared if row[2].screen is not None]
    with_camera = [row for row in shared if row[2].camera is not None]
    without = [row for row in shared if row[2].camera is None]
    return LayoutScore(
        kind=(sum(s for s, mine, theirs in shared if mine.kind == theirs.kind), whole),
        regions=(sum(_mostly_right(shared, theirs) for theirs in labelled), len(labelled)),
        screen=(
            sum(s * box_iou(mine.screen, theirs.screen) for s, mine, theirs in with_screen),
            sum(theirs.duration for theirs in labelled if theirs.screen is not None),
        ),
        camera=(
            sum(s * box_iou(mine.camera, theirs.camera) for s, mine, theirs in with_camera),
            sum(theirs.duration for theirs in labelled if theirs.camera is not None),
        ),
        no_camera=(
            sum(s for s, mine, _ in without if mine.camera is None),
            sum(theirs.duration for theirs in labelled if theirs.camera is None),
        ),
        changes=Counts(len(pairs), len(_changes(found)), len(_changes(labelled))),
        errors=tuple(abs(a - b) for a, b in pairs),
        duration=duration,
        cpu_s=cpu_s,
    )


def _changes(regions: Sequence[LayoutRegion]) -> list[float]:
    return [region.start for region in regions[1:]]


def _mostly_right(
    shared: Sequence[tuple[float, LayoutRegion, LayoutRegion]], labelled: LayoutRegion
) -> bool:
    """Return whether the kind claimed for most of a labelled region's time is its kind."""
    seconds: dict[str, float] = defaultdict(float)
    for s, mine, theirs in shared:
        if theirs is labelled:
            seconds[mine.kind] += s
    return bool(seconds) and max(seconds, key=seconds.__getitem__) == labelled.kind


def score_stills(stills: Stills, bench: Bench) -> LayoutScore:
    """Tell regions from frames alone; there are no changes to find, and the kind may be unknown."""
    began = cpu_seconds()
    size, labelled, kind_known = stills.labels()
    params = bench.params("layout")
    assert isinstance(params, LayoutParams)
    found = detect_regions(stills.key_frames(), size, stills.duration, params)
    score = compare(found, [labelled], stills.duration, cpu_seconds() - began)
    if kind_known:
        return score
    return replace(score, kind=(0.0, 0.0), regions=(0.0, 0.0))


SCORERS = {RenderedLecture: score_lecture, Stills: score_stills}
