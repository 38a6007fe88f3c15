"""How soon the API answers many programs: `uv run python -m benchmarks.api [--seconds 120]`.

One server with accounts holds a lecture of 90 minutes for each of 20 people. 100 clients, five with
the key of each person, make a read every two seconds, each another one, and a session of Streamlit
runs the notebook page again beside them. What counts: refusals and errors, p50, p95 and longest,
by the address too, and what it costs in CPU time, bytes and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from app.security.identity import OPERATOR, acting_as, principal_of
from app.security.tokens import digest, new_secret
from app.services.core import workshop_config
from app.services.root import Services, use_services
from app.settings import Settings
from benchmarks.pipeline import largest_resident_mb, show
from data.records import now
from data.sessions import add_session
from jobs.broker import Broker
from jobs.local import run_job_here
from tests.app.tus import recording

PEOPLE, CLIENTS, EVERY_S = 20, 100, 2.0
RERUN_EVERY_S = 4.0
READS = (
    "/lectures",
    "/lectures/{lecture}",
    "/lectures/{lecture}/bundle",
    "/lectures/{lecture}/peaks?n=2000",
    "/lectures/{lecture}/runs",
    "/lectures/{lecture}/transcript.vtt",
    "/jobs",
    "/jobs/{job}",
    "/jobs/{job}/clips",
    "/jobs/{job}/silences",
    "/jobs/{job}/transcript",
    "/jobs/{job}/layouts",
    "/jobs/{job}/slides",
    "/jobs/{job}/topics",
    "/jobs/{job}/sentences",
    "/jobs/{job}/features",
    "/search?q=voltage",
    "/tuning/defaults",
    "/presets",
    "/me",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A person's key, and what there is of theirs."""

    key: str
    lecture: str
    job: str


@dataclass(slots=True)
class Heard:
    """What the clients have seen."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    size_bytes: int = 0
    reruns: list[float] = field(default_factory=list)


def fill(state: Path) -> tuple[list[Caller], str, str]:
    """Make the people with their lectures; return them, and session and lecture of a page."""
    with Broker(state) as broker:
        settings = Settings(state=state, redis_url=broker.url, auth="password")
        config = workshop_config(settings)
        config = config.model_copy(update={"stages": "benchmarks.long_talk:stages"})
        services = Services(settings, config)
        services.store.migrate()
        use_services(services)
        try:
            return _fill(services)
        finally:
            use_services(None)


def _fill(services: Services) -> tuple[list[Caller], str, str]:
    callers, session = [], new_secret()
    film = services.settings.state / "talk.mp4"
    with acting_as(OPERATOR):
        people = [services.accounts.make_person(f"p{n:02d}", "researcher") for n in range(PEOPLE)]
    for number, person in enumerate(people):
        film.write_bytes(recording(20_000, salt=number))
        with acting_as(OPERATOR):
            key = services.accounts.make_key("load", ["read"], 1, person.id)
            job = _bring_in(services, principal_of(person), f"{number:032x}", film)
        callers.append(Caller(key, f"{number:032x}", job))
    with services.store.write() as con:
        add_session(
            con,
            id=digest(session),
            kind="browser",
            person=people[0].id,
            family="page",
            expires=now() + timedelta(hours=8),
        )
    return callers, session, callers[0].lecture


def _bring_in(services: Services, person: Any, lecture: str, film: Path) -> str:  # noqa: ANN401
    """Return the job of a lecture; each is analysed by itself."""
    services.lectures.add_file(lecture, film, title=f"Lecture {int(lecture, 16)}")
    with services.store.write() as con:
        con.run("update lecture set owner = $2 where id = $1", lecture, person.id)
    job = services.jobs.submit(lecture, {})
    run_job_here(services.workshop, job.id, lambda event: None)
    return job.id


@contextmanager
def serving(state: Path) -> Iterator[tuple[str, int]]:
    """Yield address and process id of a server of the state folder."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {**os.environ, "LECTURE_AUTH": "password", "LECTURE_DOWNLOAD_MODELS": "false"}
    command = [sys.executable, "-m", "app.cli", "serve", "--state", str(state)]
    with state.with_suffix(".log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", "1"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield address, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"{address}/healthz", timeout=30).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError("the server has ended; see its log")


