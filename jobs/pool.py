"""The worker processes of one machine: started, started again when they die, and stopped."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from jobs.config import WorkshopConfig
from jobs.processes import kill_tree

logger = logging.getLogger(__name__)

GRACE_S = 3.0
FORCED_S = 3.0
RESTART_PAUSE_S = 1.0


class WorkerPool:
    """`with WorkerPool(config, 2): ...` keeps two workers at work; logs go to the state folder.

    On leaving, workers may finish for three seconds what they do; then it goes back into the queue
    and nothing of them is left. Enter it after the broker, leave it before the app.
    """

    def __init__(self, config: WorkshopConfig, size: int, *, grace_s: float = GRACE_S) -> None:
        self.config = config
        self.size = size
        self.grace_s = grace_s
        self.log = Path(config.state) / "logs" / "workers.log"
        self._workers: list[subprocess.Popen[bytes]] = []
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    def __enter__(self) -> WorkerPool:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._workers = [self._start() for _ in range(self.size)]
        self._keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._keeper.join()
        self._signal()
        if not self._await_end(self.grace_s):
            self._signal()  # the second one makes a worker give back what it does
            self._await_end(FORCED_S)
        for worker in self._workers:
            if worker.poll() is None:
                kill_tree(worker.pid)
                worker.wait()

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        return [worker.pid for worker in self._workers]

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "jobs"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert worker.stdin is not None
        with worker.stdin as pipe:  # not argv, not environment: it may hold an API key
            pipe.write(self.config.to_json().encode())
        return worker

    def _keep(self) -> None:
        while not self._closing.wait(0.2):
            for place, worker in enumerate(self._workers):
                if worker.poll() is not None and not self._closing.wait(RESTART_PAUSE_S):
                    logger.warning("worker died, starting another", extra={"pid": worker.pid})
                    self._workers[place] = self._start()

    def _signal(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.terminate()

    def _await_end(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while any(worker.poll() is None for worker in self._workers):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True
