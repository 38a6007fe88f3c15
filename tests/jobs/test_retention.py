"""What is kept for how long; and clearing away that is killed leaves nothing half there."""

from __future__ import annotations

import io
import os
import time
from contextlib import ExitStack
from datetime import timedelta

import pytest

from data.artifacts import has_result, save_result
from data.audit import add_line, search_audit
from data.bucket import BucketConfig
from data.clips import list_clips, put_plans, update_clip
from data.invitations import add_invitation
from data.jobs import create_job, job_log, list_jobs
from data.lectures import create_lecture, get_lecture, list_lectures, restore_lecture
from data.records import now
from data.sessions import add_key, add_session, end_key, end_session, find_session
from data.shares import add_share, end_share
from jobs.config import Keep, WorkshopConfig
from jobs.retention import RULES, apply_rules, find_due
from jobs.workshop import open_workshop
from tests.data.buckets import KEYS, NAME, moto
from tests.data.values import make_plan
from tests.engines import postgres_schema
from tests.jobs.killing import KILLED, clear_until
from tests.jobs.places import start_child

OF = {rule.name: rule for rule in RULES}
AGES = {"run-old": 100, "run-judged": 100, "run-new": 99, "run-gone": 100, "run-failed": 31}


@pytest.fixture(scope="module")
def s3():
    with moto() as address:
        yield address


@pytest.fixture(params=["duckdb", "postgres"])
def store_url(request):
    """The address of an empty store; "" is the file in the state folder."""
    if request.param == "duckdb":
        yield ""
        return
    with postgres_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def config(request, tmp_path):
    """A workshop on one machine, and one on many."""
    with ExitStack() as stack:
        bucket, store_url = None, ""
        if request.param == "s3":
            address = request.getfixturevalue("s3")
            bucket = BucketConfig(bucket=NAME, prefix=f"{tmp_path.name}/", endpoint_url=address)
            server = request.getfixturevalue("postgres_url")
            store_url = stack.enter_context(postgres_schema(server))
        yield WorkshopConfig(
            state=tmp_path, bucket=bucket, stages="tests.jobs.standin:table", store_url=store_url
        )


@pytest.fixture
def shop(config):
    shop = open_workshop(config, lambda _, __: None)
    shop.store.migrate()
    return shop


def age(con, table, column, id, days, key="id"):
    moment = now() - timedelta(days=days)
    con.run(f"update {table} set {column} = $2 where {key} = $1", id, moment)


def bring(shop, id):
    """Add a lecture with its recording."""
    shop.media.put(id, io.BytesIO(b"film"))
    with shop.store.write() as con:
        create_lecture(con, id=id, title=id, media="upload", sha256="0", size_bytes=4)


def run_of(shop, id, lecture, status="completed", **keys):
    """Add a run with a result and a folder for each key."""
    with shop.store.write() as con:
        for key in keys.values():
            save_result(con, "silence", key, (), shop.artifacts.root)
        create_job(con, id=id, lecture_id=lecture, params={}, keys=keys)
        con.run("update job set status = $2 where id = $1", id, status)
        for column in ("created", "updated", "completed"):
            age(con, "job", column, id, AGES[id])
        age(con, "stage_result", "created", next(iter(keys.values())), 50, key="key")
    for key in keys.values():
        shop.artifacts.once(key, lambda folder: (folder / "value").write_text("x"))


def fill(shop):
    """Fill a store with what is kept and what is due."""
    for id in ("kept", "gone", "failed"):
        bring(shop, id)
    run_of(shop, "run-old", "kept", silence="k0", layout="common")
    run_of(shop, "run-judged", "kept", silence="k1")
    run_of(shop, "run-new", "kept", silence="k2", layout="common")
    run_of(shop, "run-gone", "gone", silence="k3", layout="common")
    run_of(shop, "run-failed", "failed", "failed", silence="k4")
    with shop.store.write() as con:
        put_plans(con, "run-judged", [make_plan()])
        update_clip(con, "run-judged-01", state="accepted")
        con.run("update clip set updated = $1", now() - timedelta(days=100))
        save_result(con, "silence", "reel-of-k3", (), shop.artifacts.root, inputs=["k3"])
        con.run("update stage_result set name = 'reel' where key = 'reel-of-k3'")
        for id in ("kept", "gone", "failed"):
            age(con, "lecture", "updated", id, 31)
        age(con, "lecture", "deleted", "gone", 31)
    shop.artifacts.once("reel-of-k3", lambda folder: (folder / "value").write_text("x"))


