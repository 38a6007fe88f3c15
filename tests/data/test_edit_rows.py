"""The history of a run: steps are taken back and done again, in one line."""

import pytest

from agents.types import Interval
from data.clips import StaleRevision, get_clip, insert_clip, list_clips, put_plans
from data.edits import (
    add_edit,
    change_caption,
    change_clip,
    change_order,
    list_edits,
    redo_edit,
    undo_edit,
)
from data.jobs import create_job
from data.lectures import create_lecture
from data.overrides import list_overrides
from tests.data.values import make_plan


@pytest.fixture(autouse=True)
def job(con):
    create_lecture(con, id="L", title="t", media="m", sha256="s", size_bytes=1)
    put_plans(con, create_job(con, id="J", lecture_id="L", params={}, keys={}).id, [make_plan()])


def step(con, label, *changes):
    add_edit(con, "J", "L", label, changes)


def states(con):
    return [(edit.idx, edit.label, edit.undone) for edit in list_edits(con, "J")]


def test_a_step_brings_back_every_field_that_it_changed_and_no_other(con):
    before = get_clip(con, "J-01")
    fields = {"parts": (Interval(1, 2), Interval(3, 4)), "contributions": {"a": 1.0}}
    step(con, "Moved", change_clip(con, "J-01", **fields))
    step(con, "Rated", change_clip(con, "J-01", rating=4))
    (moved, _) = list_edits(con, "J")
    undo_edit(con, moved)
    after = get_clip(con, "J-01")
    assert (after.parts, after.contributions) == (before.parts, before.contributions)
    assert after.rating == 4
    redo_edit(con, moved)
    assert get_clip(con, "J-01").parts == (Interval(1, 2), Interval(3, 4))
    assert get_clip(con, "J-01").revision == 5


def test_a_new_step_takes_the_place_of_those_that_were_taken_back(con):
    for n in (1, 2, 3):
        step(con, f"Step {n}", change_clip(con, "J-01", rating=n))
    for edit in reversed(list_edits(con, "J")[1:]):
        undo_edit(con, edit)
    assert get_clip(con, "J-01").rating == 1
    assert states(con) == [(1, "Step 1", False), (2, "Step 2", True), (3, "Step 3", True)]
    step(con, "Other", change_clip(con, "J-01", rating=5))
    assert states(con) == [(1, "Step 1", False), (2, "Other", False)]


def test_a_clip_that_was_made_goes_and_comes(con):
    made = insert_clip(con, "J-x", "J", [Interval(30, 40)])
    step(con, "Made", change_clip(con, made.id, state="proposed", title="Mine"))
    assert [clip.title for clip in list_clips(con, "J")] == ["Why graphs", "Mine"]
    (edit,) = list_edits(con, "J")
    undo_edit(con, edit)
    assert [clip.id for clip in list_clips(con, "J")] == ["J-01"]
    redo_edit(con, edit)
    assert [clip.source for clip in list_clips(con, "J")] == ["auto", "manual"]


def test_a_caption_goes_back_to_the_correction_before(con):
    for text in ("one", "two"):
        step(con, text, change_caption(con, "L", 1.0, 2.0, {"text": text}))

    def said():
        return [found.body["text"] for found in list_overrides(con, "L")]

    first, second = list_edits(con, "J")
    assert said() == ["two"]
    undo_edit(con, second)
    assert said() == ["one"]
    undo_edit(con, first)
    assert said() == []
    redo_edit(con, first)
    assert said() == ["one"]


def test_a_change_to_what_somebody_else_changed_is_no_step(con):
    change_clip(con, "J-01", revision=1, rating=1)
    with pytest.raises(StaleRevision, match="another window"):
        change_clip(con, "J-01", revision=1, rating=2)
    assert get_clip(con, "J-01").rating == 1


def test_an_order_is_taken_back_and_done_again_and_says_nothing_of_the_clips(con):
    put_plans(con, "J", [make_plan(rank, start=20.0 * rank) for rank in (1, 2, 3)])
    step(con, "Put in order", change_order(con, "J", ["J-03", "J-01"]))
    assert [(clip.id, clip.idx) for clip in list_clips(con, "J")] == [
        ("J-03", 1), ("J-01", 2), ("J-02", 3),
    ]  # fmt: skip
    assert {clip.revision for clip in list_clips(con, "J")} == {1}
    later = insert_clip(con, "J-x1", "J", (Interval(200, 220),))
    assert later.idx == 4
    (order,) = list_edits(con, "J")
    undo_edit(con, order)
    assert [clip.id for clip in list_clips(con, "J")] == ["J-01", "J-02", "J-03"]
    assert get_clip(con, "J-x1").idx == 4
    redo_edit(con, order)
    assert [clip.id for clip in list_clips(con, "J")] == ["J-03", "J-01", "J-02"]
