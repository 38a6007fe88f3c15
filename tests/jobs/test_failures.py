"""What kills, empties or stops, and how a job goes on: real workers, real broker, real store."""

from __future__ import annotations

import os
import signal
import time

import pytest

from data.store import notebook
from jobs.broker import Broker, broker_url
from jobs.processes import is_alive
from jobs.progress import events, is_final, snapshot
from jobs.queue import cancel, connect, retry, submit
from tests.jobs.places import (
    Place,
    Worker,
    completed,
    make_place,
    submitted,
    wait_gone,
    wait_until,
)
from tests.jobs.standin import NEEDS

HOLD_ONCE = "hold\n"


def worker_of(place: Place, stage: str, workers: list[Worker]) -> Worker:
    """Return the worker whose horse runs the stage."""
    horse = place.pid(stage)
    with open(f"/proc/{horse}/stat") as stat:  # noqa: PTH123
        parent = int(stat.read().rpartition(")")[2].split()[1])
    return next(worker for worker in workers if worker.pid == parent)


def test_a_killed_horse_is_replaced_in_every_stage(busy: Place, redis, start_worker):
    start_worker(busy)
    busy.order(**dict.fromkeys(NEEDS, HOLD_ONCE))
    job_id = submitted(busy, redis)
    for _ in NEEDS:
        running = wait_until_running(busy, job_id)
        os.kill(busy.pid(running), signal.SIGKILL)
        wait_until(lambda stage=running: has_event(busy, job_id, stage, "attempt failed"))
    completed(busy, job_id)
    assert {row.attempt for row in busy.stages(job_id).values()} == {2}


def has_event(place: Place, job_id: str, stage: str, event: str) -> bool:
    return any((e.stage, e.event) == (stage, event) for e in place.log(job_id))


def wait_until_running(place: Place, job_id: str) -> str:
    """Wait for a stage in its first run and return its name."""
    found: list[str] = []

    def look() -> bool:
        rows = place.stages(job_id).values()
        found[:] = [r.name for r in rows if r.status == "running" and r.attempt == 1]
        return bool(found) and (place.control / f"{found[0]}.pid").exists()

    wait_until(look, what="a stage runs")
    return found[0]


@pytest.mark.parametrize(
    ("stage", "both"),
    [("intake", True), ("layout", False), ("compile", True)],
    ids=["intake-both", "layout-worker", "compile-both"],
)
def test_a_killed_worker_is_replaced_by_another(
    busy: Place, redis, start_worker, stage: str, both: bool
):
    workers = [start_worker(busy), start_worker(busy)]
    busy.order(**{stage: HOLD_ONCE})
    job_id = submitted(busy, redis)
    horse, worker = busy.pid(stage), worker_of(busy, stage, workers)
    worker.kill()
    if both:
        os.kill(horse, signal.SIGKILL)
    wait_gone(horse, within_s=2)
    completed(busy, job_id)
    assert sorted(busy.runs()) == sorted([*NEEDS, stage]), "only the killed stage ran again"


def test_after_the_death_of_all_workers_and_the_broker_the_job_finishes(tmp_path, start_worker):
    place = make_place(tmp_path)
    config = place.config
    with Broker(config.state) as broker:
        place.config = config.model_copy(update={"redis_url": broker.url})
        redis = connect(broker.url)
        workers = [start_worker(place), start_worker(place)]
        place.order(transcript=HOLD_ONCE)
        job_id = submitted(place, redis)
        horse = place.pid("transcript")
        for stage in ("layout", "silence"):
            wait_until(lambda stage=stage: place.statuses(job_id)[stage] == "done")
        assert broker.pid
        os.kill(broker.pid, signal.SIGKILL)
        for worker in workers:
            worker.kill()
        wait_gone(horse, *(worker.pid for worker in workers), within_s=2)
        start_worker(place)
        completed(place, job_id)
    assert sorted(place.runs()) == sorted([*NEEDS, "transcript"])


def test_a_worker_that_starts_before_its_broker_waits_for_it(tmp_path, start_worker):
    place = make_place(tmp_path)
    place.config = place.config.model_copy(update={"redis_url": broker_url(place.config.state)})
    worker = start_worker(place)
    time.sleep(1.5)
    assert worker.process.is_alive()
    with Broker(place.config.state) as broker:
        completed(place, submitted(place, connect(broker.url)))


