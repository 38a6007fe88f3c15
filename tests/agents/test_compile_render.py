import dataclasses
import shutil

import av
import numpy as np
import pytest

from agents.compile import CompileParams, render_clip
from agents.compile.sound import measure_loudness
from agents.errors import RenderFailed
from agents.types import Box
from tests.colour_lecture import (
    BEEP_HZ,
    BLUE,
    GREEN,
    RATE,
    RED,
    YELLOW,
    beeps,
    describe,
    make_colour_lecture,
    onsets,
    read_frames,
    read_sound,
)
from tests.recordings import ffmpeg

SMALL = CompileParams(size="360p", preset="ultrafast", captions=False, camera_crop="whole")
SYNC_S = 0.040
SD_COLOURS = ("-vf", "scale=out_color_matrix=smpte170m", "-colorspace", "smpte170m")
SD_COLOURS += ("-color_primaries", "smpte170m", "-color_trc", "smpte170m")
# Where the panels of SMALL stand, by hand: the screen gets 3/4 of the width at 16:9; of the rest
# 8 pixels are the gap, and 152 pixels at 4:3 are left for the camera, level with the screen.
SCREEN_AT = Box(0, 44, 480, 270)
CAMERA_AT = Box(488, 44, 152, 114)


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_colour_lecture(tmp_path_factory.mktemp("lecture") / "lecture.mp4")


def render(recording, plan, folder, params=SMALL, progress=lambda percent: None):
    folder.mkdir(exist_ok=True)
    return render_clip(recording.intake, plan, params=params, folder=folder, progress=progress)


def inner(frame, box, margin=8):
    """Return the pixels of the box without its edges."""
    return frame[box.y + margin : box.y + box.h - margin, box.x + margin : box.x + box.w - margin]


def share_near(pixels, colour, tolerance=40):
    """Return the share of the pixels that have about this colour."""
    away = np.abs(pixels.astype(int) - colour).max(axis=-1)
    return (away <= tolerance).mean()


def disc_size(frame, box):
    """Return width and height of the yellow disc in pixels."""
    yellow = np.abs(inner(frame, box, 2).astype(int) - YELLOW).max(axis=-1) < 70
    return np.ptp(np.flatnonzero(yellow.any(axis=0))) + 1, np.ptp(
        np.flatnonzero(yellow.any(axis=1))
    ) + 1


def test_screen_and_camera_stand_side_by_side_in_their_colours(lecture, tmp_path):
    clip = render(lecture, lecture.plan((1.5, 4.5)), tmp_path / "clip")
    frames = read_frames(clip.video)
    assert frames.shape == (75, 360, 640, 3)
    frame = frames[10]
    left = SCREEN_AT._replace(w=240)
    assert share_near(inner(frame, left), RED) > 0.9
    assert share_near(inner(frame, left._replace(x=240)), GREEN) > 0.9
    corner = CAMERA_AT._replace(w=30, h=30)
    assert share_near(inner(frame, corner), BLUE) > 0.95
    assert share_near(frame[330:], (18, 18, 18), 6) == 1.0
    width, height = disc_size(frame, CAMERA_AT)
    assert abs(width - height) <= 2  # a disc stays a disc
    assert width == pytest.approx(80 * 152 / 160, abs=2)
    assert (clip.width, clip.height, clip.duration) == (640, 360, 3.0)


def test_a_clip_has_the_streams_that_every_player_reads(lecture, tmp_path):
    clip = render(lecture, lecture.plan((1.5, 3.0)), tmp_path / "clip")
    with av.open(clip.video) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert picture.codec_context.name == "h264"
        assert picture.codec_context.pix_fmt == "yuv420p"
        assert picture.codec_context.colorspace == 1  # bt709, as the source is
        assert (sound.codec_context.name, sound.codec_context.channels) == ("aac", 1)
        assert container.chapters() == []
        assert not {"title", "comment", "encoder"} & set(container.metadata)
    content = clip.video.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert clip.poster.read_bytes().startswith(b"\xff\xd8\xff")
    assert sorted(f.name for f in (tmp_path / "clip").iterdir()) == [
        "clip.mp4",
        "clip.srt",
        "clip.vtt",
        "poster.jpg",
        "poster.webp",
    ]


