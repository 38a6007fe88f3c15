"""Errands through a real broker and real workers: done once, stopped at once, never swept away."""

from __future__ import annotations

from pathlib import Path

from jobs.errands import cancel_errand, errand_state, run_errand
from jobs.queue import ERRAND, delivery_id, fetch
from jobs.reconcile import reconcile
from tests.jobs.places import Place, wait_until

WRITE = "tests.jobs.errand_work.write"


def status(redis, name):
    return (errand_state(redis, name) or {})["status"]


def test_a_worker_does_an_errand_once_and_says_so(busy: Place, redis, start_worker, tmp_path: Path):
    left = tmp_path / "left"
    assert errand_state(redis, "one") is None
    run_errand(redis, "one", WRITE, str(left), "go")
    run_errand(redis, "one", WRITE, str(left), "go")
    reconcile(busy.shop.store, redis, table=busy.shop.table)
    assert status(redis, "one") == "queued"
    start_worker(busy)
    wait_until(lambda: status(redis, "one") == "done", within_s=60)
    assert left.read_text() == "go"
    assert errand_state(redis, "one")["percent"] == 100.0


def test_an_errand_at_work_is_stopped_and_its_worker_goes_on(
    busy: Place, redis, start_worker, tmp_path: Path
):
    start_worker(busy)
    run_errand(redis, "long", WRITE, str(tmp_path / "held"), "hold")
    wait_until(lambda: (tmp_path / "held").exists(), within_s=60)
    cancel_errand(redis, "long")
    assert status(redis, "long") == "cancelled"
    run_errand(redis, "short", WRITE, str(tmp_path / "short"), "go")
    wait_until(lambda: status(redis, "short") == "done", within_s=60)
    assert status(redis, "long") == "cancelled"


def test_an_errand_whose_entry_is_gone_has_failed(redis):
    run_errand(redis, "lost", WRITE, "nowhere", "go")
    fetch(redis, delivery_id(ERRAND, "lost")).delete()
    assert status(redis, "lost") == "failed"
