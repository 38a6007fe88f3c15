"""Jobs and stages: every transition, attempts, leases and the audit trail."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.errors import NotFound, StageError
from agents.types import SilenceRegion
from data.artifacts import save_result
from data.jobs import (
    begin_stage,
    cancel_job,
    create_job,
    fail_job,
    fail_stage,
    finish_stage,
    get_job,
    job_log,
    job_stages,
    list_jobs,
    log_event,
    reset_stages,
    unfinished_jobs,
)
from data.lectures import create_lecture
from tests.data.others import finish_all, start

NAMES = ("intake", "silence", "content", "compile")
KEYS = {name: f"key-{name}" for name in NAMES}


@pytest.fixture(autouse=True)
def job(request):
    """A job of four stages in the transaction of the test, if it has one."""
    if "con" not in request.fixturenames:
        return None
    con = request.getfixturevalue("con")
    create_lecture(con, id="L", title="t", media="m", sha256="s", size_bytes=1)
    return create_job(con, id="J", lecture_id="L", params={"silence": {"top_db": 30}}, keys=KEYS)


def statuses(con):
    return [stage.status for stage in job_stages(con, "J")]


def run(con, *names):
    for name in names:
        finish_stage(con, "J", name, begin_stage(con, "J", name, "w1"), KEYS[name], 1.25)


def test_a_new_job_waits_with_its_stages_in_order(con, job):
    assert get_job(con, "J") == job
    assert (job.status, job.params, job.parent) == ("queued", {"silence": {"top_db": 30}}, None)
    stages = job_stages(con, "J")
    assert [(stage.name, stage.key, stage.status) for stage in stages] == [
        (name, KEYS[name], "pending") for name in NAMES
    ]


def test_a_stage_whose_result_is_known_is_done_from_the_start(con, tmp_path):
    save_result(con, "silence", "key-silence", (), tmp_path)
    child = create_job(con, id="J2", lecture_id="L", params={}, keys=KEYS, parent="J")
    assert (child.status, child.parent) == ("queued", "J")
    found = {stage.name: stage.status for stage in job_stages(con, "J2")}
    assert found == {"intake": "pending", "silence": "done", "content": "pending"} | {
        "compile": "pending"
    }


def test_a_job_with_nothing_left_to_do_is_completed_from_the_start(con, tmp_path):
    save_result(con, "silence", "key-silence", (), tmp_path)
    keys = {"silence": "key-silence"}
    made = create_job(con, id="J2", lecture_id="L", params={}, keys=keys)
    assert made.status == "completed"
    assert made.completed is not None


def test_a_job_of_no_lecture_is_refused(con):
    with pytest.raises(NotFound):
        create_job(con, id="J2", lecture_id="nobody", params={}, keys=KEYS)


def test_the_last_stage_completes_the_job(con):
    run(con, "intake", "silence", "content")
    assert get_job(con, "J").status == "running"
    run(con, "compile")
    done = get_job(con, "J")
    assert done.status == "completed"
    assert done.completed is not None
    assert unfinished_jobs(con) == []
    stage = job_stages(con, "J")[0]
    assert (stage.status, stage.attempt, stage.worker, stage.seconds) == ("done", 1, "w1", 1.25)


def test_every_step_leaves_a_line_in_the_log(con):
    run(con, "intake")
    log_event(con, "J", "intake", "notice", "quiet", ms=3)
    cancel_job(con, "J")
    log = job_log(con, "J")
    assert [(line.stage, line.event) for line in log] == [
        (None, "submitted"),
        ("intake", "begun"),
        ("intake", "done"),
        ("intake", "notice"),
        (None, "cancelled"),
    ]
    assert (log[2].attempt, log[2].key, log[2].ms, log[2].worker) == (1, "key-intake", 1250, "w1")
    assert (log[3].message, log[3].ms) == ("quiet", 3)


def test_a_worker_that_returns_after_its_retry_has_lost_its_lease(con):
    old = begin_stage(con, "J", "intake", "w1")
    new = begin_stage(con, "J", "intake", "w2")
    assert (old, new) == (1, 2)
    for act in (
        lambda: finish_stage(con, "J", "intake", old, "key-intake", 1.0),
        lambda: fail_stage(con, "J", "intake", old, "corrupt", "why"),
    ):
        with pytest.raises(StageError) as lost:
            act()
        assert lost.value.code == "lost_lease"
    finish_stage(con, "J", "intake", new, "key-intake", 1.0)
    with pytest.raises(StageError):
        finish_stage(con, "J", "intake", new, "key-intake", 1.0)
    assert job_stages(con, "J")[0].worker == "w2"


def test_a_result_under_another_key_is_refused(con):
    attempt = begin_stage(con, "J", "intake", "w1")
    with pytest.raises(StageError):
        finish_stage(con, "J", "intake", attempt, "key-silence", 1.0)


def test_a_lost_lease_takes_the_rows_of_its_transaction_back(store, tmp_path):
    with store.write() as con:
        create_lecture(con, id="L", title="t", media="m", sha256="s", size_bytes=1)
        create_job(con, id="J", lecture_id="L", params={}, keys=KEYS)
        attempt = begin_stage(con, "J", "silence", "w1")
        begin_stage(con, "J", "silence", "w2")
    region = (SilenceRegion(0, 1, -50.0),)

    def settle():
        with store.write() as con:
            save_result(con, "silence", "key-silence", region, tmp_path)
            finish_stage(con, "J", "silence", attempt, "key-silence", 1.0)

    with pytest.raises(StageError):
        settle()
    with store.read() as con:
        assert con.row("select count(*) as n from silence_region")["n"] == 0
        assert con.row("select count(*) as n from stage_result")["n"] == 0


def test_a_failure_ends_the_job_with_its_reason(con):
    run(con, "intake")
    other = begin_stage(con, "J", "content", "w2")
    attempt = begin_stage(con, "J", "silence", "w1")
    fail_stage(con, "J", "silence", attempt, "no_audio", "There is no audio track.")
    failed = get_job(con, "J")
    assert (failed.status, failed.error_code) == ("failed", "no_audio")
    assert failed.error == "There is no audio track."
    assert statuses(con) == ["done", "failed", "running", "cancelled"]
    finish_stage(con, "J", "content", other, "key-content", 1.0)
    assert get_job(con, "J").status == "failed"
    with pytest.raises(StageError) as refused:
        begin_stage(con, "J", "compile", "w1")
    assert refused.value.code == "cancelled"


def test_a_failure_that_may_be_retried_keeps_the_job_going(con):
    attempt = begin_stage(con, "J", "intake", "w1")
    fail_stage(con, "J", "intake", attempt, "storage", "busy", final=False)
    stage = job_stages(con, "J")[0]
    assert (stage.status, stage.tries, stage.error_code) == ("pending", 1, "storage")
    assert get_job(con, "J").status == "running"
    assert begin_stage(con, "J", "intake", "w1") == 2
    assert job_stages(con, "J")[0].error is None


def test_a_cancelled_job_refuses_what_still_runs(con):
    run(con, "intake")
    attempt = begin_stage(con, "J", "silence", "w1")
    assert cancel_job(con, "J").status == "cancelled"
    assert statuses(con) == ["done", "cancelled", "cancelled", "cancelled"]
    with pytest.raises(StageError) as lost:
        finish_stage(con, "J", "silence", attempt, "key-silence", 1.0)
    assert lost.value.code == "lost_lease"
    with pytest.raises(StageError):
        begin_stage(con, "J", "content", "w1")
    assert unfinished_jobs(con) == []


def test_a_cancel_waits_for_a_stage_that_is_being_finished(store):
    with store.write() as con:
        create_lecture(con, id="L", title="t", media="m", sha256="s", size_bytes=1)
        create_job(con, id="J", lecture_id="L", params={}, keys=KEYS)
        attempt = begin_stage(con, "J", "intake", "w1")

    def cancel():
        with store.write() as con:
            return cancel_job(con, "J")

    with ThreadPoolExecutor(1) as pool:
        with store.write() as con:
            finish_stage(con, "J", "intake", attempt, "key-intake", 1.0)
            cancelled = pool.submit(cancel)
            time.sleep(0.2)
            assert not cancelled.done()
        assert cancelled.result(timeout=20).status == "cancelled"
    with store.read() as con:
        assert statuses(con) == ["done", "cancelled", "cancelled", "cancelled"]


def test_cancelling_what_has_ended_changes_nothing(con):
    run(con, *NAMES)
    assert cancel_job(con, "J").status == "completed"
    assert statuses(con) == ["done"] * 4


def test_a_retry_runs_what_is_missing_and_counts_its_tries_anew(con):
    run(con, "intake")
    attempt = begin_stage(con, "J", "silence", "w1")
    fail_stage(con, "J", "silence", attempt, "stage_failed", "why")
    again = reset_stages(con, "J")
    assert (again.status, again.error, again.error_code) == ("queued", None, None)
    assert statuses(con) == ["done", "pending", "pending", "pending"]
    stage = job_stages(con, "J")[1]
    assert (stage.attempt, stage.tries, stage.error) == (1, 0, None)
    assert begin_stage(con, "J", "silence", "w1") == 2
    with pytest.raises(StageError):
        finish_stage(con, "J", "silence", attempt, "key-silence", 1.0)


def test_a_retry_from_a_stage_includes_what_comes_after_it(con):
    run(con, *NAMES)
    assert reset_stages(con, "J", "content").status == "queued"
    assert statuses(con) == ["done", "done", "pending", "pending"]
    run(con, "content", "compile")
    assert get_job(con, "J").status == "completed"


def test_a_job_can_fail_before_any_stage_has_begun(con):
    fail_job(con, "J", "quarantined", "Three tries failed.")
    assert get_job(con, "J").status == "failed"
    assert set(statuses(con)) == {"cancelled"}


def test_jobs_are_listed_by_lecture_and_unfinished_ones_oldest_first(con):
    create_lecture(con, id="L2", title="t", media="m", sha256="s", size_bytes=1)
    for id, lecture in [("J2", "L2"), ("J3", "L")]:
        create_job(con, id=id, lecture_id=lecture, params={}, keys=KEYS)
    assert [job.id for job in list_jobs(con)] == ["J3", "J2", "J"]
    assert [job.id for job in list_jobs(con, "L")] == ["J3", "J"]
    cancel_job(con, "J2")
    assert [job.id for job in unfinished_jobs(con)] == ["J", "J3"]


def test_unknown_jobs_and_stages_are_not_found(con):
    for act in (
        lambda: get_job(con, "nobody"),
        lambda: cancel_job(con, "nobody"),
        lambda: begin_stage(con, "nobody", "intake", "w"),
        lambda: begin_stage(con, "J", "none", "w"),
    ):
        with pytest.raises(NotFound):
            act()


def test_workers_that_begin_one_stage_at_once_get_different_attempts(store, store_url):
    with store.write() as con:
        create_lecture(con, id="L", title="t", media="m", sha256="s", size_bytes=1)
        create_job(con, id="J", lecture_id="L", params={}, keys=KEYS)
    both = [start("begins", store_url, 12) for _ in range(2)]
    attempts = [int(line) for out in finish_all(both) for line in out.split()]
    assert sorted(attempts) == list(range(1, 25))
