"""Lectures: created, found, changed, deleted, restored, purged."""

from datetime import timedelta

import pytest

from agents.errors import NotFound
from data.clips import put_plans, update_clip
from data.edits import add_edit
from data.jobs import create_job, job_log, list_jobs
from data.labels import list_labels, put_labels
from data.lectures import (
    create_lecture,
    delete_lecture,
    get_lecture,
    list_lectures,
    restore_lecture,
    update_lecture,
)
from data.overrides import delete_override, list_overrides, put_override
from data.presets import delete_preset, get_preset, list_presets, put_preset
from data.purging import purge_lectures
from data.records import now
from data.restored import ordered_runs, restore_run
from tests.data.values import make_plan


def lecture(con, id="L", **fields):
    named = {"title": "Graphs", "media": "L/upload", "sha256": "ab", "size_bytes": 5_000_000_000}
    return create_lecture(con, id=id, **named | fields)


def test_a_lecture_comes_back_as_it_was_created(con):
    made = lecture(con, captions="L/captions", captions_name="talk \u202e<b>.vtt")
    assert get_lecture(con, "L") == made
    assert (made.owner, made.size_bytes, made.deleted) == ("local", 5_000_000_000, None)
    assert (made.duration, made.captions_name) == (None, "talk \u202e<b>.vtt")
    assert abs(made.created - now()) < timedelta(seconds=10)


def test_lectures_are_listed_newest_first_and_deleted_ones_apart(con):
    for id in "abc":
        lecture(con, id)
    delete_lecture(con, "b")
    assert [found.id for found in list_lectures(con)] == ["c", "a"]
    assert [found.id for found in list_lectures(con, deleted=True)] == ["b"]
    assert restore_lecture(con, "b").deleted is None
    assert [found.id for found in list_lectures(con)] == ["c", "b", "a"]


def test_what_intake_measures_is_added(con):
    before = lecture(con)
    after = update_lecture(con, "L", duration=61.5, width=640, height=360, fps=29.97, title="New")
    assert (after.duration, after.width, after.title) == (61.5, 640, "New")
    assert after.updated > before.updated
    assert get_lecture(con, "L") == after


def test_a_column_that_nobody_may_change_is_a_mistake(con):
    lecture(con)
    with pytest.raises(ValueError, match="sha256"):
        update_lecture(con, "L", sha256="other", title="x")


@pytest.mark.parametrize("act", [get_lecture, delete_lecture, restore_lecture, update_lecture])
def test_a_lecture_that_is_not_there_is_not_found(con, act):
    with pytest.raises(NotFound):
        act(con, "nobody")


def test_a_purge_takes_everything_of_a_lecture_and_nothing_of_another(con):
    for id in ("old", "kept"):
        lecture(con, id)
        create_job(con, id=f"job-{id}", lecture_id=id, params={}, keys={"intake": "k"})
        put_plans(con, f"job-{id}", [make_plan()])
        update_clip(con, f"job-{id}-01", title="changed")
        put_labels(con, id, "good", [(0.0, 1.0)])
        restore_run(con, f"job-{id}")
        add_edit(con, f"job-{id}", id, "Renamed clip 1", [])
        put_override(con, id, "layout", 0.0, 1.0, {})
    delete_lecture(con, "old")
    assert purge_lectures(con, deleted_before=now() - timedelta(days=7)) == []
    assert purge_lectures(con, deleted_before=now() + timedelta(seconds=1)) == ["old"]
    tables = (
        "lecture",
        "job",
        "stage",
        "clip",
        "clip_revision",
        "label",
        "override",
        "restored_run",
        "edit",
    )
    counts = {name: con.row(f"select count(*) as n from {name}")["n"] for name in tables}
    assert counts == dict.fromkeys(tables, 1)
    assert job_log(con, "job-old") == []
    assert [job.id for job in list_jobs(con)] == ["job-kept"]


def test_labels_of_one_value_replace_each_other_in_the_order_of_the_lecture(con):
    put_labels(con, "L", "dull", [(20.0, 25.0)], author="eva")
    put_labels(con, "L", "good", [(30.0, 35.0), (10.0, 15.0)], author="eva")
    put_labels(con, "other", "good", [(0.0, 1.0)])
    told = [(found.t0, found.value) for found in list_labels(con, "L")]
    assert told == [(10.0, "good"), (20.0, "dull"), (30.0, "good")]
    put_labels(con, "L", "good", [(40.0, 45.0)], author="eva")
    assert [found.t0 for found in list_labels(con, "L")] == [20.0, 40.0]
    assert [found.t0 for found in list_labels(con, "L", "dull")] == [20.0]


def test_a_restored_run_comes_first_until_a_newer_one_is_made(con):
    lecture(con, "L")
    for number in "12":
        create_job(con, id=f"job-{number}", lecture_id="L", params={}, keys={"intake": number})
    assert [job.id for job in ordered_runs(con, "L")] == ["job-2", "job-1"]
    restore_run(con, "job-1")
    assert [job.id for job in ordered_runs(con, "L")] == ["job-1", "job-2"]
    create_job(con, id="job-3", lecture_id="L", params={}, keys={"intake": "3"})
    assert [job.id for job in ordered_runs(con, "L")] == ["job-3", "job-1", "job-2"]
    restore_run(con, "job-2")
    assert [job.id for job in ordered_runs(con, "L")] == ["job-2", "job-3", "job-1"]


def test_the_last_override_of_a_stretch_counts(con):
    put_override(con, "L", "layout", 0.0, 5.0, {"kind": "screen_only"})
    put_override(con, "L", "layout", 0.0, 5.0, {"kind": "camera_only"}, author="eva")
    put_override(con, "L", "silence", 0.0, 5.0, {})
    found = list_overrides(con, "L")
    assert [(each.kind, each.body) for each in found if each.kind == "layout"] == [
        ("layout", {"kind": "camera_only"})
    ]
    delete_override(con, "L", "layout", 0.0, 5.0)
    assert [each.kind for each in list_overrides(con, "L")] == ["silence"]


def test_presets_are_ones_own_and_the_shared_ones(con):
    put_preset(con, id="1", name="b", params={"silence": {"top_db": 30}})
    put_preset(con, id="2", name="a", params={}, owner="eva", shared=True)
    put_preset(con, id="3", name="c", params={}, owner="eva")
    assert [found.id for found in list_presets(con)] == ["2", "1"]
    put_preset(con, id="1", name="z", params={"silence": {"top_db": 35}})
    assert get_preset(con, "1").params == {"silence": {"top_db": 35}}
    for _ in range(2):
        delete_preset(con, "1")
    with pytest.raises(NotFound):
        get_preset(con, "1")
