"""An answer on its way: it carries the headers, and is cut when its session or key is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from anyio import CancelScope
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security.connections import Connection
from app.security.headers import set_headers

if TYPE_CHECKING:
    from app.security.gate import Asked


class Answer:
    """What is sent for one request.

    A download, a stream of events and an upload end within a second of the session that asked for
    them. What has not begun to answer is let finish: it may be the request that ended the session.
    """

    def __init__(self, send: Send, asked: Asked, told: Mapping[str, str]) -> None:
        self.asked = asked
        self.started = self.cut = False
        self._send = send
        self._told = told
        self._sized = self._finished = self._taking = False
        self._scope = CancelScope()

    async def send(self, message: Message) -> None:
        """Send on, with the headers where an answer starts."""
        if message["type"] == "http.response.start":
            self.started = True
            set_headers(message, self.asked)
            headers = MutableHeaders(scope=message)
            self._sized = "content-length" in headers
            headers.update(self._told)
        elif message["type"] == "http.response.body":
            self._finished = not message.get("more_body", False)
        await self._send(message)

    async def run(
        self,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        connection: Connection,
        use: Callable[[], None],
    ) -> None:
        """Have the app answer until it has, or until the connection is over."""

        async def receive_use() -> Message:
            message = await receive()
            self._taking = bool(message.get("more_body"))
            if message.get("body"):
                use()
            return message

        async def send_use(message: Message) -> None:
            await self.send(message)
            if self._sized and message.get("body"):
                use()

        loop = asyncio.get_running_loop()
        connection.on_end = lambda: loop.call_soon_threadsafe(self._end)
        with self._scope:
            await app(scope, receive_use, send_use)
        if self.started and not self._finished and not self._sized:
            await self._send({"type": "http.response.body", "body": b""})

    def _end(self) -> None:
        """Stop what is under way; a server closes the line of an answer that is too short."""
        if (self.started and not self._finished) or self._taking:
            self.cut = True
            self._scope.cancel()
