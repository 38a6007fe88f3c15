"""What the agents found in a lecture, for programs: the values themselves, per job."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from agents.errors import NotFound
from agents.types import Content, ContentSegment, LayoutRegion, SilenceRegion, Slide, Transcript
from app.api.models import ClipView, ScoredSentence
from app.services.results import JobResults
from app.services.root import current_services

router = APIRouter(prefix="/jobs/{id}", tags=["results"])


def found_of(job_id: str, stage: str) -> JobResults:
    """Return a job's values, of which that of `stage` is there, or raise NotFound."""
    services = current_services()
    job = services.jobs.get(job_id)
    services.lectures.get(job.lecture_id)
    found = services.results.of(job)
    if stage not in found.values:
        raise NotFound(f"The stage {stage} of the run {job_id} has no result yet.")
    return found


def _content(job_id: str) -> Content:
    return found_of(job_id, "content").values["content"]


@router.get("/silences")
def get_silences(id: str) -> tuple[SilenceRegion, ...]:
    """Return the stretches without speech."""
    return found_of(id, "silence").silence


@router.get("/transcript")
def get_transcript(id: str) -> Transcript:
    """Return what was said, by sentence and word."""
    return found_of(id, "transcript").values["transcript"]


@router.get("/layouts")
def get_layouts(id: str) -> tuple[LayoutRegion, ...]:
    """Return how screen and camera were arranged over time; boxes are [x, y, width, height]."""
    return found_of(id, "layout").values["layout"].regions


@router.get("/slides", response_model_exclude={"__all__": {"still"}})
def get_slides(id: str) -> tuple[Slide, ...]:
    """Return the slides with their times and, where they could be read, titles."""
    return found_of(id, "layout").values["layout"].slides


@router.get("/topics")
def get_topics(id: str) -> tuple[ContentSegment, ...]:
    """Return the topics with title, summary, keywords and components."""
    return _content(id).segments


@router.get("/sentences", response_model=list[ScoredSentence])
def get_sentences(id: str) -> list[dict[str, Any]]:
    """Return every sentence with its components, and its score under the job's weights."""
    services, found = current_services(), found_of(id, "content")
    return services.review.sentences(services.jobs.get(id), found)


@router.get("/clips", response_model=list[ClipView])
def get_clips(id: str) -> list[dict[str, Any]]:
    """Return the clips, best first, with the reasons for them and where their files are."""
    found = found_of(id, "extract")
    return current_services().review.clips(id, found.plans)
