"""Stills of clips over HTTP: other tunables at once, nonsense refused in one sentence."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from agents.types import Box, LayoutRegion
from app.exports import caption_notices
from tests.colour_lecture import make_colour_lecture


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("stills") / "lecture.mp4"
    boxes = {"screen": Box(0, 0, 240, 136), "camera": Box(240, 0, 80, 60)}
    return make_colour_lecture(path, seconds=60, size=(320, 180), fps=5, flashes=(), **boxes)


@pytest.fixture
def recorded(services, finished, recording, monkeypatch):
    """Return the id of a finished lecture whose recording can be decoded."""
    monkeypatch.setattr(services.results, "intake", lambda job_id: recording.intake)
    return finished


def picture(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_a_still_follows_the_tunables_in_its_address(client, recorded):
    base = f"/api/v1/lectures/{recorded}/still.jpg?t=12&size=360p"
    wide = picture(client.get(base))
    assert wide.shape == (360, 640, 3)
    assert picture(client.get(f"{base}&template=vertical")).shape == (640, 360, 3)
    bare = picture(client.get(f"{base}&captions=false"))
    assert np.abs(wide - bare).max() > 100
    assert np.abs(bare - picture(client.get(f"{base}&captions=false&t=12.01"))).mean() < 1


def test_a_still_of_a_clip_shows_its_own_title(client, services, recorded):
    clip = services.clips.list(services.jobs.latest(recorded).id)[0]
    base = f"/api/v1/clips/{clip.id}/still.jpg?t=0.5&size=360p&captions=false"
    plain = picture(client.get(base))
    titled = picture(client.get(f"{base}&title_card_s=2"))
    assert titled.mean() < 0.6 * plain.mean()
    assert (titled.min(axis=2) > 240).sum() > 200
    look = services.stills.of_clip(clip.id, 0.5)
    assert look.plan.title == clip.title
    assert look.dressing.lecture == services.lectures.get(recorded).title


def test_a_still_follows_corrections_that_are_not_stored(client, recorded):
    url = f"/api/v1/lectures/{recorded}/layout/still.jpg?t=12"
    shape = {"template": "side_by_side"}

    def still(*regions):
        return picture(client.post(url, json={"regions": regions, "shape": shape}))

    found = still()
    region = {"start": 10, "end": 20, "kind": "side_by_side"}
    boxes = {"screen": [0, 0, 240, 136], "camera": [240, 0, 80, 60]}
    assert np.abs(found - still({**region, **boxes})).mean() > 5
    assert np.abs(found - still({**region, "start": 30, "end": 40, **boxes})).mean() < 1
    outside = client.post(url, json={"regions": [{**region, **boxes, "camera": [300, 0, 80, 60]}]})
    assert outside.status_code == 400
    assert "leaves the picture" in outside.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("t=2&template=round", 422, "template: "),
        ("t=2&caption_size=900", 422, "less than or equal to 8"),
        ("t=2&shell=id", 422, "shell: there is no such field"),
        ("t=nan", 422, "finite number"),
        ("t=100000", 404, "there is no 100000.0 s in it"),
        ("t=2&job=nope", 404, "no such run"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(client, recorded, query, status, said):
    answer = client.get(f"/api/v1/lectures/{recorded}/still.jpg?{query}")
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_a_layout_about_to_be_corrected_is_shown_without_saving_it(services, recorded):
    job = services.jobs.latest(recorded)
    regions = (LayoutRegion(0, 120, "side_by_side", Box(0, 0, 160, 90), Box(160, 0, 80, 60), 1.0),)
    values = {"size": "360p", "captions": False}
    whole = services.stills.draw(services.stills.of_lecture(job, 5.0, values))
    cut = services.stills.draw(services.stills.of_lecture(job, 5.0, values, regions=regions))
    assert whole != cut


def test_letters_that_cannot_be_burned_in_are_told_of(services, recorded):
    job = services.jobs.latest(recorded)
    look = services.stills.of_lecture(job, 5.0)
    assert services.stills.notice(look) == ""
    cues = tuple(replace(cue, text="堆栈 heap") for cue in look.plan.cues)
    chinese = replace(look, plan=replace(look.plan, cues=cues))
    assert "堆 栈" in services.stills.notice(chinese)
    assert "SRT and VTT" in services.stills.notice(chinese)


def test_a_run_tells_of_letters_that_cannot_be_burned_in(services, recorded):
    plans = services.results.of(services.jobs.latest(recorded)).plans
    assert list(caption_notices(plans)) == []
    cues = (replace(plans[0].cues[0], text="堆栈"), *plans[1].cues)
    (notice,) = caption_notices([replace(plans[0], cues=cues)])
    assert notice.code == "letters"
    assert notice.message.startswith(f"1 of {len(cues)} subtitles")