def stored(shop):
    """Return lectures with a recording and results with a folder: on this disk, in the bucket."""
    media = {path.name for path in shop.media.root.glob("*")}
    results = {path.name for path in shop.artifacts.root.glob("[!.]*")}
    bucket = getattr(shop.media, "bucket", None)
    if bucket is not None:
        media |= {one.key.split("/")[1] for one in bucket.list("media/")}
        results |= {one.key.split("/")[1] for one in bucket.list("results/")}
    return media, results


def check_nothing_is_half_there(shop):
    with shop.store.read() as con:
        lectures = [*list_lectures(con), *list_lectures(con, deleted=True)]
        named = {row["key"] for row in con.rows("select distinct key from stage")}
        assert {job.lecture_id for job in list_jobs(con)} <= {one.id for one in lectures}
        assert all(has_result(con, key) for key in named)
    media, results = stored(shop)
    assert {one.id for one in lectures} <= media
    assert named <= results


def test_clearing_that_is_killed_anywhere_goes_on(shop, config):
    fill(shop)
    check_nothing_is_half_there(shop)
    environment = {name: os.environ[name] for name in KEYS if name in os.environ}
    killed = 0
    for step in (0, 2, 1, 4, 3, 100):
        child = start_child(clear_until, config.to_json(), step, environment)
        child.join(60)
        assert child.exitcode in (0, KILLED)
        check_nothing_is_half_there(shop)
        if child.exitcode == 0:
            break
        killed += 1
    assert killed >= 4
    with shop.store.read() as con:
        assert {job.id for job in list_jobs(con)} == {"run-judged", "run-new", "run-failed"}
        assert [clip.state for clip in list_clips(con, "run-judged")] == ["accepted"]
        assert get_lecture(con, "failed").deleted is not None
        assert con.rows("select * from leftover") == []
    media, results = stored(shop)
    assert media == {"kept", "failed"}
    assert results == {"common", "k1", "k2", "k4"}


def open_here(state, store_url, **more):
    """Return a workshop whose media are in a folder."""
    config = WorkshopConfig(
        state=state, stages="tests.jobs.standin:table", store_url=store_url, **more
    )
    return open_workshop(config, lambda _, __: None)


@pytest.fixture
def here(tmp_path, store_url):
    shop = open_here(tmp_path, store_url)
    shop.store.migrate()
    return shop


def due(shop, kind):
    return [one.id for one in find_due(shop, OF[kind])]


def test_what_is_listed_is_what_goes_and_listing_changes_nothing(here):
    fill(here)
    before = {rule.name: due(here, rule.name) for rule in RULES}
    found = {name: ids for name, ids in before.items() if ids}
    assert found == {"deleted": ["gone"], "failed": ["failed"], "runs": ["run-old"]}
    assert find_due(here, OF["deleted"])[0].size_bytes == 4
    assert {rule.name: due(here, rule.name) for rule in RULES} == before
    gone = apply_rules(here)
    assert {name: count for name, count in gone.items() if count} == {
        "deleted": 1, "failed": 1, "runs": 1,
    }  # fmt: skip
    with here.store.write() as con:
        restore_lecture(con, "failed")
    assert not any(due(here, rule.name) for rule in RULES)


def test_a_lecture_in_use_is_not_deleted_by_its_age(here, tmp_path, store_url):
    shop = open_here(tmp_path, store_url, keep=Keep(lectures=60, failed=0, runs=0))
    fill(shop)
    with shop.store.write() as con:
        for id in ("kept", "failed"):
            age(con, "lecture", "updated", id, 70)
        age(con, "job", "updated", "run-new", 61)
        age(con, "job", "updated", "run-failed", 61)
        con.run("update job set status = 'running' where id = 'run-failed'")
    assert due(shop, "lectures") == ["kept"]
    assert due(shop, "runs") == []
    with shop.store.write() as con:
        update_clip(con, "run-judged-01", rating=5)
    assert due(shop, "lectures") == []


