"""Clearing away what no job names any more."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import PurePosixPath

from data.artifacts import Artifacts
from data.leftovers import drop_leftover, list_leftovers
from data.media import DAY_S, MediaStore
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


def remove_leftovers(
    store: Store, artifacts: Artifacts, media: MediaStore, *, limit: int | None = None
) -> int:
    """Remove files whose rows are gone, but what has been taken up again; return how many."""
    with store.read() as con:
        waiting = list_leftovers(con)[:limit]
        folders = live_folders(con) if waiting else set[str]()
        lectures = {row["id"] for row in con.rows("select id from lecture")} if waiting else set()
    for one in waiting:
        if one.kind == "media" and one.name not in lectures:
            media.delete(one.name)
        elif one.kind == "result" and one.name not in folders:
            artifacts.drop(one.name, before=one.ts.replace(tzinfo=UTC).timestamp())
    if waiting:
        with store.write() as con:
            for one in waiting:
                drop_leftover(con, one)
    return len(waiting)


def live_folders(con: Connection) -> set[str]:
    """Return the names of the artifact folders that rows refer to."""
    keys = con.rows("select key from stage union select key from stage_result")
    clips = con.rows("select distinct media_key as key from clip where media_key is not null")
    live = {row["key"] for row in [*keys, *clips]}
    for row in con.rows("select value from stage_result where name = 'compile'"):
        live |= {PurePosixPath(clip["video"]).parent.name for clip in row["value"]}
    return live
