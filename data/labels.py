"""Labels: people's judgements of stretches of a lecture."""

from __future__ import annotations

from data.records import Label, make_record, now
from data.store import Connection


def add_label(
    con: Connection, lecture_id: str, t0: float, t1: float, value: str, *, author: str = "local"
) -> None:
    """Add a judgement of the stretch from `t0` to `t1` seconds."""
    con.run(
        "insert into label (lecture_id, t0, t1, value, author, ts) values ($1, $2, $3, $4, $5, $6)",
        *(lecture_id, t0, t1, value, author, now()),
    )


def list_labels(con: Connection, lecture_id: str) -> list[Label]:
    """Return the judgements of a lecture in the order of its time."""
    rows = con.rows("select * from label where lecture_id = $1 order by t0, ts", lecture_id)
    return [make_record(Label, row) for row in rows]


def delete_labels(con: Connection, lecture_id: str, t0: float, t1: float) -> None:
    """Remove the judgements that lie within `t0` to `t1` seconds."""
    con.run("delete from label where lecture_id = $1 and t0 >= $2 and t1 <= $3", lecture_id, t0, t1)
