"""Quotas: what is refused before it begins, whom they hold, and what people are told."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Barrier

import pytest

from agents.errors import LectureError
from app.cli import run
from app.security.identity import acting_as, principal_of
from app.services.core import workshop_config
from app.services.quotas import QuotaReached
from app.services.root import Services
from data.jobs import create_job, list_jobs
from data.lectures import create_lecture
from data.quotas import Quota
from data.records import now
from data.store import open_store
from data.sweeps import create_sweep
from jobs.grids import Axis
from tests.app.people import town
from tests.app.tus import recording
from tests.engines import postgres_schema, postgres_server

SMALL = {
    "quota_bytes": 10_000,
    "quota_uploads_at_once": 2,
    "quota_uploads_a_day": 4,
    "quota_jobs": 3,
}


@pytest.fixture
def place(services, client):
    with (
        pytest.MonkeyPatch.context() as patch,
        town(services, patch, limits="on", **SMALL) as place,
    ):
        place.services.limits.rates = dict.fromkeys(place.services.limits.rates, 0)
        client.cookies.clear()
        yield place
        for upload in place.services.uploads.all():
            if upload.owner != "local":
                place.services.uploads.delete(upload.id)
        with services.store.write() as con:
            con.run("delete from quota")
            con.run("delete from sweep where owner <> 'local'")
            mine = "select id from lecture where media = 'q.mp4'"
            jobs = f"select id from job where lecture_id in ({mine})"
            for table in ("stage", "processing_log"):
                con.run(f"delete from {table} where job_id in ({jobs})")
            con.run(f"delete from job where lecture_id in ({mine})")
            con.run("delete from lecture where media = 'q.mp4'")


def bring(place, who, id, size=10, created=None):
    """Have a person own a lecture."""
    with place.services.store.write() as con:
        create_lecture(
            con, id=id, title=id, media="q.mp4", sha256=id, size_bytes=size,
            owner=place.people[who].id,
        )  # fmt: skip
        if created:
            con.run("update lecture set created = $2 where id = $1", id, created)


def queue(place, id, times=1):
    with place.services.store.write() as con:
        for n in range(times):
            create_job(con, id=f"{id}-{n}", lecture_id=id, params={}, keys={"intake": f"{id}{n}"})


def begin(client, place, who, size=100, **more):
    """Ask for an upload as a browser does."""
    headers = {
        **place.headers(who), "Tus-Resumable": "1.0.0", "Upload-Length": str(size),
        "Upload-Metadata": "filename dGFsay5tcDQ=", **more,
    }  # fmt: skip
    return client.post("/api/v1/uploads", headers=headers)


def refused(answer):
    return answer.status_code, answer.json()["code"]


def test_room_counts_what_is_there_deleted_and_announced(client, place):
    bring(place, "ines", "q1", 6_000)
    with place.services.store.write() as con:
        con.run("update lecture set deleted = $1 where id = 'q1'", now())
    assert begin(client, place, "ines", 3_000).status_code == 201
    answer = begin(client, place, "ines", 1_500)
    assert refused(answer) == (413, "quota_bytes")
    assert "delete a lecture, or ask an administrator" in answer.json()["detail"]
    assert begin(client, place, "otto", 3_000).status_code == 201, "it is somebody else's room"
    assert begin(client, place, "anna", 200_000).status_code == 201, "administrators are not held"


def test_uploads_at_once_are_those_that_get_bytes(client, place, monkeypatch):
    for _ in range(2):
        assert begin(client, place, "ines").status_code == 201
    assert refused(begin(client, place, "ines")) == (429, "quota_at_once")
    monkeypatch.setattr("app.services.quotas.ACTIVE_S", -1.0)
    assert begin(client, place, "ines").status_code == 201


def test_what_is_asked_again_with_its_key_is_answered_as_the_first_time(client, place):
    """Also when nothing new would be let in."""
    key = {"Idempotency-Key": "twice-as-long"}
    first = begin(client, place, "ines", **key)
    assert begin(client, place, "ines").status_code == 201
    assert refused(begin(client, place, "ines")) == (429, "quota_at_once")
    again = begin(client, place, "ines", **key)
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    bring(place, "otto", "q1")
    headers = {**place.headers("otto"), **key}
    made = [
        client.post("/api/v1/jobs", json={"lecture_id": "q1"}, headers=headers).json()["id"],
        queue(place, "q1", 2),
        client.post("/api/v1/jobs", json={"lecture_id": "q1"}, headers=headers).json()["id"],
    ]
    assert made[0] == made[2]
    with place.services.store.read() as con:
        assert len(list_jobs(con, "q1")) == 3


def test_a_key_of_the_same_name_is_another_persons_own(client, place):
    """Else a key that many think of would tell that somebody else has used it."""
    made = []
    for who, lecture in (("ines", "q1"), ("otto", "q2")):
        bring(place, who, lecture)
        headers = {**place.headers(who), "Idempotency-Key": "nightly-1"}
        answer = client.post("/api/v1/jobs", json={"lecture_id": lecture}, headers=headers)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    assert len(set(made)) == 2


@pytest.fixture(params=["duckdb", "postgres"])
def apps(request, services, tmp_path, monkeypatch):
    """Two apps over one store, and a person who has a lecture there."""
    with ExitStack() as stack:
        url = None
        if request.param == "postgres":
            url = stack.enter_context(postgres_schema(stack.enter_context(postgres_server())))
        open_store(url or tmp_path / "lecture.duckdb").migrate()
        given = {"state": tmp_path, "store_url": url, "limits": "on", **SMALL}
        place = stack.enter_context(town(services, monkeypatch, **given))
        bring(place, "ines", "q1")
        monkeypatch.setattr("app.services.jobs.queue.submit", lambda *_, **__: None)
        other = Services(place.services.settings, workshop_config(place.services.settings))
        yield place, [place.services, other]
        other.close()


def at_once(place, apps, work, times=8, who="ines"):
    """Let several threads of each app do a work at once; return what each one got."""
    ready, person = Barrier(times), principal_of(place.people[who])

    def do(number):
        with acting_as(person):
            ready.wait(30)
            try:
                return work(apps[number % 2], number)
            except QuotaReached as error:
                return error.code

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(do, range(times)))


def test_what_several_apps_let_in_at_once_stays_within_the_quota(apps):
    place, apps = apps
    got = at_once(place, apps, lambda app, n: app.lectures.reserve(name=f"{n}.mp4", size=9).name)
    assert got.count("quota_at_once") == 6
    got = at_once(place, apps, lambda app, n: app.jobs.recompile("q1", {}).id)
    assert got.count("quota_jobs") == 5
    bring(place, "rosa", "q2")
    with place.services.store.write() as con:
        create_job(con, id="done", lecture_id="q2", params={}, keys={"intake": "i"})
        con.run("update job set status = 'completed' where id = 'done'")
    axes = [Axis("extract.weights.novelty", (0.0, 1.0))]
    got = at_once(place, apps, lambda app, n: app.sweeps.create(axes, ["q2"]).id, who="rosa")
    assert got.count("quota_jobs") == 5


def test_a_run_that_is_asked_for_twice_at_once_is_one(apps):
    place, apps = apps
    key = {"idempotency_key": "at once, twice"}
    got = at_once(place, apps, lambda app, n: app.jobs.recompile("q1", {}, **key).id, times=4)
    assert len(set(got)) == 1


def test_uploads_of_a_day_say_when_the_next_may_begin(client, place):
    for n in range(3):
        bring(place, "ines", f"q{n}", created=now() - timedelta(hours=20, minutes=n))
    bring(place, "ines", "q9", created=now() - timedelta(hours=25))
    assert begin(client, place, "ines").status_code == 201
    answer = begin(client, place, "ines")
    assert refused(answer) == (429, "quota_uploads")
    assert "may begin in 4 h" in answer.json()["detail"]
    assert abs(int(answer.headers["retry-after"]) - (4 * 3600 - 120)) < 60


def test_runs_that_wait_or_work_are_counted_for_the_owner(client, place):
    bring(place, "ines", "q1")
    queue(place, "q1", 2)
    with place.services.store.write() as con:
        create_sweep(con, id="qs", axes=[], runs=[], owner=place.people["ines"].id)
    headers = place.headers("ines")
    answer = client.post("/api/v1/jobs", json={"lecture_id": "q1"}, headers=headers)
    assert refused(answer) == (429, "quota_jobs")
    assert "3 runs may wait or work at a time and 3 of yours do" in answer.json()["detail"]
    assert refused(begin(client, place, "ines")) == (429, "quota_jobs")
    with place.services.store.read() as con:
        assert len(list_jobs(con, "q1")) == 2
    with place.as_("ines"):
        place.services.sharing.share_with("q1", "rosa", "edit")
    with place.as_("rosa"), pytest.raises(QuotaReached, match="their owner's"):
        place.services.jobs.recompile("q1", {})


def test_sweeps_are_counted_for_who_starts_them(place):
    with place.services.store.write() as con:
        for n in range(3):
            create_sweep(con, id=f"qs{n}", axes=[], runs=[], owner=place.people["rosa"].id)
    axes = [Axis("extract.weights.novelty", (0.0, 1.0))]
    with place.as_("rosa"), pytest.raises(QuotaReached, match="3 of yours do"):
        place.services.sweeps.create(axes)


def test_several_runs_are_refused_as_one_and_none_is_begun(place):
    bring(place, "ines", "q1")
    bring(place, "ines", "q2")
    queue(place, "q1", 2)
    with place.as_("ines"), pytest.raises(QuotaReached):
        place.services.lectures.recompile(["q2", "q1"], "")
    with place.services.store.read() as con:
        assert list_jobs(con, "q2") == []


def test_an_upload_that_was_let_in_gets_its_run(client, place):
    bring(place, "ines", "q1")
    queue(place, "q1", 2)
    body = recording(900)
    begun = begin(client, place, "ines", len(body))
    headers = {
        **place.headers("ines"), "Tus-Resumable": "1.0.0", "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }  # fmt: skip
    bring(place, "ines", "q2")
    queue(place, "q2", 2)
    sent = client.patch(begun.headers["location"], content=body, headers=headers)
    assert sent.status_code == 204
    with place.as_("ines"):
        assert place.services.jobs.latest(sent.headers["lecture-id"]).id == sent.headers["job-id"]
    with place.services.store.write() as con:
        con.run("update lecture set media = 'q.mp4' where id = $1", sent.headers["lecture-id"])


def test_an_administrator_allows_one_person_something_else(client, place):
    ines = place.people["ines"].id
    with place.as_("anna"):
        place.services.quotas.give(ines, Quota(size_bytes=0, at_once=1))
        assert place.services.quotas.given() == {ines: Quota(size_bytes=0, at_once=1)}
        with pytest.raises(LectureError, match="must be 0"):
            place.services.quotas.give(ines, Quota(jobs=-1))
    assert begin(client, place, "ines", 2_000_000).status_code == 201
    assert refused(begin(client, place, "ines")) == (429, "quota_at_once")
    with place.as_("anna"):
        place.services.quotas.give(ines, Quota())
        assert place.services.quotas.given() == {}
        lines = place.services.accounts.audit("set quota")
    assert [line.object for line in lines[:2]] == [ines, ines]
    with place.as_("ines"), pytest.raises(LectureError, match="administrators"):
        place.services.quotas.give(ines, Quota())


def test_a_person_reads_in_one_sentence_what_there_is(client, place):
    bring(place, "ines", "q1", 6_000)
    queue(place, "q1")
    told = "You use 0.0 of 0.0 GB, have begun 1 of 4 uploads in the last 24 hours, and 1 of 3 runs"
    assert told in client.get("/account", headers=place.headers("ines")).text
    assert "You use" not in client.get("/account", headers=place.headers("anna")).text
    with place.as_("ines"):
        assert place.services.quotas.sentence().startswith(told)
    assert place.services.quotas.sentence() == "", "the operator has none"


def test_without_accounts_there_are_no_quotas(services):
    assert not services.settings.limits_hold
    with services.quotas.beginning("talk.mp4", 1 << 50):
        pass
    services.quotas.check_jobs(["nobody's"])
    assert services.quotas.sentence() == ""


def test_quotas_by_command(tmp_path, capsys):
    state = str(tmp_path / "state")
    assert run(["admin", "add", "ines", "--state", state]) == 0
    told = ["admin", "quota", "ines", "--gigabytes", "2.5", "--jobs", "0", "--state", state]
    assert run(told) == 0
    out = capsys.readouterr().out
    assert "ines: uses 0.0 of 2.5 GB, have begun 0 of 50 uploads" in out
    assert "and 0 runs wait or work." in out
    assert run(["admin", "quota", "ines", "--reset", "--state", state]) == 0
    assert "of 20.0 GB" in capsys.readouterr().out
    assert run(["admin", "quota", "nobody", "--state", state]) == 2
