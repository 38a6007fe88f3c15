"""Clearing away what no job names any more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath

from data.artifacts import Artifacts
from data.records import now
from data.results import TABLES
from data.store import Connection, Store

DAY_S = 86_400.0


def sweep_results(store: Store, artifacts: Artifacts, *, older_than_s: float = DAY_S) -> list[str]:
    """Remove results and folders that no job names and that are old; return the folders."""
    before = now() - timedelta(seconds=older_than_s)
    with store.write() as con:
        rows = con.rows(
            "select key from stage_result where created < $1"
            " and key not in (select key from stage)",
            before,
        )
        dead = [row["key"] for row in rows]
        for table in (*TABLES, "stage_result") if dead else ():
            con.run(f"delete from {table} where key = any($1)", dead)
        live = live_folders(con)
    return artifacts.sweep(live, older_than_s=older_than_s)


def live_folders(con: Connection) -> set[str]:
    """Return the names of the artifact folders that rows refer to."""
    keys = con.rows("select key from stage union select key from stage_result")
    clips = con.rows("select distinct media_key as key from clip where media_key is not null")
    live = {row["key"] for row in [*keys, *clips]}
    for row in con.rows("select value from stage_result where name = 'compile'"):
        live |= {PurePosixPath(clip["video"]).parent.name for clip in row["value"]}
    return live
