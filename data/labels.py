"""Labels: people's judgements of stretches of a lecture."""

from __future__ import annotations

from collections.abc import Iterable

from data.records import Label, make_record, now
from data.store import Connection


def put_labels(
    con: Connection,
    lecture_id: str,
    value: str,
    spans: Iterable[tuple[float, float]],
    *,
    author: str = "local",
) -> None:
    """Make these stretches, in seconds, all that `author` judges to be of this value."""
    con.run(
        "delete from label where lecture_id = $1 and value = $2 and author = $3",
        *(lecture_id, value, author),
    )
    columns = ("lecture_id", "t0", "t1", "value", "author", "ts")
    at = now()
    rows = [(lecture_id, t0, t1, value, author, at) for t0, t1 in spans]
    con.append("label", columns, rows)


def list_labels(con: Connection, lecture_id: str, value: str | None = None) -> list[Label]:
    """Return the judgements of a lecture, or those of one value, in the order of its time."""
    rows = con.rows(
        "select * from label where lecture_id = $1 and (cast($2 as text) is null or value = $2)"
        " order by t0, ts",
        *(lecture_id, value),
    )
    return [make_record(Label, row) for row in rows]
