"""The highlight reel and the podcast, for programs: how they stand, have them made, stop that."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.api.models import DownloadView, ExtraView
from app.api.queries import OfJob
from app.services.root import current_services
from jobs.extras import ExtraKind

router = APIRouter(prefix="/lectures/{id}", tags=["files"])


@router.get("/downloads", response_model=list[DownloadView])
def list_downloads(id: str, job: OfJob = None) -> list[dict[str, str]]:
    """List every file of a lecture that can be saved now, with its address."""
    return current_services().exchange.downloads(id, job)


@router.get("/extras", response_model=list[ExtraView])
def list_extras(id: str, job: OfJob = None) -> list[dict[str, Any]]:
    """Say how reel and podcast of a lecture stand, with the addresses of their files."""
    return current_services().extras.states(id, job)


@router.post("/extras/{kind}", status_code=202, response_model=ExtraView)
def make_extra(id: str, kind: ExtraKind, job: OfJob = None) -> dict[str, Any]:
    """Have the reel or the podcast made, unless it is there or on its way."""
    return current_services().extras.ask(kind, id, job)


@router.post("/extras/{kind}/cancel", response_model=ExtraView)
def cancel_extra(id: str, kind: ExtraKind, job: OfJob = None) -> dict[str, Any]:
    """Stop the making of the reel or the podcast."""
    return current_services().extras.cancel(kind, id, job)
