"""Runs that ask Gemini: what is paid once, what is recorded, and what stands in for it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from data.answers import StoredAnswers
from data.artifacts import load_result
from data.jobs import reset_stages
from data.records import now
from data.spending import job_spending
from jobs.local import run_job_here
from jobs.processes import descendants
from jobs.queue import cancel
from jobs.retention import RULES, apply_rule
from jobs.runs import renew_keys
from jobs.workshop import open_workshop
from tests.gemini import KEY, MODEL, serving
from tests.jobs.places import Place, submitted, wait_gone, wait_until


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setattr("agents.content.retries.FIRST_WAIT_S", 0.01)
    with serving() as start:
        yield start


def asking(place: Place, stub, **settings) -> Place:
    """Return the place with a real content agent that asks the server."""
    gemini = stub and stub.settings(**settings)
    place.config = place.config.model_copy(
        update={"gemini": gemini, "stages": "tests.jobs.spoken:table"}
    )
    place.shop = open_workshop(place.config, lambda _, event: place.events.append(event))
    return place


def run(place: Place, **levels: float) -> str:
    job, _ = place.new_run(**levels)
    run_job_here(place.shop, job.id, place.events.append)
    assert place.job(job.id).status == "completed"
    return job.id


def content_of(place: Place, job_id: str):
    key = place.stages(job_id)["content"].key
    with place.shop.store.read() as con:
        return load_result(con, place.shop.artifacts, "content", key)


def spending_of(place: Place, job_id: str):
    with place.shop.store.read() as con:
        return [spent.usage for spent in job_spending(con, job_id)]


def test_what_a_run_spends_is_recorded_with_the_run_and_with_the_result(place: Place, serve):
    stub = serve()
    job_id = run(asking(place, stub))
    content = content_of(place, job_id)
    assert content.analyzer == f"local + {MODEL}"
    assert (content.usage.requests, content.usage.input_tokens) == (3, 3000)
    assert spending_of(place, job_id) == [content.usage]
    again = run(place)
    assert len(stub.seen) == 3
    assert place.stages(again)["content"].attempt == 0
    assert spending_of(place, again) == []


def test_another_silence_threshold_pays_nothing_while_the_sentences_stay(place: Place, serve):
    stub = serve()
    first = run(asking(place, stub))
    again = run(place, silence=2)
    assert place.stages(first)["content"].key != place.stages(again)["content"].key
    assert len(stub.seen) == 3
    (usage,) = spending_of(place, again)
    assert (usage.requests, usage.reused, usage.tokens, usage.usd) == (0, 3, 0, 0.0)
    assert content_of(place, again).sentences == content_of(place, first).sentences


def test_a_local_result_does_not_take_the_place_of_geminis(place: Place, serve):
    stub = serve(status=lambda number: 403)
    first = run(asking(place, stub))
    local = content_of(place, first)
    assert local.analyzer == "local"
    assert [notice.code for notice in local.notices] == ["analyzer_unavailable"]
    assert any("refused the key" in entry.message for entry in place.log(first))
    stub.status = lambda number: 200
    second = run(place)
    assert content_of(place, second).analyzer == f"local + {MODEL}"
    assert content_of(place, first) == local
    keys = [{n: row.key for n, row in place.stages(job).items()} for job in (first, second)]
    assert {n for n in keys[0] if keys[0][n] != keys[1][n]} == {"content", "extract", "compile"}


def test_a_stand_in_is_not_the_result_of_a_run_without_gemini(place: Place, serve):
    stood_in = run(asking(place, serve(status=lambda number: 500)))
    alone = run(asking(place, None))
    assert content_of(place, stood_in).sentences == content_of(place, alone).sentences
    assert content_of(place, stood_in).notices
    assert not content_of(place, alone).notices


def test_every_run_asks_again_until_gemini_is_back(place: Place, serve):
    stub = serve(status=lambda number: 403)
    asking(place, stub)
    keys = [place.stages(run(place))["content"].key for _ in range(2)]
    assert keys[0] == keys[1]
    assert len(stub.seen) >= 2


def test_a_run_that_is_tried_again_asks_again(place: Place, serve):
    stub = serve(status=lambda number: 403)
    job_id = run(asking(place, stub))
    stub.status = lambda number: 200
    renew_keys(place.shop, job_id, "content")
    with place.shop.store.write() as con:
        reset_stages(con, job_id, "content")
    run_job_here(place.shop, job_id, place.events.append)
    assert content_of(place, job_id).analyzer == f"local + {MODEL}"


def test_the_key_is_nowhere_in_the_state_folder(place: Place, serve):
    asking(place, serve(status=lambda number: 500 if number < 9 else 200))
    run(place)
    run(place, silence=2)
    files = [path for path in place.config.state.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert KEY not in repr(place.config) + repr(place.events)


def test_answers_are_forgotten_after_their_time(place: Place, serve):
    stub = serve()
    run(asking(place, stub))
    (rule,) = [rule for rule in RULES if rule.name == "answers"]
    assert apply_rule(place.shop, rule) == 0
    with place.shop.store.write() as con:
        assert {row["lecture_id"] for row in con.rows("select * from answer")} == {"lecture1"}
        con.run("update answer set created = $1", now() - timedelta(days=31))
    assert apply_rule(place.shop, rule) == 3
    run(place, silence=2)
    assert len(stub.seen) == 6


def test_an_answer_is_kept_in_place_of_an_older_one(place: Place):
    answers = StoredAnswers(place.shop.store)
    answers.keep("a", "one")
    answers.keep("a", "two")
    assert answers.find(["a", "b"]) == {"a": "two"}


def test_a_run_is_cancelled_at_once_while_gemini_is_slow(busy: Place, redis, serve, start_worker):
    stub = serve(delay=30.0)
    asking(busy, stub)
    worker = start_worker(busy)
    job_id = submitted(busy, redis)
    wait_until(lambda: stub.seen, what="Gemini is asked")
    horses = descendants(worker.pid)
    assert horses
    cancel(redis, busy.shop.store, job_id)
    wait_gone(*horses, within_s=2)
    assert busy.job(job_id).status == "cancelled"
    asked = len(stub.seen)
    time.sleep(1.0)
    assert len(stub.seen) == asked
