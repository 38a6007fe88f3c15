"""Every edit of the review page as the service does it: done, refused, taken back, compiled."""

import pytest

from agents.errors import NotFound, TuningError
from agents.types import Interval
from data.clips import StaleRevision
from data.decisions import gather_decisions, read_decisions
from tests.app.conftest import finish


@pytest.fixture
def job(services, lecture):
    return services.jobs.latest(lecture).id


@pytest.fixture
def clips(services):
    return services.clips


def spans(clips, job):
    return {clip.title: [(part.start, part.end) for part in clip.parts] for clip in clips.list(job)}


def first(clips, job):
    return clips.list(job)[0]


def everything(clips, job):
    """Return all that a person sees of the clips."""
    return [(c.id, c.parts, c.title, c.state, c.rating, c.locked, c.media) for c in clips.list(job)]


ONE = [(20.0, 40.0), (45.0, 50.0)]

EDITS = {
    "resize": {"start": 15.0, "end": 50.0},
    "move": {"start": 5.0},
    "cut": {"start": 25.0, "end": 30.0},
    "fill": {"start": 41.0, "end": 44.0},
    "split": {"at": 30.0},
    "delete": {},
    "rename": {"title": "Another"},
    "rate": {"rating": 4},
    "lock": {"locked": True},
    "set_state": {"state": "rejected"},
}


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_changes_something_and_is_taken_back_and_done_again(clips, job, name):
    before = everything(clips, job)
    clip = first(clips, job)
    order = {"op": name, "clip_id": clip.id, "revision": clip.revision, **EDITS[name]}
    told = clips.edit(job, order)
    after = everything(clips, job)
    assert after != before
    assert told.endswith("clip 1")
    assert clips.edit(job, {"op": "undo"}) == f"Taken back: {told}"
    assert everything(clips, job) == before
    assert clips.edit(job, {"op": "redo"}) == f"Done again: {told}"
    assert everything(clips, job) == after


def test_edges_skips_and_places_are_what_was_asked_for(clips, job):
    clip = first(clips, job)
    clips.resize(clip.id, 15.0, 50.0)
    clips.cut(clip.id, 30.0, 34.0)
    assert spans(clips, job)["Größe & Form"] == [(15.0, 30.0), (34.0, 40.0), (45.0, 50.0)]
    clips.fill(clip.id, 28.0, 47.0)
    assert spans(clips, job)["Größe & Form"] == [(15.0, 50.0)]
    clips.move(clip.id, 1.0)
    assert spans(clips, job)["Größe & Form"] == [(1.0, 36.0)]


def test_moved_edges_tell_anew_why_and_take_the_files_away_until_the_undo(clips, job):
    clip = first(clips, job)
    assert clip.media is not None
    moved = clips.resize(clip.id, 0.0, 35.0)
    assert moved.media is None
    assert moved.quote != clip.quote
    assert moved.contributions.keys() != clip.contributions.keys()
    clips.undo(job)
    back = clips.get(clip.id)
    assert (back.media, back.quote, back.parts) == (clip.media, clip.quote, clip.parts)


def test_a_split_makes_a_second_clip_and_a_merge_joins_them(clips, job):
    clip = first(clips, job)
    clips.set_state(clip.id, "accepted")
    second = clips.split(clip.id, 30.0)
    assert (second.source, second.state, second.idx) == ("manual", "accepted", 3)
    assert sorted(spans(clips, job).values()) == [
        [(20.0, 30.0)], [(30.0, 40.0), (45.0, 50.0)], [(70.0, 90.0), (95.0, 100.0)],
    ]  # fmt: skip
    clips.merge(clip.id, second.id)
    assert spans(clips, job)["Größe & Form"] == ONE
    assert len(clips.list(job)) == 2


def test_clips_that_lie_apart_are_merged_without_what_lies_between(clips, job):
    one, other = clips.list(job)
    merged = clips.merge(other.id, one.id)
    assert merged.id == other.id
    assert spans(clips, job) == {"Second": [*ONE, (70.0, 90.0), (95.0, 100.0)]}


