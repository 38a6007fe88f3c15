"""The gate: one pure-ASGI middleware around HTTP and WebSocket, Streamlit's own routes too."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Mapping
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem
from app.security.answers import Answer
from app.security.connections import connections
from app.security.guard import REFUSALS
from app.security.headers import host_name
from app.security.html import document, told
from app.security.identity import LOCAL, NOBODY, Caller, Principal, acting_as, caller
from app.security.limits import Verdict, rate_of
from app.security.network import client_of, is_secure
from app.security.routes import requirement
from app.security.using import is_deed, is_use

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.services.core import Core

logger = logging.getLogger(__name__)

COOKIE = "lh_session"
SECURE_COOKIE = "__Host-lh_session"
"""The name on https: browsers take it from this host alone, and over TLS alone."""
SECRET_PATH = re.compile(r"^(/(?:s|invite|reset)/|/api/v1/files/).*")
"""Addresses that are secrets themselves: what the log says of them ends before."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGNED_OUT = 4401
"""WebSocket close code: the session is over."""


class Asked(NamedTuple):
    """What the gate knows of a request before anything else looks at it."""

    method: str
    path: str
    headers: Headers
    host: str
    secure: bool
    caller: Caller
    query: str = ""

    @property
    def place(self) -> str:
        """Return the path with what follows it: which lecture, and where in it."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def is_page(self) -> bool:
        """Return whether a person's browser asks for something to look at."""
        return "text/html" in self.headers.get("accept", "")


class Refusal(NamedTuple):
    """Why a request goes no further."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = {}


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
        principal, verdict = NOBODY, None
        if refusal is None:
            principal, bearer = await self._principal(asked)
            verdict = await self._counted(asked, principal)
            refusal = (
                _forged(asked, bearer) or _too_many(verdict) or self._missing(asked, principal)
            )
        scope["state"] = {**scope.get("state", {}), "principal": principal, "asked": asked}
        token = caller.set(asked.caller)
        try:
            with acting_as(principal):
                if scope["type"] == "websocket":
                    await self._websocket(scope, receive, send, refusal, principal)
                else:
                    answer = Answer(send, asked, verdict.headers if verdict else {})
                    await self._http(scope, receive, answer, refusal, principal)
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
            scope["query_string"].decode("latin-1"),
        )

    def _foreign(self, asked: Asked) -> Refusal | None:
        """Refuse what was not sent to this app."""
        if host_name(asked.host) in self.core().settings.hosts:
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
            used = is_use(asked.method, asked.path)
            found = await to_thread.run_sync(lambda: directory.by_secret(secret, used=used))
            if found is not None or bearer:
                return found or NOBODY, bool(bearer)
        if core.settings.auth == "local" and not core.settings.local_link:
            return LOCAL, False
        return NOBODY, False

    async def _counted(self, asked: Asked, principal: Principal) -> Verdict | None:
        """Count a request where rates hold; what nobody may ask for is counted too."""
        limits = self.core().limits
        rate = rate_of(asked.method, asked.path) if limits.on else None
        if rate is None:
            return None
        return await to_thread.run_sync(limits.take, rate, principal, asked.caller.ip)

    def _missing(self, asked: Asked, principal: Principal) -> Refusal | None:
        """Refuse what this person, or nobody, may not ask for."""
        need = requirement(asked.method, asked.path)
        if need == "open":
            return None
        if need == "never":
            return Refusal(404, "not_found", f"There is nothing at {asked.path[:100]}.")
        if principal is NOBODY:
            return Refusal(401, "sign_in", self._way_in(), {"WWW-Authenticate": "Bearer"})
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
                if is_deed(message):
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
        self,
        scope: Scope,
        receive: Receive,
        answer: Answer,
        refusal: Refusal | None,
        principal: Principal,
    ) -> None:
        if refusal is not None:
            await _refused(refusal, answer.asked)(scope, receive, answer.send)
            return
        try:
            with connections.opened(principal) as (_, connection):
                await answer.run(self.app, scope, receive, connection, self._use(answer, principal))
        except Exception:
            told_path = SECRET_PATH.sub(r"\1...", scope["path"])
            logger.exception("request failed", extra={"path": told_path})
            if answer.started:
                raise
            failed = problem(500, "internal", "Something went wrong here; the log says what.")
            await failed(scope, receive, answer.send)
            return
        if answer.cut and not answer.started:
            over = Refusal(401, "sign_in", self._way_in(), {"WWW-Authenticate": "Bearer"})
            await _refused(over, answer.asked)(scope, receive, answer.send)

    def _use(self, answer: Answer, principal: Principal) -> Callable[[], None]:
        """Return what notes that bytes which somebody wants are on their way."""
        if not is_use(answer.asked.method, answer.asked.path):
            return lambda: None
        return partial(self.core().directory.use, principal)


def _refused(refusal: Refusal, asked: Asked) -> Response:
    """Send people to where they sign in, tell programs why not."""
    page = asked.is_page and not asked.path.startswith("/api/")
    if refusal.status == 401 and page and asked.method in SAFE_METHODS:
        return RedirectResponse(f"/login?next={quote(asked.place, safe='')}", 303)
    headers = dict(refusal.headers)
    if refusal.status == 429 and page:
        answer = document("A moment, please", told(refusal.detail), status=429)
        answer.headers.update(headers)
        return answer
    return problem(refusal.status, refusal.code, refusal.detail, headers)


def _too_many(verdict: Verdict | None) -> Refusal | None:
    """Refuse what comes too fast."""
    if verdict is None or not verdict.wait_s:
        return None
    return Refusal(429, "too_many_requests", verdict.sentence, verdict.headers)


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


def _without_identity(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Drop the headers by which the app itself says who is asking."""
    return [(name, value) for name, value in headers if not name.lower().startswith(b"x-lh-")]
