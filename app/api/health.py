"""Whether the app can do its work, for whoever watches it."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.services.root import current_services


async def healthz(request: Request) -> Response:
    """Answer 200 when store and broker answer, else 503, naming which one does not."""
    parts = await to_thread.run_sync(current_services().health)
    well = all(value == "ok" for name, value in parts.items() if name != "workers")
    body = {"status": "ok" if well else "unwell", **parts}
    return JSONResponse(body, 200 if well else 503, {"Cache-Control": "no-store"})


routes = [Route("/healthz", healthz, methods=["GET", "HEAD"])]
