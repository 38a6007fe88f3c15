"""A job in this process, without broker."""

from jobs.local import run_job_here
from tests.jobs.places import Place
from tests.jobs.standin import NEEDS


def test_every_stage_runs_once_and_after_what_it_needs(place: Place):
    job, _ = place.new_run()
    run_job_here(place.shop, job.id, place.events.append)
    assert place.job(job.id).status == "completed"
    ran = place.runs()
    assert sorted(ran) == sorted(NEEDS)
    for name, needs in NEEDS.items():
        assert all(ran.index(need) < ran.index(name) for need in needs)
