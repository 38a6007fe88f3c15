"""Removing lectures and runs for good: their rows at once, their files noted as leftovers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from data.clearing import live_folders
from data.leftovers import add_leftovers
from data.results import TABLES
from data.store import Connection

OF_LECTURE = (
    "override", "label", "restored_run", "sweep_lecture", "sweep_cell", "edit", "share", "job",
)  # fmt: skip
OF_JOB = ("edit", "clip", "stage", "processing_log", "spending")


def purge_lectures(
    con: Connection, *, deleted_before: datetime, limit: int | None = None
) -> list[str]:
    """Remove lectures deleted before then, with their jobs, and return their ids."""
    rows = con.rows(
        "select id from lecture where deleted < $1 order by deleted limit $2", deleted_before, limit
    )
    for row in rows:
        purge_lecture(con, row["id"])
    return [row["id"] for row in rows]


def purge_lecture(con: Connection, id: str) -> None:
    """Remove a lecture with its jobs, and the results that belong to no other."""
    rows = con.rows("select id from job where lecture_id = $1", id)
    _purge(con, [row["id"] for row in rows])
    for table in OF_LECTURE:
        con.run(f"delete from {table} where lecture_id = $1", id)
    con.run("delete from sweep where id not in (select sweep_id from sweep_lecture)")
    con.run("delete from answer where lecture_id = $1", id)
    con.run("delete from lecture where id = $1", id)
    add_leftovers(con, "media", [id])


def purge_job(con: Connection, id: str) -> None:
    """Remove one run, and the results that belong to no other."""
    _purge(con, [id])
    con.run("delete from restored_run where job_id = $1", id)
    con.run("delete from job where id = $1", id)


def _purge(con: Connection, jobs: Sequence[str]) -> None:
    """Remove what belongs to jobs but the jobs themselves."""
    keys = _column(con, "select distinct key from stage where job_id = any($1)", jobs)
    clips = _column(
        con,
        "select distinct media_key as key from clip where job_id = any($1)"
        " and media_key is not null",
        jobs,
    )
    con.run(
        "delete from clip_revision where clip_id in (select id from clip where job_id = any($1))",
        list(jobs),
    )
    for table in OF_JOB:
        con.run(f"delete from {table} where job_id = any($1)", list(jobs))
    gone = _unnamed(con, keys)
    folders = {*gone, *clips, *_compiled(con, gone)}
    for table in (*TABLES, "stage_result"):
        con.run(f"delete from {table} where key = any($1)", sorted(gone))
    add_leftovers(con, "result", sorted(folders - live_folders(con)))


def _unnamed(con: Connection, keys: Iterable[str]) -> set[str]:
    """Return which keys no job names any more, with the extras that were made of them."""
    named = set(_column(con, "select key from stage where key = any($1)", keys))
    gone = set(keys) - named
    rows = con.rows(
        "select key, inputs from stage_result where name in ('reel', 'podcast')"
        " and key not in (select key from stage)"
    )
    return gone | {row["key"] for row in rows if gone.intersection(row["inputs"])}


def _compiled(con: Connection, keys: Iterable[str]) -> set[str]:
    """Return the folders of the clips that results of the compiler hold."""
    rows = con.rows(
        "select value from stage_result where name = 'compile' and key = any($1)", list(keys)
    )
    return {PurePosixPath(clip["video"]).parent.name for row in rows for clip in row["value"]}


def _column(con: Connection, sql: str, values: Iterable[str]) -> list[str]:
    return [row["key"] for row in con.rows(sql, list(values))]
