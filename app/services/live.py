"""Clips and silences under a moving slider: no job, only decisions on stored values."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.errors import NotFound
from agents.params import Params
from agents.tuning import parse_tuning
from agents.types import (
    ClipPlan,
    Content,
    Decisions,
    KeptClip,
    LayoutRegion,
    SilenceRegion,
    TranscriptSegment,
)
from app.exports import Findings
from app.recent import Recent
from app.services.jobs import Jobs
from app.services.results import Results
from data.decisions import gather_decisions

if TYPE_CHECKING:
    import numpy as np

    from agents.extract import ExtractParams
    from agents.extract.candidates import Lecture as ReadLecture
    from agents.silence import LevelHistogram, SilenceParams


KEPT_DECISIONS = 32
"""Decisions and tunings of jobs that stay in memory."""
KEPT_READ = 12
"""Lectures that stay in memory as they are read under one tuning, weights aside; 1 MB each."""
NEEDS = ("transcript", "silence", "layout", "content")
"""The stages whose values clips and reel are chosen from."""


@dataclass(frozen=True, slots=True)
class LivePlan:
    """What a tuning would choose: a score per sentence, and the clips."""

    scores: np.ndarray
    plans: tuple[ClipPlan, ...]


class LivePlans:
    """Evaluates a tuning on what a job has found already."""

    def __init__(self, jobs: Jobs, results: Results) -> None:
        self.jobs = jobs
        self.results = results
        self._decided = Recent(KEPT_DECISIONS)
        self._read = Recent(KEPT_READ)

    def scores(self, content: Content, tuning: Params) -> np.ndarray:
        """Return the score of each sentence under the tuning's weights, shape (n,)."""
        from agents.extract.scoring import score_sentences

        return score_sentences(content, tuning.extract.weights)  # pyright: ignore[reportAttributeAccessIssue]

    def plan(
        self,
        job_id: str,
        tuning: Params,
        silence: tuple[SilenceRegion, ...] | None = None,
        decisions: Decisions | None = None,
    ) -> LivePlan:
        """Return what `tuning` would choose from a job's transcript, layout and content.

        `silence` and `decisions` stand in for those of the job.
        """
        from agents.extract import plan_clips

        found = self._found(job_id)
        if len(found) < len(NEEDS):
            raise NotFound("The lecture is not analysed yet.")
        params = tuning.extract  # pyright: ignore[reportAttributeAccessIssue]
        given = found if silence is None else {**found, "silence": silence}
        decided = self.decisions(job_id) if decisions is None else decisions
        values = (given[name] for name in NEEDS)
        read = self._reading(given, params, decided.layout)
        plans = plan_clips(*values, params=params, decisions=decided, read=read)
        scores = self.scores(found["content"], tuning) if read is None else read.scores(params)
        return LivePlan(scores, plans)

    def _reading(
        self,
        given: Mapping[str, Any],
        params: ExtractParams,
        corrections: tuple[LayoutRegion, ...],
    ) -> ReadLecture | None:
        """Return the lecture as it is read under these params, kept while only weights move.

        None for one without words.
        """
        from agents.extract.candidates import read_lecture
        from agents.extract.corrections import correct_layout

        content = given["content"]
        if not content.sentences:
            return None
        values = (*(given[name] for name in NEEDS), corrections)
        key = f"{id(content)} {params.model_dump_json(exclude={'weights', 'reel'})}"
        kept = self._read.get(key)
        if kept is None or not all(map(operator.is_, kept[0], values)):
            layout = correct_layout(given["layout"], corrections)
            read = read_lecture(given["transcript"], given["silence"], layout, content, params)
            kept = self._read.keep(key, (values, read))
        return kept[1]

    def decisions(self, job_id: str) -> Decisions:
        """Return what people have decided about a job's clips; read anew after a change only."""
        store = self.results.core.store
        key = f"{job_id} {store.version()}"
        decided = self._decided.get(key)
        if decided is None:
            with store.read() as con:
                decided = self._decided.keep(key, gather_decisions(con, job_id))
        return decided

    def prepare(self, job_id: str) -> None:
        """Read what a change of a job's clips will ask for."""
        self.results.keys(job_id)
        self.decisions(job_id)

    def describe(self, job_id: str, clip: KeptClip) -> ClipPlan:
        """Return what is to be said of a clip that a person makes, under the job's own weights."""
        from agents.extract import describe_kept

        found = self._found(job_id)
        if len(found) < len(NEEDS):
            raise NotFound("The lecture is not analysed yet; clips can be made when it is.")
        tuning = self._tuning(job_id)
        (plan,) = describe_kept(
            *(found[name] for name in NEEDS),
            params=tuning.extract,  # pyright: ignore[reportAttributeAccessIssue]
            kept=(clip,),
            captions=self.decisions(job_id).captions,
        )
        return plan

    def _tuning(self, job_id: str) -> Params:
        """Return the tuning that a job was started with; it never changes."""
        key = f"tuning {job_id}"
        tuning = self._decided.get(key)
        return tuning or self._decided.keep(key, self.jobs.tuning(self.jobs.get(job_id)))

    def segments(self, job_id: str) -> tuple[TranscriptSegment, ...]:
        """Return the sentences of a job's transcript as they were heard, without corrections."""
        transcript = self._found(job_id).get("transcript")
        return transcript.segments if transcript else ()

    def reel(self, job_id: str, tuning: Params) -> tuple[ClipPlan, ...]:
        """Return the passages of the highlight reel, none before the lecture is analysed."""
        found = Findings(self._found(job_id))
        params = tuning.extract  # pyright: ignore[reportAttributeAccessIssue]
        return found.reel(params, self.decisions(job_id).rejected)

    def _found(self, job_id: str) -> dict[str, Any]:
        keys = self.results.keys(job_id)
        return self.results.values({name: keys[name] for name in NEEDS})


@dataclass(frozen=True, slots=True)
class LiveSilence:
    """What a tuning would call silence, and the levels that it tells apart."""

    levels: LevelHistogram
    """How often each level occurs, and the threshold among them."""
    quieter: float
    """Share 0-1 of the recording below the threshold."""
    regions: tuple[SilenceRegion, ...]


class LiveSilences:
    """Evaluates the tunables of `silence` on what intake measured."""

    def __init__(self, jobs: Jobs, results: Results) -> None:
        self.jobs = jobs
        self.results = results

    def tuning(self, job_id: str, values: Mapping[str, Any]) -> Params:
        """Return the tuning of a job with other values for `silence`, or raise TuningError."""
        tuning = self.jobs.tuning(self.jobs.get(job_id)).model_dump()
        return parse_tuning({**tuning, "silence": {**tuning["silence"], **values}})

    def params(self, job_id: str, values: Mapping[str, Any] | None = None) -> SilenceParams:
        """Return the tunables of `silence` alone."""
        return self.tuning(job_id, values or {}).silence  # pyright: ignore[reportAttributeAccessIssue]

    def detect(self, job_id: str, values: Mapping[str, Any]) -> LiveSilence:
        """Return what would be silence with these values, the job's own for all others."""
        from agents.silence import level_histogram

        params = self.params(job_id, values)
        intake = self.results.intake(job_id)
        levels = level_histogram(intake.levels, params)
        rms = intake.levels.rms_db
        quieter = float((rms < levels.threshold).mean()) if len(rms) else 0.0
        return LiveSilence(levels, quieter, self.regions(job_id, params))

    def regions(self, job_id: str, params: SilenceParams) -> tuple[SilenceRegion, ...]:
        """Return what `params` call silence."""
        from agents.silence import detect_silence

        return detect_silence(self.results.intake(job_id), params=params)
