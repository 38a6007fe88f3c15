"""What administrators look at: the audit, the queue with its workers, and the room on the disk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.models import Moment, Page, View
from app.api.paging import Cursor, Limit, make_counted_page, read_counted_cursor
from app.services.house import Storage, Work
from app.services.root import current_services
from data.audit import AuditFilter

router = APIRouter(tags=["administration"])


class AuditView(View):
    """One thing that was done, or refused."""

    ts: Moment
    person: str
    """Id of who did it; empty for nobody known."""
    action: str
    object: str
    """Id of what it was done to."""
    result: str
    """`done`, or the code of the refusal."""
    ip: str
    """Network that it came from, not the address."""
    request: str


class WorkerView(View):
    """A process that works."""

    name: str
    state: str


class WorkView(View):
    """What waits and who works."""

    waiting: int
    """Stages in the queue."""
    unfinished: int
    """Runs that are queued or running."""
    workers: list[WorkerView]


class RoomView(View):
    """What one person's recordings take."""

    owner: str
    """Their name, or their id where they are not here any more."""
    lectures: int
    size_bytes: int


class StorageView(View):
    """Room on the disk of the state folder, and by owner, the largest first."""

    total_bytes: int
    free_bytes: int
    owners: list[RoomView]


Since = Annotated[datetime | None, Query(description="The first moment.")]
Until = Annotated[datetime | None, Query(description="Moments before this one.")]


@router.get("/audit", response_model=Page[AuditView])
def search_audit(
    text: Annotated[
        str, Query(max_length=200, description="Part of person, action, object or result.")
    ] = "",
    person: Annotated[str, Query(max_length=100, description="Id of who did it.")] = "",
    action: Annotated[str, Query(max_length=100, examples=["sign in"])] = "",
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """List what was done, newest first."""
    held = AuditFilter(text, person, action, _utc(since), _utc(until))
    after = read_counted_cursor(cursor)
    lines = current_services().house.audit(held, after=after, limit=limit + 1)
    return make_counted_page(lines, limit, after)


@router.get("/work", response_model=WorkView)
def show_work() -> dict[str, Any]:
    """Show what waits in the queue, and who works."""
    work: Work = current_services().house.work()
    workers = [{"name": name, "state": state} for name, state in work.workers]
    return {"waiting": work.waiting, "unfinished": work.unfinished, "workers": workers}


@router.get("/storage", response_model=StorageView)
def show_storage() -> Storage:
    """Show who takes how much room, deleted lectures included until they are purged."""
    return current_services().house.storage()


def _utc(moment: datetime | None) -> datetime | None:
    """Return a moment as the store keeps it: in UTC, without saying so."""
    return moment and (moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment)
