"""Layouts that are hard to tell: sparse key frames, dark rooms, films behind a camera, walkers."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from agents.intake import measure
from agents.layout import AGENT
from agents.layout.borders import frames_with_border
from agents.layout.boxes import Rect, iou
from agents.layout.detector import NOBODY, Arrangement, detect_layout, label_frames
from agents.layout.likeness import Camera
from agents.layout.looks import is_torn, look_for_motion
from agents.layout.motion import measure_motion, measure_stir
from agents.layout.params import LayoutParams
from agents.layout.resemblance import screens_differ
from agents.layout.screens import find_screen
from agents.types import KeyFrames, PacketTable
from jobs.evaluation.texts import make_intake
from tests.hearing import context
from tests.moving import CAMERA, add_camera, motion_of, slide_pictures
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


def test_lecturer_between_upright_lines_of_the_room_is_a_camera_alone():
    luma = add_camera(slide_pictures(12), CAMERA)
    moments = [add_camera(slide_pictures(12), CAMERA, seed=10 + n) for n in range(4)]
    rng, (rows, columns) = np.random.default_rng(6), np.mgrid[:180, :320]
    for room in (picture for pictures in (luma, *moments) for picture in pictures[8:]):
        room[:] = 70
        room[10:100, 16:112] = 160
        room[:, 224:226] = 30
        x, y = 160 + rng.integers(-8, 9), 25 + rng.integers(0, 8)
        room[((columns - x) / 30) ** 2 + ((rows - y - 45) / 42) ** 2 < 1] = 130
        room[((columns - x) / 60) ** 2 + ((rows - y - 170) / 85) ** 2 < 1] = 45
    motion = measure_motion(KeyFrames(np.arange(12) * 8.0, luma), range(12), measure_stir(moments))
    inset, alone = detect_layout(motion, luma, 96.0, PARAMS)
    assert inset.arrangement.kind == "picture_in_picture"
    assert (alone.arrangement.kind, alone.first) == ("camera_only", 8)


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


def test_camera_that_reaches_over_the_margin_below_the_slide_keeps_all_of_its_box():
    luma = np.zeros((12, 180, 320), np.uint8)
    luma[:, 20:150] = slide_pictures(12)[:, :130]
    place = Rect(250, 130, 300, 168)
    add_camera(luma, place)
    (stretch,) = detect_layout(motion_of(luma, place), luma, 96.0, PARAMS)
    assert iou(stretch.arrangement.camera, place) > CAMERA_IOU
    assert stretch.arrangement.screen == Rect(0, 20, 320, 150)


def faces(luma, x, y, seed=0):
    """Draw a dark room into pictures (n, h, w) in which only a face can be seen; it moves."""
    luma[:] = 18
    rows, columns = np.mgrid[: luma.shape[1], : luma.shape[2]]
    moves = np.random.default_rng(seed).uniform(0, 9, len(luma))
    for picture, dx in zip(luma, moves, strict=True):
        away = ((columns - x - dx) / 14) ** 2 + ((rows - y) / 20) ** 2
        picture[:] += (110 / (1 + away**4)).astype(np.uint8)
    return luma


def seen_by(draw, count=10):
    """Return pictures that `draw(pictures, seed)` draws into, and the motion of four moments."""
    luma, *moments = (draw(slide_pictures(count), seed) for seed in range(5))
    frames = KeyFrames(np.arange(count) * 8.0, luma)
    return luma, measure_motion(frames, range(count), measure_stir(moments))


def test_face_in_a_dark_room_is_a_camera_that_fills_the_picture():
    luma, motion = seen_by(lambda pictures, seed: faces(pictures, 150, 80, seed))
    (stretch,) = detect_layout(motion, luma, 80.0, PARAMS)
    assert stretch.arrangement.kind == "camera_only"


def test_face_in_a_dark_room_beside_the_screen_is_a_camera_as_high_as_the_picture():
    def draw(pictures, seed):
        faces(pictures[:, :, 250:], 30, 80, seed)
        return pictures

    luma, motion = seen_by(draw)
    (stretch,) = detect_layout(motion, luma, 80.0, PARAMS)
    assert stretch.arrangement.kind == "side_by_side"
    assert iou(stretch.arrangement.camera, Rect(250, 0, 320, 180)) > CAMERA_IOU
    assert iou(stretch.arrangement.screen, Rect(0, 0, 250, 180)) > SCREEN_IOU


def test_weak_box_of_which_a_clear_camera_covers_a_part_is_no_second_camera():
    place = Rect(10, 10, 90, 60)
    luma = add_camera(slide_pictures(16), place)
    motion = motion_of(luma, place)
    stir = motion.stir.copy()
    stir[4:10, 0:20, 8:56] = 60
    luma[4:10, 98:101, 40:280] = 60
    luma[4:10, 60:100, 279:282] = 60
    (stretch,) = detect_layout(replace(motion, stir=stir), luma, 128.0, PARAMS)
    assert iou(stretch.arrangement.camera, place) > CAMERA_IOU


def test_task_bar_is_told_by_the_slides_of_all_arrangements_that_show_it():
    luma = slide_pictures(12)[[0] * 4 + [5] * 4 + [9] * 4]
    luma[:, 166:] = 215
    luma[:, 170:176, 10:200:9] = 60
    camera = Rect(20, 60, 80, 110)
    alone = find_screen(luma[8:], None, PARAMS.bar_level)
    assert alone.bottom == 180
    with_others = find_screen(luma[4:], None, PARAMS.bar_level, (), [(luma[:4], camera)])
    assert with_others == Rect(0, 0, 320, 166)


def shown_in(slide, screen):
    """Return a picture with a slide (180, 320) scaled into `screen`, and the arrangement."""
    picture = np.full((180, 320), 25, np.uint8)
    size = screen.right - screen.left, screen.bottom - screen.top
    screen.inside(picture)[...] = cv2.resize(slide, size, interpolation=cv2.INTER_AREA)
    return picture, Arrangement("screen_only", screen, None, 1.0, ())


def test_slide_that_only_gets_another_size_when_the_layout_turns_is_the_same():
    first, second = slide_pictures(2)
    small, whole = Rect(10, 40, 210, 152), Rect(0, 0, 320, 180)
    assert not screens_differ(shown_in(first, small), shown_in(first, whole), PARAMS)
    assert screens_differ(shown_in(first, small), shown_in(second, whole), PARAMS)
    wider = Rect(60, 0, 320, 180)
    assert not screens_differ(shown_in(first, small), shown_in(first, wider), PARAMS)


def test_title_bar_and_footer_of_a_template_belong_to_the_slide():
    luma = np.full((4, 180, 320), 245, np.uint8)
    luma[:, :26] = luma[:, 154:] = 70
    luma[:, 60:80, 50:200:3] = 30
    assert find_screen(luma, None, PARAMS.bar_level) == Rect(0, 0, 320, 180)
    luma[:, :26] = luma[:, 154:] = 12
    assert find_screen(luma, None, PARAMS.bar_level) == Rect(0, 26, 320, 154)


def test_arrangement_cannot_turn_where_the_picture_stays_as_it_is():
    """Frame 3 looks a little like the camera to come, but exactly like the slide before it."""
    slide, filmed = np.full((36, 64), 120, np.uint8), np.full((36, 64), 60, np.uint8)
    slide[:, ::2], filmed[:, ::2] = 160, 140
    cells = np.stack([slide] * 4 + [filmed] * 4)
    luma = cells.repeat(5, axis=1).repeat(5, axis=2)
    plain = measure_motion(KeyFrames(np.arange(8) * 8.0, luma))
    stir = np.zeros((7, 36, 64), np.uint8)
    stir[3:, 10:20, 20:40] = 80
    motion = replace(plain, stir_index=np.array([0, 1, 2, 4, 5, 6, 7]), stir=stir)
    look = filmed.astype(np.float32)
    whole = Camera(Rect(0, 0, 320, 180), 0.0, look, 80.0, (4, 5, 6, 7), True)
    assert label_frames([whole], motion, luma, PARAMS).tolist() == [NOBODY] * 4 + [0] * 4
    noisy = replace(motion, change=np.full_like(motion.change, 40))
    assert label_frames([whole], noisy, luma, PARAMS).tolist() == [NOBODY] * 3 + [0] * 5


def test_second_in_which_another_picture_comes_tells_nothing_of_the_key_frame():
    slides = slide_pictures(2)
    other = add_camera(slides.copy(), Rect(0, 0, 320, 180))
    assert is_torn(slides, slides).tolist() == [False, False]
    assert is_torn(slides, np.stack((slides[0], other[1]))).tolist() == [False, True]
    talks = [add_camera(slides.copy(), CAMERA, seed=seed, sway=4) for seed in (1, 2)]
    assert is_torn(*talks).tolist() == [False, False]


def test_slides_that_change_between_far_key_frames_do_not_move_as_a_camera_does(monkeypatch):
    """Between any two key frames another slide came, and somebody beside it moved all the time."""
    slide, person, count = Rect(10, 60, 150, 120), Rect(240, 60, 300, 120), 24
    luma = np.full((count, 180, 320), 40, np.uint8)
    slide.inside(luma)[...] = slide_pictures(count)[:, 20:80, :140]
    moments = [add_camera(luma.copy(), person, seed=seed, sway=4) for seed in range(5)]
    luma = moments.pop()

    def decode(media, times):
        numbers = np.round(np.asarray(times) / 20.0).astype(int)
        return [pictures[numbers] for pictures in moments]

    monkeypatch.setattr("agents.layout.looks.decode_moments", decode)
    time = np.arange(count) * 20.0
    intake = replace(
        make_intake(count * 20.0),
        packets=PacketTable(time, np.full(count, 9000), np.ones(count, bool)),
        key_frames=KeyFrames(time, luma),
    )
    motion = look_for_motion(intake)
    assert len(motion.stir) > 10
    assert slide.scaled(0.2, 0.2).inside(motion.stir).max() == 0
    assert (person.scaled(0.2, 0.2).inside(motion.stir).max(axis=(1, 2)) > 12).all()


def test_box_counts_only_where_its_border_is_seen():
    luma = slide_pictures(5)
    add_camera(luma[:3], CAMERA)
    assert frames_with_border(CAMERA, [0, 1, 2, 3, 4], luma) == {0, 1, 2}


def test_screen_whose_own_sides_run_on_lies_where_it_does_at_other_times():
    window, luma = Rect(40, 30, 280, 150), np.full((2, 180, 320), 90, np.uint8)
    luma[:, :30], luma[:, 150:] = 200, 60
    window.inside(luma)[...] = slide_pictures(2)[:, 10:130, :240]
    assert find_screen(luma, None, PARAMS.bar_level) == Rect(0, 0, 320, 180)
    assert find_screen(luma, None, PARAMS.bar_level, [window]) == window
    moved = Rect(200, 30, 280, 150)
    assert find_screen(luma, None, PARAMS.bar_level, [moved]) == Rect(0, 0, 320, 180)
