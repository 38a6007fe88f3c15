"""Notes in the audit: who acts, and from where, is known from the request."""

from __future__ import annotations

from app.security.identity import acting, caller
from app.security.network import network_of
from data.audit import add_line
from data.store import Connection


def note(
    con: Connection, action: str, *, person: str = "", object: str = "", result: str = "done"
) -> None:
    """Note what was done, by `person` where that is not who acts."""
    asked = caller.get()
    where, who = network_of(asked.ip), person or acting().id
    add_line(con, action, person=who, object=object, result=result, ip=where, request=asked.request)
