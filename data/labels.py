"""Labels: people's judgements of stretches of a lecture."""

from __future__ import annotations

from collections.abc import Iterable

from data.authors import author_now
from data.records import Label, make_record, now
from data.store import Connection


def put_labels(
    con: Connection,
    lecture_id: str,
    value: str,
    spans: Iterable[tuple[float, float]],
    *,
    author: str | None = None,
) -> None:
    """Make these stretches, in seconds, all that is judged to be of this value.

    What stays as it is stays its author's; the rest is by whoever is at work, or `author`.
    """
    there = {(one.t0, one.t1): one for one in list_labels(con, lecture_id, value)}
    who, at = author or author_now(), now()
    con.run("delete from label where lecture_id = $1 and value = $2", lecture_id, value)
    columns = ("lecture_id", "t0", "t1", "value", "author", "ts")
    rows = []
    for t0, t1 in spans:
        kept = there.get((t0, t1))
        rows.append((lecture_id, t0, t1, value, *((kept.author, kept.ts) if kept else (who, at))))
    con.append("label", columns, rows)


def list_labels(con: Connection, lecture_id: str, value: str | None = None) -> list[Label]:
    """Return the judgements of a lecture, or those of one value, in the order of its time."""
    rows = con.rows(
        "select * from label where lecture_id = $1 and (cast($2 as text) is null or value = $2)"
        " order by t0, ts",
        *(lecture_id, value),
    )
    return [make_record(Label, row) for row in rows]
