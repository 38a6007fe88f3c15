import subprocess

import numpy as np
import pytest
from PIL import Image, ImageSequence

from agents.compile.checks import check_clip, is_black, outline
from agents.compile.moving import save_moving
from agents.errors import RenderFailed
from agents.ffmpeg import ffmpeg_path
from tests.recordings import ffmpeg

RATE = 48_000
BEEPS = "sine=300:d={0}:r=48000:b=4,volume='0.1+mod(floor(t*3.7)*3,5)/5':eval=frame"
"""Beeps whose loudness never repeats for long, so that they fit in one place only."""
SOUND = ("-f", "lavfi", "-i", BEEPS.format(4))
CODECS = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p")


def make(path, *, picture="testsrc=s=160x90:r=10:d=4", sound=SOUND, options=()):
    ffmpeg("-f", "lavfi", "-i", picture, *sound, *CODECS, "-c:a", "aac", *options, path)
    return path


def made_sound(seconds=4.0):
    """Return the sound that a clip was given, as it was before it was encoded."""
    raw = ffmpeg_out("-f", "lavfi", "-i", BEEPS.format(seconds), "-f", "f32le", "-")
    return np.frombuffer(raw, np.float32)


def ffmpeg_out(*args):
    command = [ffmpeg_path(), "-v", "error", *args]
    return subprocess.run(command, capture_output=True, check=True).stdout


def check(path, *, seconds=4.0, size=(160, 90), sound=None, source_is_black=False):
    poster = path.with_suffix(".jpg")
    check_clip(
        path,
        frames=round(seconds * 10),
        fps=10.0,
        size=size,
        sound=outline(made_sound(seconds) if sound is None else sound),
        source_is_black=source_is_black,
        poster=poster,
        moving=path.with_suffix(".webp"),
    )
    return poster


@pytest.fixture
def good(tmp_path):
    return make(tmp_path / "good.mp4")


def test_a_good_clip_passes_and_gets_its_poster(good):
    assert check(good).read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("options", [(), ("-g", "250")])
def test_the_moving_poster_shows_moments_of_the_whole_clip(tmp_path, options):
    picture = "color=black:s=160x90:r=10:d=4,geq=lum='20+5*N':cb=128:cr=128"
    made = make(tmp_path / "lighter.mp4", picture=picture, options=options)
    check(made, source_is_black=True)
    with Image.open(made.with_suffix(".webp")) as moving:
        assert moving.format == "WEBP"
        assert moving.size == (320, 180)
        frames = [np.asarray(frame.convert("L")).mean() for frame in ImageSequence.Iterator(moving)]
    assert 4 <= len(frames) <= 12
    assert frames == sorted(frames)
    assert frames[-1] - frames[0] > 100


def test_the_moving_poster_of_the_busiest_picture_is_small(tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (30, 180, 320, 3), np.uint8)
    save_moving(list(noise), tmp_path / "noise.webp")
    assert 1000 < (tmp_path / "noise.webp").stat().st_size <= 400_000


def test_a_clip_of_the_wrong_length_is_refused(good):
    with pytest.raises(RenderFailed, match=r"picture lasts 4.00 s; the plan asks for 4.50"):
        check(good, seconds=4.5)


def test_a_clip_whose_sound_is_short_is_refused(tmp_path):
    short = make(tmp_path / "short.mp4", sound=("-f", "lavfi", "-i", BEEPS.format(3)))
    with pytest.raises(RenderFailed, match="sound lasts 3"):
        check(short)


def test_a_clip_without_sound_is_refused(tmp_path):
    with pytest.raises(RenderFailed, match="needs picture and sound"):
        check(make(tmp_path / "mute.mp4", sound=()))


def test_a_clip_of_another_size_or_pixel_format_is_refused(tmp_path, good):
    with pytest.raises(RenderFailed, match="160x90, not 320x180"):
        check(good, size=(320, 180))
    with pytest.raises(RenderFailed, match="yuv444p"):
        check(make(tmp_path / "444.mp4", options=("-pix_fmt", "yuv444p")))


