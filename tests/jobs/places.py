"""A place with a store, a lecture and stand-in stages, and real worker processes for it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from redis import Redis

from data.jobs import get_job, job_log, job_stages
from data.lectures import create_lecture
from data.records import Job, LogEntry, StageRow
from jobs.config import Leases, WorkshopConfig
from jobs.processes import is_alive
from jobs.progress import Event
from jobs.queue import submit
from jobs.runs import create_run
from jobs.workshop import Workshop, open_workshop
from tests.jobs.worker_process import serve

FAST = Leases(monitoring_s=1, heartbeat_s=3, maintenance_s=1, worker_s=3, grace_s=0.5)


def wait_until(true: Callable[[], object], *, within_s: float = 60.0, what: str = "") -> float:
    """Wait for a condition and return the seconds that it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {what or true}"
        time.sleep(0.02)
    return time.monotonic() - began


@dataclass
class Place:
    """A state folder with one lecture, and what happens in it."""

    config: WorkshopConfig
    shop: Workshop
    control: Path
    events: list[Event] = field(default_factory=list)

    def new_run(self, lecture_id: str = "lecture1", **levels: float) -> tuple[Job, list[StageRow]]:
        """Create a run with another `level` for some stages."""
        tuning = {name: {"level": level} for name, level in levels.items()}
        return create_run(self.shop, lecture_id, tuning)

    def job(self, job_id: str) -> Job:
        with self.shop.store.read() as con:
            return get_job(con, job_id)

    def stages(self, job_id: str) -> dict[str, StageRow]:
        with self.shop.store.read() as con:
            return {row.name: row for row in job_stages(con, job_id)}

    def statuses(self, job_id: str) -> dict[str, str]:
        return {name: row.status for name, row in self.stages(job_id).items()}

    def log(self, job_id: str) -> list[LogEntry]:
        with self.shop.store.read() as con:
            return job_log(con, job_id)

    def order(self, **actions: str) -> None:
        """Tell stages what to do in their runs: one line each."""
        for name, lines in actions.items():
            (self.control / f"{name}.do").write_text(lines)

    def forget_orders(self) -> None:
        """Forget the orders and what has run."""
        for path in self.control.iterdir():
            path.unlink()

    def go(self) -> None:
        """Let every stage that holds go on."""
        (self.control / "go").touch()

    def runs(self) -> list[str]:
        """Return the names of the stages in the order in which they ran."""
        log = self.control / "runs.log"
        return log.read_text().split() if log.exists() else []

    def pid(self, stage: str, kind: str = "pid") -> int:
        """Wait for the stage to run and return its process id."""
        path = self.control / f"{stage}.{kind}"
        wait_until(lambda: path.exists() and path.read_text(), what=f"{stage} runs")
        return int(path.read_text())


def make_place(root: Path, redis_url: str = "") -> Place:
    """Return a migrated store with one lecture, its upload and the stand-in stages."""
    control = root / "control"
    control.mkdir()
    config = WorkshopConfig(
        state=root / "state",
        redis_url=redis_url,
        models=control,
        leases=FAST,
        stages="tests.jobs.standin:table",
    )
    events: list[Event] = []
    shop = open_workshop(config, lambda _, event: events.append(event))
    shop.store.migrate()
    add_lecture(shop, "lecture1")
    return Place(config, shop, control, events)


def add_lecture(shop: Workshop, lecture_id: str, sha256: str = "a" * 64) -> None:
    """Put an upload of four bytes in place."""
    folder = shop.media.root / lecture_id  # pyright: ignore[reportAttributeAccessIssue]
    folder.mkdir(parents=True)
    (folder / "upload").write_bytes(b"film")
    with shop.store.write() as con:
        create_lecture(
            con, id=lecture_id, title="A talk", media="upload", sha256=sha256, size_bytes=4
        )


def submitted(place: Place, redis: Redis) -> str:
    """Create and enqueue a run, and return its id."""
    job, rows = place.new_run()
    submit(redis, job, rows, table=place.shop.table)
    return job.id


def completed(place: Place, job_id: str, within_s: float = 60.0) -> float:
    """Wait until a job is completed and return the seconds that it took."""
    return wait_until(
        lambda: place.job(job_id).status == "completed",
        within_s=within_s,
        what=f"completed; {place.statuses(job_id)}",
    )


# Workers are forked off a process that has imported everything: a start costs no second of CPU.
_workers = multiprocessing.get_context("forkserver")
_workers.set_forkserver_preload(["tests.jobs.worker_process", "tests.jobs.standin"])


def start_child(target: Callable[..., object], *args: object, **named: object) -> ForkServerProcess:
    """Start a process that calls a function."""
    process = _workers.Process(target=target, args=args, kwargs=named)
    process.start()
    return process


@dataclass
class Worker:
    """A real worker process."""

    process: ForkServerProcess

    @classmethod
    def start(cls, place: Place, log: Path, *, spawn: bool = False) -> Worker:
        """Start one as a launcher does."""
        return cls(start_child(serve, place.config.to_json(), log, spawn=spawn))

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    def kill(self, sig: int = signal.SIGKILL) -> None:
        os.kill(self.pid, sig)

    def wait(self, within_s: float) -> None:
        """Wait until it has ended."""
        self.process.join(within_s)
        assert self.process.exitcode is not None, f"still there after {within_s} s"


def wait_gone(*pids: int, within_s: float) -> None:
    """Wait until processes have ended."""
    wait_until(lambda: not any(is_alive(pid) for pid in pids), within_s=within_s, what="no process")
