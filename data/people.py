"""People: who may sign in, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agents.errors import NotFound
from data.records import make_record, now
from data.store import Connection

Role = Literal["viewer", "instructor", "researcher", "admin"]

CHANGEABLE = {"shown", "role", "password", "totp", "subject", "email", "disabled"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; `name` is what they sign in with, in small letters."""

    id: str
    name: str
    shown: str
    """The name as pages show it; untrusted."""
    role: Role
    password: str | None
    """An Argon2id hash; None for those who come by an OpenID provider or never came yet."""
    totp: str | None
    """The secret of the second factor, sealed with the key of the state folder."""
    subject: str | None
    """Issuer and subject at an OpenID provider."""
    email: str | None
    """Where links are mailed to."""
    created: datetime
    updated: datetime
    disabled: datetime | None


def add_person(
    con: Connection,
    *,
    id: str,
    name: str,
    shown: str,
    role: Role,
    password: str | None = None,
    subject: str | None = None,
    email: str | None = None,
) -> Person:
    """Add a person."""
    con.run(
        "insert into app_user (id, name, shown, role, password, subject, email, created, updated)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        *(id, name, shown, role, password, subject, email, now()),
    )
    return get_person(con, id)


def get_person(con: Connection, id: str) -> Person:
    """Return a person, or raise NotFound."""
    row = con.row("select * from app_user where id = $1", id)
    if row is None:
        raise NotFound(f"There is no person {id[:40]!r}.")
    return make_record(Person, row)


def find_person(con: Connection, name: str) -> Person | None:
    """Return who signs in under a name."""
    row = con.row("select * from app_user where name = $1", name)
    return make_record(Person, row) if row else None


def find_email(con: Connection, email: str) -> Person | None:
    """Return who gets mail at an address, in small letters; the first who came."""
    row = con.row("select * from app_user where email = $1 order by created, id", email)
    return make_record(Person, row) if row else None


def find_subject(con: Connection, subject: str) -> Person | None:
    """Return who an OpenID provider means."""
    row = con.row("select * from app_user where subject = $1", subject)
    return make_record(Person, row) if row else None


def list_people(con: Connection) -> list[Person]:
    """Return everybody, by name."""
    return [make_record(Person, row) for row in con.rows("select * from app_user order by name")]


def update_person(con: Connection, id: str, **fields: object) -> Person:
    """Change columns of a person."""
    unknown = set(fields) - CHANGEABLE
    if unknown:
        raise ValueError(f"{sorted(unknown)} cannot be changed in a person")
    columns = {**fields, "updated": now()}
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=2))
    con.run(f"update app_user set {changes} where id = $1", id, *columns.values())
    return get_person(con, id)
