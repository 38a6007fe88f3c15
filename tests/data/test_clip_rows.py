"""Clips of a job: planned, changed by people, rendered."""

import pytest

from agents.errors import NotFound
from agents.types import Interval
from data.clips import (
    StaleRevision,
    all_clips,
    get_clip,
    insert_clip,
    list_clips,
    list_judged,
    list_revisions,
    put_clips,
    put_plans,
    update_clip,
)
from data.jobs import create_job
from data.lectures import create_lecture, delete_lecture
from tests.data.values import make_clip, make_plan


@pytest.fixture(autouse=True)
def job(con):
    create_lecture(con, id="L", title="t", media="m", sha256="s", size_bytes=1)
    return create_job(con, id="J", lecture_id="L", params={}, keys={"extract": "k"})


def test_plans_become_clips_in_the_order_of_their_rank(con):
    put_plans(con, "J", [make_plan(2, "Second"), make_plan(1, "First")])
    first, second = list_clips(con, "J")
    assert (first.title, second.title) == ("First", "Second")
    assert first.parts == make_plan().parts
    assert first.contributions == {"novelty": 0.5}
    assert (first.source, first.state, first.locked, first.revision) == (
        "auto",
        "proposed",
        False,
        1,
    )
    assert (first.media_key, first.reason, first.topic) == (None, "It is new.", 2)
    assert get_clip(con, first.id) == first


def test_new_plans_replace_the_old_ones_but_not_what_a_person_changed(con):
    put_plans(con, "J", [make_plan(1, "a"), make_plan(2, "b"), make_plan(3, "c")])
    update_clip(con, "J-02", title="mine")
    put_plans(con, "J", [make_plan(1, "A"), make_plan(2, "B")])
    assert [clip.title for clip in list_clips(con, "J")] == ["A", "mine"]


def test_rendered_files_are_recorded_by_rank(con, tmp_path):
    put_plans(con, "J", [make_plan(1), make_plan(2)])
    update_clip(con, "J-02", title="mine")
    put_clips(
        con, "J", [make_clip(tmp_path / f"clip-{rank}", make_plan(rank)) for rank in (2, 1, 3)]
    )
    clips = list_clips(con, "J")
    assert [clip.media_key for clip in clips] == ["clip-1", "clip-2", "clip-3"]
    assert [clip.title for clip in clips] == ["Why graphs", "mine", "Why graphs"]
    one = clips[0]
    assert (one.media, one.subtitles, one.poster) == ("clip.mp4", "clip.srt", "poster.jpg")
    assert (one.width, one.height, one.size_bytes, one.duration) == (640, 360, 12_345, 5.75)


def test_a_change_keeps_what_was_before(con):
    put_plans(con, "J", [make_plan()])
    changed = update_clip(
        con, "J-01", parts=(Interval(1, 2),), state="accepted", expected_revision=1, author="eva"
    )
    assert (changed.parts, changed.state, changed.revision) == ((Interval(1, 2),), "accepted", 2)
    assert get_clip(con, "J-01") == changed
    (before,) = list_revisions(con, "J-01")
    assert (before.revision, before.author) == (1, "eva")
    assert before.body["parts"] == [[10, 15], [18.25, 19]]
    assert before.body["state"] == "proposed"


def test_a_change_to_what_somebody_else_changed_is_refused(con):
    put_plans(con, "J", [make_plan()])
    update_clip(con, "J-01", title="first", expected_revision=1)
    with pytest.raises(StaleRevision) as stale:
        update_clip(con, "J-01", title="second", expected_revision=1)
    assert stale.value.code == "stale_revision"
    assert get_clip(con, "J-01").title == "first"
    assert len(list_revisions(con, "J-01")) == 1


def test_a_clip_that_was_moved_while_it_was_rendered_has_no_files(con, tmp_path):
    put_plans(con, "J", [make_plan(1), make_plan(2)])
    update_clip(con, "J-02", parts=(Interval(1, 2),))
    put_clips(con, "J", [make_clip(tmp_path / f"c{rank}", make_plan(rank)) for rank in (1, 2)])
    assert [clip.media for clip in list_clips(con, "J")] == ["clip.mp4", None]


def test_a_deleted_clip_is_not_listed_and_keeps_its_place(con):
    put_plans(con, "J", [make_plan(1), make_plan(2)])
    update_clip(con, "J-02", state="deleted")
    assert [clip.id for clip in list_clips(con, "J")] == ["J-01"]
    assert insert_clip(con, "J-x1", "J", [Interval(3, 4)]).idx == 3
    assert [clip.id for clip in all_clips(con, "J")] == ["J-01", "J-02", "J-x1"]
    assert [clip.id for clip in list_clips(con, "J")] == ["J-01"]
    put_plans(con, "J", [make_plan(1), make_plan(2)])
    assert [clip.id for clip in list_clips(con, "J")] == ["J-01"]


def test_what_is_not_there_is_not_found(con):
    put_plans(con, "J", [make_plan()])
    for act in (
        lambda: get_clip(con, "J-09"),
        lambda: update_clip(con, "J-09", title="x"),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_column_that_nobody_may_change_is_a_mistake(con):
    put_plans(con, "J", [make_plan()])
    with pytest.raises(ValueError, match="job_id"):
        update_clip(con, "J-01", job_id="other")


def test_only_clips_that_a_person_touched_are_judged_and_none_of_deleted_lectures(con):
    put_plans(con, "J", [make_plan(rank, f"Clip {rank}") for rank in (1, 2, 3, 4)])
    assert list_judged(con) == []
    update_clip(con, "J-02", state="rejected")
    update_clip(con, "J-03", parts=[Interval(5.0, 30.0)])
    update_clip(con, "J-04", source="manual", state="accepted")
    found = list_judged(con)
    assert [lecture for lecture, _ in found] == ["L"] * 3
    assert {clip.id: clip.state for _, clip in found} == {
        "J-02": "rejected", "J-03": "proposed", "J-04": "accepted",
    }  # fmt: skip
    delete_lecture(con, "L")
    assert list_judged(con) == []
