"""A job in this process, without broker."""

import pytest

from agents.errors import LectureError
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
    assert {e["stage"] for e in place.events if e["status"] == "done"} == set(NEEDS)


def test_stages_that_do_not_need_each_other_run_side_by_side(place: Place):
    place.order(silence="hold", transcript="hold", layout="hold")
    job, _ = place.new_run()
    seen: list[set[str]] = []

    def watch(event):
        place.events.append(event)
        running = {n for n, r in place.statuses(job.id).items() if r == "running"}
        seen.append(running)
        if running == {"silence", "transcript", "layout"}:
            place.go()

    run_job_here(place.shop, job.id, watch)
    assert {"silence", "transcript", "layout"} in seen


def test_only_stops_at_a_stage(place: Place):
    job, _ = place.new_run()
    run_job_here(place.shop, job.id, place.events.append, only="layout")
    assert place.runs() == ["intake", "layout"]
    assert place.job(job.id).status == "running"


def test_start_computes_a_stage_and_what_follows_again(place: Place):
    job, _ = place.new_run()
    run_job_here(place.shop, job.id, place.events.append)
    run_job_here(place.shop, job.id, place.events.append, start="extract")
    assert place.runs()[len(NEEDS) :] == ["extract", "compile"]
    assert place.job(job.id).status == "completed"


def test_a_failure_is_raised_with_its_code_and_nothing_follows(place: Place):
    place.order(layout="error corrupt")
    job, _ = place.new_run()
    with pytest.raises(LectureError, match="layout says corrupt") as caught:
        run_job_here(place.shop, job.id, place.events.append)
    assert caught.value.code == "corrupt"
    assert "content" not in place.runs()


@pytest.mark.logs_errors
def test_a_bug_is_tried_again(place: Place):
    place.order(content="crash\n")
    job, _ = place.new_run()
    run_job_here(place.shop, job.id, place.events.append)
    assert place.runs().count("content") == 2
    assert place.job(job.id).status == "completed"
