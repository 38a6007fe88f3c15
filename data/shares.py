"""Shares: a lecture shown to a person, or to whoever has a link, by its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data.records import make_record, now
from data.store import Connection

May = Literal["view", "edit"]


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody who does not own a lecture may do with it."""

    id: str
    lecture_id: str
    person: str | None
    """Who may; None for whoever has the link."""
    hash: str | None
    """The sha256 of the link's secret."""
    may: May
    author: str
    created: datetime
    expires: datetime | None
    ended: datetime | None


def add_share(
    con: Connection,
    *,
    id: str,
    lecture_id: str,
    author: str,
    person: str | None = None,
    hash: str | None = None,
    may: May = "view",
    expires: datetime | None = None,
) -> None:
    """Share a lecture."""
    con.run(
        "insert into share (id, lecture_id, person, hash, may, author, created, expires)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(id, lecture_id, person, hash, may, author, now(), expires),
    )


def open_shares(con: Connection, lecture_id: str | None = None) -> list[Share]:
    """Return the shares that hold now, or those of one lecture, the newest first."""
    rows = con.rows(
        "select * from share where ended is null and (expires is null or expires > $1)"
        " and (cast($2 as text) is null or lecture_id = $2) order by created desc, id",
        *(now(), lecture_id),
    )
    return [make_record(Share, row) for row in rows]


def end_share(con: Connection, id: str) -> None:
    """Take a share back."""
    con.run("update share set ended = $2 where id = $1 and ended is null", id, now())
