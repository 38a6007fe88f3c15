"""Pictures of clips as they would be rendered with other tunables, at once and without a job."""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.api.lectures import NO_CACHE, number
from app.services.root import current_services
from app.services.stills import Look


async def of_lecture(request: Request) -> Response:
    """Return a still of the lecture: `?t=SECONDS&job=&template=vertical&caption_size=5`."""

    def look(time: float, values: dict[str, str]) -> Look:
        services = current_services()
        job = services.review.job_of(request.path_params["id"], values.pop("job", None))
        return services.stills.of_lecture(job, time, values)

    return await _still(request, look)


async def of_clip(request: Request) -> Response:
    """Return a still of a clip, `?t=` seconds after its beginning; else as `of_lecture`."""

    def look(time: float, values: dict[str, str]) -> Look:
        return current_services().stills.of_clip(request.path_params["id"], time, values)

    return await _still(request, look)


async def _still(request: Request, look: Callable[[float, dict[str, str]], Look]) -> Response:
    time = number(request, "t") or 0.0
    values = dict(request.query_params)
    values.pop("t", None)

    def make() -> bytes:
        return current_services().stills.draw(look(time, values))

    picture = await to_thread.run_sync(make)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": NO_CACHE})


routes = [
    Route("/lectures/{id}/still.jpg", of_lecture, methods=["GET"]),
    Route("/clips/{id}/still.jpg", of_clip, methods=["GET"]),
]