def test_a_clip_is_made_of_a_free_stretch_only(clips, job):
    made = clips.create(job, 0.0, 19.0)
    assert (made.source, made.state, made.idx) == ("manual", "proposed", 3)
    assert made.title
    assert made.quote.startswith("Sentence")
    for start, end in ((10.0, 15.0), (42.0, 44.0), (60.0, 71.0)):
        with pytest.raises(TuningError, match="lie over clip"):
            clips.create(job, start, end)
    for start, end in ((110.0, 200.0), (5.0, 5.0), (110.0, 110.5)):
        with pytest.raises(TuningError):
            clips.create(job, start, end)
    assert len(clips.list(job)) == 3


def test_a_rejected_clip_takes_no_room_until_it_is_wanted_again(clips, job):
    one, _ = clips.list(job)
    clips.set_state(one.id, "rejected")
    clips.create(job, 25.0, 45.0)
    with pytest.raises(TuningError, match="lie over clip 3"):
        clips.set_state(one.id, "accepted")
    assert clips.get(one.id).state == "rejected"


def test_a_locked_clip_can_be_judged_but_not_moved(clips, job):
    clip = first(clips, job)
    clips.lock(clip.id, True)
    for act in (
        lambda: clips.resize(clip.id, 0.0, 50.0),
        lambda: clips.delete(clip.id),
        lambda: clips.split(clip.id, 30.0),
        lambda: clips.merge(clips.list(job)[1].id, clip.id),
    ):
        with pytest.raises(TuningError, match="locked"):
            act()
    assert clips.set_state(clip.id, "accepted").state == "accepted"


def test_the_later_of_two_windows_is_told_and_nothing_is_lost(clips, job):
    clip = first(clips, job)
    seen = {"clip_id": clip.id, "revision": clip.revision}
    clips.edit(job, {"op": "rename", "title": "Of the first", **seen})
    for order in ({"op": "resize", "start": 1.0, "end": 50.0}, {"op": "delete"}):
        with pytest.raises(StaleRevision, match="another window"):
            clips.edit(job, {**order, **seen})
    with pytest.raises(StaleRevision, match="another window"):
        clips.edit(job, {"op": "undo", "at": 0})
    assert clips.get(clip.id).title == "Of the first"
    assert clips.history(job).made == 1


@pytest.mark.parametrize(
    "order",
    [
        {"op": "drop"},
        {"op": "get"},
        {},
        {"op": "resize", "start": "x", "end": 5},
        {"op": "resize"},
        {"op": "rename", "title": ""},
        {"op": "rate", "rating": 9},
        {"op": "set_state", "state": "deleted"},
        {"op": "split", "at": 1.0},
        {"op": "cut", "start": 1.0, "end": 2.0},
        {"op": "fill", "start": 21.0, "end": 22.0},
    ],
)
def test_an_edit_of_no_sense_is_refused_in_one_sentence_and_is_no_step(clips, job, order):
    known = {"clip_id": first(clips, job).id} if order.get("op") != "drop" else {}
    with pytest.raises(TuningError) as refused:
        clips.edit(job, {**known, **order})
    assert "\n" not in refused.value.message
    assert refused.value.message.endswith(".")
    assert clips.history(job).made == 0


def test_a_clip_of_another_run_and_one_that_is_gone_are_not_found(clips, services, job, finished):
    foreign = clips.list(services.jobs.latest(finished).id)[0].id
    for clip_id in (foreign, "nobody"):
        with pytest.raises(NotFound):
            clips.edit(job, {"op": "delete", "clip_id": clip_id})
    clip = first(clips, job)
    clips.delete(clip.id)
    with pytest.raises(NotFound, match="undo"):
        clips.delete(clip.id)


def test_there_is_nothing_to_take_back_or_do_again_at_first(clips, job):
    for name in ("undo", "redo"):
        with pytest.raises(TuningError, match="nothing to"):
            clips.edit(job, {"op": name})


def test_an_edit_that_changes_nothing_is_no_step(clips, job):
    clip = first(clips, job)
    clips.rename(clip.id, clip.title)
    clips.resize(clip.id, 20.0, 50.0)
    clips.set_state(clip.id, "proposed")
    assert clips.history(job).made == 0


# --- captions -------------------------------------------------------------------------------------


def line(client, lecture, at):
    return client.get(f"/api/v1/lectures/{lecture}/bundle").json()["sentences"][at]


