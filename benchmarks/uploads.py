"""What an upload costs and survives: `uv run python -m benchmarks.uploads [--gb 2]`.

A generated recording goes to a real `lecture serve` over tus, cut off at random offsets; once, in
the middle, the app is killed and started again. Printed are whether what is stored has the right
sha256, and by how much the memory of the app grew at most.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1 << 20
HEAD = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
READY_S = 90.0
ENVIRONMENT = {"LECTURE_LOCAL_LINK": "false", "LECTURE_WORKERS": "1"}


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an upload."""

    size_bytes: int
    cuts: int
    kills: int
    whole: bool
    """Whether the stored file has the sha256 of what was sent."""
    grown_mb: float
    """Peak of the app's memory over what it had before, MB."""
    seconds: float


class App:
    """A `lecture serve` of a state folder that can be killed and started again."""

    def __init__(self, state: Path) -> None:
        self.state, self.log = state, state.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on a free port and wait until it answers."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LECTURE_")}
        command = [sys.executable, "-m", "app.cli", "serve", "--state", str(self.state)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--port", "0"],
                stdout=log,
                stderr=log,
                env={**environment, **ENVIRONMENT},
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(self.log.read_text())
            time.sleep(0.1)

    def _answers(self) -> bool:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.log.read_text())
        if found is None:
            return False
        self.port = int(found[1])
        try:
            return self.ask("GET", "/healthz").status == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
        """Send a request without a body and return its answer, read to the end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, headers={"Tus-Resumable": "1.0.0", **headers})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def memory_mb(self, field: str) -> float:
        """Return VmRSS or VmHWM of the app."""
        assert self.process is not None
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(rf"{field}:\s+(\d+) kB", told)[0]) / 1024

    def forget_peak(self) -> None:
        """Let the peak begin with what there is now."""
        assert self.process is not None
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it; killed, its broker and worker end by themselves."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)


@contextmanager
def running(state: Path) -> Iterator[App]:
    """Yield an app that answers, and end it."""
    app = App(state)
    try:
        app.start()
        yield app
    finally:
        app.stop()


def content(start: int, end: int, seed: int) -> Iterator[bytes]:
    """Yield the bytes of the recording from `start` to `end`, which no disk holds."""
    noise = random.Random(seed).randbytes(BLOCK - 8)
    for number in range(start // BLOCK, -(-end // BLOCK)):
        block = number.to_bytes(8, "big") + noise
        if number == 0:
            block = HEAD + block[len(HEAD) :]
        low, high = max(start - number * BLOCK, 0), min(end - number * BLOCK, BLOCK)
        yield block[low:high]


def send(app: App, location: str, start: int, end: int, size: int, seed: int) -> bool:
    """Send from `start` on, and hang up at `end` although the whole rest was announced.

    Return False where the app still wrote what came before the last cut: ask for the offset again.
    """
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=120)
    connection.putrequest("PATCH", location)
    for name, value in {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": str(start),
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(size - start),
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    for block in content(start, end, seed):
        connection.send(block)
    taken = True
    if end == size:
        answer = connection.getresponse()
        body = answer.read()
        taken = answer.status not in (409, 423)
        if taken and answer.status >= 300:
            raise RuntimeError(f"{answer.status}: {body.decode()}")
    connection.close()
    return taken


def offset(app: App, location: str) -> int:
    """Return where to go on, once the app has noticed that the line is cut."""
    while True:
        answer = app.ask("HEAD", location)
        if answer.status != 423:
            return int(answer.headers["Upload-Offset"])
        time.sleep(0.05)


def measure(folder: Path, size: int, *, cuts: int = 20, seed: int = 7) -> Report:
    """Upload `size` bytes, cut off at random offsets, with one kill in the middle."""
    digest, began = hashlib.sha256(), time.monotonic()
    for block in content(0, size, seed):
        digest.update(block)
    places = sorted(random.Random(seed).sample(range(1, size), cuts))
    grown = 0.0
    with running(folder / "state") as app:
        location = begin(app, size)
        before = _fresh(app)
        for number, place in enumerate(places):
            at = offset(app, location)
            if place > at:
                send(app, location, at, place, size, seed)
            if number == cuts // 2:
                grown = max(grown, app.memory_mb("VmHWM") - before)
                app.stop(signal.SIGKILL)
                app.start()
                before = _fresh(app)
        while not send(app, location, offset(app, location), size, size, seed):
            time.sleep(0.1)
        grown = max(grown, app.memory_mb("VmHWM") - before)
        stored = folder / "state/media" / location.rpartition("/")[2] / "upload"
        with stored.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").digest() == digest.digest()
    return Report(size, cuts, 1, whole, grown, time.monotonic() - began)


def _fresh(app: App) -> float:
    """Return the app's memory once it has answered something, and forget its peak."""
    app.ask("GET", "/api/v1/lectures")
    app.forget_peak()
    return app.memory_mb("VmRSS")


def begin(app: App, size: int) -> str:
    """Reserve an upload and return its address."""
    name = base64.b64encode(b"talk.mp4").decode()
    answer = app.ask(
        "POST",
        "/api/v1/uploads",
        **{"Upload-Length": str(size), "Upload-Metadata": f"filename {name}"},
    )
    return answer.headers["Location"].removeprefix(f"http://127.0.0.1:{app.port}")


def main() -> int:
    """Measure once and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=2.0, help="size of the recording, GB")
    parser.add_argument("--cuts", type=int, default=20, help="times that the line is cut")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lecture-uploads-") as folder:
        found = measure(Path(folder), int(given.gb * 1e9), cuts=given.cuts)
    sha = "right" if found.whole else "WRONG"
    print(
        f"{found.size_bytes / 1e9:.2f} GB, {found.cuts} cuts, {found.kills} kill of the app:"
        f" sha256 {sha}, memory grew by {found.grown_mb:.0f} MB at most (goal: 50),"
        f" {found.seconds:.0f} s"
    )
    return 0 if found.whole and found.grown_mb <= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