async def ask(address: str, number: int, caller: Caller, until: float, heard: Heard) -> None:
    """Make a read every two seconds, each another one, over one connection."""
    headers = {"Authorization": f"Bearer {caller.key}"}
    async with httpx.AsyncClient(
        base_url=f"{address}/api/v1", headers=headers, timeout=60
    ) as client:
        await asyncio.sleep(EVERY_S * number / CLIENTS)
        turn = number
        while time.perf_counter() < until:
            read = READS[turn % len(READS)]
            turn += 1
            began = time.perf_counter()
            await _one(client, read, caller, heard)
            await asyncio.sleep(max(0.0, EVERY_S - (time.perf_counter() - began)))


async def _one(client: httpx.AsyncClient, read: str, caller: Caller, heard: Heard) -> None:
    began = time.perf_counter()
    try:
        answer = await client.get(read.format(lecture=caller.lecture, job=caller.job))
    except httpx.HTTPError as error:
        heard.errors.append(f"{read}: {type(error).__name__}")
        return
    heard.seconds[read].append(time.perf_counter() - began)
    heard.size_bytes += len(answer.content)
    if answer.status_code != 200:
        heard.errors.append(f"{read}: {answer.status_code}")


async def run_page(address: str, session: str, lecture: str, until: float, heard: Heard) -> None:
    """Run the notebook page again and again, as a browser's session does."""
    import websockets
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    options: dict[str, Any] = {
        "origin": address, "subprotocols": ["streamlit"], "max_size": 2**26,
        "additional_headers": {"Cookie": f"lh_session={session}"},
    }  # fmt: skip
    async with websockets.connect(
        f"{address.replace('http', 'ws')}/_stcore/stream", **options
    ) as page:
        asked = BackMsg()
        asked.rerun_script.query_string = f"lecture={lecture}"
        asked.rerun_script.page_name = "tune"
        first = True
        while time.perf_counter() < until:
            began, answer = time.perf_counter(), ForwardMsg()
            await page.send(asked.SerializeToString())
            while answer.WhichOneof("type") != "script_finished":
                answer.ParseFromString(await page.recv(decode=False))
            if not first:
                heard.reruns.append(time.perf_counter() - began)
            first = False
            await asyncio.sleep(max(0.0, RERUN_EVERY_S - (time.perf_counter() - began)))


async def together(
    address: str, callers: Sequence[Caller], session: str, lecture: str, seconds: float
) -> Heard:
    """Let everybody ask for so long and return what they have seen."""
    heard, until = Heard(), time.perf_counter() + seconds
    clients = (ask(address, n, callers[n % len(callers)], until, heard) for n in range(CLIENTS))
    await asyncio.gather(*clients, run_page(address, session, lecture, until, heard))
    return heard


def cpu_s(process_id: int) -> float:
    """Return the CPU seconds of a process so far (Linux)."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def tell(heard: Heard, cpu: float, resident_mb: tuple[float, float]) -> None:
    """Print every figure."""
    times = [second for found in heard.seconds.values() for second in found]
    show("reads", len(times), None, "")
    show("errors", len(heard.errors), 0, "")
    for error in sorted(set(heard.errors)):
        print(f"  {error}: {heard.errors.count(error)}")
    show("read, p50", 1000 * quantile(times, 0.5), None, "ms")
    show("read, p95", 1000 * quantile(times, 0.95), 1000, "ms")
    show("read, longest", 1000 * max(times), None, "ms")
    show("page run again beside it, p50", 1000 * quantile(heard.reruns, 0.5), None, "ms")
    show("page run again beside it, p95", 1000 * quantile(heard.reruns, 0.95), 2000, "ms")
    show("CPU of the app per read, the page's runs included", 1000 * cpu / len(times), None, "ms")
    show("bytes per read", heard.size_bytes / len(times) / 1000, None, "kB")
    show("memory of the app, before", resident_mb[0], None, "MB")
    show("memory of the app, after", resident_mb[1], None, "MB")
    for read, found in sorted(heard.seconds.items(), key=lambda pair: -quantile(pair[1], 0.95)):
        show(f"  {read}, p50 of {len(found)}", 1000 * quantile(found, 0.5), None, "ms")


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    options = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f},"
        f" Python {platform.python_version()}, FastAPI {version('fastapi')}",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as scratch:
        state = Path(scratch) / "state"
        callers, session, lecture = fill(state)
        with serving(state) as (address, process_id):
            asyncio.run(together(address, callers[:1], session, lecture, 10))  # what loads once
            before, began = largest_resident_mb(process_id), cpu_s(process_id)
            heard = asyncio.run(together(address, callers, session, lecture, options.seconds))
            memory = (before, largest_resident_mb(process_id))
            tell(heard, cpu_s(process_id) - began, memory)


if __name__ == "__main__":
    main()
