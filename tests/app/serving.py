"""A `lecture` process that serves on a free port, as people run it."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from jobs.processes import descendants, is_alive

READY_S = 60
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("LECTURE_")},
    "LECTURE_LOCAL_LINK": "false",
}


class Server:
    """A `lecture` process that serves on a free port; its output goes to a file."""

    def __init__(self, state, *command):
        self.state = state
        self.log = Path(state).with_suffix(".log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *command, "--state", str(state), "--port", "0"],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=ENVIRONMENT,
            )

    def until(self, pattern, within_s=READY_S):
        """Wait until the output holds a pattern and return the match."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = re.search(pattern, self.log.read_text())
            if found:
                return found
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    @contextmanager
    def ready(self):
        """Wait until the app and its workers answer, and yield a client."""
        base = self.until(r"http://127\.0\.0\.1:\d+")[0]
        with httpx.Client(base_url=base, timeout=20) as client:
            deadline = time.monotonic() + READY_S
            while not self._has_workers(client):
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.1)
            yield client

    def _has_workers(self, client):
        try:
            return client.get("/healthz").json()["workers"] > 0
        except httpx.TransportError:
            assert self.process.poll() is None, self.log.read_text()
            return False

    def stop(self, number=signal.SIGTERM, within_s=15):
        """Send a signal and return the exit code and what is left of its processes."""
        children = descendants(self.process.pid)
        self.process.send_signal(number)
        code = self.process.wait(within_s)
        return code, [pid for pid in children if is_alive(pid)]
