"""The gate: one pure-ASGI middleware around HTTP and WebSocket, Streamlit's own routes too."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem

logger = logging.getLogger(__name__)

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Streamlit needs inline and evaluated script, and blob: modules for its components.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self' {sockets}",
        "worker-src 'self' blob:",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)

FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Gate:
    """Refuses foreign hosts and origins, sets the response headers, hides every traceback."""

    def __init__(self, app: ASGIApp, *, hosts: Callable[[], Collection[str]]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope = {**scope, "headers": _without_identity(scope["headers"])}
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send, refusal)
        else:
            await self._http(scope, receive, send, refusal, headers)

    def _refusal(self, scope: Scope, headers: Headers) -> str | None:
        if _host_name(headers.get("host", "")) not in self.hosts():
            return "host"
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        return "origin" if unsafe and not _same_origin(headers) else None

    async def _websocket(
        self, scope: Scope, receive: Receive, send: Send, refusal: str | None
    ) -> None:
        if refusal is None:
            await self.app(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": f"foreign {refusal}"})

    async def _http(
        self, scope: Scope, receive: Receive, send: Send, refusal: str | None, headers: Headers
    ) -> None:
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                set_headers(message, scope["path"], headers.get("host", ""))
            await send(message)

        if refusal is not None:
            status = 421 if refusal == "host" else 403
            answer = problem(status, f"foreign_{refusal}", _REFUSALS[refusal])
            await answer(scope, receive, send_with_headers)
            return
        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            logger.exception("request failed", extra={"path": scope["path"]})
            if started:
                raise
            answer = problem(500, "internal", "Something went wrong here; the log says what.")
            await answer(scope, receive, send_with_headers)


_REFUSALS = {
    "host": "This address does not belong to the app; open it under 127.0.0.1 or localhost.",
    "origin": "The request comes from another site.",
}


def set_headers(message: Message, path: str, host: str) -> None:
    """Put the security headers on a starting response, in place of any of the same name."""
    headers = MutableHeaders(scope=message)
    for name, value in FIXED_HEADERS.items():
        headers[name] = value
    sockets = f"ws://{host} wss://{host}" if _host_name(host) else ""
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(sockets=sockets)
    if path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")


def _without_identity(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Drop the headers by which the app itself will say who is asking."""
    return [(name, value) for name, value in headers if not name.lower().startswith(b"x-lh-")]


def _host_name(host: str) -> str:
    """Return the name of a Host header, "" for a malformed one: "[::1]:8501" -> "::1"."""
    match = HOST.fullmatch(host.lower())
    return match[1].strip("[]") if match else ""


def _same_origin(headers: Headers) -> bool:
    """Return whether a browser sent this from our own page; other clients send neither header."""
    origin = headers.get("origin")
    if origin is not None:
        return origin.partition("://")[2] == headers.get("host")
    return headers.get("sec-fetch-site", "same-origin") == "same-origin"
