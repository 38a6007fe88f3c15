"""The client's typed calls against the app on a port."""

import pytest

from agents.errors import LectureError, NotFound
from app.client import Client
from app.connection import Refused
from tests.app.conftest import finish
from tests.app.live import listening


@pytest.fixture(scope="module")
def here(client):
    with listening(client.app) as address, Client(address) as program:
        yield program


@pytest.fixture
def job(services, lecture):
    return services.jobs.latest(lecture)


def test_what_was_found_comes_typed(here, services, lecture, job):
    found = services.results.of(job)
    assert here.topics(job.id) == found.content.segments
    assert here.layouts(job.id) == found.layout.regions
    assert [slide.title for slide in here.slides(job.id)] == ["First", "Second"]
    assert here.silences(job.id) == found.silence
    assert here.transcript(job.id).segments == found.transcript.segments
    assert len(here.sentences(job.id)) == 12
    assert lecture in [hit.lecture_id for hit in here.search("sentence")]
    assert here.downloads(lecture)[0].url.endswith(f"download.zip?job={job.id}")


def test_clips_are_judged_cut_and_rendered_again(here, services, lecture, job):
    first, second = here.clips(job.id)
    done = here.edit(job.id, "set_state", clip_id=first.id, state="accepted", revision=1)
    assert (done.done, done.at) == ("Accepted clip 1", 1)
    assert done.clips[0].state == here.clip(first.id).state == "accepted"
    with pytest.raises(Refused) as stale:
        here.edit(job.id, "lock", clip_id=first.id, locked=True, revision=1)
    assert stale.value.code == "stale_revision"
    cut = here.edit(job.id, "cut", clip_id=second.id, start=75, end=80)
    assert cut.clips[1].parts == [(70.0, 75.0), (80.0, 90.0), (95.0, 100.0)]
    here.edit(job.id, "undo")
    assert [step.undone for step in here.edits(job.id)] == [False, True]
    made = here.render(job.id)
    assert made.parent == job.id
    assert [run.job.id for run in here.runs(lecture)] == [made.id, job.id]
    compared = here.compare(job.id, made.id)
    assert len(compared.a.clips) == 2
    here.cancel(made.id)
    with pytest.raises(LectureError, match="op"):
        here.edit(job.id, "explode")


def test_clips_are_put_in_order_and_stay_so_when_they_are_rendered(here, services, job):
    first, second = here.clips(job.id)
    done = here.edit(job.id, "reorder", order=[second.id], at=0)
    assert done.done == "Put the clips in another order"
    assert [(clip.id, clip.rank) for clip in done.clips] == [(second.id, 1), (first.id, 2)]
    assert [clip.id for clip in here.clips(job.id)] == [second.id, first.id]
    with pytest.raises(Refused) as stale:
        here.edit(job.id, "reorder", order=[first.id], at=0)
    assert stale.value.code == "stale_revision"
    for wrong in ([first.id, first.id], ["x"]):
        with pytest.raises(LectureError):
            here.edit(job.id, "reorder", order=wrong)
    made = here.render(job.id)
    finish(services, made.id)
    assert [(clip.title, clip.rank) for clip in here.clips(made.id)] == [
        (second.title, 1), (first.title, 2),
    ]  # fmt: skip
    names = [row.name for row in here.downloads(made.lecture_id) if row.group.startswith("1. ")]
    assert names == ["Video", "SRT", "VTT", "Picture"]
    here.edit(job.id, "undo")
    assert [clip.id for clip in here.clips(job.id)] == [first.id, second.id]


def test_settings_are_tried_and_kept(here, lecture, job):
    tried = here.try_plan(lecture, {"extract.max_clips": 4}, job.id)
    assert len(tried.scores) == 12
    kept = here.save_preset("Four", {"extract.max_clips": 4})
    assert kept.id in [preset.id for preset in here.presets()]
    here.delete_preset(kept.id)
    grid = here.sweep({"extract.max_clips": [4, 5]}, [lecture])
    assert here.grid(grid.sweep.id).cells == [{"extract.max_clips": 4}, {"extract.max_clips": 5}]


def test_lectures_are_renamed_deleted_and_restored(here, lecture):
    assert here.rename(lecture, "Entropy").title == "Entropy"
    here.delete(lecture)
    with pytest.raises(NotFound):
        here.lecture(lecture)
    assert here.restore(lecture).id == lecture


def test_a_link_is_made_and_an_extra_that_fails_is_said(here, services, lecture, job, monkeypatch):
    (clip, _) = here.clips(job.id)
    assert here.link(clip.id).url.startswith("/api/v1/files/")
    seen = []
    monkeypatch.setattr("app.calls.POLL_S", 0.01)

    def progress(state):
        seen.append(state.status)
        services.extras.cancel("podcast", lecture, job.id)

    with pytest.raises(Refused, match="podcast"):
        here.make_extra(lecture, "podcast", job.id, progress)
    assert seen[0] in ("queued", "running")
