"""An inter-process lock that starves neither readers nor writers."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FIRST_PAUSE_S = 0.0005
LONGEST_PAUSE_S = 0.01


class TurnstileLock:
    """A shared or exclusive flock, entered one at a time through a second one.

    Plain shared flocks keep a writer out for as long as readers overlap. Here whoever waits holds
    the turnstile meanwhile, so no later reader slips past a waiting writer. The kernel drops both
    when a process dies.
    """

    def __init__(self, path: Path) -> None:
        self._lock = path.with_name(path.name + ".lock")
        self._turnstile = path.with_name(path.name + ".turn")

    @contextmanager
    def hold(self, *, exclusive: bool, deadline: float) -> Iterator[None]:
        """Hold the lock, or raise TimeoutError when `time.monotonic()` passes `deadline`."""
        with _held(self._turnstile, fcntl.LOCK_EX, deadline):
            held = _held(self._lock, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, deadline)
            held.__enter__()
        try:
            yield
        finally:
            held.__exit__(None, None, None)


@contextmanager
def _held(path: Path, mode: int, deadline: float) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(handle, mode, deadline)
        try:
            yield
        finally:
            # explicit: a child forked meanwhile shares the handle, closing ours would not unlock
            fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def _acquire(handle: int, mode: int, deadline: float) -> None:
    pause = FIRST_PAUSE_S
    while True:
        try:
            fcntl.flock(handle, mode | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError from None
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
