"""What the screen says about a silence: blank, frozen, or an ordinary picture."""

import numpy as np
import pytest

from agents.silence import SilenceParams, detect_silence
from agents.types import PacketTable
from tests.agents.test_silence import EXACT, detect, talk
from tests.drawing import draw_camera, draw_slide
from tests.hearing import RATE, context, intake_from_levels
from tests.recordings import write_recording

FPS = 10
KEY_S = 2.0
SLIDE = np.tile(np.linspace(0, 255, 320), (180, 1))
BLACK = np.full((180, 320), 12)


def test_blank_screen_with_speech_is_told_from_a_silent_one():
    levels = talk((10.0, True), (10.0, False), (10.0, True))
    frames = [(0.0, SLIDE), (4.0, BLACK), (8.0, SLIDE), (10.0, BLACK), (20.0, SLIDE)]
    found = detect(levels, frames=frames)
    assert [(r.silence_type, round(r.start, 2), round(r.end, 2)) for r in found] == [
        ("blank_screen", 4.0, 8.0),
        ("both", 10.0, 20.0),
    ]


def test_blank_screen_that_goes_beyond_a_silence_is_divided_there():
    levels = talk((10.0, True), (4.0, False), (6.0, True))
    found = detect(levels, frames=[(0.0, SLIDE), (6.0, BLACK), (18.0, SLIDE)])
    assert [(r.silence_type, round(r.start, 2), round(r.end, 2)) for r in found] == [
        ("blank_screen", 6.0, 10.0),
        ("both", 10.0, 14.0),
        ("blank_screen", 14.0, 18.0),
    ]


def test_short_blank_screen_is_ignored():
    levels = talk((20.0, True))
    frames = [(0.0, SLIDE), (6.0, BLACK), (7.0, SLIDE)]
    assert detect(levels, frames=frames) == ()


CAMERA = (slice(120, 172), slice(236, 312))
"""Rows and columns of the camera box in a key frame."""


def slide(number=0):
    return draw_slide("A title", ("one line", "another line"), number, (320, 180))[:, :, 1]


def lecturer(at):
    """Return the camera's picture at a time in seconds; it never comes back to the same one."""
    loop = draw_camera((76, 52), 25)
    return loop[round(at * 17.3) % len(loop)][:, :, 1]


def picture(at, *, camera=True, number=0):
    shown = slide(number).copy()
    if camera:
        shown[CAMERA] = lecturer(at)
    return shown


def recording(show, duration, *, moving, steady_packets=False):
    """Return intake of key frames `show(t)` each 2 s, and packets large where `moving(t)`."""
    rng = np.random.default_rng(5)
    frames = [
        (t, np.clip(show(t) + rng.normal(0, 1, (180, 320)), 0, 255).astype(np.uint8))
        for t in np.arange(0, duration, KEY_S)
    ]
    time = np.round(np.arange(0, duration, 1 / FPS), 3)
    key = np.isclose(time % KEY_S, 0) | np.isclose(time % KEY_S, KEY_S)
    small, large = rng.integers(18, 40, len(time)), rng.integers(250, 900, len(time))
    size = np.where([moving(t) for t in time], large, small)
    size = np.full(len(time), 4000) if steady_packets else np.where(key, 20_000, size)
    levels = talk((duration, True))
    return intake_from_levels(levels, frames=frames, packets=PacketTable(time, size, key))


def blanks(intake, params=EXACT):
    found = detect_silence(intake, params=params)
    assert {r.silence_type for r in found} <= {"blank_screen"}
    return [(round(r.start, 2), round(r.end, 2)) for r in found]


def frozen_between(start, end):
    """Return the time that the picture shows when the clock says t."""
    return lambda t: start if start <= t < end else t


def test_picture_that_freezes_with_its_camera_is_blank_from_frame_to_frame():
    clock = frozen_between(20.5, 47.3)
    intake = recording(lambda t: picture(clock(t)), 100.0, moving=lambda t: not 20.5 < t <= 47.3)
    ((start, end),) = blanks(intake)
    assert start == pytest.approx(20.5, abs=1 / FPS + 1e-6)
    assert end == pytest.approx(47.3, abs=1 / FPS + 1e-6)


