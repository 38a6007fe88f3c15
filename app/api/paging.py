"""Cursors: where the next page of a list goes on, whatever is added meanwhile."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Query

from app.api.problems import BadRequest

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]


class Dated(Protocol):
    """A row that lists are ordered by: newest first, then by id."""

    @property
    def id(self) -> str: ...
    @property
    def created(self) -> datetime: ...


Row = TypeVar("Row", bound=Dated)


def read_cursor(text: str | None) -> tuple[datetime, str] | None:
    """Return the moment and id after which a page begins, or raise BadRequest."""
    if text is None:
        return None
    try:
        moment, _, id = base64.urlsafe_b64decode(text.encode("ascii")).decode().partition(" ")
        return datetime.fromisoformat(moment), id
    except (ValueError, binascii.Error) as error:
        raise _wrong_cursor() from error


def _wrong_cursor() -> BadRequest:
    return BadRequest("cursor: take it from `next` of the page before, unchanged.")


def make_page(rows: Sequence[Row], limit: int) -> dict[str, Any]:
    """Return a page of at most `limit` of the rows, of which one more was asked for."""
    shown = rows[:limit]
    more = len(rows) > limit
    last = shown[-1] if more else None
    return {"items": list(shown), "next": last and _cursor(last.created, last.id)}


def _cursor(moment: datetime, rest: str) -> str:
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {rest}".encode()).decode()


# --- lists whose rows have no id ------------------------------------------------------------------


class Timed(Protocol):
    """A row that is found by its moment alone; several may be of one."""

    @property
    def ts(self) -> datetime: ...


Line = TypeVar("Line", bound=Timed)


def read_counted_cursor(text: str | None) -> tuple[datetime, int] | None:
    """Return the moment at which a page begins and how many of its rows were shown before."""
    found = read_cursor(text)
    if found is None:
        return None
    moment, count = found
    if not (count.isdigit() and len(count) <= 9):
        raise _wrong_cursor()
    return moment, int(count)


def make_counted_page(
    rows: Sequence[Line], limit: int, after: tuple[datetime, int] | None
) -> dict[str, Any]:
    """Return a page of at most `limit` of the rows, of which one more was asked for."""
    shown = rows[:limit]
    if len(rows) <= limit:
        return {"items": list(shown), "next": None}
    moment = shown[-1].ts
    count = sum(row.ts == moment for row in shown)
    if after is not None and after[0] == moment:
        count += after[1]
    return {"items": list(shown), "next": _cursor(moment, str(count))}
