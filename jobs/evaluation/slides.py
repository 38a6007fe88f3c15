"""How well slide changes are found: F1 within 1 s, each change matched once.

Both lists are matched one to one, as many pairs as possible with at most 1 s between (the protocol
of shot boundary detection at TRECVID, Smeaton et al. 2010, with a tolerance in seconds).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.types import Slide
from jobs.evaluation.labels import Figures, median
from jobs.evaluation.lectures import RenderedLecture
from jobs.evaluation.matching import Counts, match_points, total
from jobs.evaluation.running import Bench

WITHIN_S = 1.0

STAGES = ("layout",)


@dataclass(frozen=True, slots=True)
class SlideScore:
    """What one recording adds to the figures."""

    changes: Counts
    errors: tuple[float, ...]
    """Seconds between found and labelled changes of the pairs."""
    duration: float
    cpu_s: float


def figures(scores: Sequence[SlideScore]) -> Figures:
    """Return the figures of one or several recordings."""
    changes = total(s.changes for s in scores)
    return {
        "change_f1": changes.f1,
        "change_precision": changes.precision,
        "change_recall": changes.recall,
        "changes": changes.labelled,
        "found": changes.found,
        "time_error_ms": median((error for s in scores for error in s.errors), 1000),
        "duration_s": sum(s.duration for s in scores),
        "cpu_s": sum(s.cpu_s for s in scores),
    }


def score_lecture(lecture: RenderedLecture, bench: Bench) -> SlideScore:
    """Run the layout agent over a rendered lecture."""
    labelled = lecture.labels("slides")
    values, cpu_s = bench.run(lecture.media, "layout")
    changes = slide_changes(values["layout"].slides)
    return compare(changes, labelled, values["intake"].media.duration, cpu_s)


def slide_changes(slides: Sequence[Slide]) -> list[float]:
    """Return when one slide gives way to the next; the first slide is no change."""
    return [slide.start for slide in slides[1:]]


def compare(
    found: Sequence[float], labelled: Sequence[float], duration: float, cpu_s: float
) -> SlideScore:
    """Compare changes found with those labelled."""
    pairs = match_points(found, labelled, within=WITHIN_S)
    return SlideScore(
        Counts(len(pairs), len(found), len(labelled)),
        tuple(abs(a - b) for a, b in pairs),
        duration,
        cpu_s,
    )


SCORERS = {RenderedLecture: score_lecture}
