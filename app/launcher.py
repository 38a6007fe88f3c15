"""Starts and stops what belongs to one machine: state folder, broker, workers."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from agents.errors import AccessDenied
from app.settings import LOOPBACK, Settings, child_environment
from data.store import open_store
from jobs.broker import Broker, hold_state
from jobs.processes import kill_tree

logger = logging.getLogger(__name__)

GRACE_S = 3.0
"""Seconds that a worker gets to end its stage's bookkeeping after each signal."""


def refuse_open_address(settings: Settings) -> None:
    """Refuse any address that other machines could reach where nobody has to sign in."""
    if settings.auth == "local" and settings.host not in LOOPBACK:
        raise AccessDenied(
            f"{settings.host!r} can be reached from other machines; use 127.0.0.1, or have people"
            " sign in with LECTURE_AUTH=password.",
            code="open_address",
        )


@contextmanager
def launched(settings: Settings) -> Iterator[Settings]:
    """Hold the state folder, run broker and workers; yield the settings with the broker's URL."""
    with ExitStack() as stack:
        if settings.redis_url:
            stack.enter_context(hold_state(settings.state))
        broker = stack.enter_context(Broker(settings.state, settings.redis_url))
        settings = settings.model_copy(update={"redis_url": broker.url})
        open_store(settings.store_location).migrate()
        stack.enter_context(WorkerPool(settings))
        yield settings


class WorkerPool:
    """Keeps the wanted number of workers alive, and ends them with all that they started."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.workers: list[subprocess.Popen[bytes]] = []
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    def __enter__(self) -> WorkerPool:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._keeper.join()

    def _keep(self) -> None:
        self.workers = [self._start() for _ in range(self.settings.workers)]
        try:
            while not self._closing.wait(0.5):
                self._replace_dead()
        finally:
            self._stop()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "app.cli", "worker", "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            env=child_environment(self.settings),
            start_new_session=True,
        )

    def _replace_dead(self) -> None:
        for index, worker in enumerate(self.workers):
            if worker.poll() is not None:
                logger.warning("worker ended, another one starts", extra={"pid": worker.pid})
                self.workers[index] = self._start()
                self._closing.wait(1.0)

    def _stop(self) -> None:
        """End all workers: asked, told to drop their stage, then killed with all they started."""
        for _ in range(2):
            for worker in self.workers:
                if worker.poll() is None:
                    worker.terminate()
            if self._ended(GRACE_S):
                return
        for worker in self.workers:
            kill_tree(worker.pid)
            worker.wait()

    def _ended(self, within_s: float) -> bool:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if all(worker.poll() is not None for worker in self.workers):
                return True
            time.sleep(0.05)
        return False
