"""What people have decided about a lecture's clips, as the next run is bound by it.

A run carries its decisions in `params`: what it was started with never changes, so its keys hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from agents.types import Decisions, Interval, KeptClip
from data.clips import list_clips
from data.jobs import get_job, list_jobs
from data.records import ClipRow
from data.store import Connection

FIELD = "decisions"
"""Where a job's params hold them, beside the params of the stages."""
_DECISIONS = TypeAdapter(Decisions)


def with_decisions(params: Mapping[str, Any], decisions: Decisions) -> dict[str, Any]:
    """Return params that carry the decisions; nothing is added where nothing was decided."""
    if decisions == Decisions():
        return dict(params)
    return {**params, FIELD: _DECISIONS.dump_python(decisions, mode="json")}


def read_decisions(params: Mapping[str, Any]) -> Decisions:
    """Return the decisions that a job's params carry."""
    return _DECISIONS.validate_python(params.get(FIELD) or {})


def gather_decisions(con: Connection, job_id: str) -> Decisions:
    """Return what binds a run that follows a job.

    Kept are the clips of this job that are accepted, locked or made by hand. What was rejected in
    any run of the lecture stays rejected, unless a kept clip lies there now.
    """
    job, clips = get_job(con, job_id), list_clips(con, job_id)
    before = read_decisions(job.params)
    kept = tuple(KeptClip(clip.parts, clip.title) for clip in clips if _is_kept(clip))
    kept = kept if clips else before.kept  # a run that failed has no clips to judge
    spans = [Interval(clip.parts[0].start, clip.parts[-1].end) for clip in kept]
    rejected = {
        Interval(clip.parts[0].start, clip.parts[-1].end)
        for run in list_jobs(con, job.lecture_id)
        for clip in list_clips(con, run.id)
        if clip.state == "rejected"
    }
    gone = (one for one in rejected if not any(one.overlap(span) for span in spans))
    return Decisions(kept, tuple(sorted(gone, key=lambda one: (one.start, one.end))))


def _is_kept(clip: ClipRow) -> bool:
    by_hand = clip.locked or clip.source == "manual"
    return clip.state == "accepted" or (by_hand and clip.state != "rejected")
