"""What is known of one person: handed out as a whole, or erased with a pseudonym in its place.

An erase is a row in `erasure` from its beginning to its end, so that whatever kills it, it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.people import get_person
from data.records import make_record, now
from data.store import Connection, Row

AUTHORED = ("clip_revision", "override", "label", "edit", "invitation", "share", "quota")
OWNED = ("preset", "sweep")
GIVEN = ("session", "api_key", "invitation", "share", "quota")
"""Tables whose rows let a person in or show them something."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The erase of a person's data that has begun."""

    person: str
    """Id of the person; the pseudonym once nothing else knows the id any more."""
    pseudonym: str
    heir: str | None
    """Id of who gets the lectures; without one they are erased."""
    started: datetime


def begin_erasure(con: Connection, person: str, pseudonym: str, heir: str | None) -> None:
    """Write down that a person's data is to be erased; begun already, it stays as it was."""
    con.run(
        "insert into erasure (person, pseudonym, heir, started) values ($1, $2, $3, $4)"
        " on conflict (person) do nothing",
        *(person, pseudonym, heir, now()),
    )


def list_erasures(con: Connection) -> list[Erasure]:
    """Return the erases that have not ended, the oldest first."""
    rows = con.rows("select * from erasure order by started, person")
    return [make_record(Erasure, row) for row in rows]


def end_erasure(con: Connection, pseudonym: str) -> None:
    """Forget an erase that is done."""
    con.run("delete from erasure where pseudonym = $1", pseudonym)


def hand_over(con: Connection, person: str, heir: str) -> None:
    """Give everything that a person owns to another one."""
    for table in ("lecture", *OWNED):
        con.run(f"update {table} set owner = $2 where owner = $1", person, heir)
    con.run(
        "delete from share where person = $1"
        " and lecture_id in (select id from lecture where owner = $1)",
        heir,
    )


def forget_person(con: Connection, erasure: Erasure) -> None:
    """Put the pseudonym in the place of a person in every table, and remove their account.

    Presets that others use stay; names in the audit (a wait that was ended) go too.
    """
    person, told = get_person(con, erasure.person), erasure.pseudonym
    con.run("delete from preset where owner = $1 and not shared", person.id)
    for table in OWNED:
        con.run(f"update {table} set owner = $2 where owner = $1", person.id, told)
    for table in GIVEN:
        con.run(f"delete from {table} where person = $1", person.id)
    for table in AUTHORED:
        con.run(f"update {table} set author = $2 where author = $1", person.id, told)
    if person.email:
        con.run("delete from invitation where email = $1", person.email)
    con.run("delete from lockout where subject = $1", f"name:{person.name}")
    con.run("update audit set person = $2 where person = $1", person.id, told)
    con.run("update audit set object = $2 where object = $1", f"name:{person.name}", told)
    con.run(
        "update audit set object = replace(object, $1, $2) where object like '%' || $1 || '%'",
        *(person.id, told),
    )
    con.run("delete from app_user where id = $1", person.id)
    con.run("update erasure set person = $2 where person = $1", person.id, told)


def personal_rows(con: Connection, id: str) -> dict[str, list[Row]]:
    """Return what the store knows of a person by subject; no secret and no hash is in it."""
    asked: dict[str, str] = {
        "account": "select id, name, shown, role, email, subject, created, updated, disabled,"
        " totp is not null as second_factor from app_user where id = $1",
        "sessions": "select kind, agent, ip, created, seen, expires, ended from session"
        " where person = $1 order by created",
        "keys": "select id, name, scopes, created, seen, expires, ended from api_key"
        " where person = $1 order by created",
        "quota": "select size_bytes, at_once, a_day, jobs, updated from quota where person = $1",
        "shared_with_them": "select lecture_id, may, author, created, expires, ended from share"
        " where person = $1 order by created",
        "shared_by_them": "select lecture_id, person, may, created, expires, ended from share"
        " where author = $1 order by created",
        "presets": "select id, name, params, shared from preset where owner = $1 order by name",
        "sweeps": "select id, axes, status, created from sweep where owner = $1 order by created",
        "marks": "select lecture_id, t0, t1, value, ts from label where author = $1 order by ts",
        "corrections": "select lecture_id, kind, t0, t1, body, ts from override"
        " where author = $1 order by ts",
        "edits": "select job_id, lecture_id, label, changes, ts from edit"
        " where author = $1 order by ts",
        "audit": "select ts, action, object, result, ip, request from audit"
        " where person = $1 order by ts",
    }
    return {name: con.rows(sql, id) for name, sql in asked.items()}


def lecture_rows(con: Connection, lecture_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return what is kept about one lecture, its runs and what people did in them."""
    jobs = "(select id from job where lecture_id = $1)"
    asked = {
        "lecture": "select * from lecture where id = $1",
        "runs": "select id, params, status, error, created, completed from job"
        " where lecture_id = $1 order by created",
        "clips": f"select * from clip where job_id in {jobs} order by job_id, idx",
        "edits": "select * from edit where lecture_id = $1 order by job_id, idx",
        "corrections": "select * from override where lecture_id = $1 order by t0",
        "marks": "select * from label where lecture_id = $1 order by t0",
        "shares": "select id, person, may, created, expires, ended from share"
        " where lecture_id = $1 order by created",
        "transcript": "select key, idx, t0, t1, txt from transcript where key in"
        f" (select key from stage where name = 'transcript' and job_id in {jobs})"
        " order by key, idx",
    }
    return {name: con.rows(sql, lecture_id) for name, sql in asked.items()}