def test_the_layout_changes_inside_a_clip_at_its_frame(lecture, tmp_path):
    regions = [(0, 2.0, "screen_only"), (2.0, 4.0, "camera_only"), (4.0, 12.0, "side_by_side")]
    clip = render(lecture, lecture.plan((1.4, 4.6), regions=regions), tmp_path / "clip")
    frames = read_frames(clip.video)
    screen_only = share_near(frames[:, 20:30, 40:600], RED) > 0
    assert share_near(frames[14, 20:340, 20:300], RED) > 0.9
    assert screen_only[()]
    kinds = [
        "screen"
        if share_near(f[2:8, 8:300], RED) > 0.8
        else "camera"
        if share_near(f[2:20, 90:200], BLUE) > 0.8
        or share_near(f[2:20, 90:200], (255, 255, 255)) > 0.8
        else "both"
        for f in frames
    ]
    assert kinds == ["screen"] * 15 + ["camera"] * 50 + ["both"] * 15
    width, height = disc_size(frames[20], Box(80, 0, 480, 360))
    assert abs(width - height) <= 3


def test_sound_and_picture_stay_in_step_over_many_cuts(lecture, tmp_path):
    parts = [(0.517, 1.483), (2.671, 3.529), (4.803, 5.537), (8.611, 9.623), (10.79, 11.51)]
    clip = render(lecture, lecture.plan(*parts), tmp_path / "clip")
    kept = sum(end - start for start, end in parts)
    assert clip.duration == pytest.approx(kept, abs=0.021)
    camera = read_frames(clip.video, CAMERA_AT)
    seen = onsets(camera[:, 10:30, 10:30].mean(axis=(1, 2, 3)) > 180, 25)
    heard = onsets(beep_envelope(read_sound(clip.video, tmp_path)) > 0.5, 1000)
    expected, offset = [], 0.0
    for start, end in parts:
        expected += [offset + f - start for f in lecture.flashes if start <= f < end]
        offset += end - start
    assert len(expected) == 5
    assert seen == pytest.approx(expected, abs=SYNC_S)
    assert heard == pytest.approx(expected, abs=SYNC_S)
    assert seen == pytest.approx(heard, abs=SYNC_S)


