"""Folders of files appear whole, once, and are cleared away when nobody names them."""

import contextlib
import os
import time
from datetime import timedelta

import pytest

from agents.errors import ServiceUnavailable
from data.artifacts import Artifacts, has_result, load_result, save_result
from data.clearing import clear_results
from data.jobs import create_job
from data.lectures import create_lecture, delete_lecture
from data.purging import purge_lectures
from data.records import now
from tests.data import values
from tests.data.others import finish_all, start


@pytest.fixture
def artifacts(tmp_path):
    return Artifacts(tmp_path / "artifacts")


def fill(folder, text="x"):
    (folder / "file").write_text(text)


def left(artifacts):
    """Return the names of all that is there, beside the empty files that locks are held on."""
    names = {path.name for path in artifacts.root.iterdir()}
    return {name for name in names if not name.startswith(".lock-")}


def test_nothing_is_seen_before_it_is_published(artifacts):
    with artifacts.workdir("key") as folder:
        fill(folder)
        assert artifacts.folder("key") is None
        published = artifacts.publish(folder, "key")
    assert published == artifacts.folder("key")
    assert (published / "file").read_text() == "x"


def test_a_failed_stage_leaves_nothing(artifacts):
    with contextlib.suppress(RuntimeError), artifacts.workdir("key") as folder:
        fill(folder)
        raise RuntimeError
    assert list(artifacts.root.iterdir()) == []


def test_who_publishes_second_keeps_the_first_folder(artifacts):
    for text in ("first", "second"):
        with artifacts.workdir("key") as folder:
            fill(folder, text)
            artifacts.publish(folder, "key")
    assert (artifacts.folder("key") / "file").read_text() == "first"
    assert left(artifacts) == {"key"}


def test_once_makes_a_folder_once(artifacts):
    made = []
    for _ in range(3):
        folder = artifacts.once("clip-1", lambda folder: made.append(fill(folder)))
    assert len(made) == 1
    assert folder == artifacts.path("clip-1")


def test_once_is_tried_again_after_a_failure(artifacts):
    def breaks(folder):
        fill(folder)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        artifacts.once("clip-1", breaks)
    assert artifacts.folder("clip-1") is None
    assert (artifacts.once("clip-1", fill) / "file").exists()


def test_processes_that_race_for_one_folder_make_it_once(artifacts, tmp_path):
    trail = tmp_path / "made"
    both = [start("makes_once", artifacts.root, trail) for _ in range(3)]
    finish_all(both)
    assert trail.read_text() == "made\n"
    assert (artifacts.folder("key") / "file").read_text() == "whole"


def test_a_maker_that_is_killed_does_not_block_the_next(artifacts, tmp_path):
    trail = tmp_path / "made"
    killed = start("makes_once", artifacts.root, trail, 30)
    deadline = time.monotonic() + 20
    while not trail.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    assert (artifacts.once("key", fill) / "file").read_text() == "x"


@pytest.mark.parametrize("key", ["", "..", "a/b", ".tmp-x", "a b"])
def test_a_key_cannot_leave_the_folder(artifacts, key):
    with pytest.raises(ValueError, match="cannot name"):
        artifacts.folder(key)


def test_a_full_disk_in_a_stage_is_said_as_such(artifacts):
    with pytest.raises(ServiceUnavailable) as full, artifacts.workdir("key"):
        raise OSError(28, "No space left on device")
    assert full.value.code == "no_space"


@pytest.fixture
def job(store):
    with store.write() as con:
        create_lecture(con, id="L", title="t", media="m", sha256="s", size_bytes=1)
        return create_job(con, id="J", lecture_id="L", params={}, keys={"silence": "named"})


def old(artifacts):
    """Let everything there look a week old."""
    for path in artifacts.root.iterdir():
        os.utime(path, (time.time() - 7 * 86_400,) * 2)


def test_a_sweep_takes_what_no_job_names_and_leaves_the_rest(store, artifacts, job):
    clip = values.make_clip(artifacts.path("clip-live"), values.make_plan())
    with store.write() as con:
        for key in ("named", "orphan"):
            save_result(con, "silence", key, (), artifacts.root)
        save_result(con, "compile", "orphan-compile", (clip,), artifacts.path("orphan-compile"))
        create_job(con, id="J2", lecture_id="L", params={}, keys={"compile": "c2"})
        save_result(con, "compile", "c2", (clip,), artifacts.path("c2"))
        con.run("update stage_result set created = $1", now() - timedelta(days=7))
    for name in ("named", "orphan", "clip-dead", "orphan-compile"):
        artifacts.once(name, fill)
    (artifacts.root / ".tmp-key-1-00").mkdir()
    old(artifacts)
    artifacts.once("clip-new", fill)
    gone = clear_results(store, artifacts)
    assert {"orphan", "orphan-compile", "clip-dead", ".tmp-key-1-00"} <= set(gone)
    assert left(artifacts) == {"named", "clip-live", "clip-new"}
    with store.read() as con:
        assert [has_result(con, key) for key in ("named", "orphan", "c2")] == [True, False, True]


def test_a_sweep_leaves_what_a_running_stage_has_taken_up(store, artifacts, job):
    """Its row names the folder only when the stage is finished, hours later perhaps."""
    artifacts.once("clip-used", fill)
    with artifacts.workdir("stage") as folder:
        fill(folder)
        artifacts.publish(folder, "stage")
    old(artifacts)
    artifacts.once("clip-used", fill)
    with artifacts.workdir("stage", 2) as folder:
        artifacts.publish(folder, "stage")
    clear_results(store, artifacts)
    assert left(artifacts) == {"clip-used", "stage"}


def test_a_sweep_takes_no_more_at_once_than_it_is_told(store, artifacts, job):
    with store.write() as con:
        for key in ("a", "b", "c"):
            save_result(con, "silence", key, (), artifacts.root)
        con.run("update stage_result set created = $1", now() - timedelta(days=7))
    for key in ("a", "b", "c"):
        artifacts.path(key).mkdir(parents=True)
    old(artifacts)
    for rest in (2, 1, 0):
        clear_results(store, artifacts, limit=1)
        with store.read() as con:
            assert con.row("select count(*) as n from stage_result")["n"] == rest
    while clear_results(store, artifacts, limit=1):
        pass
    assert left(artifacts) == set()


def test_a_sweep_leaves_what_is_younger_than_a_day(store, artifacts, job):
    with store.write() as con:
        save_result(con, "silence", "orphan", (), artifacts.root)
    artifacts.once("orphan", fill)
    assert clear_results(store, artifacts) == []
    with store.read() as con:
        assert has_result(con, "orphan")


def test_a_purged_lecture_frees_its_results(store, artifacts, job):
    with store.write() as con:
        save_result(con, "silence", "named", (), artifacts.root)
        delete_lecture(con, "L")
        assert purge_lectures(con, deleted_before=now()) == ["L"]
    artifacts.once("named", fill)
    old(artifacts)
    assert "named" in clear_results(store, artifacts, older_than_s=0)


def test_a_folder_without_its_row_is_used_by_the_next_attempt(store, artifacts):
    """A crash between rename and commit."""
    with artifacts.workdir("key", 1) as folder:
        fill(folder)
        artifacts.publish(folder, "key")
    with store.read() as con:
        assert not has_result(con, "key")
    with artifacts.workdir("key", 2) as folder:
        fill(folder)
        artifacts.publish(folder, "key")
        with store.write() as con:
            save_result(con, "silence", "key", (), folder)
    with store.read() as con:
        assert load_result(con, artifacts, "silence", "key") == ()
    assert (artifacts.folder("key") / "file").exists()
