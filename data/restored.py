"""Which run of a lecture people look at: the newest, or an earlier one that they went back to."""

from __future__ import annotations

from data.jobs import get_job
from data.records import Job, make_record, now
from data.store import Connection


def restore_run(con: Connection, job_id: str) -> Job:
    """Make a run the one that people look at, until a newer one is started."""
    job = get_job(con, job_id)
    con.run(
        "insert into restored_run (lecture_id, job_id, ts) values ($1, $2, $3)"
        " on conflict (lecture_id) do update set job_id = excluded.job_id, ts = excluded.ts",
        *(job.lecture_id, job_id, now()),
    )
    return job


def ordered_runs(con: Connection, lecture_id: str) -> list[Job]:
    """Return the runs of a lecture, newest first; one that was restored is as new as that."""
    rows = con.rows(
        "select job.* from job left join restored_run on restored_run.job_id = job.id"
        " where job.lecture_id = $1 order by coalesce(restored_run.ts, job.created) desc, job.id",
        lecture_id,
    )
    return [make_record(Job, row) for row in rows]
