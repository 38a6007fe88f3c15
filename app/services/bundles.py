"""What was found in a lecture as the JSON that pages and programs see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agents.types import ClipPlan, Content, DropOut, Layout, SilenceRegion, Transcript
from app.exports import plain, rounded
from app.services.jobs import when
from app.services.lectures import MEDIA
from app.services.live import LiveSilence
from app.services.results import JobResults
from data.records import ClipRow, Job, Lecture


def lecture_json(lecture: Lecture, found: JobResults) -> dict[str, Any]:
    facts = found.facts
    return {
        "id": lecture.id,
        "title": lecture.title,
        "duration": facts.duration if facts else lecture.duration,
        "width": facts.width if facts else lecture.width,
        "height": facts.height if facts else lecture.height,
        "fps": facts.fps if facts else lecture.fps,
        "created": when(lecture.created),
    }


def media_urls(lecture_id: str, found: JobResults) -> dict[str, str | None]:
    """Return where the player finds the recording; None before intake is done."""
    if found.facts is None:
        return {"source": None, "poster": None, "transcript": None}
    return {
        "source": f"{MEDIA}/lectures/{lecture_id}/source",
        "poster": f"{MEDIA}/lectures/{lecture_id}/poster",
        "transcript": found.transcript and f"/api/v1/lectures/{lecture_id}/transcript.vtt",
    }


def file_urls(
    lecture_id: str, what: str, formats: Iterable[str], job: Job, found: object
) -> dict[str, str]:
    """Return where this run's files of one kind are saved from, by suffix; none before `found`."""
    base = f"/api/v1/lectures/{lecture_id}/{what}"
    return {suffix: f"{base}.{suffix}?job={job.id}" for suffix in formats if found}


def word_times(transcript: Transcript | None, index: int) -> list[float]:
    """Return [start, end, start, end, ...] of a sentence's words, for who selects among them."""
    words = transcript.segments[index].words if transcript else ()
    return [round(time, 2) for word in words for time in (word.start, word.end)]


def topics_json(content: Content | None) -> list[dict[str, Any]]:
    return [
        {
            "start": segment.start,
            "end": segment.end,
            "topic": segment.topic,
            "title": segment.title,
            "summary": segment.summary,
            "keywords": list(segment.keywords),
        }
        for segment in (content.segments if content else ())
    ]


def silences_json(regions: tuple[SilenceRegion, ...]) -> list[dict[str, Any]]:
    return [
        {
            "start": region.start,
            "end": region.end,
            "db": round(region.level_db, 1),
            "type": region.silence_type,
        }
        for region in regions
    ]


def silence_json(found: LiveSilence) -> dict[str, Any]:
    """Return the levels, the threshold and the silences, with what they amount to."""
    quiet = [region for region in found.regions if region.silence_type != "blank_screen"]
    counts, edges, threshold = found.levels
    return {
        "counts": counts.tolist(),
        "edges": edges.tolist(),
        "threshold_db": round(threshold, 1) if threshold else None,
        "quieter": round(found.quieter, 4),
        "count": len(quiet),
        "total_s": round(sum(region.duration for region in quiet), 2),
        "longest_s": round(max((region.duration for region in quiet), default=0.0), 2),
        "silences": silences_json(found.regions),
    }


def slides_json(lecture_id: str, job_id: str, layout: Layout | None) -> list[dict[str, Any]]:
    return [
        {
            "start": slide.start,
            "end": slide.end,
            "title": slide.title,
            "still": slide.still and f"{MEDIA}/lectures/{lecture_id}/slides/{job_id}/{index}",
        }
        for index, slide in enumerate(layout.slides if layout else ())
    ]


def transcript_cues(transcript: Transcript | None) -> list[list[Any]]:
    """Return [start, end, text] per sentence."""
    return [[s.start, s.end, s.text] for s in (transcript.segments if transcript else ())]


def passage_json(plan: ClipPlan) -> dict[str, Any]:
    """Return a passage of the highlight reel for pages and components."""
    return {
        "start": plan.start,
        "end": plan.end,
        "parts": [[part.start, part.end] for part in plan.parts],
        "duration": plan.duration,
        "title": plan.title,
        "score": round(plan.score, 4),
        "contributions": {k: round(v, 4) for k, v in plan.contributions.items()},
        "reason": plan.reason,
        "quote": plan.quote,
        "topic": plan.topic,
    }


def clip_json(clip: ClipRow, plan: ClipPlan | None = None) -> dict[str, Any]:
    """Return a clip for pages and components; why it may drop out is known from its plan."""
    rendered = clip.media is not None
    base = f"{MEDIA}/clips/{clip.id}"
    return {
        "id": clip.id,
        "rank": clip.idx,
        "revision": clip.revision,
        "start": clip.parts[0].start,
        "end": clip.parts[-1].end,
        "parts": [[part.start, part.end] for part in clip.parts],
        "duration": (rendered and clip.duration) or sum(part.duration for part in clip.parts),
        "title": clip.title,
        "score": rounded(clip.score),
        "contributions": rounded(clip.contributions),
        "kept": plan is not None and plan.kept,
        "source": clip.source,
        "drop_out": rounded(plain(DropOut | None, plan and plan.drop_out)),
        "reason": clip.reason,
        "quote": clip.quote,
        "topic": clip.topic,
        "state": clip.state,
        "locked": clip.locked,
        "rating": clip.rating,
        "width": clip.width,
        "height": clip.height,
        "size_bytes": clip.size_bytes,
        "video": f"{base}/video" if rendered else None,
        "poster": f"{base}/poster" if rendered else None,
        "moving": f"{base}/moving" if rendered else None,
        "vtt": f"{base}/vtt" if rendered else None,
        "download": f"/api/v1/clips/{clip.id}/video" if rendered else None,
    }
