"""What the REST API takes and gives, beside the values of the agents themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from data.records import ClipState, JobStatus, StageStatus

Given = TypeVar("Given")

Moment = Annotated[
    datetime,
    PlainSerializer(lambda at: at.replace(tzinfo=UTC).isoformat(timespec="milliseconds")),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in UTC."""


class Model(BaseModel):
    """A body that is taken: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class View(BaseModel):
    """A body that is given, read from a value's attributes."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class Page(View, Generic[Given]):
    """One page of a list."""

    items: list[Given]
    next: str | None
    """`cursor` of the next page; null on the last one."""


class LectureView(View):
    """An uploaded lecture; sizes are null until it has been read."""

    id: str
    title: str
    media: str
    """Name of the file that was uploaded."""
    sha256: str
    size_bytes: int
    duration: float | None
    """Seconds."""
    width: int | None
    height: int | None
    fps: float | None
    language: str | None
    created: Moment
    updated: Moment


class StageView(View):
    """One stage of a job."""

    name: str
    title: str
    status: StageStatus
    percent: float
    message: str
    eta_s: float | None
    """Seconds that it still takes, as far as known."""
    seconds: float | None
    """Seconds that it took."""
    attempt: int
    error_code: str
    error: str


class JobView(View):
    """One run of the six agents over a lecture."""

    id: str
    lecture_id: str
    parent: str | None
    """The job that this one runs again with other tunables."""
    status: JobStatus
    error_code: str | None
    error: str | None
    params: Mapping[str, Any]
    created: Moment
    updated: Moment
    completed: Moment | None


class JobProgress(JobView):
    """A job with its stages and how far they are."""

    percent: float
    eta_s: float | None
    event_id: str
    """Events go on from here: `Last-Event-ID` of `/jobs/{id}/events`, `?after=` of its socket."""
    stages: list[StageView]


class NewJob(Model):
    """A run to be started."""

    lecture_id: Annotated[str, Field(max_length=100, examples=["6f1c..."])]
    params: dict[str, Any] = Field(
        default_factory=dict, examples=[{"extract": {"max_clips": 5}, "silence": {"top_db": 35}}]
    )
    """Tunables by agent; what is left out has its default. `/api/v1/tuning/schema` lists them."""


class Retry(Model):
    """From where a job runs again."""

    from_stage: Annotated[str, Field(max_length=40, examples=["extract"])] | None = None
    """A stage that is done runs again too; null runs only what failed."""


class Renamed(Model):
    """A lecture's new title."""

    title: Annotated[str, Field(min_length=1, max_length=200)]


class LogLine(View):
    """One line of a job's log."""

    stage: str | None
    attempt: int | None
    event: str
    message: str
    ms: int | None
    worker: str
    ts: Moment


class ClipView(View):
    """One clip of a job, as planned and as people have changed it."""

    id: str
    rank: int
    revision: int
    start: float
    end: float
    parts: list[tuple[float, float]]
    """Kept stretches in seconds of the lecture."""
    duration: float
    title: str
    score: float
    contributions: Mapping[str, float]
    """Component x weight; they add up to the score."""
    reason: str
    quote: str
    topic: int
    state: ClipState
    locked: bool
    rating: int | None
    width: int | None
    height: int | None
    size_bytes: int | None
    video: str | None
    """Address of the rendered clip; null until it is rendered."""
    poster: str | None
    vtt: str | None


class ScoredSentence(View):
    """A sentence with its topic, its components 0-1 and the score that the weights make of them."""

    start: float
    end: float
    topic: int
    score: float
    components: Mapping[str, float]
    text: str


class ExtraFile(View):
    """One file of an extra."""

    suffix: str
    url: str
    size_bytes: int


class Chapter(View):
    """A stretch with a title, in seconds."""

    start: float
    end: float
    title: str


class ExtraView(View):
    """The highlight reel as a film, or the podcast of the clips."""

    kind: str
    title: str
    status: str
    """`ready`, `none` (ask for it), `queued`, `running`, `failed`, `cancelled`, or `nothing`."""
    percent: float
    message: str
    """What is being done, what failed, or why there is nothing to make it of."""
    eta_s: float | None
    files: list[ExtraFile]
    chapters: list[Chapter]


class DownloadView(View):
    """One file that can be saved."""

    group: str
    """What it belongs to, for people: a clip, the reel, the transcript, ..."""
    name: str
    url: str
