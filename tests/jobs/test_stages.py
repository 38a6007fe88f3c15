"""One stage at a time, in this process: what is written, and what failures leave."""

import shutil
from dataclasses import replace

import pytest

from agents.errors import StageError
from data.clips import list_clips
from data.jobs import begin_stage
from data.lectures import get_lecture
from jobs.attempts import give_back, note_death
from jobs.runs import create_run
from jobs.stages import run_stage
from tests.jobs.places import Place, add_lecture
from tests.jobs.standin import NEEDS, table


def run_all(place: Place, job_id: str) -> list[str]:
    return [run_stage(place.shop, job_id, name, "test") for name in NEEDS]


def clips(place: Place, job_id: str):
    with place.shop.store.read() as con:
        return list_clips(con, job_id)


def test_a_finished_job_has_measured_its_lecture_and_rendered_its_clips(place: Place):
    job, _ = place.new_run(extract=3)
    assert run_all(place, job.id) == ["done"] * 7
    with place.shop.store.read() as con:
        lecture = get_lecture(con, "lecture1")
    assert (lecture.duration, lecture.width, lecture.language) == (60.0, 320, "en")
    (clip,) = clips(place, job.id)
    assert clip.parts[0].duration == 3.0
    folder = place.shop.artifacts.folder(clip.media_key or "")
    assert folder is not None
    assert (folder / (clip.media or "")).read_text() == "clip.mp4"
    assert place.job(job.id).status == "completed"


def test_plans_are_clips_before_anything_is_rendered(place: Place):
    job, _ = place.new_run()
    for name in list(NEEDS)[:-1]:
        run_stage(place.shop, job.id, name, "test")
    (clip,) = clips(place, job.id)
    assert (clip.title, clip.media_key) == ("The bound", None)


def test_a_recompile_computes_only_what_changed(place: Place):
    first, _ = place.new_run()
    run_all(place, first.id)
    second, rows = place.new_run(extract=2)
    assert [row.name for row in rows if row.status == "pending"] == ["extract", "compile"]
    run_all(place, second.id)
    assert place.runs() == [*NEEDS, "extract", "compile"]
    assert clips(place, second.id)[0].parts[0].duration == 2.0
    assert clips(place, first.id)[0].parts[0].duration == 1.0


def test_a_run_like_an_earlier_one_is_completed_at_once_with_its_clips(place: Place):
    first, _ = place.new_run()
    run_all(place, first.id)
    second, rows = place.new_run()
    assert second.status == "completed"
    assert {row.status for row in rows} == {"done"}
    assert clips(place, second.id)[0].media_key == clips(place, first.id)[0].media_key


def test_the_same_upload_as_another_lecture_is_not_measured_again(place: Place):
    run_all(place, place.new_run()[0].id)
    add_lecture(place.shop, "lecture2")
    create_run(place.shop, "lecture2", {})
    with place.shop.store.read() as con:
        assert get_lecture(con, "lecture2").duration == 60.0
    assert place.runs() == list(NEEDS)


def test_a_result_of_a_sibling_job_is_adopted_when_the_stage_begins(place: Place):
    first, _ = place.new_run()
    second, _ = place.new_run()  # both begin before either has a result
    run_all(place, first.id)
    assert run_all(place, second.id) == ["done"] * 7
    assert place.runs() == list(NEEDS)
    assert clips(place, second.id)[0].media_key


def test_a_result_whose_files_were_deleted_is_computed_again(place: Place):
    run_all(place, place.new_run()[0].id)
    shutil.rmtree(place.shop.artifacts.root)
    job, rows = place.new_run()
    assert {row.name for row in rows if row.status == "pending"} == {"intake", "compile"}
    assert run_all(place, job.id) == ["done"] * 7
    assert place.runs() == [*NEEDS, "intake", "compile"]


def test_a_reason_for_people_ends_the_job_with_its_code_and_sentence(place: Place):
    place.order(intake="error no_audio")
    job, _ = place.new_run()
    assert run_stage(place.shop, job.id, "intake", "test") == "failed"
    job = place.job(job.id)
    assert (job.status, job.error_code, job.error) == ("failed", "no_audio", "intake says no_audio")
    assert place.statuses(job.id)["compile"] == "cancelled"
    assert run_stage(place.shop, job.id, "silence", "test") == "skipped"
    assert place.events[-1]["status"] == "failed"
    assert place.events[-1]["code"] == "no_audio"


@pytest.mark.logs_errors
def test_a_bug_is_tried_three_times_and_then_told_without_its_details(place: Place, caplog):
    place.order(intake="crash")
    job, _ = place.new_run()
    outcomes = [run_stage(place.shop, job.id, "intake", "test") for _ in range(3)]
    assert outcomes == ["again", "again", "failed"]
    error = place.job(job.id).error or ""
    assert "unexpected error" in error
    assert "has a bug" not in error
    assert "intake has a bug" in caplog.text
    assert [e.event for e in place.log(job.id)].count("attempt failed") == 2


@pytest.mark.logs_errors
def test_a_bug_that_does_not_return_does_not_matter(place: Place):
    place.order(intake="crash\n")
    job, _ = place.new_run()
    assert run_stage(place.shop, job.id, "intake", "test") == "again"
    assert run_all(place, job.id) == ["done"] * 7


def test_an_attempt_that_was_replaced_writes_nothing(place: Place):
    job, _ = place.new_run()
    run_stage(place.shop, job.id, "intake", "test")
    stage = table()["silence"]

    def replaced_meanwhile(*values, params, context):
        with place.shop.store.write() as con:
            begin_stage(con, job.id, "silence", "another worker")
        return stage.run(*values, params=params, context=context)

    late = {**place.shop.table, "silence": replace(stage, run=replaced_meanwhile)}
    shop = replace(place.shop, table=late)
    assert run_stage(shop, job.id, "silence", "late") == "lost"
    row = place.stages(job.id)["silence"]
    assert (row.status, row.attempt, row.worker) == ("running", 2, "another worker")
    assert place.shop.artifacts.folder(row.key) is None


def test_a_stage_does_not_run_before_what_it_needs(place: Place):
    job, _ = place.new_run()
    assert run_stage(place.shop, job.id, "content", "test") == "skipped"
    assert place.runs() == []


def test_a_stage_that_was_told_to_stop_has_not_failed(place: Place):
    job, _ = place.new_run()
    for _ in range(5):
        with place.shop.store.write() as con:
            begin_stage(con, job.id, "intake", "test")
        with place.shop.store.write() as con:
            give_back(con, job.id, "intake")
    row = place.stages(job.id)["intake"]
    assert (row.status, row.attempt, row.tries) == ("pending", 5, 0)
    assert run_all(place, job.id) == ["done"] * 7


def test_the_third_death_of_a_stage_quarantines_the_recording(place: Place):
    job, _ = place.new_run()
    ended = []
    for _ in range(3):
        with place.shop.store.write() as con:
            begin_stage(con, job.id, "intake", "test")
        with place.shop.store.write() as con:
            ended.append(note_death(con, job.id, "intake"))
    assert ended == [False, False, True]
    assert place.job(job.id).error_code == "quarantined"
    with place.shop.store.write() as con, pytest.raises(StageError):
        begin_stage(con, job.id, "intake", "test")
