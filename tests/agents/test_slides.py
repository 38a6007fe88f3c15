"""Slide changes and stills of made lectures, and the rules of the slide detector."""

from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from agents.intake import measure
from agents.layout import AGENT
from agents.layout.boxes import Rect
from agents.layout.detector import Arrangement, Stretch
from agents.layout.looks import look_for_motion
from agents.layout.motion import CHANGE_SCALE, Motion, measure_change
from agents.layout.params import LayoutParams
from agents.layout.peaks import find_peaks
from agents.layout.resemblance import full_screens_differ, is_resized, screens_differ
from agents.layout.slides import (
    detect_slides,
    has_changed,
    screen_mask,
)
from agents.layout.steps import locate_changes
from agents.layout.stills import still_time
from agents.layout.views import since_key
from agents.types import PacketTable
from tests.hearing import context
from tests.rendering import Look, Scene, render_lecture

PARAMS = LayoutParams()
NEAR_S = 1.0
NO_CUTS = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-sc_threshold", "0")
SCENES = (
    Scene("Linear search", ("Look at every item in turn", "Needs no order"), (5, 6, 7)),
    Scene("Cost", ("n items: n / 2 steps", "A million: 500,000"), (8, 9)),
    Scene("Binary search", ("Open the list", "Keep the half", "Repeat"), (13, 14, 15)),
    Scene("Hash table", ("key -> hash -> place", "One step"), (23, 24)),
)
BUILDS = tuple(replace(scene, builds=True) for scene in SCENES[1:])
LECTURES = {
    "8 s GOP": (SCENES, Look(pointer=True)),
    "2 s GOP": (SCENES, Look(gop_s=2, pointer=True)),
    "20 s GOP without cuts": (SCENES, Look(gop_s=20, pointer=True, encoding=NO_CUTS)),
    "constant bitrate": (
        SCENES,
        Look(gop_s=2, constant_bitrate="700k", encoding=NO_CUTS[:4], pointer=True),
    ),
    "builds": (BUILDS, Look(pointer=True, encoding=NO_CUTS)),
}


@pytest.fixture(scope="module", params=list(LECTURES))
def lecture(request, tmp_path_factory):
    """Return truth, intake and layout of a lecture with one template and a moving camera."""
    folder = tmp_path_factory.mktemp("slides")
    truth = render_lecture(folder / "made.mp4", *LECTURES[request.param])
    intake = measure(folder / "made.mp4", context=context(folder))
    return truth, intake, AGENT.run(intake, params=PARAMS, context=context(folder))


def f1(wanted, found, near=NEAR_S):
    """Return the F1 score of times, each matched to at most one other within `near` seconds."""
    free, hits = list(found), 0
    for time in wanted:
        close = [other for other in free if abs(other - time) <= near]
        if close:
            free.remove(min(close, key=lambda other: abs(other - time)))
            hits += 1
    return 2 * hits / (len(wanted) + len(found)) if wanted or found else 1.0


def test_slide_changes_are_found_and_nothing_else(lecture):
    truth, _, layout = lecture
    assert len(truth["slides"]) >= 3
    assert f1(truth["slides"], [slide.start for slide in layout.slides[1:]]) >= 0.95


def test_slides_are_found_by_looking_when_no_packet_tells(lecture, tmp_path):
    truth, intake, _ = lecture
    packets = replace(intake.packets, size=np.full_like(intake.packets.size, 900))
    layout = AGENT.run(replace(intake, packets=packets), params=PARAMS, context=context(tmp_path))
    found = [slide.start for slide in layout.slides[1:]]
    assert f1(truth["slides"], found) >= 0.8
    assert len(found) <= len(truth["slides"])


