"""Overrides: people's corrections of what the agents found in a lecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.records import Override, make_record, now, to_json
from data.store import Connection


def put_override(
    con: Connection,
    lecture_id: str,
    kind: str,
    t0: float,
    t1: float,
    body: Mapping[str, Any],
    *,
    author: str = "local",
) -> None:
    """Set the correction of one kind for exactly `t0` to `t1` seconds."""
    delete_override(con, lecture_id, kind, t0, t1)
    con.run(
        "insert into override (lecture_id, kind, t0, t1, body, author, ts)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        *(lecture_id, kind, t0, t1, to_json(body), author, now()),
    )


def list_overrides(con: Connection, lecture_id: str) -> list[Override]:
    """Return the corrections of a lecture in the order of its time."""
    rows = con.rows("select * from override where lecture_id = $1 order by t0, ts", lecture_id)
    return [make_record(Override, row) for row in rows]


def delete_override(con: Connection, lecture_id: str, kind: str, t0: float, t1: float) -> None:
    """Take back the correction of one kind for exactly `t0` to `t1` seconds."""
    con.run(
        "delete from override where lecture_id = $1 and kind = $2 and t0 = $3 and t1 = $4",
        *(lecture_id, kind, t0, t1),
    )
