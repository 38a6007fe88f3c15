"""Lectures: what was uploaded."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from agents.errors import NotFound
from data.records import Lecture, make_record, now
from data.store import Connection

CHANGEABLE = {
    "title", "owner", "media", "captions", "captions_name",
    "duration", "width", "height", "fps", "language",
}  # fmt: skip


class Visible(NamedTuple):
    """What a person sees: the lectures they own, and those shared with them."""

    owner: str | None
    shared: list[str]


EVERYTHING = Visible(None, [])


def create_lecture(
    con: Connection,
    *,
    id: str,
    title: str,
    media: str,
    sha256: str,
    size_bytes: int,
    owner: str = "local",
    captions: str | None = None,
    captions_name: str = "",
) -> Lecture:
    """Add a lecture whose media are already in place."""
    con.run(
        "insert into lecture (id, owner, title, media, sha256, size_bytes, captions,"
        " captions_name, created, updated) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        *(id, owner, title, media, sha256, size_bytes, captions, captions_name, now()),
    )
    return get_lecture(con, id)


def get_lecture(con: Connection, id: str) -> Lecture:
    """Return a lecture, a deleted one too, or raise NotFound."""
    row = con.row("select * from lecture where id = $1", id)
    if row is None:
        raise NotFound(f"There is no lecture {id}.")
    return make_record(Lecture, row)


def list_lectures(
    con: Connection, *, deleted: bool = False, visible: Visible | None = None
) -> list[Lecture]:
    """Return the lectures, or the deleted ones, newest first; with `visible` only those."""
    which = "is not null" if deleted else "is null"
    rows = con.rows(
        f"select * from lecture where deleted {which}"
        " and (cast($1 as text) is null or owner = $1 or id = any($2))"
        " order by created desc, id",
        *(visible or EVERYTHING),
    )
    return [make_record(Lecture, row) for row in rows]


def page_lectures(
    con: Connection,
    *,
    after: tuple[datetime, str] | None,
    limit: int,
    visible: Visible | None = None,
) -> list[Lecture]:
    """Return at most `limit` lectures, newest first, those after a moment and id."""
    created, id = after or (None, "")
    rows = con.rows(
        "select * from lecture where deleted is null and (cast($1 as timestamp) is null"
        " or created < $1 or (created = $1 and id > $2))"
        " and (cast($4 as text) is null or owner = $4 or id = any($5))"
        " order by created desc, id limit $3",
        *(created, id, limit, *(visible or EVERYTHING)),
    )
    return [make_record(Lecture, row) for row in rows]


def update_lecture(con: Connection, id: str, **fields: object) -> Lecture:
    """Change columns of a lecture and return it."""
    unknown = set(fields) - CHANGEABLE
    if unknown:
        raise ValueError(f"{sorted(unknown)} cannot be changed in a lecture")
    columns = {**fields, "updated": now()}
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=2))
    con.run(f"update lecture set {changes} where id = $1", id, *columns.values())
    return get_lecture(con, id)


def delete_lecture(con: Connection, id: str) -> None:
    """Mark a lecture as deleted; it can be restored until it is purged."""
    get_lecture(con, id)
    con.run(
        "update lecture set deleted = $2, updated = $2 where id = $1 and deleted is null", id, now()
    )


def restore_lecture(con: Connection, id: str) -> Lecture:
    """Take back the deletion of a lecture."""
    con.run("update lecture set deleted = null, updated = $2 where id = $1", id, now())
    return get_lecture(con, id)
