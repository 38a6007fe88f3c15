"""The audit: who did what, only ever added to until its time to be kept is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.records import make_record, now
from data.store import Connection


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing that was done, or refused; it holds no secret and nothing of a lecture's words."""

    ts: datetime
    person: str
    """Id of who did it, "" for nobody known."""
    action: str
    """As `sign in`, `share lecture`."""
    object: str
    """Id of what it was done to."""
    result: str
    """`done`, or the code of the refusal."""
    ip: str
    """Network that it came from, not the address: 192.0.2.0."""
    request: str


def add_line(
    con: Connection,
    action: str,
    *,
    person: str = "",
    object: str = "",
    result: str = "done",
    ip: str = "",
    request: str = "",
) -> None:
    """Note what was done."""
    con.run(
        "insert into audit (ts, person, action, object, result, ip, request)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        *(now(), person, action, object[:100], result, ip, request),
    )


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What lines must hold; what is empty or None does not matter."""

    text: str = ""
    """Part of person, action, object or result, in whichever case; no character is special."""
    person: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def search_audit(
    con: Connection,
    held: AuditFilter | None = None,
    *,
    after: tuple[datetime, int] | None = None,
    limit: int = 200,
) -> list[AuditLine]:
    """Return at most `limit` lines, newest first, after so many lines of a moment.

    Lines have no id, and several may be of one moment: in that moment they are counted.
    """
    held, (moment, skipped) = held or AuditFilter(), after or (None, 0)
    rows = con.rows(
        "select * from audit where (cast($1 as timestamp) is null or ts <= $1)"
        " and (cast($2 as timestamp) is null or ts >= $2)"
        " and (cast($3 as timestamp) is null or ts < $3)"
        " and ($4 = '' or person = $4) and ($5 = '' or action = $5)"
        " and ($6 = '' or strpos(lower(person || ' ' || action || ' ' || object || ' ' || result),"
        " $6) > 0)"
        " order by ts desc, request, person, action, object, result, ip limit $7 offset $8",
        *(moment, held.since, held.until, held.person, held.action, held.text.lower()),
        *(limit, skipped),
    )
    return [make_record(AuditLine, row) for row in rows]