def test_a_run_that_others_stand_on_stays(here):
    fill(here)
    with here.store.write() as con:
        con.run("update job set parent = 'run-old', status = 'running' where id = 'run-new'")
    assert due(here, "runs") == []
    with here.store.write() as con:
        con.run("update job set status = 'completed' where id = 'run-new'")
        con.run("insert into restored_run values ('kept', 'run-old', $1)", now())
    assert due(here, "runs") == []
    with here.store.write() as con:
        con.run("delete from restored_run")
        con.append("sweep_lecture", ("sweep_id", "idx", "lecture_id", "job_id"),
                   [("s", 0, "kept", "run-old")])  # fmt: skip
    assert due(here, "runs") == []


def test_drafts_copies_and_broken_folders_go_in_their_time(here, store_url):
    fill(here)
    copy = here.artifacts.root.parent / "lecture.duckdb.v5"
    copy.write_bytes(b"old")
    (here.media.root / "nobody").mkdir()
    young = [due(here, "exports"), due(here, "copies")]
    assert young == [[], []]
    here.artifacts.once("draft", lambda folder: (folder / "clip").write_bytes(b"12345"))
    for path in (copy, here.media.root / "nobody", here.artifacts.path("draft")):
        os.utime(path, (time.time() - 8 * 86_400,) * 2)
    with here.store.write() as con:
        age(con, "stage_result", "created", "reel-of-k3", 8, key="key")
    found = find_due(here, OF["exports"])
    assert {one.id: one.size_bytes for one in found} == {"draft": 5, "reel-of-k3": 0, "nobody": 0}
    if store_url:  # a server keeps no copies of an earlier schema in the state folder
        copy.unlink()
    assert due(here, "copies") == ([] if store_url else [str(copy)])
    apply_rules(here)
    assert not copy.exists()
    assert not here.artifacts.path("draft").exists()
    assert (due(here, "exports"), due(here, "copies")) == ([], [])


def test_what_is_over_is_forgotten_and_what_is_open_stays(here):
    fill(here)
    with here.store.write() as con:
        for id, days in (("old", 31), ("young", 29)):
            moment = now() - timedelta(days=days)
            add_session(con, id=id, kind="browser", person="p", family=id, expires=moment)
            add_invitation(con, id=id, kind="invite", role="viewer", author="p", expires=moment)
            add_share(con, id=id, lecture_id="kept", author="p", hash=id, expires=moment)
            add_key(con, id=id, person="p", name="x", hash=id, scopes=[], expires=moment)
        later = now() + timedelta(days=1)
        for id in ("open", "ended"):
            add_session(con, id=id, kind="browser", person="p", family=id, expires=later)
            add_share(con, id=id, lecture_id="kept", author="p", person=id)
            add_key(con, id=id, person="p", name="x", hash=id, scopes=[], expires=None)
        end_session(con, "ended")
        end_share(con, "ended")
        end_key(con, "ended")
        for table in ("session", "share", "api_key"):
            age(con, table, "ended", "ended", 31)
        add_line(con, "old one")
        age(con, "audit", "ts", "old one", 366, key="action")
        add_line(con, "new one")
        con.run("update processing_log set ts = $1", now() - timedelta(days=31))
    assert sorted(due(here, "sessions")) == ["ended", *["ended"] * 2, *["old"] * 4]
    assert find_due(here, OF["audit"])[0].what == "1 lines"
    apply_rules(here)
    with here.store.read() as con:
        assert [find_session(con, id) is None for id in ("old", "ended", "young", "open")] == [
            True, True, False, False,
        ]  # fmt: skip
        for table, kept in (("share", 2), ("api_key", 2), ("invitation", 1)):
            assert con.row(f"select count(*) as n from {table}")["n"] == kept, table
        assert [line.action for line in search_audit(con)] == ["new one"]
        assert job_log(con, "run-new") == []


def test_zero_days_keep_for_ever(here, tmp_path, store_url):
    fill(here)
    keep = Keep(**dict.fromkeys(Keep.model_fields, 0))
    assert not any(apply_rules(open_here(tmp_path, store_url, keep=keep)).values())
