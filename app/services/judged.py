"""What people said about stretches of lectures: clips judged, rated and changed, and marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from agents.types import Interval
from data.artifacts import has_result
from data.clips import list_judged, list_revisions, revised_parts
from data.jobs import job_stages, list_jobs
from data.labels import list_labels
from data.lectures import get_lecture, list_lectures
from data.records import ClipRevision, ClipRow
from data.store import Connection
from jobs.references import IMPORTANT

RATED = {1: -1.0, 2: -0.5, 3: 0.0, 4: 0.5, 5: 1.0}
"""What so many stars say for a clip, in judgements."""
MOST = 1.5
"""A clip that is accepted and has five stars counts no more than this."""

Parts = tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody thinks of a stretch, and the run whose analysis it lies in."""

    job_id: str
    worth: float
    """In judgements: above 0 in favour of the stretch, below against it."""

    @property
    def liked(self) -> bool:
        """Return whether it is in favour."""
        return self.worth > 0


@dataclass(slots=True)
class Judged:
    """The last word about each stretch."""

    whole: dict[tuple[str, Parts], Verdict] = field(default_factory=dict)
    """By lecture and stretch."""
    replaced: dict[tuple[str, Parts], Verdict] = field(default_factory=dict)
    """Stretches in whose place a person has put another."""
    made: int = 0
    """Clips in favour whose stretch a person has changed, or made."""
    marked: int = 0
    """Stretches that were marked as important."""
    rated: int = 0
    """Clips with a rating."""


def read_judged(con: Connection, lectures: Collection[str]) -> Judged:
    """Return what was said about these lectures, or about all."""
    for lecture_id in lectures:
        get_lecture(con, lecture_id)
    judged = Judged()
    for lecture_id, clip in list_judged(con):
        if not lectures or lecture_id in lectures:
            _hear(judged, lecture_id, clip, list_revisions(con, clip.id))
    for lecture_id in lectures or [lecture.id for lecture in list_lectures(con)]:
        _hear_marks(con, judged, lecture_id)
    return judged


def _hear(judged: Judged, lecture: str, clip: ClipRow, revisions: Sequence[ClipRevision]) -> None:
    """Note what a clip says: a moved edge speaks for the new stretch and against the old."""
    first = revised_parts(revisions[0].body) if revisions else clip.parts
    manual = clip.source == "manual"
    moved = first != clip.parts and not manual
    worth = _worth(clip, kept=moved or manual)
    judged.rated += clip.rating is not None
    if not worth:
        return
    verdict = Verdict(clip.job_id, worth)
    judged.whole[lecture, clip.parts] = verdict
    judged.made += verdict.liked and (moved or manual)
    if moved and verdict.liked:
        judged.replaced[lecture, first] = verdict


def _worth(clip: ClipRow, *, kept: bool) -> float:
    """Return what state and stars of a clip say together; they may leave nothing to be said."""
    said = {"accepted": 1.0, "rejected": -1.0}.get(clip.state, 1.0 if kept else 0.0)
    stars = RATED[clip.rating] if clip.rating is not None else 0.0
    return max(-MOST, min(MOST, said + stars))


def _hear_marks(con: Connection, judged: Judged, lecture: str) -> None:
    """Note the stretches that were marked as important, in the words of the newest run."""
    marks = list_labels(con, lecture, IMPORTANT)
    jobs = list_jobs(con, lecture) if marks else []
    job_id = next((job.id for job in jobs if _is_analysed(con, job.id)), None)
    if job_id is None:
        return
    for mark in marks:
        judged.whole[lecture, (Interval(mark.t0, mark.t1),)] = Verdict(job_id, 1.0)
        judged.marked += 1


def _is_analysed(con: Connection, job_id: str) -> bool:
    return any(
        row.name == "content" and has_result(con, row.key) for row in job_stages(con, job_id)
    )
