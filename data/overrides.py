"""Overrides: people's corrections of what the agents found in a lecture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents.types import Box, LayoutRegion
from data.authors import author_now
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
    author: str | None = None,
) -> None:
    """Set the correction of one kind for exactly `t0` to `t1` seconds."""
    delete_override(con, lecture_id, kind, t0, t1)
    con.run(
        "insert into override (lecture_id, kind, t0, t1, body, author, ts)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        *(lecture_id, kind, t0, t1, to_json(body), author or author_now(), now()),
    )


def list_overrides(con: Connection, lecture_id: str, kind: str | None = None) -> list[Override]:
    """Return the corrections of a lecture in the order of its time, all or those of one kind."""
    rows = con.rows("select * from override where lecture_id = $1 order by t0, ts", lecture_id)
    return [make_record(Override, row) for row in rows if kind in (None, row["kind"])]


def delete_override(con: Connection, lecture_id: str, kind: str, t0: float, t1: float) -> None:
    """Take back the correction of one kind for exactly `t0` to `t1` seconds."""
    con.run(
        "delete from override where lecture_id = $1 and kind = $2 and t0 = $3 and t1 = $4",
        *(lecture_id, kind, t0, t1),
    )


def layout_corrections(con: Connection, lecture_id: str) -> tuple[LayoutRegion, ...]:
    """Return what people say is seen, in the order of the lecture's time; they are certain."""
    return tuple(
        LayoutRegion(
            *(one.t0, one.t1, one.body["kind"]),
            *(_box(one.body["screen"]), _box(one.body["camera"]), 1.0),
        )
        for one in list_overrides(con, lecture_id, "layout")
    )


def put_layout_corrections(
    con: Connection, lecture_id: str, regions: Iterable[LayoutRegion]
) -> None:
    """Replace what people say is seen in a lecture; what stays as it is stays its author's."""
    there = {(one.t0, one.t1): one for one in list_overrides(con, lecture_id, "layout")}
    con.run("delete from override where lecture_id = $1 and kind = 'layout'", lecture_id)
    for one in regions:
        sides = (one.screen and list(one.screen), one.camera and list(one.camera))
        body = {"kind": one.kind, "screen": sides[0], "camera": sides[1]}
        known = there.get((one.start, one.end))
        author = known.author if known is not None and dict(known.body) == body else None
        put_override(con, lecture_id, "layout", one.start, one.end, body, author=author)


def _box(sides: Iterable[int] | None) -> Box | None:
    return Box(*sides) if sides else None
