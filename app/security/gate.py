"""The gate: one pure-ASGI middleware around HTTP and WebSocket, Streamlit's own routes too."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem
from app.security.connections import connections
from app.security.guard import REFUSALS
from app.security.identity import LOCAL, NOBODY, Caller, Principal, acting_as, caller
from app.security.network import client_of, is_secure
from app.security.routes import requirement

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.services.core import Core

logger = logging.getLogger(__name__)

COOKIE = "lh_session"
SECURE_COOKIE = "__Host-lh_session"
"""The name on https: browsers take it from this host alone, and over TLS alone."""
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGNED_OUT = 4401
"""WebSocket close code: the session is over."""

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
FORM_REFERRER = "same-origin"
"""Of pages with plain forms: with `no-referrer` browsers send `Origin: null` along."""
HSTS = "max-age=31536000; includeSubDomains"


class Asked(NamedTuple):
    """What the gate knows of a request before anything else looks at it."""

    method: str
    path: str
    headers: Headers
    host: str
    secure: bool
    caller: Caller


class Refusal(NamedTuple):
    """Why a request goes no further."""

    status: int
    code: str
    detail: str


class Gate:
    """Lets in who may come in, sets the response headers, hides every traceback."""

    def __init__(self, app: ASGIApp, *, core: Callable[[], Core]) -> None:
        self.app = app
        self.core = core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        asked = self._asked(scope)
        scope = {**scope, "headers": _without_identity(scope["headers"])}
        refusal = self._foreign(asked)
        principal = NOBODY
        if refusal is None:
            principal, bearer = await self._principal(asked)
            refusal = _forged(asked, bearer) or self._missing(asked, principal)
        scope["state"] = {**scope.get("state", {}), "principal": principal, "asked": asked}
        token = caller.set(asked.caller)
        try:
            with acting_as(principal):
                if scope["type"] == "websocket":
                    await self._websocket(scope, receive, send, refusal, principal)
                else:
                    await self._http(scope, receive, send, refusal, asked)
        finally:
            caller.reset(token)

    def _asked(self, scope: Scope) -> Asked:
        headers = Headers(scope=scope)
        proxies = self.core().settings.trusted_proxies
        method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
        return Asked(
            *(method, scope["path"], headers, headers.get("host", "")),
            is_secure(scope, headers, proxies),
            Caller(client_of(scope, headers, proxies), secrets.token_hex(8)),
        )

    def _foreign(self, asked: Asked) -> Refusal | None:
        """Refuse what was not sent to this app."""
        if _host_name(asked.host) in self.core().settings.hosts:
            return None
        text = "This address does not belong to the app; open it under 127.0.0.1 or localhost."
        return Refusal(421, "foreign_host", text)

    async def _principal(self, asked: Asked) -> tuple[Principal, bool]:
        """Return who asks, and whether a bearer token says so, which no browser sends by itself."""
        core, directory = self.core(), self.core().directory
        kind, _, given = asked.headers.get("authorization", "").partition(" ")
        bearer = given.strip() if kind.lower() == "bearer" else ""
        secret = bearer or session_cookie(asked.headers)
        if secret:
            found = await to_thread.run_sync(directory.by_secret, secret)
            if found is not None or bearer:
                return found or NOBODY, bool(bearer)
        if core.settings.auth == "local" and not core.settings.local_link:
            return LOCAL, False
        return NOBODY, False

    def _missing(self, asked: Asked, principal: Principal) -> Refusal | None:
        """Refuse what this person, or nobody, may not ask for."""
        need = requirement(asked.method, asked.path)
        if need == "open":
            return None
        if need == "never":
            return Refusal(404, "not_found", f"There is nothing at {asked.path[:100]}.")
        if principal is NOBODY:
            return Refusal(401, "sign_in", self._way_in())
        return None if principal.may(need) else Refusal(403, "access_denied", REFUSALS[need])

    def _way_in(self) -> str:
        if self.core().settings.auth == "local":
            return "Open the link that `lecture serve` printed; programs need an API key."
        return "Sign in first; programs need an API key."

    async def _websocket(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        refusal: Refusal | None,
        principal: Principal,
    ) -> None:
        if refusal is not None:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})
            return
        with connections.opened(principal) as (token, connection):
            scope["headers"] = [*scope["headers"], (b"x-lh-connection", token.encode())]
            directory = self.core().directory

            async def receive_use() -> Message:
                message = await receive()
                directory.use(principal)
                return message

            async def send_on(message: Message) -> None:
                if not connection.ended.is_set():
                    await send(message)

            async def close_when_over() -> None:
                await connection.ended.wait()
                await send({"type": "websocket.close", "code": SIGNED_OUT, "reason": "signed out"})

            closing = asyncio.create_task(close_when_over())
            try:
                await self.app(scope, receive_use, send_on)
            finally:
                closing.cancel()
                await asyncio.wait({closing})

    async def _http(
        self, scope: Scope, receive: Receive, send: Send, refusal: Refusal | None, asked: Asked
    ) -> None:
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                set_headers(message, asked)
            await send(message)

        if refusal is not None:
            answer = self._refused(refusal, asked)
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

    def _refused(self, refusal: Refusal, asked: Asked) -> Response:
        """Send people to where they sign in, tell programs why not."""
        page = "text/html" in asked.headers.get("accept", "") and asked.method in SAFE_METHODS
        if refusal.status == 401 and page and not asked.path.startswith("/api/"):
            return RedirectResponse(f"/login?next={quote(asked.path, safe='')}", 303)
        told = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
        return problem(refusal.status, refusal.code, refusal.detail, told)


def _forged(asked: Asked, bearer: bool) -> Refusal | None:
    """Refuse what another site has a browser send: unsafe methods and WebSockets."""
    if bearer or asked.method in SAFE_METHODS or _same_origin(asked):
        return None
    return Refusal(403, "foreign_origin", "The request comes from another site.")


def _same_origin(asked: Asked) -> bool:
    """Return whether our own page sent this.

    Programs send neither header; with the cookie of a browser one of them is needed.
    """
    origin, site = asked.headers.get("origin"), asked.headers.get("sec-fetch-site")
    if origin is not None:
        return origin.partition("://")[2] == asked.host
    if site is None:
        return asked.method == "WEBSOCKET" or not session_cookie(asked.headers)
    return site == "same-origin"


def session_cookie(headers: Headers) -> str:
    """Return the secret of a browser's session, "" without one."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    found = cookies.get(SECURE_COOKIE) or cookies.get(COOKIE)
    return found.value if found else ""


def set_headers(message: Message, asked: Asked) -> None:
    """Put the security headers on a starting response, in place of any of the same name."""
    headers = MutableHeaders(scope=message)
    referrer = headers.get("referrer-policy", "")
    for name, value in FIXED_HEADERS.items():
        headers[name] = value
    if referrer == FORM_REFERRER:
        headers["Referrer-Policy"] = referrer
    sockets = f"ws://{asked.host} wss://{asked.host}" if _host_name(asked.host) else ""
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(sockets=sockets)
    if asked.secure:
        headers["Strict-Transport-Security"] = HSTS
    if asked.path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")


def _without_identity(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Drop the headers by which the app itself says who is asking."""
    return [(name, value) for name, value in headers if not name.lower().startswith(b"x-lh-")]


def _host_name(host: str) -> str:
    """Return the name of a Host header, "" for a malformed one: "[::1]:8501" -> "::1"."""
    match = HOST.fullmatch(host.lower())
    return match[1].strip("[]") if match else ""
