"""What runs spend, and answers that are paid for once; on both engines."""

from datetime import timedelta

from agents.types import Usage
from data.answers import StoredAnswers
from data.jobs import create_job
from data.lectures import create_lecture, delete_lecture
from data.purging import purge_lectures
from data.records import now
from data.spending import add_spending, job_spending

USAGE = Usage("gemini-x", "v1", 3, 1, 12_000, 100, 900, 4_000, 0.0123, "2026-10-07")
UNPRICED = Usage("gemini-y", "v1", 1, 0, 2**40, 0, 5, 0)


def make_job(con):
    create_lecture(con, id="a", title="A", media="upload", sha256="0" * 64, size_bytes=1)
    return create_job(con, id="j", lecture_id="a", params={}, keys={"content": "k"}).id


def test_what_an_attempt_spent_comes_back(store):
    with store.write() as con:
        job_id = make_job(con)
        add_spending(con, job_id, "content", 1, USAGE)
        add_spending(con, job_id, "content", 2, UNPRICED)
    with store.read() as con:
        found = job_spending(con, job_id)
        assert job_spending(con, "other") == []
    assert [(spent.attempt, spent.usage) for spent in found] == [(1, USAGE), (2, UNPRICED)]


def test_what_was_spent_on_a_lecture_goes_with_it(store):
    with store.write() as con:
        job_id = make_job(con)
        add_spending(con, job_id, "content", 1, USAGE)
        delete_lecture(con, "a")
        assert purge_lectures(con, deleted_before=now() + timedelta(days=1)) == ["a"]
        assert job_spending(con, job_id) == []


def test_answers_are_found_and_replaced(store):
    answers = StoredAnswers(store)
    assert answers.find(["a"]) == {}
    answers.keep("a", "one")
    answers.keep("a", '{"text": "Ünï \\ud83d\\ude00"}')
    answers.keep("b", "two")
    assert answers.find(["a", "c"]) == {"a": '{"text": "Ünï \\ud83d\\ude00"}'}
