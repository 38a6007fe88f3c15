"""Every route beside Streamlit's own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from app.api import assets, health, media, opening
from app.api.problems import problem
from app.api.rest import make_api


async def nowhere(request: Request) -> Response:
    """Refuse addresses that Streamlit would otherwise answer with its start page."""
    return problem(404, "not_found", f"There is nothing at {request.url.path[:100]}.")


routes: list[BaseRoute] = [
    *health.routes,
    *media.routes,
    *assets.routes,
    *opening.routes,
    Mount("/api/v1", make_api()),
    Route("/api/{path:path}", nowhere),
    Route("/app/static/{path:path}", nowhere),
]
