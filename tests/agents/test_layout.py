"""The layout agent: kinds, boxes and times of made lectures, and its rules one by one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from agents.intake import measure
from agents.layout import AGENT
from agents.layout.borders import ROUND_SUPPORT
from agents.layout.boxes import Rect, Snapped, cut_margins, find_blobs, iou, snap_to_edges
from agents.layout.cameras import find_cameras, is_shadow
from agents.layout.circles import fit_circle
from agents.layout.detector import arrange_samples, detect_layout, detect_regions, split_between
from agents.layout.likeness import Camera, shows
from agents.layout.motion import (
    is_settled,
    measure_change,
    measure_edges,
    measure_motion,
    measure_stir,
    stir_of_key_frames,
    to_cells,
)
from agents.layout.params import LayoutParams
from agents.layout.screens import find_screen
from agents.layout.votes import Vote
from agents.types import Box, KeyFrames
from tests.hearing import context
from tests.moving import CAMERA, add_camera, motion_of, slide_pictures
from tests.rendering import Look, Scene, render_lecture

PARAMS = LayoutParams()
CHANGED_WITHIN_S = 2.0
SCREEN_IOU, CAMERA_IOU = 0.9, 0.85
SCENES = (
    Scene("Searching", ("How programs look things up",), (0, 1, 2), "camera_only"),
    Scene("Linear search", ("Look at every item in turn", "Needs no order"), (5, 6)),
    Scene("Binary search", ("Open the list", "Keep half", "Repeat"), (13, 14, 15), "side_by_side"),
    Scene("Hash table", ("key -> place", "One step"), (23, 24, 25), "screen_only"),
    Scene("Summary", ("Linear: simple", "Binary: fast"), (30, 31), "picture_in_picture"),
)


def run(path, workdir, params=PARAMS):
    """Return what intake and the layout agent make of a recording."""
    intake = measure(path, context=context(workdir))
    return intake, AGENT.run(intake, params=params, context=context(workdir))


def overlap(box, truth):
    """Return the intersection over union of a box and [x, y, w, h]; 1 when both are absent."""
    if box is None or truth is None:
        return float(box is None and truth is None)
    rects = [Rect(x, y, x + w, y + h) for x, y, w, h in (box, truth)]
    return iou(*rects)


@pytest.fixture(scope="module", params=[8.0, 20.0], ids=["8 s GOP", "20 s GOP"])
def lecture(request, tmp_path_factory):
    """Return truth, intake and layout of a lecture that shows every arrangement."""
    folder = tmp_path_factory.mktemp("layouts")
    look = Look(gop_s=request.param, pointer=True)
    truth = render_lecture(folder / "all.mp4", SCENES, look)
    return truth, *run(folder / "all.mp4", folder)


def test_every_arrangement_is_named_and_its_boxes_fit(lecture):
    truth, _, layout = lecture
    assert [r.kind for r in layout.regions] == [t["type"] for t in truth["layouts"]]
    for region, wanted in zip(layout.regions, truth["layouts"], strict=True):
        assert overlap(region.screen, wanted["screen"]) >= SCREEN_IOU
        assert overlap(region.camera, wanted["camera"]) >= CAMERA_IOU
        assert 0 < region.confidence <= 1


def test_changes_of_layout_are_found_in_time(lecture):
    truth, _, layout = lecture
    starts = [region.start for region in layout.regions]
    assert starts == pytest.approx([t["t0"] for t in truth["layouts"]], abs=CHANGED_WITHIN_S)


def test_regions_and_slides_cover_the_lecture_without_gaps(lecture):
    _, intake, layout = lecture
    for parts in (layout.regions, layout.slides):
        assert parts[0].start == 0
        assert parts[-1].end == intake.media.duration
        assert all(a.end == b.start for a, b in pairwise(parts))


def test_slides_change_where_the_truth_says_in_every_arrangement(lecture):
    truth, _, layout = lecture
    assert [s.start for s in layout.slides[1:]] == pytest.approx(truth["slides"], abs=1.0)


def test_same_input_gives_the_same_layout(lecture, tmp_path):
    _, intake, layout = lecture
    again = AGENT.run(intake, params=PARAMS, context=context(tmp_path))
    assert again.regions == layout.regions
    assert [(s.start, s.end) for s in again.slides] == [(s.start, s.end) for s in layout.slides]


# --- rules, on pictures made of numbers -----------------------------------------------------------


def test_steady_motion_with_straight_borders_is_a_camera():
    luma = add_camera(slide_pictures(10), CAMERA)
    (stretch,) = detect_layout(motion_of(luma, CAMERA), luma, 80.0, PARAMS)
    found = stretch.arrangement
    assert found.kind == "picture_in_picture"
    assert found.camera is not None
    assert iou(found.camera, CAMERA) > CAMERA_IOU
    assert found.screen == Rect(0, 0, 320, 180)


def test_small_camera_on_the_margin_beside_the_slide_is_found():
    camera, screen = Rect(140, 4, 180, 44), Rect(45, 50, 275, 180)
    luma = np.full((8, 180, 320), 30, np.uint8)
    screen.inside(luma)[:] = slide_pictures(8)[:, :130, :230]
    add_camera(luma, camera)
    assert not cut_margins(luma, None, PARAMS.bar_level).meet(camera).area
    (stretch,) = detect_layout(motion_of(luma, camera), luma, 64.0, PARAMS)
    assert stretch.arrangement.kind == "side_by_side"
    assert iou(stretch.arrangement.camera, camera) > CAMERA_IOU
    assert iou(stretch.arrangement.screen, screen) > SCREEN_IOU


def test_slide_between_two_bars_is_no_camera(monkeypatch):
    slide = Rect(0, 20, 320, 160)
    luma = np.full((10, 180, 320), 16, np.uint8)
    slide.inside(luma)[:] = slide_pictures(10)[:, 20:160]
    film, ticker = Rect(180, 70, 300, 130), Rect(4, 162, 124, 178)
    add_camera(luma, film)
    ticker.inside(luma)[:] = np.arange(60, 260, 20).astype(np.uint8)[:, None, None]
    votes = [Vote(Snapped(slide, (0.5, 1.0, 0.5, 1.0)), (at,), whole=False) for at in range(9)]
    monkeypatch.setattr("agents.layout.cameras.short_votes", lambda *_: votes)
    assert find_cameras(motion_of(luma, film), luma, PARAMS) == ()


def seen_at(frames, rect, support, whole=False):
    """Return a camera that motion showed after those key frames, of a plain look."""
    look = np.full((4, 4), 90.0, np.float32)
    return Camera(rect, support, look, 30.0, tuple(frames), whole)


def test_box_around_a_camera_and_a_film_is_no_other_camera():
    camera = seen_at(range(9), CAMERA, 0.9)
    joint = Rect(150, 60, CAMERA.right, CAMERA.bottom)
    assert is_shadow(seen_at((3, 4), joint, 0.7), [camera])
    assert not is_shadow(seen_at((3, 4), joint, 0.95), [camera])
    assert is_shadow(seen_at((3, 4), joint, 0.91), [camera])
    assert not is_shadow(seen_at((3, 4, 5, 6), joint, 0.91), [camera])
    assert not is_shadow(seen_at((3, 4), Rect(0, 60, 200, 172), 0.7), [camera])


def test_wide_motion_behind_a_camera_in_its_box_is_no_camera_that_fills_the_picture():
    luma = add_camera(slide_pictures(12), CAMERA)
    motion = motion_of(luma, CAMERA)
    rng = np.random.default_rng(6)
    noise = rng.integers(16, 40, motion.stir.shape).astype(np.uint8)
    motion = replace(motion, stir=np.where(np.arange(12)[:, None, None] < 6, noise, motion.stir))
    (stretch,) = detect_layout(motion, luma, 96.0, PARAMS)
    assert stretch.arrangement.kind == "picture_in_picture"
    assert iou(stretch.arrangement.camera, CAMERA) > CAMERA_IOU


def test_camera_is_found_in_key_frames_alone_when_nothing_moves_within_moments():
    luma = add_camera(slide_pictures(12), CAMERA)
    (stretch,) = detect_layout(motion_of(luma), luma, 96.0, PARAMS)
    assert stretch.arrangement.kind == "picture_in_picture"
    assert iou(stretch.arrangement.camera, CAMERA) > 0.5


def test_stills_alone_give_boxes_in_pixels_of_the_pictures_they_come_from():
    luma = slide_pictures(24)
    luma[:12] = add_camera(luma[:12].copy(), CAMERA)
    frames = KeyFrames(np.arange(24) * 8.0, luma)
    first, second = detect_regions(frames, (1280, 720), 200.0, PARAMS)
    assert [first.kind, second.kind] == ["picture_in_picture", "screen_only"]
    assert overlap(first.camera, [v * 4 for v in CAMERA.to_box()]) > CAMERA_IOU
    assert second.screen == Box(0, 0, 1280, 720)
    assert (first.start, first.end, second.end) == (0.0, second.start, 200.0)
    assert second.start == pytest.approx(96.0, abs=8.0)


def test_slides_that_change_often_show_no_camera():
    luma = slide_pictures(12)
    (stretch,) = detect_layout(motion_of(luma), luma, 96.0, PARAMS)
    assert stretch.arrangement.kind == "screen_only"
    assert stretch.arrangement.camera is None


def test_pointer_that_wanders_is_no_camera():
    luma = slide_pictures(10)
    moments = [luma.copy() for _ in range(4)]
    for step, moment in enumerate(moments):
        for index, picture in enumerate(moment):
            x, y = 40 + 15 * index + 9 * step, 30 + 10 * index + 4 * step
            picture[y : y + 6, x : x + 4] = 0
    frames = KeyFrames(np.arange(10) * 8.0, luma)
    motion = measure_motion(frames, range(10), measure_stir(moments))
    (stretch,) = detect_layout(motion, luma, 80.0, PARAMS)
    assert stretch.arrangement.kind == "screen_only"


def test_picture_that_moves_nearly_everywhere_is_a_camera_alone():
    whole = Rect(0, 0, 320, 180)
    luma = add_camera(slide_pictures(8), whole)
    (stretch,) = detect_layout(motion_of(luma, whole), luma, 64.0, PARAMS)
    assert stretch.arrangement.kind == "camera_only"
    assert stretch.arrangement.screen is None
    assert stretch.arrangement.camera == whole


def test_black_video_is_a_full_screen_with_low_confidence():
    luma = np.full((6, 180, 320), 16, np.uint8)
    (stretch,) = detect_layout(motion_of(luma), luma, 48.0, PARAMS)
    found = stretch.arrangement
    assert (found.kind, found.camera, found.screen) == ("screen_only", None, Rect(0, 0, 320, 180))
    assert found.confidence < 0.3


def test_a_recording_with_a_single_key_frame_is_one_screen():
    luma = slide_pictures(1)
    motion = measure_motion(KeyFrames(np.zeros(1), luma))
    (stretch,) = detect_layout(motion, luma, 12.0, PARAMS)
    assert stretch.arrangement.kind == "screen_only"


def test_arrangement_that_lasts_too_short_is_ignored():
    luma = slide_pictures(20)
    luma[8:] = add_camera(luma[8:].copy(), CAMERA)
    motion = motion_of(luma, CAMERA)
    motion = replace(motion, stir=motion.stir * (np.arange(20) >= 8)[:, None, None])
    assert len(detect_layout(motion, luma, 160.0, PARAMS)) == 2
    longer = PARAMS.model_copy(update={"min_layout_s": 60.0})
    shorter = replace(motion, time=motion.time / 4)
    assert len(detect_layout(shorter, luma, 40.0, longer)) == 1


def test_black_bars_are_cut_off_although_a_logo_lies_on_one():
    luma = np.full((6, 180, 320), 12, np.uint8)
    luma[:, :, 60:260] = slide_pictures(6)[:, :, :200]
    luma[:, 165:176, 8:40] = 180
    assert cut_margins(luma, None, PARAMS.bar_level) == Rect(60, 0, 260, 180)


def test_white_margins_of_a_slide_stay():
    luma = slide_pictures(8)
    luma[:, :24] = 245
    assert cut_margins(luma, None, PARAMS.bar_level) == Rect(0, 0, 320, 180)


def test_camera_on_a_margin_does_not_hide_the_margin():
    luma = np.full((6, 180, 320), 30, np.uint8)
    luma[:, 31:150, 5:216] = slide_pictures(6)[:, :119, :211]
    camera = Rect(221, 54, 315, 126)
    add_camera(luma, camera)
    assert cut_margins(luma, camera, PARAMS.bar_level) == Rect(5, 31, 216, 150)


WINDOW = Rect(26, 22, 282, 155)


def on_desktop(slides, window=WINDOW):
    """Return slides in a window in front of a desktop: a gradient with icons."""
    rows = np.linspace(60, 120, 180).astype(np.uint8)[:, None]
    luma = np.repeat(np.broadcast_to(rows, (180, 320))[None], len(slides), axis=0)
    luma[:, 20:40, 4:18] = 220
    luma[:, 60:80, 4:18] = 220
    window.inside(luma)[...] = slides[:, : window.bottom - window.top, : window.right - window.left]
    return luma


def test_window_is_the_screen_and_the_desktop_behind_it_is_not():
    slides = slide_pictures(6)
    for number, picture in enumerate(slides):
        picture[6:18, 30 : 80 + 20 * number : 3] = 250
    assert find_screen(on_desktop(slides), None, PARAMS.bar_level) == WINDOW


def test_a_slide_that_stays_lies_where_the_screen_lies_at_other_times():
    luma = on_desktop(slide_pictures(1))
    assert find_screen(luma, None, PARAMS.bar_level, [WINDOW]) == WINDOW
    assert find_screen(slide_pictures(1), None, PARAMS.bar_level, [WINDOW]) == Rect(0, 0, 320, 180)


def test_bars_of_a_browser_are_cut_off_and_a_title_that_changes_is_not():
    luma = slide_pictures(6)
    luma[:, 24:] = 245
    luma[:, 24:180] = slide_pictures(6, seed=4)[:, :156]
    luma[:, :16] = 215
    luma[:, 5:11, 10:200:9] = 60
    assert find_screen(luma, None, PARAMS.bar_level) == Rect(0, 16, 320, 180)
    rng = np.random.default_rng(8)
    for picture in luma:
        picture[3:13, 20:200] = rng.integers(30, 240, (10, 180))
    assert find_screen(luma, None, PARAMS.bar_level) == Rect(0, 0, 320, 180)


def test_slide_between_bars_keeps_the_frames_and_the_white_margins_that_are_its_own():
    luma = slide_pictures(6)
    luma[:, :40], luma[:, 140:] = 250, 250
    luma[:, 40:140, :60], luma[:, 40:140, 260:] = 250, 250
    luma[..., :40], luma[..., 280:] = 0, 0
    assert find_screen(luma, None, PARAMS.bar_level) == Rect(40, 0, 280, 180)
    luma[:, 120:176, 6:66] = 120
    assert find_screen(luma, Rect(6, 120, 66, 176), PARAMS.bar_level) == Rect(40, 0, 280, 180)


def test_camera_that_fills_one_side_leaves_the_other_to_the_screen():
    luma = slide_pictures(8)
    camera = Rect(224, 0, 320, 180)
    add_camera(luma, camera)
    (stretch,) = detect_layout(motion_of(luma, camera), luma, 64.0, PARAMS)
    found = stretch.arrangement
    assert (found.kind, found.screen) == ("side_by_side", Rect(0, 0, 224, 180))


VIDEO = Rect(120, 60, 220, 130)


def film(luma, rect, moving):
    """Return the motion of key frames of which those flagged show something moving in `rect`."""
    motion = motion_of(luma, rect)
    return replace(motion, stir=motion.stir * np.asarray(moving, bool)[:, None, None])


def test_video_that_comes_and_goes_with_its_slide_is_no_camera():
    luma = slide_pictures(12)
    luma[4:8] = luma[4]
    add_camera(luma[4:8], VIDEO)
    moving = [4 <= number < 8 for number in range(12)]
    (stretch,) = detect_layout(film(luma, VIDEO, moving), luma, 96.0, PARAMS)
    assert stretch.arrangement.kind == "screen_only"


def test_camera_amid_the_slide_that_stays_when_the_slide_changes_is_one():
    luma = slide_pictures(12)
    add_camera(luma, VIDEO)
    (stretch,) = detect_layout(film(luma, VIDEO, [True] * 12), luma, 96.0, PARAMS)
    assert stretch.arrangement.kind == "picture_in_picture"
    assert stretch.arrangement.camera is not None
    assert iou(stretch.arrangement.camera, VIDEO) > CAMERA_IOU


def test_camera_in_a_dim_room_is_found():
    luma = slide_pictures(10)
    moments = [slide_pictures(10) for _ in range(4)]
    for seed, pictures in enumerate((luma, *moments)):
        lit = add_camera(pictures.copy(), CAMERA, seed=2 + seed, sway=8)
        CAMERA.inside(pictures)[...] = CAMERA.inside(lit) * 0.15
    frames = KeyFrames(np.arange(10) * 8.0, luma)
    stir = measure_stir(moments)
    assert np.percentile(CAMERA.scaled(0.2, 0.2).inside(stir), 90) < PARAMS.motion_level * 4
    (stretch,) = detect_layout(measure_motion(frames, range(10), stir), luma, 80.0, PARAMS)
    assert stretch.arrangement.kind == "picture_in_picture"


def test_white_slide_is_not_taken_for_a_camera_at_a_white_wall():
    luma = np.full((12, 180, 320), 245, np.uint8)
    CAMERA.inside(luma)[:6] = 240
    luma[:6, 118, 232:312] = luma[:6, 171, 232:312] = 0
    luma[:6, 118:172, 232] = luma[:6, 118:172, 311] = 0
    look = Camera(CAMERA, 1.0, np.full((10, 15), 245, np.float32), 40.0, (0, 2, 4), whole=False)
    away = shows(look, to_cells(luma), luma, PARAMS)
    assert (away[:6] <= 1).all()
    assert (away[6:] > 1).all()


def test_round_camera_is_measured_by_its_circle_and_in_narrow_pictures_by_its_ellipse():
    for wide in (1.0, 4 / 3):
        rows, columns = np.mgrid[:180, :320]
        inside = ((columns - 250) / (33 * wide)) ** 2 + ((rows - 120) / 33) ** 2 < 1
        luma = np.where(inside, 90, 240).astype(np.uint8)[None]
        seed = Rect(230, 100, 270, 150)
        found = fit_circle(measure_edges(luma), seed, Rect(0, 0, 320, 180))
        truth = Rect(round(250 - 33 * wide), 87, round(250 + 33 * wide) + 1, 154)
        assert iou(found.rect, truth) > CAMERA_IOU
        assert found.support[0] >= ROUND_SUPPORT


def test_weak_circle_in_much_motion_is_no_round_camera():
    rows, columns = np.mgrid[:180, :320]
    away, angle = np.hypot(columns - 140, rows - 78), np.arctan2(rows - 78, columns - 140)
    ring = (abs(away - 60) < 2) & (angle % 0.5 < 0.4)
    luma = np.where(ring, 60, 200).astype(np.uint8)[None].repeat(4, axis=0)
    stir = np.zeros((4, 36, 64), np.uint8)
    stir[:, 6:36, 14:50] = 100
    motion = measure_motion(KeyFrames(np.arange(4) * 8.0, luma), range(4), stir)
    (stretch,) = detect_layout(motion, luma, 32.0, PARAMS)
    assert stretch.arrangement.kind == "camera_only"


def test_key_frames_alone_tell_what_moves_all_the_time_from_slides_that_change():
    luma = slide_pictures(9).repeat(3, axis=0)
    add_camera(luma, CAMERA, sway=3)
    stir = stir_of_key_frames(measure_motion(KeyFrames(np.arange(27) * 8.0, luma)).change)
    moving = (stir > 12).mean(axis=0)
    cells = CAMERA.scaled(0.2, 0.2)
    assert cells.inside(moving).max() > 0.8
    cells.inside(moving)[...] = 0
    assert moving.max() < 0.2
    assert is_settled(stir).mean() > 0.8
    assert not is_settled(np.zeros((4, 36, 64), np.uint8)).any()
    assert not is_settled(np.full((4, 36, 64), 200, np.uint8)).any()


def test_box_is_snapped_to_its_border_and_not_to_a_line_that_runs_on():
    luma = slide_pictures(5)
    luma[:, 110:112] = 40
    add_camera(luma, CAMERA)
    seed = Rect(250, 130, 290, 170)
    snapped = snap_to_edges(measure_edges(luma), seed, Rect(0, 0, 320, 180))
    assert snapped.rect == CAMERA
    assert min(snapped.support) > 0.8


def test_box_that_reaches_over_the_limits_ends_on_them():
    edges = measure_edges(add_camera(slide_pictures(3), CAMERA))
    limits = Rect(0, 20, 300, 160)
    for seed in (Rect(250, 130, 322, 180), Rect(303, 2, 318, 15)):
        rect = snap_to_edges(edges, seed, limits, reach=0.0, slack=1).rect
        assert rect.meet(limits) == rect


def test_circle_cut_off_by_the_end_of_the_picture_has_its_box_within():
    """A round frame of which a little lies outside is found there, and stays in the picture."""
    luma, (x, y, radius) = np.full((3, 180, 320), 230, np.uint8), (281, 40, 40)
    rows, columns = np.mgrid[:180, :320]
    luma[:, (columns - x) ** 2 + (rows - y) ** 2 < radius**2] = 60
    picture = Rect(0, 0, 320, 180)
    found = fit_circle(measure_edges(luma), Rect(250, 15, 315, 70), picture)
    assert found.support[0] > ROUND_SUPPORT
    assert found.rect.meet(picture) == found.rect
    assert iou(found.rect, Rect(x - radius, 0, 320, y + radius)) > CAMERA_IOU


def test_slide_change_between_moments_is_no_steady_motion():
    before, after = slide_pictures(2)
    moments = [np.stack([p]) for p in (before, before, after, after)]
    assert measure_stir(moments).max() == 0
    assert measure_change(moments[1], moments[2]).max() > 100


def test_parts_smaller_than_asked_are_no_blobs():
    mask = np.zeros((36, 64), bool)
    mask[3:5, 3:5] = True
    mask[20:25, 40:50] = True
    assert find_blobs(mask, 6) == [Rect(40, 20, 50, 25)]


def test_arrangement_between_two_key_frames_is_found_in_samples():
    slides = slide_pictures(1).repeat(60, axis=0)
    seen = add_camera(slides.copy(), CAMERA)
    (stretch,) = detect_layout(motion_of(seen[:8], CAMERA), seen[:8], 64.0, PARAMS)
    camera = stretch.arrangement
    luma = np.concatenate((seen[:20], slides[20:50], seen[50:]))
    parts = arrange_samples(np.arange(60) * 0.25, luma, (camera, camera), [camera], PARAMS)
    assert [(first, part.kind) for first, part in parts] == [
        (0, "picture_in_picture"),
        (20, "screen_only"),
        (50, "picture_in_picture"),
    ]


def test_change_of_arrangement_is_split_at_the_sharp_step():
    slides = slide_pictures(1).repeat(12, axis=0)
    seen = add_camera(slides.copy(), CAMERA)
    (stretch,) = detect_layout(motion_of(seen, CAMERA), seen, 96.0, PARAMS)
    nobody = replace(stretch.arrangement, kind="screen_only", camera=None, source=None)
    cells = to_cells(np.concatenate((seen[:7], slides[7:])))
    assert split_between(cells, stretch.arrangement, nobody) == 7


def test_boxes_are_measured_to_the_pixel_in_full_pictures(lecture):
    truth, _, layout = lecture
    wanted = {t["type"]: t for t in truth["layouts"]}["side_by_side"]
    found = next(region for region in layout.regions if region.kind == "side_by_side")
    for box, exact in ((found.screen, wanted["screen"]), (found.camera, wanted["camera"])):
        assert box is not None
        assert list(box) == pytest.approx(exact, abs=2)
    assert isinstance(found.screen, Box)
