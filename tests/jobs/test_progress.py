"""Events on a real stream."""

import pytest

from jobs.progress import (
    KEPT_EVENTS,
    Reporter,
    emit,
    events,
    is_final,
    make_event,
    overall_percent,
    snapshot,
    state_key,
    stream_key,
)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def reporter():
    sent, clock = [], Clock()
    return Reporter(sent.append, "layout", clock=clock), sent, clock


def test_a_client_resumes_from_the_last_event_it_saw(redis):
    ids = [emit(redis, "j1", make_event("layout", "running", percent=p)) for p in (10, 20, 30)]
    assert [e["percent"] for e in events(redis, "j1")] == [10, 20, 30]
    assert [e["id"] for e in events(redis, "j1", ids[0])] == ids[1:]
    assert list(events(redis, "j1", ids[2], block_ms=10)) == []


def test_following_the_snapshot_misses_nothing(redis):
    emit(redis, "j1", make_event("layout", "running", percent=10))
    found = snapshot(redis, "j1")
    assert found["stages"]["layout"]["percent"] == 10
    emit(redis, "j1", make_event("layout", "done", percent=100))
    assert [e["status"] for e in events(redis, "j1", found["id"])] == ["done"]


def test_the_snapshot_of_an_unknown_job_is_empty_and_can_be_followed(redis):
    found = snapshot(redis, "nobody")
    assert (found["id"], found["job"], found["stages"], found["percent"]) == ("0-0", None, {}, 0)
    emit(redis, "nobody", make_event("", "queued"))
    assert len(list(events(redis, "nobody", found["id"]))) == 1


def test_stream_and_state_are_bounded_and_expire(redis):
    for number in range(3 * KEPT_EVENTS):
        emit(redis, "j1", make_event("layout", "running", percent=number / 15))
    assert redis.xlen(stream_key("j1")) < 2 * KEPT_EVENTS
    assert redis.hlen(state_key("j1")) == 1
    assert redis.ttl(stream_key("j1")) > 0
    assert redis.ttl(state_key("j1")) > 0


def test_only_the_end_of_the_whole_job_is_final():
    assert is_final(make_event("", "completed"))
    assert is_final(make_event("", "failed", code="no_audio"))
    assert not is_final(make_event("layout", "failed"))
    assert not is_final(make_event("", "running"))


def test_the_overall_percent_counts_done_and_half_done_stages():
    done = {name: make_event(name, "done") for name in ("intake", "silence", "transcript")}
    half = {"compile": make_event("compile", "running", percent=50)}
    assert overall_percent(done) == 36.0
    assert overall_percent({**done, **half}) == 60.0


def test_reports_come_at_most_twice_a_second(reporter):
    report, sent, clock = reporter
    for step in range(100):
        clock.now = 100.0 + step / 50
        report(step, "looking")
    assert len(sent) == 4


def test_reports_never_go_backwards_or_past_the_end(reporter):
    report, sent, clock = reporter
    for percent in (50, 20, 170):
        report(percent)
        clock.now += 1
    assert [event["percent"] for event in sent] == [50, 50, 100]


def test_remaining_time_follows_from_percent_and_elapsed_time(reporter):
    report, sent, clock = reporter
    report(1)
    clock.now += 30
    report(25)
    assert [event["eta_s"] for event in sent] == [None, 90.0]
