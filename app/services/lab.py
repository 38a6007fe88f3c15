"""The notebook of one run: what each stage found, and what other settings would give at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.params import Params
from agents.tuning import with_values
from agents.types import ClipPlan, Decisions, SilenceRegion
from app.changes import ClipChange, compare_clips
from app.exports import rounded
from app.services.core import Core
from app.services.jobs import Jobs
from app.services.live import LivePlans, LiveSilences
from app.services.recent import Recent
from app.services.results import Results
from app.services.review import Review
from app.services.runs import Runs
from app.views.cells import notebook_cells
from app.views.lab import content_pictures, transcript_words
from data.clips import list_clips
from data.jobs import stage_costs
from data.records import ClipRow, Job
from jobs.evaluation.matching import Span
from jobs.references import clip_spans

KEPT_SILENCES = 8
"""Silences under other settings that stay in memory while weights are moved."""
KEPT_BASES = 16
"""Runs whose clips stay in memory, to be compared with."""


@dataclass(frozen=True, slots=True)
class _Base:
    """A run as it stands: what is tried is compared with it."""

    job: Job
    tuning: Params
    clips: list[ClipRow]
    """Without those that were rejected."""
    topics: list[Span]


class Lab:
    """What the tune page shows of a run."""

    def __init__(self, core: Core, review: Review, silences: LiveSilences, runs: Runs) -> None:
        self.core = core
        self.review = review
        self.jobs: Jobs = review.jobs
        self.results: Results = review.results
        self.live: LivePlans = review.live
        self.silences = silences
        self.runs = runs
        self._silences = Recent(KEPT_SILENCES)
        self._bases = Recent(KEPT_BASES)

    def notebook(self, lecture_id: str, job_id: str | None = None) -> dict[str, Any]:
        """Return the cells of a run: parameters, what they cost, and the pictures that stay."""
        job = self.review.job_of(lecture_id, job_id)
        found = self.results.of(job)
        with self.core.store.read() as con:
            costs = stage_costs(con, job.id)
        return {
            "job": job.id,
            "status": job.status,
            "cells": notebook_cells(self.jobs.tuning(job)),
            "needs": {name: list(stage.needs) for name, stage in self.core.workshop.table.items()},
            "costs": {name: round(seconds, 2) for name, seconds in costs.items()},
            "done": sorted(costs),
            "words": transcript_words(found.transcript),
            "content": content_pictures(found.content),
        }

    def plan(
        self, lecture_id: str, job_id: str | None, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the clips that settings by dotted names would give, and what that changes."""
        base = self._base(lecture_id, job_id)
        tuning = with_values(base.tuning, values)
        silence = self._silence(base, tuning)
        plan = self.live.plan(base.job.id, tuning, silence)
        parts = _parts(plan.plans)
        changes = compare_clips([clip_spans(clip) for clip in base.clips], parts)
        lost = [one.before for one in changes if one.after is None and one.before is not None]
        return {
            "scores": [round(float(score), 3) for score in plan.scores],  # a curve is drawn of them
            "threshold": round(min((one.score for one in plan.plans), default=0.0), 4),
            "clips": _clips(plan.plans, base.clips, changes),
            "lost": [_lost(base.clips[number]) for number in sorted(lost)],
            "total_s": round(sum(one.duration for one in plan.plans), 2),
            "before_s": round(sum(p.duration for clip in base.clips for p in clip.parts), 2),
            "figures": self._figures(lecture_id, base, tuning, silence, parts),
        }

    def _figures(
        self,
        lecture_id: str,
        base: _Base,
        tuning: Params,
        silence: tuple[SilenceRegion, ...] | None,
        parts: list[list[Span]],
    ) -> dict[str, Any]:
        """Return the figures of the plan as if nobody had kept a clip by hand.

        What is kept is in every plan, and would praise any setting.
        """
        if not self.runs.references(lecture_id):
            return {}
        if self.live.decisions(base.job.id).kept:
            free = self.live.plan(base.job.id, tuning, silence, Decisions())
            parts = _parts(free.plans)
        return rounded(self.runs.figures(lecture_id, base.topics, parts))

    def start(self, lecture_id: str, job_id: str, values: Mapping[str, Any]) -> Job:
        """Start a run with these settings that follows the one that was tuned."""
        tuning = with_values(self.jobs.tuning(self.jobs.get(job_id)), values)
        return self.jobs.submit(lecture_id, tuning, parent=job_id)

    def _silence(self, base: _Base, tuning: Params) -> tuple[SilenceRegion, ...] | None:
        """Return the silences of a tuning, None where they are those of the run."""
        params = tuning.silence  # pyright: ignore[reportAttributeAccessIssue]
        if params == base.tuning.silence:  # pyright: ignore[reportAttributeAccessIssue]
            return None
        key = f"{self.results.keys(base.job.id)['intake']} {params!r}"
        found = self._silences.get(key)
        return found or self._silences.keep(key, self.silences.regions(base.job.id, params))

    def _base(self, lecture_id: str, job_id: str | None) -> _Base:
        """Return a run as it stands; it is read anew after a change only."""
        key = f"{lecture_id} {job_id} {self.core.store.version()}"
        found = self._bases.get(key)
        if found is None:
            job = self.review.job_of(lecture_id, job_id)
            content = self.results.of(job).content
            with self.core.store.read() as con:
                clips = [clip for clip in list_clips(con, job.id) if clip.state != "rejected"]
            topics = [(one.start, one.end) for one in content.segments] if content else []
            found = self._bases.keep(key, _Base(job, self.jobs.tuning(job), clips, topics))
        return found


def _parts(plans: Sequence[ClipPlan]) -> list[list[Span]]:
    """Return what each clip keeps."""
    return [[(part.start, part.end) for part in plan.parts] for plan in plans]


def _clips(
    plans: Sequence[ClipPlan], base: Sequence[ClipRow], changes: Sequence[ClipChange]
) -> list[dict[str, Any]]:
    """Return the planned clips, best first, each with what became of it."""
    became = {change.after: change for change in changes if change.after is not None}
    told = []
    for number, plan in enumerate(plans):
        before = became[number].before
        was = base[before] if before is not None else None
        told.append(
            {
                "rank": plan.rank,
                "parts": [[round(p.start, 2), round(p.end, 2)] for p in plan.parts],
                "title": plan.title,
                "score": round(plan.score, 4),
                "change": became[number].change,
                "was": was and [round(was.parts[0].start, 2), round(was.parts[-1].end, 2)],
            }
        )
    return told


def _lost(clip: ClipRow) -> dict[str, Any]:
    parts = [[round(p.start, 2), round(p.end, 2)] for p in clip.parts]
    return {"rank": clip.idx, "parts": parts, "title": clip.title, "score": round(clip.score, 4)}
