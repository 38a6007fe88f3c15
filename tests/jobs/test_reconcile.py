"""The queue is put right from the database; no workers here, so each oddity stands still."""

import pytest
from rq.job import JobStatus

from data.jobs import begin_stage, cancel_job
from jobs.config import Leases
from jobs.queue import delivery_id, fetch, open_queue, read_contents, submit
from jobs.reconcile import reconcile
from jobs.stages import run_stage
from tests.jobs.places import Place
from tests.jobs.standin import NEEDS

AT_ONCE = Leases(grace_s=0, monitoring_s=0)
PATIENT = Leases(grace_s=60)


@pytest.fixture
def job_id(busy: Place, redis) -> str:
    job, rows = busy.new_run()
    submit(redis, job, rows, table=busy.shop.table)
    return job.id


def put_right(place: Place, redis, leases: Leases = AT_ONCE) -> None:
    reconcile(place.shop.store, redis, table=place.shop.table, leases=leases)


def lose(redis, job_id: str, stage: str, status: JobStatus) -> None:
    """Take a stage off the queue and leave it in a state in which nobody works on it."""
    name = delivery_id(job_id, stage)
    open_queue(redis).remove(name)
    found = fetch(redis, name)
    assert found
    found.set_status(status)


def test_a_healthy_queue_is_left_alone(busy: Place, redis, job_id: str):
    before = read_contents(redis)
    put_right(busy, redis)
    assert read_contents(redis) == before
    assert before.waiting == {delivery_id(job_id, "intake")}
    assert len(before.deferred) == len(NEEDS) - 1


@pytest.mark.parametrize("status", [JobStatus.FINISHED, JobStatus.FAILED, JobStatus.QUEUED])
def test_a_stage_that_nobody_will_work_on_is_enqueued_again(
    busy: Place, redis, job_id: str, status: JobStatus
):
    lose(redis, job_id, "intake", status)
    put_right(busy, redis, PATIENT)
    assert read_contents(redis).waiting == set(), "it may be on its way: first it is only suspected"
    put_right(busy, redis)
    assert read_contents(redis).waiting == {delivery_id(job_id, "intake")}


def test_a_stage_whose_needs_are_done_does_not_stay_deferred(busy: Place, redis, job_id: str):
    run_stage(busy.shop, job_id, "intake", "elsewhere")
    lose(redis, job_id, "intake", JobStatus.FAILED)
    put_right(busy, redis)
    ready = {delivery_id(job_id, stage) for stage in ("silence", "transcript", "layout")}
    assert read_contents(redis).waiting == ready


def test_a_running_stage_without_a_worker_is_counted_and_enqueued(busy: Place, redis, job_id: str):
    with busy.shop.store.write() as con:
        begin_stage(con, job_id, "intake", "a worker that died")
    lose(redis, job_id, "intake", JobStatus.STARTED)
    put_right(busy, redis)
    row = busy.stages(job_id)["intake"]
    assert (row.status, row.tries, row.error_code) == ("pending", 1, "worker_died")
    assert read_contents(redis).waiting == {delivery_id(job_id, "intake")}


def test_what_is_left_of_a_cancelled_job_is_withdrawn(busy: Place, redis, job_id: str):
    with busy.shop.store.write() as con:
        cancel_job(con, job_id)  # and a crash before the queue was told
    put_right(busy, redis)
    assert read_contents(redis).all == set()


def test_an_emptied_redis_gets_everything_back_in_one_go(busy: Place, redis, job_id: str):
    before = read_contents(redis)
    redis.flushall()
    put_right(busy, redis)
    assert read_contents(redis) == before
