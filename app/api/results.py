"""What the agents found in a lecture, for programs: the values themselves, per job."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import TypeAdapter
from pydantic_core import to_json
from starlette.responses import JSONResponse, Response

from agents.errors import NotFound
from agents.types import Content, ContentSegment, LayoutRegion, SilenceRegion, Slide, Transcript
from app.api.models import ClipView, ScoredSentence
from app.services.results import JobResults
from app.services.root import current_services

SILENCES, TRANSCRIPT = TypeAdapter(tuple[SilenceRegion, ...]), TypeAdapter(Transcript)

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


def _told(kind: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return how a route is documented whose body is written at once, without a look at it."""
    return {"response_class": JSONResponse, "responses": {200: {"model": kind}}}


def _answer(body: bytes) -> Response:
    return Response(body, media_type="application/json")


@router.get("/silences", **_told(tuple[SilenceRegion, ...]))
def get_silences(id: str) -> Response:
    """Return the stretches without speech."""
    return _answer(SILENCES.dump_json(found_of(id, "silence").silence))


@router.get("/transcript", **_told(Transcript))
def get_transcript(id: str) -> Response:
    """Return what was said, by sentence and word."""
    return _answer(TRANSCRIPT.dump_json(found_of(id, "transcript").values["transcript"]))


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


@router.get("/sentences", **_told(list[ScoredSentence]))
def get_sentences(id: str) -> Response:
    """Return every sentence with its components, and its score under the job's weights."""
    services, found = current_services(), found_of(id, "content")
    return _answer(to_json(services.review.sentences(services.jobs.get(id), found)))


@router.get("/clips", response_model=list[ClipView])
def get_clips(id: str) -> list[dict[str, Any]]:
    """Return the clips, best first, with the reasons for them and where their files are."""
    found = found_of(id, "extract")
    return current_services().review.clips(id, found.plans)
