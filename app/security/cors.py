"""Pages of other sites that may ask the API: those on an allow-list, and none by default.

They ask as programs do, with a token of their own: the browser's session for our pages does not
count for them, so nothing is done in anybody's name without their site having been given a token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from app.settings import Settings

BELOW = "/api/"
KEPT_S = 600
"""Seconds that a browser remembers the answer to a preflight."""
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
TAKEN = (
    *("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID"),
    *("Range", "Tus-Resumable", "Upload-Length", "Upload-Metadata", "Upload-Offset"),
)
"""Headers that may be sent."""
SHOWN = (
    *(
        "Content-Disposition",
        "Content-Range",
        "ETag",
        "Location",
        "Retry-After",
        "WWW-Authenticate",
    ),
    *("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Upload-Offset"),
    *("Upload-Length", "Upload-Expires", "Lecture-Id", "Job-Id"),
)
"""Headers of an answer that their scripts may read."""
OF_BROWSERS = frozenset({b"cookie", b"origin", b"sec-fetch-site"})
"""Headers by which a browser says for whom and from where it asks."""


class Cors:
    """Stands before the gate: answers preflights, and lets listed origins ask as programs."""

    def __init__(self, app: ASGIApp, *, settings: Callable[[], Settings]) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        listed = self.settings().cors_origins
        if scope["type"] != "http" or not listed or not scope["path"].startswith(BELOW):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        if origin not in listed:
            await self.app(scope, receive, _with(send, {}))
            return
        allowed = {"Access-Control-Allow-Origin": origin}
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_preflight(allowed))(scope, receive, send)
            return
        told = {**allowed, "Access-Control-Expose-Headers": ", ".join(SHOWN)}
        kept = [pair for pair in scope["headers"] if pair[0].lower() not in OF_BROWSERS]
        await self.app({**scope, "headers": kept}, receive, _with(send, told))


def _preflight(allowed: dict[str, str]) -> dict[str, str]:
    return {
        **allowed,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": ", ".join(TAKEN),
        "Access-Control-Max-Age": str(KEPT_S),
        "Vary": "Origin",
    }


def _with(send: Send, told: dict[str, str]) -> Send:
    """Return what sends an answer on with these headers; caches keep it for its origin only."""

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(told)
            headers.add_vary_header("Origin")
        await send(message)

    return send_on
