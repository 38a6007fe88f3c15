"""The runs of a lecture beside each other, and which of them people look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.compile.params import Quality
from agents.errors import NotFound
from agents.tuning import differing, flatten
from app.changes import ClipChange, compare_clips, compare_settings
from app.services.core import Core
from app.services.jobs import Jobs
from app.services.live import LivePlans
from app.services.results import Results
from data.clips import list_clips
from data.jobs import get_job, render_costs
from data.lectures import get_lecture
from data.records import ClipRow, Job, Lecture
from data.restored import ordered_runs, restore_run
from jobs.evaluation.labels import Figures
from jobs.evaluation.marked import Parts, score_marked
from jobs.evaluation.matching import Span
from jobs.references import clip_spans, read_references

DRAFT_SHARE = 0.25
"""Part of the full clip's work that a draft takes: 0.23 in benchmarks/render.md."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as lists show it."""

    job: Job
    settings: dict[str, Any]
    """By dotted name, what differs from the defaults."""
    shown: bool
    """Whether it is the one that the review page shows."""

    @property
    def seconds(self) -> float | None:
        """Return how long it took from its start to its end; None while it is not completed."""
        ended: datetime | None = self.job.completed
        return (ended - self.job.created).total_seconds() if ended else None


@dataclass(frozen=True, slots=True)
class RunCurve:
    """What one run made of the lecture."""

    run: Run
    times: list[float]
    """Middle of every sentence in seconds."""
    scores: list[float]
    clips: list[ClipRow]
    references: dict[str, Figures]
    """Figures against what is marked and against the accepted clips, where there are any."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of one lecture beside each other."""

    lecture: Lecture
    a: RunCurve
    b: RunCurve
    changes: list[ClipChange]
    settings: list[tuple[str, Any, Any]]


class Runs:
    """Lists, compares and restores the runs of lectures."""

    def __init__(self, core: Core, jobs: Jobs, results: Results, live: LivePlans) -> None:
        self.core = core
        self.jobs = jobs
        self.results = results
        self.live = live

    def list(self, lecture_id: str) -> list[Run]:
        """Return the runs of a lecture, newest first; one restored is as new as that."""
        _, jobs = self.core.kept(
            f"runs {lecture_id}",
            lambda con: (get_lecture(con, lecture_id), ordered_runs(con, lecture_id)),
        )
        shown = next((job for job in jobs if job.status == "completed"), None)
        return [self._run(job, job is shown) for job in jobs]

    def restore(self, job_id: str) -> Job:
        """Make a run the one that the review page shows, until a newer one is completed."""
        with self.core.store.write() as con:
            return restore_run(con, job_id)

    def compare(self, a: str, b: str) -> Comparison:
        """Return two runs of one lecture beside each other, or raise NotFound."""
        with self.core.store.read() as con:
            jobs = get_job(con, a), get_job(con, b)
            lecture = get_lecture(con, jobs[0].lecture_id)
        if jobs[0].lecture_id != jobs[1].lecture_id:
            raise NotFound("These runs are of two lectures; only runs of one can be compared.")
        listed = {run.job.id: run for run in self.list(lecture.id)}
        one, other = (self._curve(listed[job.id]) for job in jobs)
        before, after = ([clip_spans(clip) for clip in curve.clips] for curve in (one, other))
        return Comparison(
            lecture,
            one,
            other,
            compare_clips(before, after),
            compare_settings(*(flatten(self.jobs.tuning(job)) for job in jobs)),
        )

    def render_seconds(self, job_id: str) -> dict[Quality, float]:
        """Return what the clips of a run, as they stand, would take in each quality; none: unknown.

        That is how long it took when least was known already; what is known costs less.
        """
        job = self.jobs.get(job_id)
        costs = self.core.kept(
            f"render costs {job.lecture_id}", lambda con: render_costs(con, job.lecture_id)
        )
        clips = self.core.kept(f"clips {job_id}", lambda con: list_clips(con, job_id))
        length = sum(p.duration for clip in clips if clip.state != "rejected" for p in clip.parts)
        rate = max((_full_rate(*cost) for cost in costs), default=0.0)
        return {"full": rate * length, "draft": rate * DRAFT_SHARE * length} if rate else {}

    def figures(
        self, lecture_id: str, topics: Sequence[Span], clips: Sequence[Parts]
    ) -> dict[str, Figures]:
        """Return the figures of clips against each reference that the lecture has."""
        return {
            name: score_marked(clips, wanted, topics)
            for name, wanted in self.references(lecture_id).items()
        }

    def references(self, lecture_id: str) -> dict[str, list[list[Span]]]:
        """Return what people hold important, by how they said so; only what there is."""
        return self.core.kept(
            f"references {lecture_id}", lambda con: read_references(con, lecture_id)
        )

    def _run(self, job: Job, shown: bool) -> Run:
        return Run(job, differing(self.jobs.tuning(job)), shown)

    def _curve(self, run: Run) -> RunCurve:
        content = self.results.of(run.job).content
        sentences = content.sentences if content else ()
        scores = self.live.scores(content, self.jobs.tuning(run.job)).tolist() if content else []
        with self.core.store.read() as con:
            clips = list_clips(con, run.job.id)
        clips = [clip for clip in clips if clip.state != "rejected"]
        topics = [(one.start, one.end) for one in content.segments] if content else []
        return RunCurve(
            run,
            [(sentence.start + sentence.end) / 2 for sentence in sentences],
            scores,
            clips,
            self.figures(run.job.lecture_id, topics, [clip_spans(clip) for clip in clips]),
        )


def _full_rate(params: Mapping[str, Any], seconds: float, length: float) -> float:
    """Return how long a second of clip in full quality took, from what was rendered."""
    draft = params.get("compile", {}).get("quality") == "draft"
    return seconds / length / (DRAFT_SHARE if draft else 1.0)
