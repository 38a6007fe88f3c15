"""The highlight reel as a film: nothing is lost or shifted where passages are joined."""

import av
import numpy as np
import pytest

from agents.compile import CompileParams
from agents.compile.chapters import to_ffmetadata
from agents.compile.clip_file import hear_clip
from agents.compile.reel import film_key, join_graph, render_film
from agents.types import Cue
from tests.colour_lecture import (
    BEEP_HZ,
    RATE,
    make_colour_lecture,
    onsets,
    read_frames,
)
from tests.hearing import context

FPS = 25
SMALL = CompileParams(size="360p", preset="ultrafast", captions=False, camera_crop="whole")
PASSAGES = ((0.4, 3.0), (4.2, 6.6), (8.4, 11.4))
"""Each holds a flash: at 1.0, at 5.0, and at 9.0 and 11.0 s of the lecture."""
FLASHES = (0.6, 2.6 + 0.8, 5.0 + 0.6, 5.0 + 2.6)
LONGEST_TITLE = "Ärger = [Ω]; #1 \\ <b>"


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_colour_lecture(tmp_path_factory.mktemp("lecture") / "lecture.mp4")


def passages(lecture, cues=((0.2, 1.2, "Said here"),)):
    titles = (LONGEST_TITLE, "Second", "Third\nline")
    return tuple(
        lecture.plan(part, title=title, cues=cues)
        for part, title in zip(PASSAGES, titles, strict=True)
    )


@pytest.fixture(scope="module", params=["fade", "dissolve", "cut"])
def film(request, lecture, tmp_path_factory):
    # one of them has a track of subtitles, too
    changed = {"reel_transition": request.param, "caption_track": request.param == "cut"}
    params = SMALL.model_copy(update=changed)
    folder = tmp_path_factory.mktemp(request.param)
    heard = []
    made = render_film(
        lecture.intake,
        passages(lecture),
        params=params,
        context=context(folder, lambda percent, message: heard.append((percent, message))),
    )
    return request.param, made, read_frames(made.clip.video), heard


def test_the_film_is_as_long_as_its_passages(film):
    _, made, frames, _ = film
    assert len(frames) == 200
    assert made.clip.duration == pytest.approx(8.0)
    assert [round(c.start, 2) for c in made.chapters] == [0.0, 2.6, 5.0]
    assert made.chapters[-1].end == pytest.approx(8.0)


def test_every_flash_has_its_beep_wherever_a_transition_lies(film, tmp_path):
    _, made, frames, _ = film
    panel = frames[:, 60:140, 500:600].min(axis=(1, 2, 3))
    seen = onsets(panel > 180, FPS)
    sound = hear_clip(made.clip.video)
    time = np.arange(len(sound)) / RATE
    tone = np.abs(np.convolve(sound * np.exp(-2j * np.pi * BEEP_HZ * time), np.ones(480) / 480))
    heard = onsets(tone[: len(sound)] > 0.25 * tone.max(), RATE)
    assert seen == pytest.approx(FLASHES, abs=0.021)
    assert heard == pytest.approx(FLASHES, abs=0.021)


def test_passages_follow_as_the_transition_says(film):
    name, _, frames, _ = film
    light = frames[:, 100:250, 40:440].astype(float).mean(axis=(1, 2, 3))
    dark = light < 0.2 * np.median(light)
    assert not dark[[0, -1]].any()
    assert [bool(dark[edge - 3 : edge + 4].any()) for edge in (65, 125)] == [name == "fade"] * 2
    assert dark.sum() <= 12


def test_cues_and_chapters_lie_in_the_films_own_time(film):
    _, made, _, _ = film
    assert [cue.start for cue in made.clip.plan.cues] == pytest.approx([0.2, 2.8, 5.2])
    assert made.clip.vtt.read_text().count("-->") == made.clip.srt.read_text().count("-->") == 3
    with av.open(made.clip.video) as container:
        marks = container.chapters()
    titles = [mark["metadata"]["title"] for mark in marks]
    assert titles == [LONGEST_TITLE, "Second", "Third line"]
    starts = [float(mark["start"] * mark["time_base"]) for mark in marks]
    assert starts == pytest.approx([0.0, 2.6, 5.0], abs=0.002)
    assert made.clip.poster.read_bytes().startswith(b"\xff\xd8\xff")


def test_a_reel_has_a_track_of_subtitles_where_it_is_asked_for(film):
    name, made, _, _ = film
    with av.open(made.clip.video) as container:
        tracks = container.streams.subtitles
        assert len(tracks) == (name == "cut")
        texts = {
            round(float(packet.pts * packet.time_base), 2): bytes(packet)[2:].decode()
            for packet in (container.demux(tracks[0]) if tracks else ())
            if packet.pts is not None and packet.size > 2
        }
    assert texts == ({0.2: "Said here", 2.8: "Said here", 5.2: "Said here"} if tracks else {})


def test_every_passage_shows_its_title_after_it_begins(film):
    _, _, frames, _ = film
    lower = frames[:, 200:360].astype(int)
    plate = (lower.max(axis=-1) < 60).mean(axis=(1, 2))
    for begin in (0, 65, 125):
        before, during = plate[begin + 9], plate[begin + 30]
        assert during > before + 0.01, (begin, before, during)


def test_progress_rises_to_the_end_and_nothing_else_is_left(film):
    _, made, _, heard = film
    percents = [percent for percent, _ in heard]
    assert percents == sorted(percents)
    assert percents[-1] > 90
    assert any("Passage" in message for _, message in heard)
    left = {path.name for path in made.clip.video.parent.iterdir() if path.is_file()}
    assert {"film.f32", "chapters.txt", "captions.mp4"} & left == set()


def test_the_key_follows_what_the_film_shows(lecture):
    whole = passages(lecture)
    keys = {
        film_key(whole, lecture.intake, SMALL),
        film_key(whole[:2], lecture.intake, SMALL),
        film_key(whole[::-1], lecture.intake, SMALL),
        film_key(passages(lecture, cues=()), lecture.intake, SMALL),
        film_key(whole, lecture.intake, SMALL.model_copy(update={"reel_transition": "cut"})),
        film_key(whole, lecture.intake, SMALL.model_copy(update={"reel_title_s": 0.0})),
    }
    assert len(keys) == 6
    assert film_key(passages(lecture), lecture.intake, SMALL) in keys


def test_one_passage_needs_no_transition_and_short_ones_a_short_one():
    assert "xfade" not in join_graph([50], 25, "fade")
    assert "duration=0.160000" in join_graph([50, 4], 25, "dissolve")


def test_a_title_cannot_end_its_line_or_begin_a_chapter():
    text = to_ffmetadata([Cue(0, 1, "x\n[CHAPTER]\nSTART=5")], [("title", "a=b;c#d\\e")])
    assert text.count("\n[CHAPTER]") == 1
    assert "title=a\\=b\\;c\\#d\\\\e\n" in text
