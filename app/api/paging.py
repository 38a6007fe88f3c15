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
        raise BadRequest("cursor: take it from `next` of the page before, unchanged.") from error


def make_page(rows: Sequence[Row], limit: int) -> dict[str, Any]:
    """Return a page of at most `limit` of the rows, of which one more was asked for."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {"items": list(shown), "next": _cursor(shown[-1]) if more else None}


def _cursor(row: Dated) -> str:
    return base64.urlsafe_b64encode(f"{row.created.isoformat()} {row.id}".encode()).decode()
