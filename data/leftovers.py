"""Files whose rows are gone: noted with the rows, removed afterwards, whatever happens between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data.records import make_record, now
from data.store import Connection

LeftoverKind = Literal["media", "result"]


@dataclass(frozen=True, slots=True)
class Leftover:
    """Files that no row names any more."""

    kind: LeftoverKind
    """`media` of a lecture, or the folder of a `result`."""
    name: str
    """Id of the lecture, or key of the result."""
    ts: datetime
    """When their rows went: who has taken them up since then keeps them."""


def add_leftovers(con: Connection, kind: LeftoverKind, names: Iterable[str]) -> None:
    """Note files that are to be removed."""
    con.append("leftover", ("kind", "name", "ts"), [(kind, name, now()) for name in names])


def list_leftovers(con: Connection) -> list[Leftover]:
    """Return what is still to be removed, the oldest first."""
    rows = con.rows("select * from leftover order by ts, kind, name")
    return [make_record(Leftover, row) for row in rows]


def drop_leftover(con: Connection, leftover: Leftover) -> None:
    """Forget files that are gone now."""
    con.run("delete from leftover where kind = $1 and name = $2", leftover.kind, leftover.name)
