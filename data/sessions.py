"""Sessions and API keys: what a secret stands for, found by the secret's sha256."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data.records import make_record, now, to_json
from data.store import Connection

SessionKind = Literal["browser", "access", "refresh", "link"]


@dataclass(frozen=True, slots=True)
class Session:
    """A secret that a browser or a program carries; its id is the secret's sha256."""

    id: str
    kind: SessionKind
    person: str
    """Whose it is; "" for the guest of a share link."""
    family: str
    """What is ended together: all that came of one sign-in."""
    share: str | None
    """The share whose link a guest opened."""
    agent: str
    """Name that the browser gives itself, cut; untrusted."""
    ip: str
    created: datetime
    seen: datetime
    expires: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key; only the sha256 of its secret is kept."""

    id: str
    person: str
    name: str
    hash: str
    scopes: tuple[str, ...]
    created: datetime
    seen: datetime | None
    expires: datetime | None
    ended: datetime | None


def add_session(
    con: Connection,
    *,
    id: str,
    kind: SessionKind,
    person: str,
    family: str,
    expires: datetime,
    share: str | None = None,
    agent: str = "",
    ip: str = "",
) -> None:
    """Begin a session."""
    con.run(
        "insert into session (id, kind, person, family, share, agent, ip, created, seen, expires)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
        *(id, kind, person, family, share, agent, ip, now(), expires),
    )


def open_sessions(con: Connection) -> list[Session]:
    """Return the sessions that have neither ended nor run out, the newest first."""
    rows = con.rows(
        "select * from session where ended is null and expires > $1 order by created desc", now()
    )
    return [make_record(Session, row) for row in rows]


def find_session(con: Connection, id: str) -> Session | None:
    """Return a session, ended ones too."""
    row = con.row("select * from session where id = $1", id)
    return make_record(Session, row) if row else None


def touch_sessions(con: Connection, seen: Mapping[str, datetime]) -> None:
    """Note when sessions were used last."""
    for id, moment in seen.items():
        con.run("update session set seen = $2 where id = $1 and seen < $2", id, moment)


def end_sessions(
    con: Connection, *, family: str | None = None, person: str | None = None, but: str = ""
) -> None:
    """End the sessions of one sign-in, or of one person; those of the sign-in `but` go on."""
    con.run(
        "update session set ended = $1 where ended is null and family <> $4 and"
        " (family = cast($2 as text) or person = cast($3 as text))",
        *(now(), family, person, but),
    )


def end_session(con: Connection, id: str) -> None:
    """End one session."""
    con.run("update session set ended = $2 where id = $1 and ended is null", id, now())


def add_key(
    con: Connection,
    *,
    id: str,
    person: str,
    name: str,
    hash: str,
    scopes: Sequence[str],
    expires: datetime | None,
) -> None:
    """Add a key."""
    con.run(
        "insert into api_key (id, person, name, hash, scopes, created, expires)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        *(id, person, name, hash, to_json(list(scopes)), now(), expires),
    )


def list_keys(con: Connection, person: str | None = None) -> list[ApiKey]:
    """Return the keys that are not revoked, or those of one person, the newest first."""
    rows = con.rows(
        "select * from api_key where ended is null and (cast($1 as text) is null or person = $1)"
        " order by created desc, id",
        person,
    )
    return [make_record(ApiKey, {**row, "scopes": tuple(row["scopes"])}) for row in rows]


def end_key(con: Connection, id: str) -> None:
    """Revoke a key."""
    con.run("update api_key set ended = $2 where id = $1 and ended is null", id, now())


def end_keys_of(con: Connection, person: str) -> None:
    """Revoke every key of a person."""
    con.run("update api_key set ended = $2 where person = $1 and ended is null", person, now())


def touch_keys(con: Connection, seen: Mapping[str, datetime]) -> None:
    """Note when keys were used last."""
    for id, moment in seen.items():
        con.run("update api_key set seen = $2 where id = $1", id, moment)