def test_a_clip_cut_short_on_disk_is_refused(tmp_path):
    whole = make(tmp_path / "whole.mp4", options=("-movflags", "+faststart"))
    content = whole.read_bytes()
    for share in (0.5, 0.8, 0.97):
        cut = tmp_path / "cut.mp4"
        cut.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(RenderFailed):
            check(cut)


def test_a_damaged_end_is_refused(tmp_path):
    whole = make(tmp_path / "whole.mp4", sound=SOUND, options=("-movflags", "+faststart"))
    content = bytearray(whole.read_bytes())
    content[-len(content) // 4 :] = bytes(len(content) // 4)
    whole.write_bytes(content)
    with pytest.raises(RenderFailed):
        check(whole)


def test_a_black_beginning_is_refused_unless_the_source_is_black(tmp_path):
    black = make(tmp_path / "black.mp4", picture="color=black:s=160x90:r=10:d=4")
    with pytest.raises(RenderFailed, match="black"):
        check(black)
    assert check(black, source_is_black=True).exists()


def test_a_dark_slide_with_text_is_not_black():
    slide = np.full((90, 160), 18, np.uint8)
    assert is_black(slide)
    slide[40:50, 20:140] = 200
    assert not is_black(slide)


@pytest.mark.parametrize(
    ("early", "late", "said"),
    [
        (("-itsoffset", "0.3"), (), "picture begins at 0.30 s, not at 0"),
        ((), ("-itsoffset", "0.3"), "sound comes 0.30 s after its picture"),
    ],
)
def test_a_track_that_begins_late_is_refused(good, tmp_path, early, late, said):
    apart = tmp_path / "apart.mp4"
    both = (*early, "-i", good, *late, "-i", good)
    ffmpeg(*both, "-map", "0:v", "-map", "1:a", "-c", "copy", apart)
    with pytest.raises(RenderFailed, match=said):
        check(apart)


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        ("adelay=80,atrim=end=4", "sound comes 0.08 s after its picture"),
        ("atrim=start=0.12,asetpts=PTS-STARTPTS,apad=whole_dur=4", "0.12 s before its picture"),
    ],
)
def test_sound_that_is_shifted_within_its_track_is_refused(tmp_path, shift, said):
    shifted = make(tmp_path / "shifted.mp4", options=("-af", shift))
    with pytest.raises(RenderFailed, match=said):
        check(shifted)


def test_sound_that_drifts_away_is_refused_though_it_begins_in_step(tmp_path):
    picture, sound = "testsrc=s=160x90:r=10:d=60", ("-f", "lavfi", "-i", BEEPS.format(60))
    even = make(tmp_path / "even.mp4", picture=picture, sound=sound)
    assert check(even, seconds=60.0).exists()
    drift = make(
        tmp_path / "drift.mp4", picture=picture, sound=sound, options=("-af", "atempo=1.0015")
    )
    with pytest.raises(RenderFailed, match=r"sound comes 0.0\d s before its picture"):
        check(drift, seconds=60.0)


@pytest.mark.parametrize("sound", ["sine=120:d=4:r=48000", "anullsrc=r=48000:cl=mono:d=4"])
def test_a_hum_and_silence_fit_anywhere_and_pass(tmp_path, sound):
    made = make(tmp_path / "hum.mp4", sound=("-f", "lavfi", "-i", sound))
    plain = np.frombuffer(ffmpeg_out("-f", "lavfi", "-i", sound, "-f", "f32le", "-"), np.float32)
    assert check(made, sound=plain).exists()


def test_a_picture_that_stands_still_for_a_moment_is_refused(tmp_path):
    halting = ("-vf", "settb=1/1000,setpts='if(lt(N,20),PTS,PTS+80)'", "-fps_mode", "passthrough")
    made = make(tmp_path / "halting.mp4", options=(*halting, "-enc_time_base", "1:1000"))
    with pytest.raises(RenderFailed, match="do not follow evenly at"):
        check(made)
