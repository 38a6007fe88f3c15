"""Jobs and their stages: the truth about what has run, whatever the queue believes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agents.errors import NotFound, StageError
from data.lectures import EVERYTHING, Visible, get_lecture
from data.records import Job, JobStatus, LogEntry, StageRow, make_record, now, to_json
from data.store import Connection

UNFINISHED = "('queued', 'running')"


def create_job(
    con: Connection,
    *,
    id: str,
    lecture_id: str,
    params: Mapping[str, Any],
    keys: Mapping[str, str],
    parent: str | None = None,
) -> Job:
    """Add a job with its stages in the order of `keys`; a stage whose key has a result is done."""
    get_lecture(con, lecture_id)
    rows = con.rows("select key from stage_result where key = any($1)", list(keys.values()))
    done = {row["key"] for row in rows}
    finished = done >= set(keys.values())
    at = now()
    con.run(
        "insert into job (id, lecture_id, parent, params, status, created, updated, completed)"
        " values ($1, $2, $3, $4, $5, $6, $6, $7)",
        *(id, lecture_id, parent, to_json(params), "completed" if finished else "queued", at),
        at if finished else None,
    )
    con.append(
        "stage",
        ("job_id", "name", "idx", "key", "status", "attempt", "tries", "worker", "updated"),
        [
            (id, name, idx, key, "done" if key in done else "pending", 0, 0, "", at)
            for idx, (name, key) in enumerate(keys.items())
        ],
    )
    log_event(con, id, None, "submitted")
    return get_job(con, id)


def get_job(con: Connection, id: str) -> Job:
    """Return a job or raise NotFound."""
    row = con.row("select * from job where id = $1", id)
    if row is None:
        raise NotFound(f"There is no run {id}.")
    return make_record(Job, row)


def list_jobs(con: Connection, lecture_id: str | None = None) -> list[Job]:
    """Return all jobs, or those of one lecture, newest first."""
    rows = con.rows(
        "select * from job where cast($1 as text) is null or lecture_id = $1"
        " order by created desc, id",
        lecture_id,
    )
    return [make_record(Job, row) for row in rows]


def page_jobs(
    con: Connection,
    *,
    lecture_id: str | None,
    status: JobStatus | None,
    after: tuple[datetime, str] | None,
    limit: int,
    visible: Visible | None = None,
) -> list[Job]:
    """Return at most `limit` jobs of lectures that are not deleted, newest first."""
    created, id = after or (None, "")
    rows = con.rows(
        "select job.* from job join lecture on lecture.id = job.lecture_id"
        " where lecture.deleted is null"
        " and (cast($1 as text) is null or job.lecture_id = $1)"
        " and (cast($2 as text) is null or job.status = $2)"
        " and (cast($3 as timestamp) is null or job.created < $3"
        " or (job.created = $3 and job.id > $4))"
        " and (cast($6 as text) is null or lecture.owner = $6 or lecture.id = any($7))"
        " order by job.created desc, job.id limit $5",
        *(lecture_id, status, created, id, limit, *(visible or EVERYTHING)),
    )
    return [make_record(Job, row) for row in rows]


def jobs_named(con: Connection, prefix: str) -> list[Job]:
    """Return the jobs whose id begins with `prefix`."""
    rows = con.rows("select * from job where starts_with(id, $1)", prefix)
    return [make_record(Job, row) for row in rows]


def newest_jobs(con: Connection) -> dict[str, Job]:
    """Return the newest job of every lecture that has one, by the lecture's id."""
    rows = con.rows(
        "select * from (select job.*, row_number() over"
        " (partition by lecture_id order by created desc, id) as place from job) as placed"
        " where place = 1"
    )
    return {row["lecture_id"]: make_record(Job, row) for row in rows}


def jobs_past(con: Connection, stage: str, job_ids: Sequence[str]) -> set[str]:
    """Return which of the jobs have a result of `stage`."""
    rows = con.rows(
        "select job_id from stage join stage_result on stage_result.key = stage.key"
        " where stage.name = $1 and job_id = any($2)",
        *(stage, list(job_ids)),
    )
    return {row["job_id"] for row in rows}


def unfinished_jobs(con: Connection) -> list[Job]:
    """Return the jobs that still have something to do, oldest first."""
    rows = con.rows(f"select * from job where status in {UNFINISHED} order by created, id")
    return [make_record(Job, row) for row in rows]