def test_stills_show_each_slide_as_it_was_last(lecture):
    _, intake, layout = lecture
    shown = frames_at(intake.media.path, [slide.end - 0.3 for slide in layout.slides])
    for slide, frame in zip(layout.slides, shown, strict=True):
        assert slide.still.is_file()
        with Image.open(slide.still) as image:
            assert image.format == "JPEG"
            assert image.width <= 1280
            still = np.asarray(image.convert("L"), np.int16)
        # the camera box at the right moves on; a slide with one line less differs by more
        assert np.abs(still - frame)[:, : frame.shape[1] * 7 // 10].mean() < 2.0
    assert len({slide.still for slide in layout.slides}) == len(layout.slides)


def frames_at(path, times):
    """Return the luma (h, w) of the frames shown at ascending times."""
    found = []
    with av.open(str(path)) as container:
        frame = None
        for after in container.decode(video=0):
            while len(found) < len(times) and after.time > times[len(found)]:
                found.append((frame or after).to_ndarray(format="gray").astype(np.int16))
            frame = after
        found += [frame.to_ndarray(format="gray").astype(np.int16)] * (len(times) - len(found))
    return found


def test_constant_bitrate_lecture_is_filled_as_meant(tmp_path):
    _, look = LECTURES["constant bitrate"]
    render_lecture(tmp_path / "full.mp4", SCENES[:1], look)
    with av.open(str(tmp_path / "full.mp4")) as container:
        sizes = [p.size for p in container.demux(video=0) if p.size and not p.is_keyframe]
    assert np.percentile(sizes, 90) < 1.5 * np.percentile(sizes, 20)


def test_deciding_takes_no_second_look_at_the_recording(lecture, monkeypatch):
    _, intake, _ = lecture
    motion = look_for_motion(intake)
    monkeypatch.setattr("agents.layout.views.decode_luma", None)
    whole = Arrangement("screen_only", Rect(0, 0, 320, 180), None, 0.9, (0.0,))
    stretches = [Stretch(whole, 0, len(motion.time) - 1)]
    found = detect_slides(motion, find_peaks(intake.packets, PARAMS), stretches, PARAMS)
    assert len(found.times) + len(found.doubtful) > 0


# --- rules, on numbers ----------------------------------------------------------------------------

EVERYWHERE = np.ones((36, 64), bool)


def changed(*parts, levels=30):
    """Return a change (36, 64) in quarters of a level within the given (y, x) slices."""
    change = np.zeros((36, 64), np.uint8)
    for part in parts:
        change[part] = levels * CHANGE_SCALE
    return change


def test_words_that_come_are_a_change_and_a_pointer_that_moves_is_none():
    assert has_changed(changed(np.s_[10:12, 5:17]), EVERYWHERE, PARAMS)
    assert not has_changed(changed(np.s_[10:13, 5:7], np.s_[20:23, 30:32]), EVERYWHERE, PARAMS)


def test_change_under_the_camera_or_below_the_level_does_not_count():
    camera = Rect(200, 100, 300, 170)
    mask = screen_mask(Arrangement("picture_in_picture", Rect(0, 0, 320, 180), camera, 0.9, (0.0,)))
    assert not has_changed(changed(np.s_[20:34, 40:60]), mask, PARAMS)
    assert has_changed(changed(np.s_[5:10, 5:30]), mask, PARAMS)
    assert not has_changed(changed(np.s_[5:10, 5:30], levels=4), mask, PARAMS)


def packet_table(sizes, fps=10, keys=(0, 80, 160)):
    """Return packets at `fps` of the given sizes, key frames of 9,000 bytes."""
    size = np.array(sizes)
    key = np.zeros(len(size), bool)
    key[list(keys)] = True
    size[key] = 9000
    return PacketTable(np.arange(len(size)) / fps, size, key)


def test_packet_far_above_its_neighbourhood_is_a_peak():
    sizes = np.random.default_rng(4).integers(80, 300, 240)
    sizes[[33, 121]] = 4000, 1500
    peaks = find_peaks(packet_table(sizes), PARAMS)
    assert [peak.time for peak in peaks.strong] == [3.3, 12.1]


@pytest.mark.parametrize("fps", [2, 10, 30])
def test_peaks_are_all_packets_above_the_percentile_around_them(fps):
    rng = np.random.default_rng(fps)
    table = packet_table(rng.lognormal(5, 1.5, 900).astype(int), fps=fps, keys=(0, 450))
    # one of each group is kept: with no gap to be within, all are
    peaks = find_peaks(table, PARAMS.model_copy(update={"min_slide_s": 0.0}))
    found = [peak.time for peak in (*peaks.strong, *peaks.weak)]
    around = [
        np.percentile(peaks.shares[np.abs(peaks.times - time) <= 5.0], 92) for time in peaks.times
    ]
    above = (peaks.shares > 0.012) & (peaks.shares > PARAMS.packet_ratio * np.array(around))
    missed = set(peaks.times[above]) - set(found)
    assert len(found) > 10
    assert len(missed) <= 1  # the last packet of a neighbourhood counts here and not there


def test_key_frame_set_at_a_cut_is_a_peak():
    sizes = np.full(240, 200)
    peaks = find_peaks(packet_table(sizes, keys=(0, 80, 110, 190)), PARAMS)
    assert [peak.time for peak in peaks.strong] == [11.0]


def slides_from(sizes, steps, gop_s=8):
    """Return what is decided for key frames every `gop_s` with the given changes between."""
    keys = np.arange(len(steps) + 1) * gop_s
    motion = Motion(
        time=keys.astype(float),
        cells=np.zeros((len(keys), 36, 64), np.uint8),
        change=np.stack(steps),
        stir_index=np.zeros(0, np.int64),
        stir=np.zeros((0, 36, 64), np.uint8),
    )
    whole = Arrangement("screen_only", Rect(0, 0, 320, 180), None, 0.9, (0.0,))
    peaks = find_peaks(packet_table(sizes, keys=10 * keys), PARAMS)
    return detect_slides(motion, peaks, [Stretch(whole, 0, len(steps))], PARAMS)


def test_single_peak_tells_when_and_none_or_several_are_doubtful():
    step, still = changed(np.s_[5:10, 5:30]), changed()
    sizes = np.full(240, 200)
    assert slides_from(sizes, [still, still]).times == ()
    found = slides_from(sizes, [step, still])
    assert (found.times, found.doubtful) == ((), (0,))
    sizes[33] = 4000
    found = slides_from(sizes, [step, still])
    assert (found.times, found.doubtful) == ((3.3,), ())
    sizes[60] = 4000
    assert slides_from(sizes, [step, still]).doubtful == (0,)


def test_a_word_that_comes_is_a_change_and_a_stroke_of_a_hand_that_writes_is_none():
    word, before, after = (changed(np.s_[10:12, x : x + 4]) for x in (20, 15, 26))
    sizes = np.full(240, 200)
    sizes[33] = 4000
    assert slides_from(sizes, [changed(), word, changed()], gop_s=2).times == (3.3,)
    assert slides_from(sizes, [before, word, changed()], gop_s=2).times == (3.3,)
    assert slides_from(sizes, [before, word, after], gop_s=2).times == ()
    sizes = np.full(400, 200)
    sizes[133] = 4000
    assert slides_from(sizes, [before, word, after], gop_s=8).times == (13.3,)


def test_peak_without_a_change_between_key_frames_is_ignored():
    sizes = np.full(240, 200)
    sizes[33] = 4000
    found = slides_from(sizes, [changed(), changed()])
    assert (found.times, found.doubtful) == ((), ())


def test_fade_over_several_samples_is_one_change():
    step, still = changed(np.s_[5:10, 5:30], levels=12), changed()
    times = np.arange(9) * 0.25
    change = np.stack([still, still, step, step, step, still, still, step])
    assert locate_changes(times, change, EVERYWHERE, PARAMS) == [0.875, 1.875]


def test_same_slide_in_another_arrangement_is_no_change():
    rng = np.random.default_rng(5)
    slide = np.kron(rng.integers(0, 255, (18, 32)), np.ones((10, 10))).astype(np.uint8)
    small = np.full((180, 320), 20, np.uint8)
    small[45:135, 10:170] = slide[::2, ::2]
    full = Arrangement("screen_only", Rect(0, 0, 320, 180), None, 0.9, (0.0,))
    beside = Arrangement(
        "side_by_side", Rect(10, 45, 170, 135), Rect(200, 50, 300, 120), 0.9, (0.0,)
    )
    assert not screens_differ((slide, full), (small, beside), PARAMS)
    assert screens_differ((slide[::-1], full), (small, beside), PARAMS)


def full_slide(words):
    """Return a slide (540, 960) with a drawing that every slide has, and the given words."""
    picture = np.full((540, 960), 245, np.uint8)
    picture[:, :16] = 90
    cv2.line(picture, (120, 480), (820, 480), 40, 3)
    cv2.polylines(
        picture, [np.array([(120, 470), (300, 380), (500, 360), (820, 340)])], False, 60, 3
    )
    for row, text in enumerate(words):
        cv2.putText(picture, text, (90, 70 + 70 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 30, 2)
    return picture


def test_words_tell_slides_of_one_drawing_apart_though_the_screen_is_resized():
    inset = Arrangement("side_by_side", Rect(8, 24, 238, 154), Rect(244, 24, 316, 83), 1.0, (0.0,))
    whole = Arrangement("screen_only", Rect(0, 0, 320, 180), None, 0.9, (0.0,))
    assert is_resized(inset, whole)
    one = full_slide(("The chloroplast", "Outer membrane", "Thylakoids: flat sacs"))
    other = full_slide(("Stage two: Calvin", "Rubisco fixes carbon", "Costs nine of these"))
    beside = np.full((540, 960), 10, np.uint8)
    beside[72:462, 24:714] = cv2.resize(one, (690, 390), interpolation=cv2.INTER_AREA)
    beside[72:249, 732:948] = 120
    assert not full_screens_differ((beside, inset), (one, whole))
    assert full_screens_differ((beside, inset), (other, whole))


def test_another_slide_under_the_same_screen_is_a_change_though_little_of_it_differs():
    slide = np.full((180, 320), 240, np.uint8)
    other = slide.copy()
    other[60:75, 40:110] = 30
    alone = Arrangement("screen_only", Rect(0, 0, 320, 180), None, 0.9, (0.0,))
    inset = Arrangement(
        "picture_in_picture", Rect(0, 0, 320, 180), Rect(238, 126, 314, 174), 0.9, (0.0,)
    )
    with_camera = slide.copy()
    with_camera[126:174, 238:314] = 90
    assert not screens_differ((slide, alone), (with_camera, inset), PARAMS)
    assert screens_differ((other, alone), (with_camera, inset), PARAMS)


def test_a_film_that_plays_while_the_camera_goes_is_no_change():
    slide = np.full((180, 320), 240, np.uint8)
    slide[20:30, 40:200] = 30
    pictures = np.repeat(slide[None], 4, axis=0)
    film = np.random.default_rng(3).integers(0, 256, (4, 5, 10))
    pictures[:, 60:110, 60:160] = film.repeat(10, axis=1).repeat(10, axis=2)
    pictures[:2, 126:174, 238:314] = 90
    alone = Arrangement("screen_only", Rect(0, 0, 320, 180), None, 0.9, (0.0,))
    inset = Arrangement(
        "picture_in_picture", Rect(0, 0, 320, 180), Rect(238, 126, 314, 174), 0.9, (0.0,)
    )
    turn = (pictures[1], inset), (pictures[2], alone), PARAMS
    assert screens_differ(*turn)
    moves = measure_change(pictures[[0, 2]], pictures[[1, 3]])
    assert not screens_differ(*turn, moves)
    pictures[2:, 20:30, 40:200] = 240
    assert screens_differ(*turn, moves)


def test_still_is_taken_at_the_last_settled_key_frame_else_before_the_end():
    keys = np.array([0.0, 8.0, 16.0])
    assert still_time(3.0, 20.0, keys) == pytest.approx(16.0, abs=0.2)
    assert still_time(9.0, 15.0, keys) == pytest.approx(14.6)
    assert still_time(15.9, 16.2, keys) < 16.2


def test_moments_far_from_a_key_frame_are_not_decoded():
    packets = packet_table(np.full(2000, 200), keys=(0, 1000))
    assert since_key(packets, [0.0, 7.5, 99.9, 100.0, 130.0]) == pytest.approx(
        [0.0, 7.5, 99.9, 0.0, 30.0]
    )
