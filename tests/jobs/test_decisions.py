"""A person's accepted and rejected clips bind the runs that follow, through store and stages."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.compile.params import CompileParams
from agents.compile.render import clip_key
from agents.extract import AGENT
from agents.types import Box, Decisions, Interval, LayoutRegion, Media
from data.artifacts import load_result
from data.clips import list_clips, update_clip
from data.decisions import gather_decisions, read_decisions
from data.jobs import get_job, job_stages
from data.overrides import put_layout_corrections
from jobs.local import run_job_here
from jobs.runs import create_run
from jobs.workshop import open_workshop
from tests.app.small_stages import analyze, stages
from tests.jobs.places import FAST, add_lecture

EARLY = {"weights": {"information": 1.0, "novelty": 0.0}}
LATE = {"weights": {"information": 0.0, "novelty": 1.0}}


def table():
    """Return the small stages with the real extractor and words of two kinds."""
    found = stages()

    def judge(*values, params, context):
        content = analyze(*values, params=params, context=context)
        return replace(
            content,
            sentences=tuple(
                replace(s, components={"information": float(s.start < 50), "novelty": at / 12})
                for at, s in enumerate(content.sentences)
            ),
        )

    return {
        **found,
        "content": replace(found["content"], run=judge),
        "extract": replace(AGENT, params=found["extract"].params),
    }


@pytest.fixture
def shop(tmp_path):
    from jobs.config import WorkshopConfig

    config = WorkshopConfig(
        state=tmp_path / "state",
        redis_url="",
        models=tmp_path,
        leases=FAST,
        stages="tests.jobs.test_decisions:table",
    )
    shop = open_workshop(config, lambda _, event: None)
    shop.store.migrate()
    add_lecture(shop, "lecture1")
    return shop


def run(shop, extract, parent=None, **options):
    """Run a job to its end and return it with its clips."""
    limits = {"min_clip_s": 20.0, "max_clip_s": 30.0, "min_clips": 2, "max_clips": 2}
    tuning = {"extract": {**limits, "max_share": 1.0, **extract}}
    job, _ = create_run(shop, "lecture1", tuning, parent=parent, **options)
    run_job_here(shop, job.id, lambda event: None)
    return job.id, clips_of(shop, job.id)


def clips_of(shop, job_id):
    with shop.store.read() as con:
        return list_clips(con, job_id)


def say(shop, clip, **fields):
    with shop.store.write() as con:
        update_clip(con, clip.id, **fields)


def key(shop, job_id, stage="extract"):
    with shop.store.read() as con:
        return {row.name: row.key for row in job_stages(con, job_id)}[stage]


def touches(clips, span):
    return [clip for clip in clips for part in clip.parts if part.overlap(span) > 0]


def test_an_accepted_clip_stays_and_a_rejected_one_stays_away(shop):
    first, (one, other, *_) = run(shop, EARLY)
    say(shop, one, state="accepted", title="Mine", rating=5)
    say(shop, other, state="rejected")
    gone = Interval(other.parts[0].start, other.parts[-1].end)
    later = first
    for weights in (LATE, EARLY, LATE):
        later, clips = run(shop, weights, parent=later)
        (kept,) = [clip for clip in clips if clip.state == "accepted"]
        assert (kept.parts, kept.title, kept.rating) == (one.parts, "Mine", 5)
        assert kept.media is not None
        (shown,) = [clip for clip in clips if clip.state == "rejected"]
        assert (shown.parts, shown.title, shown.media) == (other.parts, other.title, None)
        chosen = [clip for clip in clips if clip is not shown]
        assert not touches(chosen, gone)
        assert len(chosen) == 2
        assert shown.idx > max(clip.idx for clip in chosen)


def test_a_clip_that_was_rejected_in_an_earlier_run_is_taken_back_in_a_later_one(shop):
    first, (_, other, *_) = run(shop, EARLY)
    say(shop, other, state="rejected")
    second, clips = run(shop, EARLY, parent=first)
    (shown,) = [clip for clip in clips if clip.state == "rejected"]
    say(shop, shown, state="proposed")
    with shop.store.read() as con:
        assert gather_decisions(con, second).rejected == ()
    _, clips = run(shop, EARLY, parent=second)
    assert other.parts in [clip.parts for clip in clips if clip.state == "proposed"]


def test_a_decision_that_is_taken_back_binds_no_more(shop):
    first, (one, other, *_) = run(shop, EARLY)
    say(shop, one, state="accepted")
    say(shop, other, state="rejected")
    second, clips = run(shop, LATE, parent=first)
    (kept,) = [clip for clip in clips if clip.state == "accepted"]
    say(shop, kept, state="proposed")
    say(shop, other, state="proposed")
    third, _ = run(shop, LATE, parent=second)
    assert key(shop, third) == key(shop, run(shop, LATE)[0])
    assert key(shop, third) != key(shop, second)


def test_what_is_decided_later_does_not_change_a_run_that_has_begun(shop):
    first, (one, *_) = run(shop, EARLY)
    say(shop, one, state="accepted")
    job, _ = create_run(shop, "lecture1", {"extract": LATE}, parent=first)
    say(shop, one, state="rejected")
    run_job_here(shop, job.id, lambda event: None)
    assert one.parts in [clip.parts for clip in clips_of(shop, job.id)]


def test_a_run_without_clips_hands_its_decisions_on(shop):
    first, (one, *_) = run(shop, EARLY)
    say(shop, one, state="accepted", title="Mine")
    failed, _ = create_run(shop, "lecture1", {"extract": LATE}, parent=first)
    with shop.store.read() as con:
        decided = gather_decisions(con, failed.id)
        assert decided == read_decisions(get_job(con, failed.id).params)
    assert [clip.title for clip in decided.kept] == ["Mine"]


def test_a_kept_clip_wins_over_a_stretch_rejected_before(shop):
    first, (one, *_) = run(shop, EARLY)
    say(shop, one, state="rejected")
    second, clips = run(shop, LATE, parent=first)
    wider = Interval(one.parts[0].start, one.parts[-1].end + 5)
    say(shop, clips[0], parts=(wider,), state="accepted")
    with shop.store.read() as con:
        decided = gather_decisions(con, second)
    assert [clip.parts for clip in decided.kept] == [(wider,)]
    assert decided.rejected == ()


def test_locked_and_rejected_at_once_is_rejected(shop):
    first, (one, other, *_) = run(shop, EARLY)
    say(shop, one, locked=True)
    say(shop, other, locked=True, state="rejected")
    with shop.store.read() as con:
        decided = gather_decisions(con, first)
    assert [clip.parts for clip in decided.kept] == [one.parts]
    assert decided.rejected == (Interval(other.parts[0].start, other.parts[-1].end),)


def test_without_decisions_the_params_say_nothing_of_them(shop):
    job_id, _ = run(shop, EARLY)
    with shop.store.read() as con:
        assert "decisions" not in get_job(con, job_id).params
        assert gather_decisions(con, job_id) == Decisions()


def test_a_compiled_timeline_has_the_clips_as_they_stand_and_renders_only_what_changed(shop):
    first, clips = run(shop, EARLY)
    one, other = clips[:2]
    shorter = (Interval(one.parts[0].start, one.parts[-1].end - 1.0),)
    say(shop, one, parts=shorter)
    with shop.store.read() as con:
        decided = gather_decisions(con, first, closed=True)
    job, _ = create_run(shop, "lecture1", {"extract": EARLY}, parent=first, decisions=decided)
    run_job_here(shop, job.id, lambda event: None)
    made = {clip.parts: clip for clip in clips_of(shop, job.id)}
    assert set(made) == {shorter, *(clip.parts for clip in clips[1:])}
    media, params = measure_media(), CompileParams()
    before, after = (
        {plan.parts: clip_key(plan, media, params) for plan in plans(shop, run_id)}
        for run_id in (first, job.id)
    )
    assert after[other.parts] == before[other.parts]
    assert after[shorter] not in before.values()
    assert (made[shorter].source, made[other.parts].source) == ("manual", "auto")


def test_a_corrected_layout_changes_the_clips_that_show_it_and_no_stage_before(shop):
    first, (one, other) = run(shop, EARLY)
    span = Interval(one.parts[0].start, one.parts[0].start + 1)
    mine = LayoutRegion(span.start, span.end, "camera_only", None, Box(0, 0, 160, 180), 1.0)
    assert not touches([other], span)
    with shop.store.write() as con:
        put_layout_corrections(con, "lecture1", [mine])
    second, clips = run(shop, EARLY, parent=first)
    assert [clip.parts for clip in clips] == [one.parts, other.parts]
    for stage in ("intake", "layout", "content"):
        assert key(shop, second, stage) == key(shop, first, stage)
    before, after = (plans(shop, job) for job in (first, second))
    assert [a.layout == b.layout for a, b in zip(before, after, strict=True)] == [False, True]
    assert mine in after[0].layout
    media, params = measure_media(), CompileParams()
    keys = [[clip_key(plan, media, params) for plan in run] for run in (before, after)]
    assert [a == b for a, b in zip(*keys, strict=True)] == [False, True]
    with shop.store.write() as con:
        put_layout_corrections(con, "lecture1", [])
    third, _ = run(shop, EARLY, parent=second)
    assert key(shop, third) == key(shop, first)


def test_the_first_run_of_a_lecture_knows_its_corrections(shop):
    mine = LayoutRegion(0.0, 5.0, "camera_only", None, Box(0, 0, 160, 180), 1.0)
    with shop.store.write() as con:
        put_layout_corrections(con, "lecture1", [mine])
    job, _ = create_run(shop, "lecture1", {})
    with shop.store.read() as con:
        assert read_decisions(get_job(con, job.id).params).layout == (mine,)


def plans(shop, job_id):
    with shop.store.read() as con:
        return load_result(con, shop.artifacts, "extract", key(shop, job_id))


def measure_media():
    return Media(Path("x"), "mov", 120.0, 320, 180, 25.0, True, 0, 0, "0" * 64, 1)
