"""Subtitles as a track of the file, and drafts: options that touch nothing else of a clip."""

import av
import pytest

import agents.compile.render as render_module
from agents.compile.caption_track import timed_texts
from agents.compile.params import CompileParams
from agents.compile.render import render_clip
from agents.compile.shelf import scratch_shelf
from agents.errors import RenderFailed
from agents.types import Cue
from tests.colour_lecture import make_tiny_lecture

CUES = ((0.2, 0.8, "<b>One</b> {\\an8} &\nΔύω"), (0.8, 1.2, "Next"))


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_tiny_lecture(tmp_path_factory.mktemp("track") / "lecture.mp4")


def render(lecture, folder, shelf, **params):
    folder.mkdir()
    return render_clip(
        lecture.intake,
        lecture.plan((0.2, 1.7), cues=CUES),
        params=CompileParams(captions=False, **params),
        folder=folder,
        progress=lambda percent: None,
        shelf=shelf,
    )


def packets(video, kind):
    """Return (begin in ms, content) of each packet of a track."""
    with av.open(video) as container:
        (stream,) = [one for one in container.streams if one.type == kind]
        return [
            (round(1000 * packet.pts * packet.time_base), bytes(packet))
            for packet in container.demux(stream)
            if packet.pts is not None
        ]


def test_a_caption_track_is_written_as_it_is_and_nothing_is_encoded_for_it(
    lecture, tmp_path, monkeypatch
):
    (tmp_path / "shelf").mkdir()
    shelf = scratch_shelf(tmp_path / "shelf")
    bare = render(lecture, tmp_path / "bare", shelf)
    monkeypatch.setattr(render_module, "encode_groups", lambda *a, **k: pytest.fail("encoded"))
    monkeypatch.setattr(render_module, "check_clip", lambda *a, **k: pytest.fail("decoded"))
    tracked = render(lecture, tmp_path / "tracked", shelf, caption_track=True)
    assert packets(tracked.video, "video") == packets(bare.video, "video")
    found = {at: text[2:].decode() for at, text in packets(tracked.video, "subtitle")}
    assert found == {0: "", 200: CUES[0][2], 800: "Next"}
    with av.open(bare.video) as container:
        assert not container.streams.subtitles
    assert tracked.poster.read_bytes() == bare.poster.read_bytes()
    assert tracked.moving.read_bytes() == bare.moving.read_bytes()


def test_a_file_that_was_joined_wrongly_is_refused_without_decoding(lecture, tmp_path, monkeypatch):
    (tmp_path / "shelf").mkdir()
    shelf = scratch_shelf(tmp_path / "shelf")
    render(lecture, tmp_path / "bare", shelf)
    join = render_module.join

    def half(groups, *args):
        join([*groups, *groups], *args)

    monkeypatch.setattr(render_module, "join", half)
    with pytest.raises(RenderFailed, match=r"picture lasts 3\.00 s; the plan asks for 1\.50"):
        render(lecture, tmp_path / "tracked", shelf, caption_track=True)


def test_texts_do_not_overlap_and_end_with_the_clip():
    cues = [Cue(0.0, 1.0, "one"), Cue(0.9, 2.0, "two"), Cue(2.5, 9.0, "three"), Cue(7.0, 8.0, "no")]
    samples = timed_texts(cues, 4.0)
    told = [(packet.pts, lasts, packet.content[2:].decode()) for packet, lasts in samples]
    assert told == [(0, 1000, "one"), (1000, 1000, "two"), (2500, 1500, "three")]


def test_a_draft_is_small_and_fast_whatever_was_asked_for(lecture, tmp_path):
    params = CompileParams(quality="draft", size="1080p", preset="medium", template="vertical")
    assert (params.canvas, params.x264_preset) == ((360, 640), "ultrafast")
    (tmp_path / "shelf").mkdir()
    draft = render(lecture, tmp_path / "draft", scratch_shelf(tmp_path / "shelf"), quality="draft")
    with av.open(draft.video) as container:
        picture = container.streams.video[0]
        assert (picture.width, picture.height, picture.frames) == (640, 360, 15)