def owners_of(con: Connection, job_ids: Sequence[str]) -> dict[str, str]:
    """Return who owns the lecture of each of these jobs."""
    rows = con.rows(
        "select job.id, lecture.owner from job join lecture on lecture.id = job.lecture_id"
        " where job.id = any($1)",
        list(job_ids),
    )
    return {row["id"]: row["owner"] for row in rows}


def job_stages(con: Connection, job_id: str) -> list[StageRow]:
    """Return the stages of a job in pipeline order."""
    rows = con.rows("select * from stage where job_id = $1 order by idx", job_id)
    return [make_record(StageRow, row) for row in rows]


def stage_costs(con: Connection, job_id: str) -> dict[str, float]:
    """Return the seconds that the results of a job took, whichever run computed them."""
    rows = con.rows(
        "select stage.name, stage_result.seconds from stage join stage_result"
        " on stage_result.key = stage.key where stage.job_id = $1",
        job_id,
    )
    return {row["name"]: row["seconds"] for row in rows}


def render_costs(con: Connection, lecture_id: str) -> list[tuple[Mapping[str, Any], float, float]]:
    """Return (parameters, seconds it took, seconds of clips) of every rendering of a lecture."""
    rows = con.rows(
        "select job.params, stage_result.seconds, made.length from job"
        " join stage on stage.job_id = job.id and stage.name = 'compile'"
        " join stage_result on stage_result.key = stage.key"
        " join (select job_id, sum(duration) as length from clip where media is not null"
        " group by job_id) as made on made.job_id = job.id"
        " where job.lecture_id = $1",
        lecture_id,
    )
    return [(row["params"], row["seconds"], row["length"]) for row in rows]


def begin_stage(con: Connection, job_id: str, name: str, worker: str) -> int:
    """Take a stage for `worker` and return the number of this attempt."""
    job = con.row(
        f"update job set status = 'running', updated = $2 where id = $1"
        f" and status in {UNFINISHED} returning id",
        *(job_id, now()),
    )
    if job is None:
        status = get_job(con, job_id).status
        raise StageError(f"The run {job_id} is {status}; {name} is not begun.", code="cancelled")
    row = con.row(
        "update stage set status = 'running', attempt = attempt + 1, tries = tries + 1,"
        " worker = $3, started = $4, updated = $4, seconds = null, error_code = null, error = null"
        " where job_id = $1 and name = $2 returning attempt, key",
        *(job_id, name, worker, now()),
    )
    if row is None:
        raise NotFound(f"The run {job_id} has no stage {name}.")
    log_event(con, job_id, name, "begun", attempt=row["attempt"], key=row["key"], worker=worker)
    return row["attempt"]


def finish_stage(
    con: Connection, job_id: str, name: str, attempt: int, key: str, seconds: float
) -> None:
    """Mark a stage as done, and the job as completed with its last one; `lost_lease` if stale."""
    _take_turn(con, job_id)
    row = con.row(
        "update stage set status = 'done', seconds = $5, updated = $6 where job_id = $1"
        " and name = $2 and attempt = $3 and key = $4 and status = 'running' returning worker",
        *(job_id, name, attempt, key, seconds, now()),
    )
    if row is None:
        raise _lost(job_id, name, attempt)
    log_event(
        *(con, job_id, name, "done"),
        attempt=attempt,
        key=key,
        ms=round(seconds * 1000),
        worker=row["worker"],
    )
    complete_job(con, job_id)


def rename_keys(con: Connection, job_id: str, first: str, keys: Mapping[str, str]) -> None:
    """Give a stage of a job, and those after it that have not begun, other keys.

    Their results go there, or are looked for there.
    """
    for name, key in keys.items():
        con.run(
            "update stage set key = $3, updated = $4 where job_id = $1 and name = $2"
            " and (name = $5 or status = 'pending')",
            *(job_id, name, key, now(), first),
        )


def complete_job(con: Connection, job_id: str) -> bool:
    """Mark an unfinished job as completed if all its stages are done, and say whether it was."""
    row = con.row(
        f"update job set status = 'completed', completed = $2, updated = $2 where id = $1"
        f" and status in {UNFINISHED} and not exists"
        f" (select 1 from stage where job_id = $1 and status <> 'done') returning id",
        *(job_id, now()),
    )
    if row is not None:
        log_event(con, job_id, None, "completed")
    return row is not None


