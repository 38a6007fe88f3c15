"""Workers in ordinary times: retries, failures, stopping, and orphans."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from jobs.progress import snapshot
from jobs.queue import delivery_id, fetch, retry, submit
from tests.jobs.places import Place, completed, submitted, wait_gone, wait_until
from tests.jobs.standin import NEEDS


def test_a_job_runs_every_stage_once(busy: Place, redis, start_worker):
    start_worker(busy)
    job_id = submitted(busy, redis)
    completed(busy, job_id)
    assert sorted(busy.runs()) == sorted(NEEDS)
    wait_until(lambda: snapshot(redis, job_id)["job"]["status"] == "completed")
    assert snapshot(redis, job_id)["percent"] == 100.0


def test_horses_may_be_spawned_instead_of_forked(busy: Place, redis, start_worker):
    start_worker(busy, spawn=True)
    job_id = submitted(busy, redis)
    wait_until(lambda: busy.statuses(job_id)["intake"] == "done", within_s=60)


def test_a_recompile_enqueues_only_what_changed(busy: Place, redis, start_worker):
    start_worker(busy)
    completed(busy, submitted(busy, redis))
    job, rows = busy.new_run(extract=2)
    submit(redis, job, rows, table=busy.shop.table)
    assert fetch(redis, delivery_id(job.id, "silence")) is None
    completed(busy, job.id)
    assert busy.runs()[len(NEEDS) :] == ["extract", "compile"]


def test_a_bug_is_tried_again_by_the_queue(busy: Place, redis, start_worker):
    start_worker(busy)
    busy.order(content="crash\n")
    job_id = submitted(busy, redis)
    completed(busy, job_id)
    assert busy.runs().count("content") == 2


def test_a_failure_stops_its_siblings_and_can_be_retried(busy: Place, redis, start_worker):
    start_worker(busy)
    start_worker(busy)
    busy.order(silence="hold", layout="error corrupt\n")
    job_id = submitted(busy, redis)
    wait_until(lambda: busy.job(job_id).status == "failed")
    assert busy.job(job_id).error_code == "corrupt"
    if "silence" in busy.runs():
        wait_gone(busy.pid("silence"), within_s=2)
    wait_until(lambda: fetch(redis, delivery_id(job_id, "compile")) is None)
    shown = snapshot(redis, job_id)
    assert (shown["job"]["code"], shown["stages"]["compile"]["status"]) == ("corrupt", "cancelled")
    busy.go()
    retry(redis, busy.shop.store, job_id, table=busy.shop.table)
    completed(busy, job_id)
    assert busy.runs().count("intake") == 1


def test_a_worker_told_to_stop_finishes_its_stage_and_takes_no_other(
    busy: Place, redis, start_worker
):
    worker = start_worker(busy)
    busy.order(transcript="hold")
    job_id = submitted(busy, redis)
    busy.pid("transcript")
    worker.kill(signal.SIGTERM)
    time.sleep(0.3)
    busy.go()
    worker.wait(10)
    assert busy.statuses(job_id)["transcript"] == "done"
    assert "content" not in busy.runs()


def test_a_worker_told_twice_gives_its_stage_back_untried(busy: Place, redis, start_worker):
    worker = start_worker(busy)
    busy.order(transcript="child\n")
    job_id = submitted(busy, redis)
    horse, child = busy.pid("transcript"), busy.pid("transcript", "child")
    worker.kill(signal.SIGTERM)
    time.sleep(0.3)
    worker.kill(signal.SIGTERM)
    worker.wait(5)
    wait_gone(horse, child, within_s=1)
    row = busy.stages(job_id)["transcript"]
    assert (row.status, row.tries) == ("pending", 0)
    start_worker(busy)
    completed(busy, job_id)


LAUNCHER = """
import subprocess, sys
worker = subprocess.Popen([sys.executable, "-m", "tests.jobs.worker_process", *sys.argv[1:]])
print(worker.pid, flush=True)
worker.wait()
"""


def test_after_the_death_of_its_launcher_nothing_is_left_of_a_worker(
    busy: Place, redis, tmp_path: Path
):
    busy.order(transcript="child")
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, busy.config.to_json(), str(tmp_path / "workers.log")],
        stdout=subprocess.PIPE,
    )
    assert launcher.stdout
    with launcher, launcher.stdout as said:
        worker = int(said.readline())
        job_id = submitted(busy, redis)
        horse, child = busy.pid("transcript"), busy.pid("transcript", "child")
        os.kill(launcher.pid, signal.SIGKILL)
    wait_gone(worker, horse, child, within_s=6)
    assert busy.stages(job_id)["transcript"].tries == 0, "stopping is no failed try"
