"""Ends what would otherwise keep a stopping server waiting: event streams and long downloads."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

PATIENCE_S = 3.0
"""How long requests in flight may take after the signal to stop."""

_stopping: asyncio.Event | None = None


def stopping() -> asyncio.Event:
    """Return the event that is set once the server is told to stop."""
    global _stopping
    if _stopping is None:
        _stopping = asyncio.Event()
    return _stopping


@contextmanager
def watch_signals() -> Iterator[None]:
    """Put ourselves before uvicorn's handlers of SIGINT and SIGTERM while the app is up.

    Uvicorn waits for open responses without end; a second SIGINT makes it give up on them.
    """
    global _stopping
    _stopping = asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, stopped = asyncio.get_running_loop(), _stopping
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handler_for(number: int, previous: Callable[[int, FrameType | None], Any]) -> Any:  # noqa: ANN401
        def handle(signum: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(stopped.set)
            loop.call_soon_threadsafe(
                loop.call_later, PATIENCE_S, signal.raise_signal, signal.SIGINT
            )
            signal.signal(number, previous)
            previous(signum, frame)

        return handle

    for number, previous in before.items():
        if callable(previous):
            signal.signal(number, handler_for(number, previous))
    try:
        yield
    finally:
        _stopping = None
