"""The audit in pages, for programs: newest first, whatever is added meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.audit import AuditLine
from data.records import make_record
from data.store import Connection


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What lines must hold; what is empty or None does not matter."""

    text: str = ""
    """Part of person, action, object or result."""
    person: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page_audit(
    con: Connection, held: AuditFilter, *, after: tuple[datetime, int] | None, limit: int
) -> list[AuditLine]:
    """Return at most `limit` lines, newest first, after so many lines of a moment.

    Lines have no id, and several may be of one moment: in that moment they are counted.
    """
    moment, skipped = after or (None, 0)
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
