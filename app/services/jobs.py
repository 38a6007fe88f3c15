"""Jobs: submit, look at, cancel, run again."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from redis.exceptions import RedisError

from agents.compile.params import Quality
from agents.errors import StageError, TuningError
from agents.params import Params
from agents.tuning import parse_tuning, tuning_type, with_values
from app.security.access import visible_now
from app.security.identity import acting
from app.services.core import Core, no_broker
from data.decisions import gather_decisions
from data.jobs import get_job, job_log, job_stages, jobs_named, list_jobs, page_jobs
from data.lectures import get_lecture, list_lectures
from data.records import Job, JobStatus, Lecture, LogEntry, StageRow
from data.restored import ordered_runs
from data.spending import Spending, job_spending
from data.store import Connection
from jobs import queue
from jobs.progress import FINAL, snapshot
from jobs.runs import create_run, renew_keys

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of a job as a page shows it."""

    name: str
    title: str
    status: str
    """pending, running, done, failed or cancelled."""
    percent: float
    message: str
    eta_s: float | None
    seconds: float | None
    attempt: int
    error_code: str
    error: str


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a page shows it: the database's truth with live progress laid over it."""

    job: Job
    lecture: Lecture
    stages: tuple[StageView, ...]
    percent: float
    eta_s: float | None
    event_id: str
    """Stream id from which a live view goes on."""
    log: tuple[LogEntry, ...]
    spending: tuple[Spending, ...]
    """What this run has spent on outside models."""
    broker: bool
    """Whether live progress could be asked for."""

    @property
    def final(self) -> bool:
        """Return whether nothing will change any more."""
        return self.job.status in FINAL


