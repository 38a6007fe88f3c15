import numpy as np
import pytest

from agents.compile.checks import check_clip, is_black
from agents.errors import RenderFailed
from tests.recordings import ffmpeg

SOUND = ("-f", "lavfi", "-i", "sine=300:d=4")


def make(path, *, picture="testsrc=s=160x90:r=10:d=4", sound=SOUND, options=()):
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p")
    ffmpeg("-f", "lavfi", "-i", picture, *sound, *codecs, "-c:a", "aac", *options, path)
    return path


def check(path, *, seconds=4.0, size=(160, 90), source_is_black=False):
    poster = path.with_suffix(".jpg")
    check_clip(
        path,
        frames=round(seconds * 10),
        fps=10.0,
        size=size,
        source_is_black=source_is_black,
        poster=poster,
    )
    return poster


@pytest.fixture
def good(tmp_path):
    return make(tmp_path / "good.mp4")


def test_a_good_clip_passes_and_gets_its_poster(good):
    assert check(good).read_bytes().startswith(b"\xff\xd8\xff")


def test_a_clip_of_the_wrong_length_is_refused(good):
    with pytest.raises(RenderFailed, match=r"picture lasts 4.00 s; the plan asks for 4.50"):
        check(good, seconds=4.5)


def test_a_clip_whose_sound_is_short_is_refused(tmp_path):
    short = make(tmp_path / "short.mp4", sound=("-f", "lavfi", "-i", "sine=300:d=3"))
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
