"""Clip plans under a moving slider: no job, only the decision of `extract` on stored values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.errors import NotFound
from agents.params import Params
from agents.types import ClipPlan, Content
from app.services.jobs import Jobs
from app.services.results import Results

if TYPE_CHECKING:
    import numpy as np


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

    def scores(self, content: Content, tuning: Params) -> np.ndarray:
        """Return the score of each sentence under the tuning's weights, shape (n,)."""
        from agents.extract.scoring import score_sentences

        return score_sentences(content, tuning.extract.weights)  # pyright: ignore[reportAttributeAccessIssue]

    def plan(self, job_id: str, tuning: Params) -> LivePlan:
        """Return what `tuning` would choose from a job's transcript, layout and content."""
        from agents.extract import plan_clips

        keys = self.results.keys(job_id)
        needs = ("transcript", "silence", "layout", "content")
        found = self.results.values({name: keys[name] for name in needs})
        if len(found) < len(needs):
            raise NotFound("The lecture is not analysed yet.")
        params = tuning.extract  # pyright: ignore[reportAttributeAccessIssue]
        plans = plan_clips(*(found[name] for name in needs), params=params)
        return LivePlan(self.scores(found["content"], tuning), plans)
