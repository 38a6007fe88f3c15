"""Jobs through a real broker and real workers."""

from jobs.progress import snapshot
from jobs.queue import submit
from tests.jobs.places import Place, wait_until
from tests.jobs.standin import NEEDS


def test_a_job_runs_every_stage_once_in_workers(busy: Place, redis, start_worker):
    start_worker(busy)
    job, rows = busy.new_run()
    submit(redis, job, rows, table=busy.shop.table)
    wait_until(lambda: busy.job(job.id).status == "completed")
    assert sorted(busy.runs()) == sorted(NEEDS)
    assert snapshot(redis, job.id)["job"]["status"] == "completed"
    assert snapshot(redis, job.id)["percent"] == 100.0
