"""What is open, pages and answers on their way: each by a token, ended when its session is over."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.security.directory import Directory
from app.security.identity import Principal

EVERY_S = 0.25


@dataclass(slots=True)
class Connection:
    """An open connection and whose it is."""

    principal: Principal
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    on_end: Callable[[], object] = lambda: None
    """What is done in that moment beside, from whichever thread notices."""


class Connections:
    """Those of this process."""

    def __init__(self) -> None:
        self._open: dict[str, Connection] = {}

    @contextmanager
    def opened(self, principal: Principal) -> Iterator[tuple[str, Connection]]:
        """Hold a connection as open; yield the token by which scripts of pages find it."""
        token, connection = secrets.token_urlsafe(16), Connection(principal)
        self._open[token] = connection
        try:
            yield token, connection
        finally:
            self._open.pop(token, None)

    def principal(self, token: str) -> Principal | None:
        """Return whose a connection is, None when it is closed or its session is over."""
        connection = self._open.get(token)
        return None if connection is None or connection.ended.is_set() else connection.principal

    async def watch(self, directory: Callable[[], Directory]) -> None:
        """End connections whose session, key or role is not what it was, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            handled = {c.principal: c for c in list(self._open.values()) if c.principal.handle}
            if handled:
                over = await asyncio.to_thread(_over, directory(), set(handled))
                self._end(over)

    def _end(self, over: set[Principal]) -> None:
        for connection in list(self._open.values()):
            if connection.principal in over:
                connection.ended.set()
                connection.on_end()


def _over(directory: Directory, principals: set[Principal]) -> set[Principal]:
    return {one for one in principals if directory.again(one) != one}


connections = Connections()
