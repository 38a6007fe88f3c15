"""Quotas: what one person is allowed in place of the settings, and what people have taken."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from data.records import make_record, now
from data.store import Connection


@dataclass(frozen=True, slots=True)
class Quota:
    """What a person may take; 0 is no limit, None leaves it to the settings."""

    size_bytes: int | None = None
    """Of recordings, deleted ones included until they are gone for good."""
    at_once: int | None = None
    """Uploads that are under way."""
    a_day: int | None = None
    """Uploads within 24 hours."""
    jobs: int | None = None
    """Runs and sweeps that wait or work."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a person's lectures take."""

    size_bytes: int
    lectures: int
    """Brought in since a moment."""
    first: datetime | None
    """When the first of these was."""
    jobs: int


def find_quota(con: Connection, person: str) -> Quota:
    """Return what a person is allowed in place of the settings."""
    names = ", ".join(field.name for field in fields(Quota))
    row = con.row(f"select {names} from quota where person = $1", person)
    return make_record(Quota, row) if row else Quota()


def list_quotas(con: Connection) -> dict[str, Quota]:
    """Return what was given to people, by their ids."""
    rows = con.rows("select * from quota")
    return {
        row["person"]: Quota(**{field.name: row[field.name] for field in fields(Quota)})
        for row in rows
    }


def put_quota(con: Connection, person: str, quota: Quota, author: str) -> None:
    """Give a person a quota; one that says nothing takes it back."""
    con.run("delete from quota where person = $1", person)
    if quota != Quota():
        con.run(
            "insert into quota (person, size_bytes, at_once, a_day, jobs, author, updated)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            *(person, quota.size_bytes, quota.at_once, quota.a_day, quota.jobs, author, now()),
        )


def take_turn(con: Connection, of: str) -> None:
    """Let no other transaction pass here for the same thing before this one has ended.

    The file has one writer at a time in any case.
    """
    if con.engine == "postgres":
        con.run("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"turn {of}")


def taken_by(con: Connection, owner: str, since: datetime) -> Taken:
    """Return what a person's lectures, runs and sweeps take."""
    row = con.row(
        "select coalesce(sum(size_bytes), 0) as size_bytes,"
        " count(*) filter (where created > $2) as lectures,"
        " min(created) filter (where created > $2) as first from lecture where owner = $1",
        *(owner, since),
    )
    assert row is not None
    return Taken(int(row["size_bytes"]), row["lectures"], row["first"], _unfinished(con, owner))


def _unfinished(con: Connection, owner: str) -> int:
    row = con.row(
        "select (select count(*) from job join lecture on lecture.id = job.lecture_id"
        " where lecture.owner = $1 and job.status in ('queued', 'running'))"
        " + (select count(*) from sweep where owner = $1 and status in ('queued', 'running')) as n",
        owner,
    )
    return row["n"] if row else 0
