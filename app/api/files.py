"""Files to be saved under readable names: clips, reel, podcast, and all of them as one zip."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import FileResponse, Response, StreamingResponse

from app.api.media import CLIP_FILES, attachment, check_kind, sent
from app.api.models import Moment, View
from app.api.queries import OfJob
from app.services.extras import FILES
from app.services.links import Link
from app.services.root import current_services
from jobs.extras import KINDS, ExtraKind

router = APIRouter(tags=["files"])

BINARY = {"schema": {"type": "string", "format": "binary"}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"*/*": BINARY}},
    206: {"description": "The `Range` that was asked for.", "content": {"*/*": BINARY}},
}
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "The zip, made while it is sent.", "content": {"*/*": BINARY}}
}
Kind = Annotated[str, Path(json_schema_extra={"enum": list(CLIP_FILES)})]


@router.head("/clips/{id}/{kind}", response_class=Response, responses=FILE)
@router.get("/clips/{id}/{kind}", response_class=FileResponse, responses=FILE)
def save_clip(id: str, kind: Kind) -> Response:
    """Save one file of a clip under a readable name."""
    return sent(current_services().files.clip(id, check_kind(kind)), download=True)


class LinkView(View):
    """An address that fetches one file for a while, without any key."""

    url: str
    """Whole where a bucket or CloudFront serves it; else a path of this server."""
    expires: Moment
    name: str
    """What it is saved as."""


Expires = Annotated[
    int | None,
    Query(ge=60, le=604_800, description="Seconds that it lasts; else as the settings say."),
]


@router.post("/clips/{id}/links/{kind}", status_code=201, response_model=LinkView)
def link_clip(id: str, kind: Kind, expires_s: Expires = None) -> Link:
    """Make a link to one file of a clip."""
    return current_services().links.of_clip(id, check_kind(kind), expires_s)


@router.post("/lectures/{id}/links/{kind}.{suffix}", status_code=201, response_model=LinkView)
def link_extra(
    id: str, kind: ExtraKind, suffix: str, job: OfJob = None, expires_s: Expires = None
) -> Link:
    """Make a link to one file of the reel or the podcast."""
    return current_services().links.of_extra(kind, suffix, id, job, expires_s)


@router.head("/files/{token}", response_class=Response, responses=FILE)
@router.get("/files/{token}", response_class=FileResponse, responses=FILE)
def open_link(token: str) -> Response:
    """Save the file that a link of this server means; nobody is asked for a key here."""
    return sent(current_services().links.open(token), download=True)


@router.get("/lectures/{id}/download.zip", response_class=StreamingResponse, responses=ZIP)
def save_all(id: str, job: OfJob = None) -> Response:
    """Save every clip of a lecture, and what goes with them, as one zip."""
    name, body = current_services().exchange.archive(id, job)
    headers = {"Content-Disposition": attachment(name)}
    return StreamingResponse(body, headers=headers, media_type="application/zip")


def _add_extra(kind: ExtraKind) -> None:
    suffixes = Annotated[str, Path(json_schema_extra={"enum": list(FILES[kind])})]

    def save_extra(id: str, suffix: suffixes, job: OfJob = None) -> Response:  # type: ignore[valid-type]
        """Save one file of the reel or the podcast under a readable name."""
        return sent(current_services().extras.file(kind, suffix, id, job), download=True)

    save_extra.__annotations__["suffix"] = suffixes
    path, name = f"/lectures/{{id}}/{kind}.{{suffix}}", f"save_{kind}"
    for method in (router.head, router.get):
        method(path, name=name, response_class=FileResponse, responses=FILE)(save_extra)


for _kind in KINDS:
    _add_extra(_kind)
