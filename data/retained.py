"""What is old enough to go, by kind; whatever a kept lecture, run or clip needs is never in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.store import Connection

TOUCHED = """greatest(lecture.updated,
    (select max(job.updated) from job where job.lecture_id = lecture.id),
    (select max(clip.updated) from clip join job on job.id = clip.job_id
        where job.lecture_id = lecture.id),
    (select max(edit.ts) from edit where edit.lecture_id = lecture.id),
    (select max(label.ts) from label where label.lecture_id = lecture.id),
    (select max(override.ts) from override where override.lecture_id = lecture.id))"""
"""When somebody did something with a lecture last."""
BUSY = "select 1 from job where job.lecture_id = lecture.id and job.status in ('queued', 'running')"
DECIDED = """select 1 from clip where clip.job_id = job.id and (clip.state <> 'proposed'
    or clip.locked or clip.rating is not null or clip.source = 'manual' or clip.revision > 1)"""
"""Clips in which a person has decided something."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing whose time is over."""

    id: str
    what: str
    """For people; untrusted."""
    since: datetime
    """From when its days are counted."""
    size_bytes: int = 0


def untouched_lectures(con: Connection, before: datetime) -> list[Due]:
    """Return the lectures with which nobody has done anything since."""
    return _due(
        con,
        f"select id, title as what, {TOUCHED} as since, size_bytes from lecture"
        f" where deleted is null and {TOUCHED} < $1 and not exists ({BUSY}) order by since, id",
        before,
    )


def failed_lectures(con: Connection, before: datetime) -> list[Due]:
    """Return the lectures of which no run has made a clip, and none will."""
    return _due(
        con,
        f"select id, title as what, {TOUCHED} as since, size_bytes from lecture"
        f" where deleted is null and {TOUCHED} < $1"
        " and exists (select 1 from job where job.lecture_id = lecture.id)"
        " and not exists (select 1 from job where job.lecture_id = lecture.id"
        "  and job.status not in ('failed', 'cancelled'))"
        " and not exists (select 1 from clip join job on job.id = clip.job_id"
        "  where job.lecture_id = lecture.id) order by since, id",
        before,
    )


def deleted_lectures(con: Connection, before: datetime) -> list[Due]:
    """Return the lectures that were deleted before then."""
    return _due(
        con,
        "select id, title as what, deleted as since, size_bytes from lecture where deleted < $1"
        " order by deleted, id",
        before,
    )


def earlier_runs(con: Connection, before: datetime) -> list[Due]:
    """Return the ended runs that nobody looks at, has decided in, works from or compares.

    The run that people look at stays, and so does the newest that has ended well.
    """
    return _due(
        con,
        "select job.id, lecture.title as what, job.updated as since, 0 as size_bytes"
        " from (select job.*,"
        "  row_number() over (partition by job.lecture_id order by"
        "   coalesce(restored_run.ts, job.created) desc, job.id) as place,"
        "  row_number() over (partition by job.lecture_id, job.status order by"
        "   job.created desc, job.id) as of_status"
        "  from job left join restored_run on restored_run.job_id = job.id) as job"
        " join lecture on lecture.id = job.lecture_id"
        " where job.status in ('completed', 'failed', 'cancelled') and job.updated < $1"
        " and place > 1 and (job.status <> 'completed' or of_status > 1)"
        f" and not exists ({DECIDED})"
        " and not exists (select 1 from edit where edit.job_id = job.id)"
        " and not exists (select 1 from sweep_lecture where sweep_lecture.job_id = job.id)"
        " and not exists (select 1 from job as child where child.parent = job.id"
        "  and child.status in ('queued', 'running')) order by since, job.id",
        before,
    )


def unnamed_results(con: Connection, before: datetime) -> list[Due]:
    """Return the results that no run names, as reels and podcasts are."""
    return _due(
        con,
        "select key as id, name as what, created as since, 0 as size_bytes from stage_result"
        " where created < $1 and key not in (select key from stage) order by created, key",
        before,
    )


def old_answers(con: Connection, before: datetime) -> list[Due]:
    """Return the answers of outside models from before then."""
    return _due(
        con,
        "select asked as id, 'answer' as what, created as since, length(body) as size_bytes"
        " from answer where created < $1 order by created, asked",
        before,
    )


def old_logs(con: Connection, before: datetime) -> list[Due]:
    """Return the runs that have ended and whose log is from before then."""
    return _due(
        con,
        "select job.id, count(*) || ' lines' as what, min(processing_log.ts) as since,"
        " 0 as size_bytes from processing_log join job on job.id = processing_log.job_id"
        " where processing_log.ts < $1 and job.status in ('completed', 'failed', 'cancelled')"
        " group by job.id order by since, job.id",
        before,
    )


def old_entries(con: Connection, before: datetime) -> list[Due]:
    """Return sessions, links, keys and shares that were over before then."""
    found: list[Due] = []
    for table, over in (
        ("session", "least(expires, coalesce(ended, expires))"),
        ("invitation", "least(expires, coalesce(used, expires))"),
        ("api_key", "coalesce(ended, expires)"),
        ("share", "coalesce(ended, expires)"),
    ):
        sql = (
            f"select id, '{table}' as what, {over} as since, 0 as size_bytes from {table}"
            f" where {over} < $1 order by since, id"
        )
        found += _due(con, sql, before)
    return found


def old_audit(con: Connection, before: datetime) -> list[Due]:
    """Return the days of the audit before then."""
    return _due(
        con,
        "select cast(cast(ts as date) as text) as id, count(*) || ' lines' as what,"
        " min(ts) as since, 0 as size_bytes from audit where ts < $1"
        " group by cast(ts as date) order by since",
        before,
    )


def _due(con: Connection, sql: str, *args: Any) -> list[Due]:  # noqa: ANN401
    return [Due(**row) for row in con.rows(sql, *args)]
