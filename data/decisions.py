"""What people have decided about a lecture's clips, as the next run is bound by it.

A run carries its decisions in `params`: what it was started with never changes, so its keys hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from agents.types import CaptionFix, Decisions, Interval, KeptClip
from data.clips import all_clips, list_revisions, revised_parts
from data.jobs import get_job, list_jobs
from data.overrides import list_overrides
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


def gather_decisions(con: Connection, job_id: str, *, closed: bool = False) -> Decisions:
    """Return what binds a run that follows a job.

    Kept are the clips of this job that are accepted, locked, made by hand, or whose edges or title
    a person has changed. What was rejected or deleted in any run of the lecture stays away, unless
    a kept clip lies there now. `closed` keeps every clip that is not rejected, and nothing comes
    beside them.
    """
    job, clips = get_job(con, job_id), all_clips(con, job_id)
    before = read_decisions(job.params)
    there = [clip for clip in clips if clip.state not in ("rejected", "deleted")]
    judged = {clip.id for clip in there if is_kept(con, clip)}
    kept = tuple(
        KeptClip(clip.parts, clip.title, proposed=clip.id not in judged)
        for clip in there
        if closed or clip.id in judged
    )
    kept = kept if clips else before.kept  # a run that failed has no clips to judge
    spans = [_span(clip.parts) for clip in kept]
    gone = (
        one
        for one in _unwanted(con, job.lecture_id)
        if not any(one.overlap(span) for span in spans)
    )
    return Decisions(
        kept,
        tuple(sorted(gone, key=lambda one: (one.start, one.end))),
        captions=caption_fixes(con, job.lecture_id),
        closed=closed,
    )


def caption_fixes(con: Connection, lecture_id: str) -> tuple[CaptionFix, ...]:
    """Return what people have corrected in a lecture's captions, in the order of its time."""
    return tuple(
        CaptionFix(fix.t0, fix.t1, fix.body["text"])
        for fix in list_overrides(con, lecture_id, "caption")
    )


def is_kept(con: Connection, clip: ClipRow) -> bool:
    """Return whether a person wants a clip as it is."""
    if clip.state in ("rejected", "deleted"):
        return False
    if clip.state == "accepted" or clip.locked or clip.source == "manual":
        return True
    first = next(iter(list_revisions(con, clip.id)), None) if clip.revision > 1 else None
    return first is not None and (
        revised_parts(first.body) != clip.parts or first.body["title"] != clip.title
    )


def _unwanted(con: Connection, lecture_id: str) -> set[Interval]:
    """Return what was rejected or deleted; what a person made and took back says nothing.

    Of a stretch that several runs have as a clip, what was said last about it counts.
    """
    said = [
        clip
        for run in list_jobs(con, lecture_id)
        for clip in all_clips(con, run.id)
        if clip.revision > 1
    ]
    last = {clip.parts: clip for clip in sorted(said, key=lambda one: one.updated)}
    return {
        _span(clip.parts)
        for clip in last.values()
        if clip.state == "rejected" or (clip.state == "deleted" and clip.source == "auto")
    }


def _span(parts: Sequence[Interval]) -> Interval:
    return Interval(parts[0].start, parts[-1].end)
