"""Big bytes by our own routes: Range requests, fixed content types, downloads, one zip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from agents.errors import NotFound
from app.api.problems import BadRequest
from app.pictures import WIDTHS
from app.services.files import ClipFile, ServedFile
from app.services.root import current_services
from jobs.extras import KINDS

GETS = ("GET", "HEAD")
PRIVATE = {"Cache-Control": "private, no-cache"}
KEPT = {"Cache-Control": "private, max-age=86400"}
"""A still belongs to a run, whose findings do not change."""
CLIP_FILES: tuple[ClipFile, ...] = get_args(ClipFile)


async def source(request: Request) -> Response:
    """Play a recording."""
    return await _serve(current_services().files.source, request.path_params["id"])


async def poster(request: Request) -> Response:
    """Show a recording's representative frame."""
    return await _serve(current_services().files.poster, request.path_params["id"])


async def slide(request: Request) -> Response:
    """Show the still of one slide, as it is or `?width=` pixels wide."""
    parts, width = request.path_params, request.query_params.get("width")
    which = (parts["id"], parts["job"], parts["index"])
    files = current_services().files
    if width is None:
        return await _serve(files.slide, *which)
    if width not in map(str, WIDTHS):
        raise BadRequest(f"width={width[:20]!r} must be one of {', '.join(map(str, WIDTHS))}.")
    body = await to_thread.run_sync(files.small_slide, *which, int(width))
    return Response(body, headers=KEPT, media_type="image/jpeg")


async def clip(request: Request) -> Response:
    """Play or show one file of a clip."""
    return await _serve(current_services().files.clip, request.path_params["id"], _kind(request))


async def extra(request: Request) -> Response:
    """Play or show one file of the reel or the podcast."""
    parts, job = request.path_params, request.query_params.get("job")
    find, which = current_services().extras.file, (parts["suffix"], parts["id"], job)
    return await _serve(find, _extra_kind(request), *which)


def _extra_kind(request: Request) -> str:
    """Return the kind that the address names: `.../reel.mp4`."""
    return request.url.path.rpartition("/")[2].partition(".")[0]


async def _serve(find: Callable[..., ServedFile], *args: Any) -> Response:  # noqa: ANN401
    return sent(await to_thread.run_sync(find, *args))


def sent(file: ServedFile, *, download: bool = False) -> FileResponse:
    """Return a file as an answer: whole, or the ranges that were asked for."""
    return FileResponse(
        file.path,
        headers=PRIVATE,
        media_type=file.media_type,
        filename=file.download_name if download else None,
    )


def _kind(request: Request) -> ClipFile:
    return check_kind(request.path_params["kind"])


def check_kind(kind: str) -> ClipFile:
    """Return the name of a clip's file, or raise NotFound."""
    for known in CLIP_FILES:
        if kind == known:
            return known
    raise NotFound(f"A clip has no file {kind[:20]!r}; it has {', '.join(CLIP_FILES)}.")


def attachment(name: str) -> str:
    """Return the header that makes browsers save an answer under this name."""
    return f"attachment; filename*=utf-8''{quote(name)}"


routes = [
    Route("/app/static/media/lectures/{id}/source", source, methods=["GET", "HEAD"]),
    Route("/app/static/media/lectures/{id}/poster", poster, methods=["GET", "HEAD"]),
    Route(
        "/app/static/media/lectures/{id}/slides/{job}/{index:int}", slide, methods=["GET", "HEAD"]
    ),
    Route("/app/static/media/clips/{id}/{kind}", clip, methods=["GET", "HEAD"]),
    *(
        Route(f"/app/static/media/lectures/{{id}}/{kind}.{{suffix}}", extra, methods=GETS)
        for kind in KINDS
    ),
]
"""Files for the player, at whole paths."""
