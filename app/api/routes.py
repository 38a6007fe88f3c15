"""Every route beside Streamlit's own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.api import assets, events, fitting, health, lectures, media, stills, uploads
from app.api.problems import problem


async def nowhere(request: Request) -> Response:
    """Refuse addresses that Streamlit would otherwise answer with its start page."""
    return problem(404, "not_found", f"There is nothing at {request.url.path[:100]}.")


routes: list[BaseRoute] = [
    *health.routes,
    *uploads.routes,
    *stills.routes,
    *media.routes,
    *lectures.routes,
    *fitting.routes,
    *events.routes,
    *assets.routes,
    Route("/api/{path:path}", nowhere),
    Route("/app/static/{path:path}", nowhere),
]