def beep_envelope(sound):
    """Return how much of the beep is heard in each ms, 1 at its loudest."""
    time = np.arange(len(sound)) / RATE
    turned = sound * np.exp(-2j * np.pi * BEEP_HZ * time)
    level = np.abs(turned[: len(sound) // 48 * 48].reshape(-1, 48).mean(axis=1))
    level = np.convolve(level, np.full(5, 0.2), "same")
    return level / level.max()


def test_a_far_part_is_read_from_a_second_place(tmp_path):
    lecture = make_colour_lecture(
        tmp_path / "long.mp4",
        seconds=24,
        size=(320, 180),
        fps=10,
        screen=Box(0, 0, 240, 180),
        camera=Box(240, 0, 80, 60),
        flashes=(1.0, 22.0),
    )
    clip = render(lecture, lecture.plan((0.5, 1.5), (21.5, 22.5)), tmp_path / "clip")
    camera = read_frames(clip.video, Box(488, 0, 152, 114))
    seen = onsets(camera[:, 10:30, 10:30].mean(axis=(1, 2, 3)) > 180, 10)
    heard = onsets(beep_envelope(read_sound(clip.video, tmp_path)) > 0.5, 1000)
    assert heard == pytest.approx([0.5, 1.5], abs=SYNC_S)
    assert seen == pytest.approx([0.5, 1.5], abs=SYNC_S)


def test_no_click_and_no_hole_is_heard_at_a_cut(tmp_path):
    time = np.arange(8 * RATE) / RATE
    hum = 0.2 * np.sin(2 * np.pi * 110 * time)
    lecture = make_colour_lecture(
        tmp_path / "hum.mp4",
        seconds=8,
        size=(320, 180),
        fps=10,
        sound=hum,
        screen=Box(0, 0, 240, 180),
        camera=Box(240, 0, 80, 60),
    )
    plan = lecture.plan((1.0, 2.0), (3.0043, 4.0), (5.0011, 6.0))
    clip = render(lecture, plan, tmp_path / "clip", SMALL.model_copy(update={"audio_kbps": 192}))
    heard = read_sound(clip.video, tmp_path)
    steady = heard[4800:43200]
    steps = np.abs(np.diff(heard))
    assert steps.max() < 1.6 * np.abs(np.diff(steady)).max()
    level = np.sqrt((heard[2400:-2400][: 140_000 // 960 * 960].reshape(-1, 960) ** 2).mean(axis=1))
    assert level.min() > 0.5 * np.median(level)


def test_loudness_is_brought_to_the_wanted_level(lecture, tmp_path):
    plan = lecture.plan((0.5, 5.5))
    for wanted in (-16.0, -23.0):
        params = SMALL.model_copy(update={"loudness": wanted})
        clip = render(lecture, plan, tmp_path / f"clip{wanted}", params)
        assert measure_loudness(read_sound(clip.video, tmp_path)) == pytest.approx(wanted, abs=1)


def test_only_the_chosen_channel_is_heard(tmp_path):
    mono = beeps(4.0, (1.0, 3.0))
    left = 0.3 * np.sin(2 * np.pi * 400 * np.arange(len(mono)) / RATE)
    lecture = make_colour_lecture(
        tmp_path / "two.mp4",
        seconds=4,
        size=(320, 180),
        fps=10,
        audio_channel=1,
        screen=Box(0, 0, 240, 180),
        camera=Box(240, 0, 80, 60),
        sound=np.column_stack([left - mono, mono]),
        flashes=(1.0, 3.0),
    )
    clip = render(lecture, lecture.plan((0.5, 3.5)), tmp_path / "clip")
    heard = read_sound(clip.video, tmp_path)
    assert onsets(beep_envelope(heard) > 0.5, 1000) == pytest.approx([0.5, 2.5], abs=SYNC_S)
    spectrum = np.abs(np.fft.rfft(heard))
    hz = np.fft.rfftfreq(len(heard), 1 / RATE)
    assert spectrum[np.abs(hz - 400) < 10].max() < 0.05 * spectrum[np.abs(hz - 1000) < 10].max()


@pytest.mark.parametrize(("name", "demuxer"), [("late.mp4", "mov"), ("late.ts", "mpegts")])
def test_a_delayed_track_keeps_its_offset(tmp_path, name, demuxer):
    lecture = make_colour_lecture(
        tmp_path / "plain.mp4",
        seconds=5,
        size=(320, 180),
        fps=25,
        screen=Box(0, 0, 240, 180),
        camera=Box(240, 0, 80, 60),
        flashes=(1.0, 3.0),
    )
    late = tmp_path / name
    source = lecture.intake.media.path
    ffmpeg(
        "-i",
        source,
        "-itsoffset",
        "0.3",
        "-i",
        source,
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-c",
        "copy",
        late,
    )
    delayed = dataclasses.replace(
        lecture, intake=describe(late, size=(320, 180), fps=25, demuxer=demuxer)
    )
    clip = render(delayed, delayed.plan((0.5, 4.5)), tmp_path / "clip")
    heard = onsets(beep_envelope(read_sound(clip.video, tmp_path)) > 0.5, 1000)
    camera = read_frames(clip.video, Box(488, 0, 152, 114))
    seen = onsets(camera[:, 10:30, 10:30].mean(axis=(1, 2, 3)) > 180, 25)
    assert seen == pytest.approx([0.5, 2.5], abs=SYNC_S)
    assert heard - seen == pytest.approx([0.3, 0.3], abs=SYNC_S)


def test_a_recording_that_cannot_be_decoded_there_is_refused(lecture, tmp_path):
    broken = tmp_path / "broken.mp4"
    content = bytearray(lecture.intake.media.path.read_bytes())
    start = content.index(b"mdat") + 8
    content[start : content.index(b"moov")] = bytes(content.index(b"moov") - start)
    broken.write_bytes(content)
    media = dataclasses.replace(lecture.intake.media, path=broken)
    recording = dataclasses.replace(
        lecture, intake=dataclasses.replace(lecture.intake, media=media)
    )
    with pytest.raises(RenderFailed, match=r"no picture can be decoded from 2\.0 s on"):
        render(recording, lecture.plan((2.0, 4.0)), tmp_path / "clip")
    assert list((tmp_path / "clip").iterdir()) == []


@pytest.mark.parametrize(
    ("picture_s", "sound_s"),
    [(3.0, 6.0), (6.0, 3.0)],
    ids=["picture ends early", "sound ends early"],
)
def test_a_track_that_ends_early_is_held(tmp_path, picture_s, sound_s):
    lecture = make_colour_lecture(
        tmp_path / "short.mp4",
        seconds=6,
        size=(320, 180),
        fps=10,
        picture_s=picture_s,
        sound_s=sound_s,
        screen=Box(0, 0, 240, 180),
        camera=Box(240, 0, 80, 60),
        flashes=(1.0,),
    )
    for number, part in enumerate([(2.0, 5.0), (4.0, 5.5)]):
        clip = render(lecture, lecture.plan(part), tmp_path / f"clip{number}")
        frames = read_frames(clip.video)
        assert len(frames) == round((part[1] - part[0]) * 10)
        assert share_near(frames[-1, 100:200, 20:200], RED) > 0.8


def test_a_plan_is_cut_to_what_the_recording_holds(lecture, tmp_path):
    duration = lecture.intake.media.duration
    clip = render(lecture, lecture.plan((duration - 1.0, duration + 5)), tmp_path / "clip")
    assert clip.duration == pytest.approx(1.0, abs=0.041)
    with pytest.raises(RenderFailed, match="nothing of the clip at 99"):
        render(lecture, lecture.plan((99.0, 101.0)), tmp_path / "none")


@pytest.mark.parametrize("kind", ["side_by_side", "screen_only", "camera_only"])
def test_a_source_with_odd_sides_becomes_an_even_clip(tmp_path, kind):
    lecture = make_colour_lecture(
        tmp_path / "odd.mkv",
        seconds=3,
        size=(853, 479),
        fps=10,
        demuxer="matroska",
        screen=Box(1, 3, 601, 339),
        camera=Box(603, 5, 247, 185),
        flashes=(1.0,),
        options=("-pix_fmt", "yuv444p"),
    )
    clip = render(lecture, lecture.plan((0.5, 2.5), kind=kind), tmp_path / "clip")
    frames = read_frames(clip.video)
    assert frames.shape == (20, 360, 640, 3)
    if kind != "screen_only":
        at = Box(80, 0, 480, 360) if kind == "camera_only" else Box(488, 44, 152, 114)
        width, height = disc_size(frames[1], at)
        assert abs(width - height) <= 3


@pytest.mark.parametrize(
    ("name", "demuxer", "options"),
    [
        ("a.ts", "mpegts", ()),
        ("a.mkv", "matroska", ()),
        ("a.avi", "avi", ("-c:v", "mpeg4", "-q:v", "3", "-c:a", "mp3", *SD_COLOURS)),
        (
            "full.mp4",
            "mov",
            (
                "-pix_fmt",
                "yuvj420p",
                "-color_range",
                "pc",
                "-vf",
                "scale=out_range=pc:out_color_matrix=bt709",
            ),
        ),
        ("sd.mp4", "mov", SD_COLOURS),
    ],
)
def test_colours_and_cuts_are_right_whatever_the_source(tmp_path, name, demuxer, options):
    lecture = make_colour_lecture(
        tmp_path / name,
        seconds=9,
        demuxer=demuxer,
        options=options,
        flashes=(1.0, 3.0, 5.0, 7.0),
    )
    clip = render(lecture, lecture.plan((2.5, 3.5), (6.52, 7.5)), tmp_path / "clip")
    frames = read_frames(clip.video)
    frame = frames[2]
    for box, colour in (
        (SCREEN_AT._replace(w=230), RED),
        (SCREEN_AT._replace(x=250, w=230), GREEN),
        (CAMERA_AT._replace(w=30, h=30), BLUE),
    ):
        middle = np.median(inner(frame, box).reshape(-1, 3), axis=0)
        assert np.abs(middle - colour).max() <= 14, (colour, middle)
    seen = onsets(frames[:, 54:74, 498:518].mean(axis=(1, 2, 3)) > 180, 25)
    heard = onsets(beep_envelope(read_sound(clip.video, tmp_path)) > 0.5, 1000)
    assert seen == pytest.approx([0.5, 1.48], abs=0.041)
    assert heard == pytest.approx(seen, abs=SYNC_S)


def test_a_camera_over_the_screen_moves_out_and_its_place_is_closed(tmp_path):
    lecture = make_colour_lecture(
        tmp_path / "pip.mp4",
        seconds=3,
        size=(640, 360),
        screen=Box(0, 0, 640, 360),
        camera=Box(480, 240, 160, 120),
        flashes=(2.9,),
    )
    plan = lecture.plan((0.5, 2.0), kind="picture_in_picture")
    shown = {}
    for inset in ("smooth", "keep"):
        params = SMALL.model_copy(update={"inset": inset})
        shown[inset] = read_frames(render(lecture, plan, tmp_path / inset, params).video)[5]
    place = Box(0 + 362, 44 + 182, 116, 86)
    assert share_near(inner(shown["smooth"], place), BLUE) == 0
    assert share_near(inner(shown["smooth"], place), GREEN, 60) > 0.9
    assert share_near(inner(shown["keep"], place), BLUE) > 0.3
    assert share_near(inner(shown["smooth"], CAMERA_AT), BLUE) > 0.4


def test_still_pictures_far_apart_are_shown_until_the_next_one(tmp_path):
    still = tmp_path / "still.mkv"
    source = make_colour_lecture(
        tmp_path / "s.mp4", seconds=12, fps=1, flashes=(5.0,), options=("-bf", 0)
    )
    shutil.copy(source.intake.media.path, still)
    ffmpeg(
        "-i",
        source.intake.media.path,
        "-vf",
        "select='not(mod(n,5))'",
        "-fps_mode",
        "vfr",
        "-c:a",
        "copy",
        still,
    )
    intake = describe(still, size=(640, 360), fps=0.2)
    media = dataclasses.replace(intake.media, demuxer="matroska")
    lecture = dataclasses.replace(source, intake=dataclasses.replace(intake, media=media))
    clip = render(lecture, lecture.plan((3.0, 6.0)), tmp_path / "clip")
    white = read_frames(clip.video, CAMERA_AT)[:, 10:30, 10:30].mean(axis=(1, 2, 3)) > 180
    assert list(white) == [False] * 20 + [True] * 10


def test_stopping_leaves_nothing_behind(lecture, tmp_path):
    class Stopped(Exception):
        pass

    def stop(percent):
        if percent > 10:
            raise Stopped

    with pytest.raises(Stopped):
        render(lecture, lecture.plan((0.5, 11.5)), tmp_path / "clip", progress=stop)
    assert list((tmp_path / "clip").iterdir()) == []


def test_progress_never_goes_back_and_ends_at_100(lecture, tmp_path):
    heard = []
    render(lecture, lecture.plan((0.5, 6.5)), tmp_path / "clip", progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 100
    assert len(heard) >= 3


def test_the_same_plan_gives_the_same_bytes(lecture, tmp_path):
    plan = lecture.plan((1.5, 2.5), cues=[(0.1, 0.8, "Twice the same")])
    params = SMALL.model_copy(update={"captions": True})
    first, second = (render(lecture, plan, tmp_path / name, params) for name in "ab")
    assert first.video.read_bytes() == second.video.read_bytes()