def test_a_corrected_line_is_shown_and_saved_and_goes_back(client, clips, lecture, job):
    was = line(client, lecture, 3)
    fix = {
        "op": "caption",
        "start": was["start"],
        "was": was["text"],
        "text": " Bohr's <i>model</i> ",
    }
    assert clips.edit(job, fix) == "Corrected a line"
    now = line(client, lecture, 3)
    assert now["text"] == "Bohr's <i>model</i>"
    assert (now["score"], now["start"]) == (was["score"], was["start"])
    assert "Bohr's &lt;i&gt;model" in client.get(f"/api/v1/lectures/{lecture}/transcript.vtt").text
    with pytest.raises(StaleRevision, match="another window"):
        clips.edit(job, {**fix, "text": "Later"})
    clips.undo(job)
    assert line(client, lecture, 3)["text"] == was["text"]
    clips.redo(job)
    clips.edit(job, {**fix, "was": "Bohr's <i>model</i>", "text": was["text"]})
    assert line(client, lecture, 3)["text"] == was["text"]
    for text in ("", "x" * 501):
        with pytest.raises(TuningError, match="1 to 500"):
            clips.edit(job, {**fix, "text": text})
    with pytest.raises(NotFound):
        clips.edit(job, {**fix, "start": 3.3})


def test_a_corrected_line_binds_every_later_run_of_the_lecture(services, clips, lecture, job):
    clips.caption(job, 30.0, "Right.", "Sentence 3 <b>&")
    tuning = services.jobs.tuning(services.jobs.get(job))
    for later in (
        services.jobs.submit(lecture, tuning),
        services.jobs.recompile(lecture, tuning),
        services.jobs.compile(job),
    ):
        (fix,) = read_decisions(services.jobs.get(later.id).params).captions
        assert (fix.start, fix.end, fix.text) == (30.0, 39.0, "Right.")


# --- what binds the next run ----------------------------------------------------------------------


def decided(services, job, **how):
    with services.store.read() as con:
        return gather_decisions(con, job, **how)


def test_moved_edges_a_title_and_a_clip_made_by_hand_bind_the_next_run(services, clips, job):
    one, other = clips.list(job)
    assert decided(services, job).kept == ()
    clips.rate(one.id, 5)
    assert decided(services, job).kept == ()
    clips.resize(one.id, 15.0, 50.0)
    clips.rename(other.id, "Mine")
    clips.create(job, 101.0, 119.0)
    kept = decided(services, job).kept
    assert [clip.parts[0].start for clip in kept] == [15.0, 70.0, 101.0]
    assert kept[1].title == "Mine"
    for _ in range(3):
        clips.undo(job)
    assert decided(services, job).kept == ()


def test_a_deleted_proposal_stays_away_but_not_what_was_made_and_taken_back(services, clips, job):
    one, _ = clips.list(job)
    clips.delete(one.id)
    made = clips.create(job, 101.0, 119.0)
    clips.delete(made.id)
    assert decided(services, job).rejected == (Interval(20.0, 50.0),)
    clips.create(job, 30.0, 55.0)
    assert decided(services, job).rejected == ()


def test_compile_keeps_every_clip_that_is_not_rejected_and_nothing_comes_beside(
    services, clips, job
):
    one, other = clips.list(job)
    clips.resize(one.id, 15.0, 50.0)
    closed = decided(services, job, closed=True)
    assert closed.closed
    assert [(clip.title, clip.proposed) for clip in closed.kept] == [
        ("Größe & Form", False), ("Second", True),
    ]  # fmt: skip
    made = services.jobs.compile(job)
    assert made.parent == job
    assert read_decisions(made.params) == closed
    clips.set_state(one.id, "rejected")
    clips.delete(other.id)
    with pytest.raises(TuningError, match="no clip to compile"):
        services.jobs.compile(job)


def test_compile_of_an_untouched_timeline_takes_what_was_said_along(services, clips, job):
    one, _ = clips.list(job)
    clips.rate(one.id, 4)
    made = services.jobs.compile(job)
    finish(services, made.id)
    assert [(clip.rating, clip.state, clip.source) for clip in clips.list(made.id)] == [
        (4, "proposed", "auto"), (None, "proposed", "auto"),
    ]  # fmt: skip
