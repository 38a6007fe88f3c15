"""A real broker, and places to work at with it."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from jobs.broker import Broker
from jobs.queue import connect
from tests.engines import postgres_server
from tests.jobs.places import Place, Worker, make_place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def shared_broker() -> Iterator[Broker]:
    """One broker for the tests that do not harm it."""
    with tempfile.TemporaryDirectory() as state, Broker(state) as broker:
        yield broker


@pytest.fixture
def redis(shared_broker: Broker) -> Iterator[Redis]:
    """An empty Redis."""
    client = connect(shared_broker.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def busy(tmp_path: Path, redis: Redis, shared_broker: Broker) -> Place:
    """A place whose workers use the shared broker."""
    return make_place(tmp_path, shared_broker.url)


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start worker processes; none is left after the test, and their errors are shown."""
    started: list[Worker] = []
    log = tmp_path / "workers.log"

    def start(place: Place, *, spawn: bool = False) -> Worker:
        started.append(Worker.start(place, log, spawn=spawn))
        return started[-1]

    yield start
    for worker in started:
        if worker.process.is_alive():
            worker.kill(signal.SIGCONT)
            worker.kill()
        worker.wait(5)
        worker.process.close()
    lines = log.read_text().splitlines() if started else []
    sys.stdout.write("\n".join(line for line in lines if _is_loud(line)))


def _is_loud(line: str) -> bool:
    try:
        return json.loads(line)["level"] != "info"
    except ValueError:
        return True
