"""Clearing away what no job names any more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath

from data.artifacts import Artifacts
from data.media import DAY_S
from data.records import now
from data.results import TABLES
from data.store import Connection, Store


def clear_results(
    store: Store,
    artifacts: Artifacts,
    *,
    older_than_s: float = DAY_S,
    limit: int | None = None,
) -> list[str]:
    """Remove results and folders that no job names and that are old; return the folders.

    `limit` is how many results, and how many folders, one call removes at most.
    """
    before = now() - timedelta(seconds=older_than_s)
    with store.write() as con:
        rows = con.rows(
            "select key from stage_result where created < $1"
            " and key not in (select key from stage) order by created limit $2",
            before,
            limit,
        )
        dead = [row["key"] for row in rows]
        for table in (*TABLES, "stage_result") if dead else ():
            con.run(f"delete from {table} where key = any($1)", dead)
        live = live_folders(con)
    return artifacts.sweep(live, older_than_s=older_than_s, limit=limit)


def live_folders(con: Connection) -> set[str]:
    """Return the names of the artifact folders that rows refer to."""
    keys = con.rows("select key from stage union select key from stage_result")
    clips = con.rows("select distinct media_key as key from clip where media_key is not null")
    live = {row["key"] for row in [*keys, *clips]}
    for row in con.rows("select value from stage_result where name = 'compile'"):
        live |= {PurePosixPath(clip["video"]).parent.name for clip in row["value"]}
    return live
