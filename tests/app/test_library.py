"""The library lists every lecture with what its newest job has come to, however many there are."""

from datetime import timedelta

import pytest

from app.services.root import Services
from app.settings import Settings
from data import duck
from data.artifacts import save_result
from data.clips import put_plans
from data.jobs import create_job
from data.lectures import create_lecture, delete_lecture
from tests.data.values import make_plan

LECTURES = 300


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Return services over a store of its own with 300 lectures, without a broker.

    Every third lecture has had its intake, every second of them two rendered clips of three; every
    fifth has no job; lecture 7 has an older job with more clips; lecture 8 is deleted.
    """
    services = Services(Settings(state=tmp_path_factory.mktemp("state"), local_link=False))
    services.store.migrate()
    with services.store.write() as con:
        for n in range(LECTURES):
            fill(con, n, services.artifacts.root)
        create_job(con, id="job-7-older", lecture_id="lecture-7", params={}, keys={"intake": "x"})
        put_plans(con, "job-7-older", [make_plan(rank) for rank in (1, 2, 3)])
        con.run("update clip set media = 'clip.mp4' where job_id = 'job-7-older'")
        delete_lecture(con, "lecture-8")
        for n in range(LECTURES):
            con.run(
                "update lecture set created = created + $2 where id = $1",
                *(f"lecture-{n}", timedelta(minutes=n)),
            )
        con.run("update job set created = created - $1 where id = 'job-7-older'", timedelta(days=1))
    yield services
    services.close()


def fill(con, n, folder):
    id = f"lecture-{n}"
    create_lecture(con, id=id, title=f"Lecture {n}", media="m", sha256=str(n), size_bytes=1)
    if n % 5 == 0:
        return
    if n % 3 == 0:
        save_result(con, "silence", f"intake-{n}", (), folder)
    create_job(con, id=f"job-{n}", lecture_id=id, params={}, keys={"intake": f"intake-{n}"})
    if n % 6 == 0:
        put_plans(con, f"job-{n}", [make_plan(rank) for rank in (1, 2, 3)])
        con.run("update clip set media = 'clip.mp4' where job_id = $1 and idx < 3", f"job-{n}")


def test_every_lecture_is_listed_newest_first_with_its_newest_job(library):
    cards = {card.lecture.id: card for card in library.lectures.list()}
    assert list(cards) == [f"lecture-{n}" for n in reversed(range(LECTURES)) if n != 8]
    for n in range(LECTURES):
        if n == 8:
            continue
        card = cards[f"lecture-{n}"]
        assert (card.job.id if card.job else None) == (f"job-{n}" if n % 5 else None)
        seen = n % 3 == 0 and n % 5 != 0
        assert card.poster_url == (
            f"/app/static/media/lectures/lecture-{n}/poster" if seen else None
        )
        assert card.clips == (2 if n % 6 == 0 and n % 5 else 0)


def test_the_number_of_queries_does_not_grow_with_the_lectures(library, monkeypatch):
    asked = []
    ask = duck.DuckConnection.rows

    def noted(con, sql, *args):
        asked.append(sql)
        return ask(con, sql, *args)

    monkeypatch.setattr(duck.DuckConnection, "rows", noted)
    assert len(library.lectures.list()) == LECTURES - 1
    assert len(asked) == 5, asked
