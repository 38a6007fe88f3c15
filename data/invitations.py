"""Links that are used once: to make an account, or to set a new password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data.people import Role
from data.records import make_record, now
from data.store import Connection


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that an admin gave out; its id is the sha256 of the secret in it."""

    id: str
    kind: Literal["invite", "reset"]
    person: str | None
    """Whose password it sets; None for a new account."""
    role: Role
    email: str | None
    """Where it was mailed to; the account gets the address."""
    author: str
    created: datetime
    expires: datetime
    used: datetime | None


def add_invitation(
    con: Connection,
    *,
    id: str,
    kind: Literal["invite", "reset"],
    role: Role,
    author: str,
    expires: datetime,
    person: str | None = None,
    email: str | None = None,
) -> None:
    """Add a link."""
    con.run(
        "insert into invitation (id, kind, person, role, email, author, created, expires)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(id, kind, person, role, email, author, now(), expires),
    )


def find_invitation(con: Connection, id: str) -> Invitation | None:
    """Return a link that can still be used."""
    row = con.row(
        "select * from invitation where id = $1 and used is null and expires > $2", id, now()
    )
    return make_record(Invitation, row) if row else None


def use_invitation(con: Connection, id: str) -> None:
    """Use a link up."""
    con.run("update invitation set used = $2 where id = $1", id, now())
