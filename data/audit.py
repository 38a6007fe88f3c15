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


def search_audit(
    con: Connection,
    *,
    text: str = "",
    before: datetime | None = None,
    limit: int = 200,
) -> list[AuditLine]:
    """Return lines, the newest first, of which person, action, object or result holds a text."""
    rows = con.rows(
        "select * from audit where (cast($1 as timestamp) is null or ts < $1)"
        " and lower(person || ' ' || action || ' ' || object || ' ' || result) like $2"
        " order by ts desc limit $3",
        *(before, f"%{text.lower()}%", limit),
    )
    return [make_record(AuditLine, row) for row in rows]
