"""Stills of clips as they would be rendered, for pages in which somebody moves a slider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from agents.errors import NotFound, TuningError
from agents.tuning import parse_tuning
from agents.types import ClipPlan, Interval, LayoutRegion, Word
from app.services.clips import Clips
from app.services.jobs import Jobs
from app.services.lectures import check_visible
from app.services.recent import Recent
from app.services.results import JobResults, Results
from data.lectures import get_lecture
from data.records import Job

if TYPE_CHECKING:
    from agents.compile import CompileParams
    from agents.compile.dressing import Dressing
    from agents.compile.preview import StillFormat

KEPT_PICTURES = 8
"""Decoded frames that stay in memory, about 1 MB each."""
AT_ONCE = 2
"""Stills that are made side by side: a slider sends more than anyone looks at."""
AROUND_S = 10.0
"""How much of the lecture around a time is made into subtitles for its still."""


@dataclass(frozen=True, slots=True)
class Look:
    """A still to be made: the clip, the time in it, and the tunables of `compile`."""

    job: Job
    plan: ClipPlan
    time: float
    params: CompileParams
    dressing: Dressing


class Stills:
    """Composes one picture of a clip in a fraction of a second; no job is needed."""

    def __init__(self, jobs: Jobs, results: Results, clips: Clips) -> None:
        self.jobs = jobs
        self.results = results
        self.clips = clips
        self._pictures = Recent(KEPT_PICTURES)
        self._turns = BoundedSemaphore(AT_ONCE)

    def of_clip(self, clip_id: str, time: float, values: Mapping[str, Any] | None = None) -> Look:
        """Return the look of a clip `time` seconds after its beginning.

        `values` are other tunables of `compile` than those the job ran with.
        """
        clip = self.clips.get(clip_id)
        job = self.jobs.get(clip.job_id)
        plan = self._plan(job, clip.parts)
        known = next((p for p in self._found(job).plans if p.parts == clip.parts), plan)
        plan = replace(plan, title=clip.title, subject=known.subject)
        return self._look(job, plan, time, values)

    def of_lecture(
        self,
        job: Job,
        time: float,
        values: Mapping[str, Any] | None = None,
        *,
        regions: Sequence[LayoutRegion] | None = None,
    ) -> Look:
        """Return the look of a clip of the whole lecture at that time.

        `regions` stand for the layout that was found: what somebody is about to correct it to.
        """
        found = self._found(job)
        duration = found.duration or 0.0
        if not 0 <= time < duration:
            raise NotFound(f"The recording lasts {duration:.1f} s; there is no {time:.1f} s in it.")
        start, end = max(0.0, time - AROUND_S), min(duration, time + AROUND_S)
        plan = self._plan(job, (Interval(start, end),), regions)
        return self._look(job, plan, time - start, values)

    def draw(self, look: Look, kind: StillFormat = "jpeg") -> bytes:
        """Return the picture; what the recording shows at that time is decoded once."""
        from agents.compile.preview import draw_still, take_picture

        intake = self.results.intake(look.job.id)
        parts = [(part.start, part.end) for part in look.plan.parts]
        key = f"{intake.media.sha256} {parts} {look.time:.3f} {look.params.max_fps}"
        with self._turns:
            picture = self._pictures.get(key) or self._pictures.keep(
                key, take_picture(intake, look.plan, look.time, params=look.params)
            )
            return draw_still(
                intake,
                look.plan,
                look.time,
                params=look.params,
                dressing=look.dressing,
                picture=picture,
                kind=kind,
            )

    def notice(self, look: Look) -> str:
        """Return what a person should know about the captions in one sentence, or nothing."""
        from agents.compile.captions import caption_notice

        return caption_notice(look.plan.cues) if look.params.captions else ""

    def _found(self, job: Job) -> JobResults:
        return self.results.of(job)

    def _look(
        self, job: Job, plan: ClipPlan, time: float, values: Mapping[str, Any] | None
    ) -> Look:
        from agents.compile.dressing import dressing_of

        with self.jobs.core.store.read() as con:
            lecture = get_lecture(con, job.lecture_id)
        check_visible(lecture)
        tuning = self.jobs.tuning(job).model_dump()
        unknown = set(values or {}) - set(tuning["compile"])
        if unknown:
            raise TuningError(f"compile has no tunable {min(unknown)[:40]!r}.")
        tuned = parse_tuning({**tuning, "compile": {**tuning["compile"], **(values or {})}})
        params = tuned.compile  # pyright: ignore[reportAttributeAccessIssue]
        dressing = dressing_of(self.jobs.core.workshop.resources_for(lecture))
        return Look(job, plan, min(max(0.0, time), plan.duration), params, dressing)

    def _plan(
        self,
        job: Job,
        parts: tuple[Interval, ...],
        regions: Sequence[LayoutRegion] | None = None,
    ) -> ClipPlan:
        """Return what would be rendered of these parts of the lecture."""
        from agents.extract.reasons import crop_layout
        from agents.subtitles import make_cues
        from agents.types import Layout

        found = self._found(job)
        layout = found.layout or Layout((), ())
        if regions is not None:
            layout = Layout(tuple(regions), layout.slides)
        words = [
            word
            for segment in (found.transcript.segments if found.transcript else ())
            if segment.end > parts[0].start and segment.start < parts[-1].end
            for word in segment.words or (Word(segment.start, segment.end, segment.text),)
        ]
        return ClipPlan(
            parts=parts,
            rank=1,
            title="",
            score=0.0,
            contributions={},
            reason="",
            quote="",
            topic=0,
            layout=crop_layout(layout, parts),
            cues=make_cues(words, parts),
        )
