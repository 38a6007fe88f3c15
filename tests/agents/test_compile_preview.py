import io
from dataclasses import replace

import numpy as np
import pytest

import agents.compile.preview as preview_module
from agents.compile.params import CompileParams
from agents.compile.preview import draw_still, take_picture
from agents.compile.render import render_clip
from tests.colour_lecture import make_colour_lecture, read_frames

PARAMS = CompileParams(size="360p", preset="ultrafast", crf=15, caption_highlight=True)
TIMES = (0.0, 1.0, 2.52, 3.96)
CUES = [(0.4, 1.6, "The word being said\nstands out here."), (2.4, 3.9, "A second cue")]


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_colour_lecture(
        tmp_path_factory.mktemp("preview") / "lecture.mp4", seconds=8, flashes=(1.0, 5.0)
    )


def plan_of(lecture):
    """Return a plan with a cut and a change of layout after it."""
    regions = [(0.0, 5.5, "side_by_side"), (5.5, 8.0, "screen_only")]
    plan = lecture.plan((0.5, 2.5), (4.5, 6.5), regions=regions, cues=CUES)
    first = replace(plan.cues[0], spoken=(0.4, 0.6, 0.8, 1.0, 1.2, 1.3, 1.4))
    return replace(plan, cues=(first, plan.cues[1]))


def decoded(content):
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.mark.parametrize("template", ["side_by_side", "bubble", "vertical", "camera_and_slides"])
def test_still_shows_what_the_rendered_clip_shows(lecture, tmp_path, template):
    params = PARAMS.model_copy(update={"template": template})
    plan = plan_of(lecture)
    clip = render_clip(
        lecture.intake, plan, params=params, folder=tmp_path, progress=lambda percent: None
    )
    frames = read_frames(clip.video).astype(int)
    for time in TIMES:
        number = round(time * 25)
        for kind, most in (("png", 2.5), ("jpeg", 4.0)):
            still = decoded(draw_still(lecture.intake, plan, time, params=params, kind=kind))
            off = np.abs(frames - still).mean(axis=(1, 2, 3))
            assert off[number] < most
            far = np.abs(np.arange(len(frames)) - number) > 8
            assert off[number] < off[far].min()


def test_picture_is_decoded_once_for_any_number_of_looks(lecture, monkeypatch):
    plan = plan_of(lecture)
    picture = take_picture(lecture.intake, plan, 1.0, params=PARAMS)
    fresh = draw_still(lecture.intake, plan, 1.0, params=PARAMS)
    monkeypatch.setattr(preview_module, "_take", lambda *args: pytest.fail("decoded again"))
    assert draw_still(lecture.intake, plan, 1.0, params=PARAMS, picture=picture) == fresh
    square = PARAMS.model_copy(update={"template": "square"})
    still = decoded(draw_still(lecture.intake, plan, 1.0, params=square, picture=picture))
    assert still.shape == (360, 360, 3)


def test_a_picture_of_another_time_is_not_used(lecture):
    plan = plan_of(lecture)
    other = take_picture(lecture.intake, plan, 3.0, params=PARAMS)
    still = draw_still(lecture.intake, plan, 0.0, params=PARAMS, picture=other)
    assert still == draw_still(lecture.intake, plan, 0.0, params=PARAMS)


def test_a_time_after_the_end_shows_the_last_frame(lecture):
    plan = plan_of(lecture)
    last = draw_still(lecture.intake, plan, 3.96, params=PARAMS)
    assert draw_still(lecture.intake, plan, 99.0, params=PARAMS) == last
