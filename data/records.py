"""The rows of the store as frozen values; times of events are naive UTC."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from agents.types import Interval, Notice

JobStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
StageStatus = Literal["pending", "running", "done", "failed", "cancelled"]
ClipState = Literal["proposed", "accepted", "rejected", "deleted"]

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Lecture:
    """An upload; width, height and the like are None until intake has measured them."""

    id: str
    owner: str
    title: str
    media: str
    sha256: str
    size_bytes: int
    captions: str | None
    captions_name: str
    duration: float | None
    width: int | None
    height: int | None
    fps: float | None
    language: str | None
    created: datetime
    updated: datetime
    deleted: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the pipeline over one lecture with one set of parameters."""

    id: str
    lecture_id: str
    parent: str | None
    """The job that this one recompiles."""
    params: Mapping[str, Any]
    status: JobStatus
    error_code: str | None
    error: str | None
    created: datetime
    updated: datetime
    completed: datetime | None


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of one job."""

    job_id: str
    name: str
    idx: int
    """Position in the pipeline."""
    key: str
    status: StageStatus
    attempt: int
    """Counts every begin, for ever: an old worker is known by its number."""
    tries: int
    """Counts begins since the job was submitted or retried."""
    worker: str
    seconds: float | None
    error_code: str | None
    error: str | None
    started: datetime | None
    updated: datetime


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a job's audit trail."""

    job_id: str
    stage: str | None
    attempt: int | None
    event: str
    key: str | None
    message: str
    ms: int | None
    worker: str
    ts: datetime


@dataclass(frozen=True, slots=True)
class ClipRow:
    """One clip of a job: planned, perhaps changed by a person, perhaps rendered."""

    id: str
    job_id: str
    idx: int
    """Rank of the plan, from 1."""
    revision: int
    parts: tuple[Interval, ...]
    title: str
    score: float
    contributions: Mapping[str, float]
    reason: str
    quote: str
    topic: int
    source: Literal["auto", "manual"]
    state: ClipState
    locked: bool
    rating: int | None
    template: str
    media_key: str | None
    """Artifact folder that holds the files below; None until rendered."""
    media: str | None
    """File name inside that folder, like the next two."""
    subtitles: str | None
    poster: str | None
    width: int | None
    height: int | None
    duration: float | None
    size_bytes: int | None
    updated: datetime


@dataclass(frozen=True, slots=True)
class ClipRevision:
    """What a clip was before a change."""

    clip_id: str
    revision: int
    body: Mapping[str, Any]
    author: str
    ts: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """One step of what people changed in a run: taken back, it is `undone`."""

    job_id: str
    idx: int
    lecture_id: str
    label: str
    """What was done, for people: "Split clip 2"."""
    changes: Sequence[Mapping[str, Any]]
    """Each names a `clip` or a stretch of `caption`, and what was there `before` and `after`."""
    undone: bool
    author: str
    ts: datetime


@dataclass(frozen=True, slots=True)
class Override:
    """A person's correction of what an agent found; `body` depends on `kind`."""

    lecture_id: str
    kind: Literal["layout", "caption", "silence"]
    t0: float
    t1: float
    body: Mapping[str, Any]
    author: str
    ts: datetime


@dataclass(frozen=True, slots=True)
class Label:
    """A person's judgement of a stretch, to fit weights to."""

    lecture_id: str
    t0: float
    t1: float
    value: str
    author: str
    ts: datetime


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of parameters."""

    id: str
    owner: str
    name: str
    params: Mapping[str, Any]
    shared: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """A grid over one or two parameters, tried on the runs of one or several lectures."""

    id: str
    owner: str
    axes: list[dict[str, Any]]
    """Each with the dotted `name` of a tunable and the `values` that it takes."""
    status: JobStatus
    error: str | None
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class SweepCell:
    """What one cell of a grid gave for one lecture."""

    sweep_id: str
    idx: int
    """Row by row: the first axis changes slowest."""
    lecture_id: str
    figures: Mapping[str, float | None]
    """Empty where these values cannot go together."""


def now() -> datetime:
    """Return the time in UTC, without a zone, as the store keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def as_utc(seconds: float) -> datetime:
    """Return seconds since 1970 as the store keeps times."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def to_json(value: object) -> str:
    """Return the text that a json column takes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def make_record(kind: type[Record], row: Mapping[str, Any]) -> Record:
    """Build a record from a row that has at least its fields."""
    return kind(**{field.name: row[field.name] for field in fields(kind)})  # type: ignore[arg-type]


def parts_json(parts: tuple[Interval, ...]) -> str:
    """Return kept stretches as [[start, end], ...]."""
    return to_json([[part.start, part.end] for part in parts])


def pack_notices(notices: tuple[Notice, ...]) -> list[list[str]]:
    """Return notices as JSON: [[code, message], ...]."""
    return [[notice.code, notice.message] for notice in notices]


def unpack_notices(notices: list[list[str]]) -> tuple[Notice, ...]:
    """Return the notices that `pack_notices` was given."""
    return tuple(Notice(*notice) for notice in notices)