def test_picture_that_stays_frozen_to_the_end_is_blank():
    clock = frozen_between(60, 1000)
    found = blanks(recording(lambda t: picture(clock(t)), 100.0, moving=lambda t: t <= 60))
    assert found == [(pytest.approx(60, abs=1 / FPS + 1e-6), 100.0)]


def test_frozen_picture_shorter_than_the_minimum_is_ignored():
    clock = frozen_between(20, 32)
    intake = recording(lambda t: picture(clock(t)), 100.0, moving=lambda t: not 20 < t <= 32)
    assert len(blanks(intake)) == 1
    assert blanks(intake, SilenceParams(min_frozen_s=15)) == []


def still_slide_moving_camera(t):
    return picture(t)


def screen_without_camera(t):
    return picture(0, camera=False, number=int(t // 120))


def slides_without_camera_in_quick_succession(t):
    return picture(0, camera=False, number=min(int(t // 3), 12))


def camera_switched_off_over_the_same_slide(t):
    return picture(t, camera=t < 60)


def camera_alone_and_then_a_slide(t):
    if t >= 60:
        return slide()
    return np.kron(lecturer(t), np.ones((4, 5)))[:180, :320]


@pytest.mark.parametrize(
    "show",
    [
        still_slide_moving_camera,
        screen_without_camera,
        slides_without_camera_in_quick_succession,
        camera_switched_off_over_the_same_slide,
        camera_alone_and_then_a_slide,
    ],
)
def test_slide_that_stands_still_is_a_normal_picture(show):
    alive = show in (still_slide_moving_camera,)
    until = 60 if show.__name__.startswith("camera") else 0
    intake = recording(show, 120.0, moving=lambda t: alive or t < until)
    assert blanks(intake) == []


def test_camera_alone_that_freezes_is_blank():
    clock = frozen_between(40, 80)

    def show(t):
        return np.kron(lecturer(clock(t)), np.ones((4, 5)))[:180, :320]

    ((start, end),) = blanks(recording(show, 120.0, moving=lambda t: not 40 < t <= 80))
    assert (start, end) == (pytest.approx(40, abs=0.11), pytest.approx(80, abs=0.11))


def test_filler_of_a_constant_bitrate_hides_whether_the_picture_is_frozen():
    clock = frozen_between(20, 60)
    intake = recording(
        lambda t: picture(clock(t)), 100.0, moving=lambda t: True, steady_packets=True
    )
    assert blanks(intake) == []


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """A real recording of 60 s: frozen 20-41 s, black 50-56 s, silent 30-36 s and 51-54 s."""
    from agents.intake import measure

    folder = tmp_path_factory.mktemp("filmed")
    clock = frozen_between(20, 41)
    times = np.arange(0, 60, 1 / FPS)
    frames = np.array([picture(clock(t)) for t in times], np.uint8)
    frames[500:560] = 16
    level = np.ones(60 * RATE)
    level[30 * RATE : 36 * RATE] = level[51 * RATE : 54 * RATE] = 0
    rng = np.random.default_rng(2)
    syllables = np.abs(np.sin(2 * np.pi * 2.1 * np.arange(60 * RATE) / RATE)) + 0.1
    sound = 0.1 * level * syllables * rng.standard_normal(60 * RATE)
    sound += 0.0005 * rng.standard_normal(60 * RATE)
    source = write_recording(
        folder / "talk.mp4", frames, [sound[:, None]], "-c:a", "aac", fps=FPS, rate=RATE,
        codecs=["-c:v", "libx264", "-preset", "veryfast", "-g", "26", "-crf", "26"],
    )  # fmt: skip
    workdir = folder / "intake"
    workdir.mkdir()
    return measure(source, context=context(workdir))


def test_frozen_and_black_stretches_of_a_real_recording_are_told(filmed):
    found = detect_silence(filmed, params=SilenceParams(speech_weight=0, padding_s=0))
    told = [(r.silence_type, r.start, r.end) for r in found if r.silence_type != "audio_silence"]
    truth = [
        ("blank_screen", 20, 30),
        ("both", 30, 36),
        ("blank_screen", 36, 41),
        ("both", 51, 54),
        ("blank_screen", 54, 56),
    ]
    assert [kind for kind, *_ in told] == [kind for kind, *_ in truth]
    # the coder refines a picture for a few frames after it has come to rest
    assert [edge for _, *edge in told] == [pytest.approx(edge, abs=0.4) for _, *edge in truth]
