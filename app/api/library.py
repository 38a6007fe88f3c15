"""Lectures for programs: list, look at, rename, delete, bring back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.api.models import LectureView, Page, Renamed
from app.api.paging import Cursor, Limit, make_page, read_cursor
from app.services.root import current_services

router = APIRouter(prefix="/lectures", tags=["lectures"])


@router.get("", response_model=Page[LectureView])
def list_lectures(limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """List lectures, newest first."""
    rows = current_services().lectures.page(after=read_cursor(cursor), limit=limit + 1)
    return make_page(rows, limit)


@router.get("/{id}", response_model=LectureView)
def get_lecture(id: str) -> Any:  # noqa: ANN401
    """Show a lecture."""
    return current_services().lectures.get(id)


@router.patch("/{id}", response_model=LectureView)
def rename_lecture(id: str, renamed: Renamed) -> Any:  # noqa: ANN401
    """Give a lecture another title."""
    return current_services().lectures.rename(id, renamed.title)


@router.delete("/{id}", status_code=204)
def delete_lecture(id: str) -> None:
    """Delete a lecture; it can be restored for a while. Its running jobs are cancelled."""
    current_services().lectures.delete(id)


@router.post("/{id}/restore", response_model=LectureView)
def restore_lecture(id: str) -> Any:  # noqa: ANN401
    """Bring a deleted lecture back."""
    return current_services().lectures.restore(id)
