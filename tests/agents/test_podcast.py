"""The clips as sound: whole, in order, with chapters that players find."""

import av
import numpy as np
import pytest

from agents.compile.id3 import id3_tag
from agents.compile.podcast import BREATH_S, Talk, make_podcast, podcast_key
from agents.errors import RenderFailed
from agents.types import Cue
from tests.recordings import ffmpeg

TITLES = ("Größe & Form; #1 = [x]", "探索\nと木", "")
HZ = (300, 500, 800)
SECONDS = (2.0, 3.0, 2.5)


@pytest.fixture(scope="module")
def talks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for number, (hz, seconds, title) in enumerate(zip(HZ, SECONDS, TITLES, strict=True)):
        path = folder / f"{number}.mp4"
        tone = f"sine={hz}:d={seconds}:r=48000"
        picture = f"testsrc=s=160x90:r=10:d={seconds}"
        ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-c:a", "aac", path)
        made.append(Talk(f"key{number}", title, path))
    ffmpeg("-i", made[0].video, "-frames:v", "1", folder / "cover.jpg")
    return made


@pytest.fixture(scope="module")
def podcast(talks, tmp_path_factory):
    folder, heard = tmp_path_factory.mktemp("podcast"), []
    cover = talks[0].video.with_name("cover.jpg")
    made = make_podcast(
        talks, "A <talk>\n2", cover, folder=folder, progress=lambda *said: heard.append(said)
    )
    return made, folder, heard


STARTS = (0.0, SECONDS[0] + BREATH_S, SECONDS[0] + SECONDS[1] + 2 * BREATH_S)


@pytest.mark.parametrize("kind", ["mp3", "m4a"])
def test_both_files_play_the_clips_in_order(podcast, kind):
    made, _, _ = podcast
    with av.open(getattr(made, kind)) as container:
        assert container.streams.audio[0].codec_context.name in ("mp3float", "mp3", "aac")
        samples = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert len(samples) / 48_000 == pytest.approx(sum(SECONDS) + 3 * BREATH_S, abs=0.1)
    for start, hz in zip(STARTS, HZ, strict=True):
        piece = samples[round((start + 0.5) * 48_000) :][:48_000]
        assert np.abs(np.fft.rfft(piece)).argmax() == pytest.approx(hz, abs=2)


@pytest.mark.parametrize("kind", ["mp3", "m4a"])
def test_chapters_titles_and_cover_are_read_back(podcast, kind):
    made, _, _ = podcast
    with av.open(getattr(made, kind)) as container:
        marks, tags = container.chapters(), container.metadata
        assert [stream.type for stream in container.streams if stream.type == "video"]
        assert container.streams.video[0].disposition.value & av.stream.Disposition.attached_pic
    names = [mark["metadata"]["title"] for mark in marks]
    assert names == [TITLES[0], "探索 と木", "Clip 3"]
    starts = [float(mark["start"] * mark["time_base"]) for mark in marks]
    assert starts == pytest.approx(STARTS, abs=0.05)
    assert tags["title"] == "A <talk> 2"


def test_only_the_two_files_are_left_and_progress_was_told(podcast):
    _, folder, heard = podcast
    assert {path.name for path in folder.iterdir()} == {"podcast.mp3", "podcast.m4a"}
    assert [percent for percent, _ in heard] == sorted(percent for percent, _ in heard)


def test_the_table_of_contents_names_every_chapter():
    tag = id3_tag("t", [Cue(0, 1, "a"), Cue(1, 2, "b")], b"\xff\xd8")
    at = tag.index(b"CTOC")
    size = int.from_bytes(tag[at + 4 : at + 8], "big")
    assert tag[at + 10 : at + 10 + size] == b"toc\0\x03\x02ch0\0ch1\0"
    assert tag.count(b"CHAP") == 2


def test_the_key_follows_clips_order_and_titles(talks):
    first, second, _ = talks
    keys = {
        podcast_key([first, second], "t"),
        podcast_key([second, first], "t"),
        podcast_key([first], "t"),
        podcast_key([first, second], "another"),
    }
    assert len(keys) == 4


def test_a_clip_without_sound_is_told_in_one_sentence(talks, tmp_path):
    mute = tmp_path / "mute.mp4"
    ffmpeg("-i", talks[0].video, "-an", "-c", "copy", mute)
    with pytest.raises(RenderFailed, match="no sound"):
        make_podcast(
            [Talk("k", "t", mute)],
            "t",
            talks[0].video.with_name("cover.jpg"),
            folder=tmp_path,
            progress=lambda percent, message: None,
        )
