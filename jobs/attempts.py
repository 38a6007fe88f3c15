"""The rules of trying: who may begin a stage, and what follows when an attempt ends badly.

Every function works in a transaction of the caller's and returns the events to send after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.artifacts import has_result
from data.jobs import begin_stage, fail_stage, get_job, job_stages, log_event
from data.lectures import get_lecture
from data.records import Job, Lecture, StageRow
from data.store import Connection
from jobs.progress import FINAL, Event, make_event

MAX_TRIES = 3
JOB_UNFINISHED = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt at one stage."""

    job: Job
    lecture: Lecture
    name: str
    key: str
    keys: dict[str, str]
    """Stage keys of the whole job."""
    attempt: int
    last: bool
    """Whether there is no further try."""
    known: bool
    """Whether the result is there already."""


def begin(
    con: Connection, job_id: str, name: str, needs: Sequence[str], worker: str
) -> Task | None:
    """Take a stage, or return None: it is over, not ready, or set aside."""
    job, rows = get_job(con, job_id), {row.name: row for row in job_stages(con, job_id)}
    row = rows[name]
    if job.status not in JOB_UNFINISHED or row.status not in ("pending", "running"):
        return None
    if any(rows[need].status != "done" for need in needs):
        return None
    if row.status == "running" and row.tries >= MAX_TRIES:
        end_of_life(con, row)
        return None
    return Task(
        job=job,
        lecture=get_lecture(con, job.lecture_id),
        name=name,
        key=row.key,
        keys={each.name: each.key for each in rows.values()},
        attempt=begin_stage(con, job_id, name, worker),
        last=row.tries + 1 >= MAX_TRIES,
        known=has_result(con, row.key),
    )


def stage_row(con: Connection, job_id: str, name: str) -> StageRow:
    """Return one stage of a job."""
    return next(row for row in job_stages(con, job_id) if row.name == name)


def end_of_life(con: Connection, row: StageRow) -> bool:
    """Record that the worker of a running stage is gone; say whether that was once too often."""
    final = row.tries >= MAX_TRIES
    if final:
        message = f"{row.name} ended its worker {row.tries} times; this recording is set aside"
        fail_stage(con, row.job_id, row.name, row.attempt, "quarantined", message)
    else:
        message = "the worker ended unexpectedly"
        fail_stage(con, row.job_id, row.name, row.attempt, "worker_died", message, final=False)
    return final


def note_death(con: Connection, job_id: str, name: str) -> bool:
    """Record the death of a stage's worker, if it was running; say whether that ended the job."""
    row = stage_row(con, job_id, name)
    alive = get_job(con, job_id).status in JOB_UNFINISHED and row.status == "running"
    return alive and end_of_life(con, row)


def give_back(con: Connection, job_id: str, name: str) -> None:
    """Undo the begin of a stage whose worker was told to stop: that is no failed try."""
    row = stage_row(con, job_id, name)
    if row.status == "running":
        con.run(
            "update stage set status = 'pending', tries = tries - 1"
            " where job_id = $1 and name = $2 and attempt = $3",
            *(job_id, name, row.attempt),
        )
        log_event(con, job_id, name, "interrupted", attempt=row.attempt, worker=row.worker)


def facts(con: Connection, job_id: str, name: str = "") -> list[Event]:
    """Return the events that tell clients where a stage, or all of a job, stands by the database.

    When a job has ended, its other stages are told too: they wait for nothing any more.
    """
    job, rows = get_job(con, job_id), job_stages(con, job_id)
    told = [row for row in rows if row.name == name or not name or job.status in FINAL]
    return [*map(_stage_event, told), _job_event(job)]


def _stage_event(row: StageRow) -> Event:
    return make_event(
        row.name,
        "queued" if row.status == "pending" else row.status,
        percent=100.0 if row.status == "done" else 0.0,
        message=row.error or "",
        code=row.error_code or "",
    )


def _job_event(job: Job) -> Event:
    return make_event(
        "",
        job.status,
        percent=100.0 if job.status == "completed" else 0.0,
        message=job.error or "",
        code=job.error_code or "",
    )
