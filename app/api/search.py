"""Search over all lectures, for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.models import View
from app.services.root import current_services
from app.services.search import MOST_CHARACTERS

router = APIRouter(prefix="/search", tags=["lectures"])


class HitView(View):
    """A place in a lecture where the words were said."""

    lecture_id: str
    title: str
    job_id: str
    start: float
    text: str
    found: int
    """Places in the lecture, also those that are not shown."""


@router.get("", response_model=list[HitView])
def search_lectures(
    q: Annotated[
        str,
        Query(
            max_length=MOST_CHARACTERS,
            description="Words; those in quotes belong together.",
            examples=["entropy"],
        ),
    ],
) -> Any:  # noqa: ANN401
    """Find where words were said, a few places of each lecture, newest lectures first."""
    return current_services().search.said(q)
