"""Lockouts: how long wrong passwords keep a name or an address waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from data.records import make_record
from data.store import Connection


@dataclass(frozen=True, slots=True)
class Lockout:
    """Wrong passwords in a row for one subject: `name:ada`, `ip:192.0.2.7`."""

    subject: str
    failures: int
    last: datetime
    until: datetime
    """Before then no password is looked at."""


def find_lockouts(con: Connection, subjects: Sequence[str]) -> list[Lockout]:
    """Return what is known of these subjects."""
    rows = con.rows("select * from lockout where subject = any($1)", list(subjects))
    return [make_record(Lockout, row) for row in rows]


def list_lockouts(con: Connection) -> list[Lockout]:
    """Return every lockout, the longest first."""
    return [make_record(Lockout, row) for row in con.rows("select * from lockout order by until")]


def put_lockout(con: Connection, lockout: Lockout) -> None:
    """Keep how long a subject waits."""
    con.run(
        "insert into lockout (subject, failures, last, until) values ($1, $2, $3, $4)"
        " on conflict (subject) do update set failures = excluded.failures,"
        " last = excluded.last, until = excluded.until",
        *(lockout.subject, lockout.failures, lockout.last, lockout.until),
    )


def clear_lockouts(con: Connection, subjects: Sequence[str]) -> None:
    """Forget the failures of these subjects."""
    con.run("delete from lockout where subject = any($1)", list(subjects))


def forget_lockouts(con: Connection, before: datetime) -> None:
    """Forget subjects that failed last before then."""
    con.run("delete from lockout where last < $1", before)
