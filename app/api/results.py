"""What the agents found in a lecture, for programs: the values themselves, per job.

What is kept in memory as it is sent is looked for after the right to see it was checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import TypeAdapter
from pydantic_core import to_json
from starlette.responses import Response

from agents.errors import NotFound
from agents.types import ContentSegment, LayoutRegion, SilenceRegion, Slide, Transcript
from app.api.models import ClipView, ScoredSentence
from app.api.packing import AcceptEncoding, IfNoneMatch, sent_kept, told_json
from app.services.results import JobResults
from app.services.root import current_services
from data.records import Job

SILENCES, TRANSCRIPT = TypeAdapter(tuple[SilenceRegion, ...]), TypeAdapter(Transcript)
LAYOUTS, TOPICS = TypeAdapter(tuple[LayoutRegion, ...]), TypeAdapter(tuple[ContentSegment, ...])

router = APIRouter(prefix="/jobs/{id}", tags=["results"])


def job_with(job_id: str, *stages: str) -> Job:
    """Return a job that whoever asks may see, of which these stages have results."""
    services = current_services()
    job = services.jobs.get(job_id)
    services.lectures.get(job.lecture_id)
    done = services.results.done(job.id)
    for stage in stages:
        if stage not in done:
            raise NotFound(f"The stage {stage} of the run {job_id} has no result yet.")
    return job


@dataclass(frozen=True, slots=True)
class Answering:
    """How a client takes what it asks for."""

    if_none_match: IfNoneMatch = ""
    accept_encoding: AcceptEncoding = ""

    def kept(
        self, name: str, job: Job, stages: Sequence[str], make: Callable[[JobResults], bytes]
    ) -> Response:
        """Return what `make` makes of the stages' values; it is made once until they change."""
        services = current_services()
        found = services.packed.get(
            lambda: f"{name} {services.results.stamp(job)}",
            lambda: make(services.results.of(job, *stages)),
        )
        return sent_kept(found, self.if_none_match, self.accept_encoding)


Asked = Annotated[Answering, Depends()]


@router.get("/silences", **told_json(tuple[SilenceRegion, ...]))
def get_silences(id: str, asked: Asked) -> Response:
    """Return the stretches without speech."""
    job = job_with(id, "silence")
    return asked.kept("silences", job, ["silence"], lambda found: SILENCES.dump_json(found.silence))


@router.get("/transcript", **told_json(Transcript))
def get_transcript(id: str, asked: Asked) -> Response:
    """Return what was said, by sentence and word."""
    job, name = job_with(id, "transcript"), "transcript"
    return asked.kept(name, job, [name], lambda found: TRANSCRIPT.dump_json(found.values[name]))


@router.get("/layouts", **told_json(tuple[LayoutRegion, ...]))
def get_layouts(id: str, asked: Asked) -> Response:
    """Return how screen and camera were arranged over time; boxes are [x, y, width, height]."""
    job = job_with(id, "layout")
    return asked.kept(
        "layouts", job, ["layout"], lambda found: LAYOUTS.dump_json(found.values["layout"].regions)
    )


@router.get("/slides", response_model_exclude={"__all__": {"still"}})
def get_slides(id: str) -> tuple[Slide, ...]:
    """Return the slides with their times and, where they could be read, titles."""
    return _found(id, "layout").values["layout"].slides


@router.get("/topics", **told_json(tuple[ContentSegment, ...]))
def get_topics(id: str, asked: Asked) -> Response:
    """Return the topics with title, summary, keywords and components."""
    job = job_with(id, "content")
    return asked.kept(
        "topics", job, ["content"], lambda found: TOPICS.dump_json(found.values["content"].segments)
    )


@router.get("/sentences", **told_json(list[ScoredSentence]))
def get_sentences(id: str, asked: Asked) -> Response:
    """Return every sentence with its components, and its score under the job's weights."""
    job, review = job_with(id, "content"), current_services().review
    return asked.kept(
        "sentences",
        job,
        ["transcript", "content"],
        lambda found: to_json(review.sentences(job, found)),
    )


@router.get("/clips", response_model=list[ClipView])
def get_clips(id: str) -> list[dict[str, Any]]:
    """Return the clips, best first, with the reasons for them and where their files are."""
    return current_services().review.clips(id, _found(id, "extract").plans)


def _found(job_id: str, stage: str) -> JobResults:
    job = job_with(job_id, stage)
    return current_services().results.of(job, stage)
