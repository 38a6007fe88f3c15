"""Drafts to look at first, and full quality afterwards: asked for, told, and estimated."""

import pytest

from app.services.runs import DRAFT_SHARE
from app.views.clips import quality_line, render_times, unrendered
from data.records import to_json
from tests.app.conftest import finish


@pytest.fixture
def job(services, lecture):
    return services.review.job_of(lecture)


def clip(height=720, state="proposed", made=True):
    return {"width": 1280, "height": height, "state": state, "video": "x" if made else None}


def test_compile_renders_in_the_quality_that_is_asked_for(services, client, job):
    draft = services.jobs.compile(job.id, "draft")
    assert draft.params["compile"]["quality"] == "draft"
    assert draft.parent == job.id
    finish(services, draft.id)
    assert services.jobs.compile(draft.id).params["compile"]["quality"] == "draft"
    answer = client.post(f"/api/v1/jobs/{draft.id}/render?quality=full")
    assert answer.status_code == 201
    assert services.jobs.get(answer.json()["id"]).params["compile"]["quality"] == "full"
    assert client.post(f"/api/v1/jobs/{draft.id}/render?quality=fine").status_code == 422


def test_estimate_comes_from_the_dearest_run_and_from_the_clips_as_they_stand(services, job):
    clips = services.clips.list(job.id)
    kept = sum(part.duration for one in clips for part in one.parts)
    made = sum(one.duration for one in clips)
    with services.store.write() as con:
        key = con.row("select key from stage where job_id = $1 and name = 'compile'", job.id)["key"]
        con.run("update stage_result set seconds = $2 where key = $1", key, 40.0)
    told = services.runs.render_seconds(job.id)
    assert told["full"] == pytest.approx(40.0 * kept / made)
    assert told["draft"] == pytest.approx(told["full"] * DRAFT_SHARE)
    services.clips.set_state(clips[0].id, "rejected")
    left = sum(part.duration for part in clips[1].parts)
    assert services.runs.render_seconds(job.id)["full"] == pytest.approx(40.0 * left / made)
    with services.store.write() as con:
        params = {**job.params, "compile": {**job.params["compile"], "quality": "draft"}}
        con.run("update job set params = $2 where id = $1", job.id, to_json(params))
    told = services.runs.render_seconds(job.id)
    assert told["draft"] == pytest.approx(40.0 * left / made)


def test_the_line_says_what_is_rendered_and_how():
    both = quality_line([clip(), clip()], "full")
    assert both == "The clips are rendered in full quality (720p)."
    assert quality_line([clip(360)], "draft") == "The clips are rendered as drafts (360p)."
    mixed = [clip(), clip(made=False), clip(made=False, state="rejected")]
    assert unrendered(mixed) == 1
    assert quality_line(mixed, "full") == (
        "1 clip is not rendered as it stands now; the others are rendered in full quality (720p)."
    )
    assert quality_line([clip(made=False)], "full") == "No clip is rendered as it stands now."
    assert quality_line([clip(state="rejected")], "full") == "No clip is kept."
    assert render_times({"full": 40.0, "draft": 10.0}, ["draft", "full"]) == (
        "Takes at most about 10 s as drafts, 40 s in full quality."
    )
    assert "known after the first" in render_times({}, ["full"])
