"""What pages and components fetch about a lecture: bundle, waveform, silence, and files."""

from __future__ import annotations

import math
from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.media import attachment
from app.api.uploads import BadRequest
from app.services.root import current_services

NO_CACHE = "private, no-cache"
MAX_PEAKS = 6_000


async def bundle(request: Request) -> Response:
    """Return everything that was found, or 304 when the client has it already."""
    review, job = current_services().review, request.query_params.get("job")
    lecture_id = request.path_params["id"]
    etag = await to_thread.run_sync(review.etag, lecture_id, job)
    headers = {"ETag": etag, "Cache-Control": NO_CACHE}
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    body = await to_thread.run_sync(review.bundle, lecture_id, job)
    return JSONResponse(body, headers=headers)


async def peaks(request: Request) -> Response:
    """Return the waveform: `?from=&to=&n=`."""
    start, wanted = number(request, "from") or 0.0, number(request, "n")
    count = 3_000 if wanted is None else int(wanted)
    if not 1 <= count <= MAX_PEAKS:
        raise BadRequest(f"n={count} must lie in 1 to {MAX_PEAKS}.")
    body = await to_thread.run_sync(
        current_services().review.peaks,
        request.path_params["id"],
        start,
        number(request, "to"),
        count,
    )
    return JSONResponse(body, headers={"Cache-Control": NO_CACHE})


async def silence(request: Request) -> Response:
    """Return levels and silences under other tunables: `?job=&top_db=30&min_silence_s=0.5`."""
    values = dict(request.query_params)
    job, lecture_id = values.pop("job", None), request.path_params["id"]
    body = await to_thread.run_sync(current_services().review.silence, lecture_id, job, values)
    return JSONResponse(body, headers={"Cache-Control": NO_CACHE})


async def transcript(request: Request) -> Response:
    """Return the transcript as the file that the suffix names: vtt, srt, txt, json or ttml."""
    return await _saved(request, current_services().review.transcript)


async def chapters(request: Request) -> Response:
    """Return the chapters as the file that the suffix names: vtt, txt (YouTube) or json."""
    return await _saved(request, current_services().review.chapters)


async def cutlist(request: Request) -> Response:
    """Return where the clips lie as a cut list: otio, fcpxml, xml, edl or csv."""
    return await _saved(request, current_services().exchange.cutlist)


async def _saved(
    request: Request, make: Callable[[str, str, str | None], tuple[str, str, str]]
) -> Response:
    parts, job = request.path_params, request.query_params.get("job")
    name, media_type, text = await to_thread.run_sync(make, parts["id"], parts["suffix"], job)
    headers = {"Cache-Control": NO_CACHE, "Content-Disposition": attachment(name)}
    return Response(text, headers=headers, media_type=media_type)


def number(request: Request, name: str) -> float | None:
    """Return a number from the query, None where there is none; else BadRequest."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e9:
        raise BadRequest(f"{name}={text[:40]!r} must be a number, 0 or more.")
    return value


def _matches(header: str, etag: str) -> bool:
    found = {part.strip().removeprefix("W/") for part in header.split(",")}
    return etag in found


routes = [
    Route("/lectures/{id}/bundle", bundle, methods=["GET"]),
    Route("/lectures/{id}/peaks", peaks, methods=["GET"]),
    Route("/lectures/{id}/silence", silence, methods=["GET"]),
    Route("/lectures/{id}/transcript.{suffix}", transcript, methods=["GET"]),
    Route("/lectures/{id}/chapters.{suffix}", chapters, methods=["GET"]),
    Route("/lectures/{id}/cutlist.{suffix}", cutlist, methods=["GET"]),
]
