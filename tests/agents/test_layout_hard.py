"""Layouts that are hard to tell: sparse key frames, dark rooms, films behind a camera, walkers."""

import numpy as np
import pytest

from agents.intake import measure
from agents.layout import AGENT
from agents.layout.boxes import Rect, iou
from agents.layout.detector import detect_layout
from agents.layout.motion import measure_motion, measure_stir
from agents.layout.params import LayoutParams
from agents.types import KeyFrames
from tests.hearing import context
from tests.moving import CAMERA, add_camera, slide_pictures
from tests.recordings import tone, write_recording

PARAMS = LayoutParams()
SCREEN_IOU, CAMERA_IOU = 0.9, 0.85
FPS = 10


def test_arrangement_of_which_only_one_key_frame_tells_is_found(tmp_path):
    """A camera amid the slide is told from a film by a slide change, after the last key frame."""
    place, slides = Rect(20, 60, 80, 110), slide_pictures(3)
    luma = slides[[0] * 120 + [1] * 120 + [2] * 80].copy()
    add_camera(luma[120:], place, sway=5)
    x264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "200", "-sc_threshold", "0")
    path = tmp_path / "sparse.mkv"
    write_recording(path, luma.repeat(2, axis=1).repeat(2, axis=2), [tone(32)], codecs=x264)
    intake = measure(path, context=context(tmp_path))
    assert len(intake.key_frames.time) == 2
    layout = AGENT.run(intake, params=PARAMS, context=context(tmp_path))
    assert [region.kind for region in layout.regions] == ["screen_only", "picture_in_picture"]
    assert layout.regions[1].start == pytest.approx(12, abs=2)
    box = layout.regions[1].camera
    found = Rect(box.x, box.y, box.x + box.w, box.y + box.h)
    assert iou(found, place.scaled(2, 2)) > CAMERA_IOU
    assert [one.start for one in layout.slides[1:]] == pytest.approx([12, 24], abs=1)


def test_film_that_a_camera_covers_in_part_is_not_taken_into_its_box():
    film = Rect(150, 70, 260, 140)
    luma, moments = slide_pictures(18), [slide_pictures(18) for _ in range(4)]
    for seed, pictures in enumerate((luma, *moments)):
        add_camera(pictures[6:12], film, seed=seed + 5, sway=3)
        add_camera(pictures, CAMERA, seed=seed + 10, sway=4)
    frames = KeyFrames(np.arange(18) * 8.0, luma)
    motion = measure_motion(frames, range(18), measure_stir(moments))
    (stretch,) = detect_layout(motion, luma, 144.0, PARAMS)
    assert stretch.arrangement.kind == "picture_in_picture"
    assert iou(stretch.arrangement.camera, CAMERA) > CAMERA_IOU


def walking(count, seed):
    """Return a dark wall (n, 180, 320) along which a lecturer in a white shirt walks."""
    wall = np.linspace(30, 90, 320).astype(np.uint8)
    luma = np.broadcast_to(wall, (count, 180, 320)).copy()
    for picture, x in zip(luma, np.random.default_rng(seed).integers(40, 280, count), strict=True):
        picture[90:, max(0, x - 50) : x + 50] = 225
        picture[45:90, x - 20 : x + 20] = 120
    return luma


def test_lecturer_who_walks_about_is_a_camera_alone_all_the_time():
    luma = np.concatenate((walking(10, 1), slide_pictures(10)))
    moments = [luma.copy() for _ in range(4)]
    for seed, pictures in enumerate(moments):
        pictures[:10] = walking(10, 2 + seed)
    motion = measure_motion(KeyFrames(np.arange(20) * 8.0, luma), range(20), measure_stir(moments))
    first, second = detect_layout(motion, luma, 160.0, PARAMS)
    assert (first.arrangement.kind, first.last) == ("camera_only", 9)
    assert second.arrangement.kind == "screen_only"


def in_dark_room(part, seed):
    """Draw a dark wall and a small lit head that moves into pictures (n, h, w)."""
    part[:] = 22
    for picture, x in zip(
        part, np.random.default_rng(seed).integers(20, 36, len(part)), strict=True
    ):
        picture[14:38, x : x + 18] = 140


def test_dark_slide_where_nothing_moves_is_no_camera_in_a_dark_room():
    luma = 255 - slide_pictures(20)
    place = Rect(240, 120, 312, 174)
    place.inside(luma)[:] = 10
    moments = [luma.copy() for _ in range(4)]
    for seed, pictures in enumerate((luma, *moments)):
        in_dark_room(place.inside(pictures)[:10], seed)
    motion = measure_motion(KeyFrames(np.arange(20) * 8.0, luma), range(20), measure_stir(moments))
    first, second = detect_layout(motion, luma, 160.0, PARAMS)
    assert (first.arrangement.kind, first.last) == ("picture_in_picture", 9)
    assert second.arrangement.kind == "screen_only"
