"""The layout tab's routes: what is seen, corrections of it, and how a clip would look."""

from __future__ import annotations

import json
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.bodies import read_body
from app.api.lectures import number
from app.api.uploads import BadRequest
from app.services.root import current_services

MOST_BYTES = 200_000
FRESH = {"Cache-Control": "no-store"}


async def view(request: Request) -> Response:
    """Return the stretches as they are now: `?job=`."""
    layouts, job = current_services().layouts, request.query_params.get("job")
    body = await to_thread.run_sync(layouts.view, request.path_params["id"], job)
    return JSONResponse(body, headers=FRESH)


async def save(request: Request) -> Response:
    """Replace the corrections: {"version": text, "regions": [...]} -> the stretches."""
    given = await _json(request)
    where = (request.path_params["id"], request.query_params.get("job"))
    what = (given.get("regions"), str(given.get("version")))
    body = await to_thread.run_sync(current_services().layouts.save, *where, *what)
    return JSONResponse(body, headers=FRESH)


async def composed(request: Request) -> Response:
    """Return the arrangement of a stretch: {"region": {...}, "shape": {...}} -> panels."""
    given = await _json(request)
    shape = given.get("shape")
    args = (
        request.path_params["id"],
        request.query_params.get("job"),
        given.get("region"),
        shape if isinstance(shape, dict) else {},
    )
    body = await to_thread.run_sync(current_services().layouts.composed, *args)
    return JSONResponse(body, headers=FRESH)


async def still(request: Request) -> Response:
    """Return a clip's picture at `?t=`: {"regions": corrections, "shape": {...}} -> JPEG."""
    given = await _json(request)
    time, shape = number(request, "t") or 0.0, given.get("shape")

    def make() -> bytes:
        services, query = current_services(), request.query_params
        job = services.review.job_of(request.path_params["id"], query.get("job"))
        regions = services.layouts.corrected(job, given.get("regions"))
        values = shape if isinstance(shape, dict) else {}
        return services.stills.draw(services.stills.of_lecture(job, time, values, regions=regions))

    picture = await to_thread.run_sync(make)
    return Response(picture, media_type="image/jpeg", headers=FRESH)


async def _json(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(await read_body(request, MOST_BYTES))
    except ValueError as error:
        raise BadRequest("The body must be JSON.") from error
    if not isinstance(given, dict):
        raise BadRequest("The body must be a JSON object.")
    return given


routes = [
    Route("/lectures/{id}/layout", view, methods=["GET"]),
    Route("/lectures/{id}/layout", save, methods=["PUT"]),
    Route("/lectures/{id}/layout/composed", composed, methods=["POST"]),
    Route("/lectures/{id}/layout/still.jpg", still, methods=["POST"]),
]