class Jobs:
    """What pages, routes and commands do with jobs."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.quotas = core.quotas

    def get(self, job_id: str) -> Job:
        """Return a job, or raise NotFound."""
        return self.core.kept(f"job {job_id}", lambda con: get_job(con, job_id))

    def list(self, lecture_id: str | None = None) -> list[Job]:
        """Return jobs, newest first."""
        visible = visible_now(self.core.access) if lecture_id is None else None
        with self.core.store.read() as con:
            if visible is None:
                return list_jobs(con, lecture_id)
            seen = {lecture.id for lecture in list_lectures(con, visible=visible)}
            return [job for job in list_jobs(con) if job.lecture_id in seen]

    def page(
        self,
        lecture_id: str | None,
        status: JobStatus | None,
        *,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Job]:
        """Return at most `limit` jobs, newest first, those after a moment and id."""
        asked = {"lecture_id": lecture_id, "status": status, "after": after, "limit": limit}
        visible = visible_now(self.core.access)
        rows = self.core.kept(
            f"page of jobs {asked} {visible}", lambda con: page_jobs(con, **asked, visible=visible)
        )
        return [*rows]

    def latest(self, lecture_id: str) -> Job | None:
        """Return the newest job of a lecture."""
        return next(iter(self.list(lecture_id)), None)

    def shown(self, lecture_id: str) -> Job | None:
        """Return the newest job of a lecture; one that was restored counts as new from then on."""
        with self.core.store.read() as con:
            return next(iter(ordered_runs(con, lecture_id)), None)

    def submit(
        self,
        lecture_id: str,
        tuning: Params | Mapping[str, Any],
        *,
        parent: str | None = None,
        job_id: str | None = None,
        counted: bool = True,
    ) -> Job:
        """Commit a job for a lecture, then enqueue what is not known yet.

        When the broker does not answer the job stays queued: reconcile enqueues it later. One that
        was promised to an upload is not `counted` again.
        """
        job, rows = create_run(
            *(self.core.workshop, lecture_id, checked_tuning(tuning)),
            parent=parent,
            job_id=job_id,
            check=self._room_for(lecture_id) if counted else None,
        )
        self._enqueue(job, rows)
        return job

    def _room_for(self, lecture_id: str) -> Callable[[Connection], None]:
        """Return what refuses one run too many of a lecture, inside of a transaction."""
        return lambda con: self.quotas.check_jobs([lecture_id], con)

    def _enqueue(self, job: Job, rows: list[StageRow]) -> None:
        if not rows:
            return
        with self.core.store.read() as con:
            owner = get_lecture(con, job.lecture_id).owner
        try:
            queue.submit(self.core.redis, job, rows, owner=owner)
        except RedisError:
            logger.warning("job stays queued without broker", extra={"job_id": job.id})

    def recompile(
        self,
        lecture_id: str,
        tuning: Params | Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
    ) -> Job:
        """Start a job with another tuning; stages whose key is unchanged are done at once.

        Asked again with the same idempotency key of the same person, it returns the job of the
        first time.
        """
        tuning = checked_tuning(tuning)
        job_id = idempotency_key and _named_id(acting().id, idempotency_key, lecture_id, tuning)
        if job_id and (made := self._made(job_id)):
            return made
        parent = self.shown(lecture_id)
        return self.submit(lecture_id, tuning, parent=parent and parent.id, job_id=job_id)

    def _made(self, job_id: str) -> Job | None:
        """Return the job that an idempotency key stands for; raise if it stands for another."""
        with self.core.store.read() as con:
            found = next(iter(jobs_named(con, job_id[: len(job_id) // 2])), None)
        if found is not None and found.id != job_id:
            raise StageError(
                "This Idempotency-Key was used for a job of another lecture or tuning;"
                " take a new one.",
                code="conflict",
            )
        return found

    def compile(self, job_id: str, quality: Quality | None = None) -> Job:
        """Start a job with the tuning of another and its clips as they stand: none more, none less.

        Stages that are known are done at once, and only clips that have changed, or are wanted in
        another `quality`, are rendered.
        """
        job = self.get(job_id)
        with self.core.store.read() as con:
            decisions = gather_decisions(con, job_id, closed=True)
        if not decisions.kept:
            raise TuningError("There is no clip to compile; make one, or take a rejection back.")
        tuning = self.tuning(job)
        if quality:
            tuning = with_values(tuning, {"compile.quality": quality})
        made, rows = create_run(
            *(self.core.workshop, job.lecture_id, tuning),
            parent=job_id,
            decisions=decisions,
            check=self._room_for(job.lecture_id),
        )
        self._enqueue(made, rows)
        return made

    def cancel(self, job_id: str) -> None:
        """Stop a job and the processes that work on it."""
        self.get(job_id)
        try:
            queue.cancel(self.core.redis, self.core.store, job_id)
        except RedisError as error:
            raise no_broker(error) from error

    def retry(self, job_id: str, from_stage: str | None = None) -> None:
        """Run a failed or cancelled job again, from a stage when one is named."""
        job = self.get(job_id)
        if job.status not in FINAL:
            raise StageError(f"The job is {job.status}; cancel it first.", code="conflict")
        self.quotas.check_jobs([job.lecture_id])
        try:
            renew_keys(self.core.workshop, job_id, from_stage)
            room = self._room_for(job.lecture_id)
            queue.retry(self.core.redis, self.core.store, job_id, from_stage, check=room)
        except RedisError as error:
            raise no_broker(error) from error

    def tuning(self, job: Job) -> Params:
        """Return the tuning that a job ran with."""
        return parse_tuning(known_params(job.params))

    def view(self, job_id: str) -> JobView:
        """Return everything that the job page shows."""

        def read(con: Connection) -> tuple[Job, Lecture, list[StageRow], list[LogEntry], list]:
            job = get_job(con, job_id)
            rows, log = job_stages(con, job_id), job_log(con, job_id)
            return job, get_lecture(con, job.lecture_id), rows, log, job_spending(con, job_id)

        job, lecture, rows, log, spending = self.core.kept(f"view {job_id}", read)
        live = self._live(job_id)
        stages = tuple(self._stage(row, live.get("stages", {}).get(row.name)) for row in rows)
        return JobView(
            job=job,
            lecture=lecture,
            stages=stages,
            percent=_overall(job, stages, live),
            eta_s=live.get("eta_s") if job.status == "running" else None,
            event_id=live.get("id", "0-0"),
            log=tuple(log),
            spending=tuple(spending),
            broker=bool(live),
        )

    def _live(self, job_id: str) -> dict[str, Any]:
        try:
            return snapshot(self.core.redis, job_id)
        except RedisError:
            return {}

    def _stage(self, row: StageRow, event: Mapping[str, Any] | None) -> StageView:
        live = event if event and event["status"] == row.status else None
        percent = 100.0 if row.status == "done" else float(live["percent"]) if live else 0.0
        return StageView(
            name=row.name,
            title=self.core.workshop.table[row.name].title,
            status=row.status,
            percent=percent,
            message=live["message"] if live else "",
            eta_s=live["eta_s"] if live and row.status == "running" else None,
            seconds=row.seconds,
            attempt=row.attempt,
            error_code=row.error_code or "",
            error=row.error or "",
        )

    def snapshot(self, job_id: str) -> dict[str, Any]:
        """Return a job's state as JSON, with the stream id from which events go on."""
        view = self.view(job_id)
        names = ("name", "title", "status", "percent", "message", "eta_s", "seconds", "error")
        return {
            "id": view.event_id,
            "job_id": job_id,
            "lecture_id": view.job.lecture_id,
            "status": view.job.status,
            "percent": view.percent,
            "eta_s": view.eta_s,
            "error_code": view.job.error_code or "",
            "error": view.job.error or "",
            "stages": [{name: getattr(stage, name) for name in names} for stage in view.stages],
            "spending": [asdict(spent.usage) for spent in view.spending],
        }


def _named_id(person: str, key: str, lecture_id: str, tuning: Params) -> str:
    """Return a job id: half of it the hash of a person's key, half that of the request."""
    parts = (f"{person} {key}", f"{lecture_id} {tuning.model_dump_json()}")
    return "".join(hashlib.sha256(text.encode()).hexdigest()[:16] for text in parts)


def _overall(job: Job, stages: tuple[StageView, ...], live: Mapping[str, Any]) -> float:
    if job.status == "completed":
        return 100.0
    done = 100.0 * sum(stage.status == "done" for stage in stages) / max(1, len(stages))
    return float(live.get("percent") or done)


def checked_tuning(tuning: Params | Mapping[str, Any]) -> Params:
    """Return the whole tuning for a record or for nested values, or raise TuningError."""
    return tuning if isinstance(tuning, Params) else parse_tuning(dict(tuning))


def known_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored params without the fields that no agent has any more."""
    known: dict[str, Any] = {}
    for name, field in tuning_type().model_fields.items():
        fields = set(getattr(field.annotation, "model_fields", ()))
        known[name] = {k: v for k, v in (params.get(name) or {}).items() if k in fields}
    return known


def when(moment: datetime | None) -> str | None:
    """Return a stored UTC moment as ISO 8601 text."""
    return moment and moment.isoformat(timespec="seconds") + "Z"