def fail_stage(
    con: Connection,
    job_id: str,
    name: str,
    attempt: int,
    code: str,
    message: str,
    *,
    final: bool = True,
) -> None:
    """Record why a stage failed; a final failure ends the job, any other leaves it to be retried.

    Stages that have not begun are cancelled; siblings that run may still finish, since their
    results serve the next job.
    """
    _take_turn(con, job_id)
    row = con.row(
        "update stage set status = $4, error_code = $5, error = $6, updated = $7"
        " where job_id = $1 and name = $2 and attempt = $3 and status = 'running' returning worker",
        *(job_id, name, attempt, "failed" if final else "pending", code, message, now()),
    )
    if row is None:
        raise _lost(job_id, name, attempt)
    event = "failed" if final else "attempt failed"
    log_event(con, job_id, name, event, message, attempt=attempt, worker=row["worker"])
    if final:
        fail_job(con, job_id, code, message)


def fail_job(con: Connection, job_id: str, code: str, message: str) -> None:
    """End an unfinished job with a reason and cancel the stages that have not begun."""
    con.run(
        f"update job set status = 'failed', error_code = $2, error = $3, updated = $4"
        f" where id = $1 and status in {UNFINISHED}",
        *(job_id, code, message, now()),
    )
    con.run(
        "update stage set status = 'cancelled', updated = $2"
        " where job_id = $1 and status = 'pending'",
        *(job_id, now()),
    )


def cancel_job(con: Connection, job_id: str) -> Job:
    """End an unfinished job on a person's wish; a finished one stays as it is."""
    row = con.row(
        f"update job set status = 'cancelled', updated = $2 where id = $1"
        f" and status in {UNFINISHED} returning id",
        *(job_id, now()),
    )
    if row is not None:
        con.run(
            "update stage set status = 'cancelled', updated = $2"
            " where job_id = $1 and status in ('pending', 'running')",
            *(job_id, now()),
        )
        log_event(con, job_id, None, "cancelled")
    return get_job(con, job_id)


def reset_stages(con: Connection, job_id: str, from_stage: str | None = None) -> Job:
    """Make a job ready to run again: `from_stage`, what comes after it, and what is not done.

    Attempt numbers go on counting, so a worker that returns from before is still told apart.
    """
    con.run(
        "update stage set status = 'pending', tries = 0, error_code = null, error = null,"
        " updated = $3 where job_id = $1 and (status <> 'done' or idx >="
        " (select idx from stage where job_id = $1 and name = $2))",
        *(job_id, from_stage, now()),
    )
    con.run(
        "update job set status = 'queued', error_code = null, error = null, completed = null,"
        " updated = $2 where id = $1",
        *(job_id, now()),
    )
    log_event(con, job_id, from_stage, "retried")
    return get_job(con, job_id)


def log_event(
    con: Connection,
    job_id: str,
    stage: str | None,
    event: str,
    message: str = "",
    *,
    attempt: int | None = None,
    key: str | None = None,
    ms: int | None = None,
    worker: str = "",
) -> None:
    """Add a line to the audit trail of a job."""
    con.run(
        "insert into processing_log (job_id, stage, attempt, event, key, message, ms, worker, ts)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        *(job_id, stage, attempt, event, key, message, ms, worker, now()),
    )


def job_log(con: Connection, job_id: str) -> list[LogEntry]:
    """Return the audit trail of a job, oldest first."""
    rows = con.rows("select * from processing_log where job_id = $1 order by ts", job_id)
    return [make_record(LogEntry, row) for row in rows]


def _take_turn(con: Connection, job_id: str) -> None:
    """Hold the row of the job, as `begin_stage` and `cancel_job` do before they touch its stages.

    On PostgreSQL two transactions that took the rows in different orders would block each other.
    """
    con.run("update job set updated = $2 where id = $1", job_id, now())


def _lost(job_id: str, name: str, attempt: int) -> StageError:
    return StageError(
        f"Attempt {attempt} of {name} in the run {job_id} is no longer the current one.",
        code="lost_lease",
    )
