"""Templates: each shows screen and camera where its file says, and the lecturer stays in view."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from agents.compile import CompileParams, render_clip, templates
from agents.compile.compositor import caption_strip, compose
from agents.compile.people import Person, find_people, find_person
from agents.compile.templates import TemplateName, read_template
from agents.types import Box, KeyFrames, LayoutRegion
from tests.agents.test_compile_geometry import media
from tests.colour_lecture import BLUE, GREEN, RED, YELLOW, make_colour_lecture, read_frames

NAMES = get_args(TemplateName)
QUICK = {"size": "360p", "preset": "ultrafast"}
CAMERA = Box(954, 504, 300, 194)
BOTH = LayoutRegion(0, 9, "picture_in_picture", Box(0, 0, 1280, 720), CAMERA, 1.0)


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_colour_lecture(tmp_path_factory.mktemp("looks") / "lecture.mp4", seconds=4)


def share(pixels, colour):
    return (np.abs(pixels.astype(int) - colour).max(axis=-1) <= 45).mean()


def shown(pixels):
    """Return whether screen and camera are to be seen."""
    return min(share(pixels, RED), share(pixels, GREEN)) > 0.02, share(pixels, BLUE) > 0.02


def picture(lecture, folder, name, kind="side_by_side", **params):
    cues = [(0.0, 2.0, "Some words to be read by those who hear nothing")]
    clip = render_clip(
        lecture.intake,
        lecture.plan((1.5, 3.5), kind=kind, cues=cues),
        params=CompileParams(template=name, **QUICK, **params),
        folder=folder,
        progress=lambda percent: None,
    )
    return clip, read_frames(clip.video)[10]


def test_every_file_is_a_template_and_every_template_a_file():
    files = {file.stem for file in Path(templates.__file__).parent.glob("*.toml")}
    assert files == set(NAMES)
    assert len({read_template(name).title for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_shows_what_it_promises(lecture, tmp_path, name):
    clip, frame = picture(lecture, tmp_path, name)
    look = read_template(name)
    assert (clip.width, clip.height) == look.canvas(360) == frame.shape[1::-1]
    wanted = {"screen": (True, False), "camera": (False, True)}
    assert shown(frame) == wanted.get(look.both, (True, True))
    strip = caption_strip(CompileParams(template=name, **QUICK))
    words = frame[strip.y : strip.y + strip.h]
    assert share(words, (255, 255, 255)) > 0.02
    edge = frame[:, [0, 1, -2, -1]]
    assert share(edge, (255, 255, 255)) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["screen_only", "camera_only"])
def test_a_template_follows_the_layout(lecture, tmp_path, name, kind):
    _, frame = picture(lecture, tmp_path, name, kind)
    screen, camera = shown(frame)
    assert (camera, screen) == ((False, True) if kind == "screen_only" else (True, screen))
    assert 0 not in frame.shape


@pytest.mark.parametrize("name", ["vertical", "square"])
@pytest.mark.parametrize("kind", ["screen_only", "picture_in_picture"])
def test_a_tall_or_square_clip_is_filled_with_the_screen_blurred(name, kind):
    region = LayoutRegion(0, 9, kind, Box(100, 60, 960, 540), CAMERA, 1.0)
    params = CompileParams(template=name)
    behind = compose(region, media(), params).behind
    assert behind.w / behind.h == pytest.approx(params.canvas[0] / params.canvas[1], abs=0.01)
    assert behind.h == 540
    assert 100 <= behind.x < behind.x + behind.w <= 1060
    assert compose(region, media(), CompileParams(template=name, backdrop="plain")).behind is None
    assert compose(region, media(), CompileParams()).behind is None


@pytest.mark.parametrize("camera", [Box(480, 40, 160, 120), Box(0, 0, 214, 120), Box(8, 8, 90, 90)])
def test_a_small_camera_alone_fills_a_tall_picture(camera):
    region = LayoutRegion(0, 9, "camera_only", None, camera, 1.0)
    (panel,) = compose(region, media(), CompileParams(template="vertical")).panels
    assert (panel.target.w, panel.target.h) == pytest.approx((720, 1280), abs=8)
    shape = panel.target.w / panel.target.h
    assert panel.source.w / panel.source.h == pytest.approx(shape, rel=0.01)


def test_a_bubble_is_round_and_the_screen_shows_around_it(lecture, tmp_path):
    _, frame = picture(lecture, tmp_path, "bubble", captions=False)
    params = CompileParams(template="bubble", captions=False, **QUICK)
    region = lecture.region(0, 9, "side_by_side")
    at = compose(region, lecture.intake.media, params).bubble.target
    square = frame[at.y : at.y + at.h, at.x : at.x + at.w]
    lecturer = (np.abs(square.astype(int) - BLUE).max(axis=-1) <= 60) | (
        np.abs(square.astype(int) - YELLOW).max(axis=-1) <= 60
    )
    middle = at.w // 2
    assert lecturer[middle, 2:-2].mean() > 0.95
    assert lecturer[2:-2, middle].mean() > 0.95
    assert not lecturer[:8, :8].any()
    assert lecturer.mean() == pytest.approx(np.pi / 4, abs=0.07)


def key_frames(at, camera=CAMERA, size=(320, 180), count=12, shadow=()):
    """Return pictures in which a head of 6 x 8 cells stands at `at(i)`, in parts of the camera."""
    luma = np.full((count, size[1], size[0]), 90, np.uint8)
    x0, y0, w, h = (round(side / 4) for side in camera)
    for i in range(count):
        x, y = at(i)
        left, top = x0 + round(x * w) - 3, y0 + round(y * h) - 4
        luma[i, top : top + 8, left : left + 6] = 90 + 40 * (1 + i % 2)
    for i in shadow:
        luma[i, y0 : y0 + h, x0 : x0 + w] -= 60
    return KeyFrames(np.arange(count) / 2, luma)


def test_the_lecturer_is_found_where_something_moves_all_the_time():
    frames = key_frames(lambda i: (0.3, 0.5), shadow=(4,))
    person = find_people(frames, [BOTH], media())[CAMERA]
    assert (person.left + person.right) / 2 == pytest.approx(0.3, abs=0.04)
    assert person.right - person.left < 0.15
    assert person.top == pytest.approx(0.5, abs=0.12)


def test_a_hand_that_waves_far_away_does_not_hide_a_head_that_is_nearly_still():
    frames = key_frames(lambda i: (0.8, 0.6))
    x0, y0, w, h = (round(side / 4) for side in CAMERA)
    mouth = frames.luma[::2, y0 + h // 3 : y0 + h // 3 + 2, x0 + w // 4 : x0 + w // 4 + 3]
    mouth += 14
    person = find_person(frames.luma, CAMERA, media())
    assert person.left < 0.3
    assert person.right > 0.8


def test_a_lecturer_who_walks_is_found_everywhere_he_goes():
    frames = key_frames(lambda i: (0.5 + 0.35 * np.sin(i), 0.5), count=40)
    person = find_person(frames.luma, CAMERA, media())
    assert person.left < 0.2
    assert person.right > 0.8


def test_nobody_is_found_in_a_still_or_in_too_few_pictures():
    still = key_frames(lambda i: (0.3, 0.5))
    still.luma[:] = still.luma[0]
    assert find_people(still, [BOTH], media()) == {}
    assert find_person(key_frames(lambda i: (0.3, 0.5), count=4).luma, CAMERA, media()) is None
    assert find_person(still.luma, Box(0, 0, 8, 8), media()) is None


@pytest.mark.parametrize("name", ["side_by_side", "bubble", "vertical", "square"])
@pytest.mark.parametrize("middle", [0.2, 0.5, 0.8])
def test_a_crop_keeps_the_lecturer(name, middle):
    person = Person(middle - 0.12, middle + 0.12, 0.1, 1.0)
    made = compose(BOTH, media(), CompileParams(template=name), {CAMERA: person})
    part = (made.bubble or made.panels[-1]).source
    assert part.w < CAMERA.w or part.h < CAMERA.h
    assert part.x <= CAMERA.x + person.left * CAMERA.w + 2
    assert part.x + part.w >= CAMERA.x + person.right * CAMERA.w - 2
    assert part.y <= CAMERA.y + person.top * CAMERA.h


def test_a_lecturer_who_walks_about_is_not_cut():
    person = Person(0.05, 0.95, 0.1, 1.0)
    for name in ("side_by_side", "vertical"):
        made = compose(BOTH, media(), CompileParams(template=name), {CAMERA: person})
        assert made.panels[-1].source.w >= 0.98 * CAMERA.w