def test_an_emptied_redis_is_refilled_and_nothing_runs_twice(busy: Place, redis, start_worker):
    start_worker(busy)
    start_worker(busy)
    busy.order(transcript="hold")
    job_id = submitted(busy, redis)
    busy.pid("transcript")
    wait_until(lambda: busy.statuses(job_id)["layout"] == "done")
    redis.flushall()
    wait_until(lambda: redis.exists(f"rq:job:{job_id}-compile"), what="compile is enqueued again")
    busy.go()
    completed(busy, job_id)
    assert sorted(busy.runs()) == sorted(NEEDS)


def test_a_job_committed_but_never_enqueued_is_found(busy: Place, start_worker):
    job, _ = busy.new_run()
    start_worker(busy)
    completed(busy, job.id)
    assert sorted(busy.runs()) == sorted(NEEDS)


def test_an_input_that_ends_three_workers_is_set_aside(busy: Place, redis, start_worker):
    start_worker(busy)
    busy.order(layout="exit")
    job_id = submitted(busy, redis)
    wait_until(lambda: busy.job(job_id).status == "failed")
    job = busy.job(job_id)
    assert (job.error_code, busy.runs().count("layout")) == ("quarantined", 3)
    assert "3 times" in (job.error or "")
    assert "compile" not in busy.runs()


def test_cancelling_leaves_no_process_whatever_stage_runs(busy: Place, redis, start_worker):
    start_worker(busy)
    for number, stage in enumerate(NEEDS, start=2):
        busy.forget_orders()
        busy.order(**{stage: "child"})
        job, rows = busy.new_run(**{stage: number})
        submit(redis, job, rows, table=busy.shop.table)
        horse, child = busy.pid(stage), busy.pid(stage, "child")
        assert is_alive(horse)
        assert is_alive(child)
        cancel(redis, busy.shop.store, job.id)
        wait_gone(horse, child, within_s=2)
        assert busy.job(job.id).status == "cancelled"
        assert set(busy.statuses(job.id).values()) <= {"done", "cancelled"}
        shown = snapshot(redis, job.id)["stages"]
        assert {e["status"] for e in shown.values()} <= {"done", "cancelled"}, stage


def test_a_cancelled_job_can_be_retried_and_keeps_what_is_done(busy: Place, redis, start_worker):
    start_worker(busy)
    busy.order(content=HOLD_ONCE)
    job_id = submitted(busy, redis)
    horse = busy.pid("content")
    cancel(redis, busy.shop.store, job_id)
    wait_gone(horse, within_s=2)
    retry(redis, busy.shop.store, job_id, table=busy.shop.table)
    completed(busy, job_id)
    assert sorted(busy.runs()) == sorted([*NEEDS, "content"])


def test_a_worker_that_comes_back_cannot_overwrite_its_successor(busy: Place, redis, start_worker):
    workers = [start_worker(busy), start_worker(busy)]
    busy.order(content=HOLD_ONCE)
    job_id = submitted(busy, redis)
    horse, sleeper = busy.pid("content"), worker_of(busy, "content", workers)
    sleeper.kill(signal.SIGSTOP)
    os.kill(horse, signal.SIGSTOP)  # a laptop that sleeps, longer than the lease
    completed(busy, job_id)
    assert busy.stages(job_id)["content"].attempt == 2
    finished = busy.stages(job_id)["content"].updated
    busy.go()
    os.kill(horse, signal.SIGCONT)
    sleeper.kill(signal.SIGCONT)
    wait_gone(horse, within_s=5)
    assert busy.stages(job_id)["content"].updated == finished
    assert [e.event for e in busy.log(job_id) if e.stage == "content"].count("done") == 1


def test_a_client_that_was_cut_off_misses_no_event(busy: Place, redis, start_worker):
    start_worker(busy)
    busy.order(transcript="hold")
    job_id = submitted(busy, redis)
    busy.pid("transcript")
    first = snapshot(redis, job_id)
    seen = list(events(redis, job_id, first["id"], block_ms=2000))
    assert {event["stage"] for event in seen} == {"transcript"}
    busy.go()
    completed(busy, job_id)  # nobody listens meanwhile
    later = list(events(redis, job_id, seen[-1]["id"], block_ms=2000))
    done = [event["stage"] for event in later if event["status"] == "done"]
    assert {"content", "extract", "compile"} <= set(done)
    assert is_final(later[-1])


def test_a_notebook_reads_while_a_job_runs(busy: Place, redis, start_worker):
    start_worker(busy)
    job_id = submitted(busy, redis)
    book = notebook(busy.config.state / "lecture.duckdb")
    counts: list[int] = []

    def look() -> bool:
        found = book.sql("select count(*) from stage where status = 'done'").fetchall()
        counts.append(found[0][0])
        return busy.job(job_id).status == "completed"

    wait_until(look)
    book.close()
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
