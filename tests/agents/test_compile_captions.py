import time
from dataclasses import replace

import numpy as np
import pytest

from agents.compile.captions import SAFE_WIDTH, Place, caption_images, caption_layers, draw_caption
from agents.compile.compositor import caption_strip
from agents.compile.lettering import drawable, fit_lines
from agents.compile.params import CompileParams
from agents.compile.render import render_clip
from agents.subtitles import make_cues
from agents.types import Box, Cue, Interval, Word
from tests.colour_lecture import (
    drawn,
    make_colour_lecture,
    make_tiny_lecture,
    onsets,
    read_frames,
    read_sound,
)

COLUMNS = 42
PARAMS = CompileParams(size="360p", preset="ultrafast")
HOSTILE = [
    "%{pts\\:hms} ${HOME} $(id)",
    "it's 'quoted' \\ back\\slash; [a][b] : , =",
    "{\\an8}{\\pos(0,0)}Top <b>bold</b>",
    "drawtext=text='x':textfile=/etc/passwd",
    "@/etc/passwd",
    "NUL\x00 bell\x07 tab\t line\u2028para\u2029",
    "W" * 4000,
    "a b " * 50_000,
    "\n" * 5000 + "late",
    "\u202eright to left override",
]


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_tiny_lecture(tmp_path_factory.mktemp("captions") / "lecture.mp4")


def shown_white(image):
    return (image[..., 0] > 200) & (image[..., 3] > 200)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_drawn_as_text_at_once_and_in_its_strip(text):
    started = time.process_time()
    image = draw_caption(text, PARAMS)
    assert time.process_time() - started < 1.0
    strip = caption_strip(PARAMS)
    lines = fit_lines(text, COLUMNS, 2)
    assert len(lines) <= 2
    assert all(len(line) <= COLUMNS for line in lines)
    assert image is not None
    assert image.shape == (strip.h, strip.w, 4)
    columns = np.flatnonzero(image[..., 3].any(axis=0))
    assert columns[0] >= strip.w * (1 - SAFE_WIDTH) / 2 - 1
    assert columns[-1] <= strip.w * (1 + SAFE_WIDTH) / 2 + 1
    assert shown_white(image).sum() > 50


def test_descenders_and_accents_are_not_cut_off():
    for text in ("Ågqjpy\nÅgqjpy", "Ågqjpy"):
        image = draw_caption(text, PARAMS)
        rows = np.flatnonzero(shown_white(image).any(axis=1))
        box = np.flatnonzero(image[..., 3].any(axis=1))
        assert box[0] < rows[0]
        assert rows[-1] < box[-1]
        above, under = rows[0] - box[0], box[-1] - rows[-1]
        assert abs(above - under) <= 6


@pytest.mark.parametrize("text", ["Ça déjà Škoda ñ", "Καλημέρα κόσμε", "Привет, мир"])
def test_the_font_has_the_letters_of_european_scripts(text):
    assert drawable(text) == text


def test_letters_that_the_font_lacks_are_left_out_and_never_drawn_as_boxes():
    assert drawable("heap 堆 stack") == "heap stack"
    assert draw_caption("堆栈", PARAMS) is None


def test_a_cue_clears_when_it_ends_unless_the_next_begins():
    cues = [Cue(1.0, 2.0, "one"), Cue(2.0, 3.0, "two"), Cue(4.0, 9.0, "three"), Cue(12, 13, "no")]
    images = list(drawn(caption_images(cues, 10.0, PARAMS)))
    assert [t for t, _ in images] == [0.0, 1.0, 2.0, 3.0, 4.0, 9.0]
    assert [bool(image.any()) for _, image in images] == [False, True, True, False, True, False]


@pytest.mark.parametrize("place", ["below", "over"])
def test_captions_are_seen_when_burned_and_only_in_their_time(lecture, tmp_path, place):
    plan = lecture.plan((0.2, 2.2), cues=[(0.5, 1.2, "HHHHHHHHHHHH\nHHHHHHHH")])
    strip = caption_strip(PARAMS)
    seen = {}
    for burned in (True, False):
        folder = tmp_path / str(burned)
        folder.mkdir()
        params = PARAMS.model_copy(update={"captions": burned, "caption_place": place})
        clip = render_clip(
            lecture.intake, plan, params=params, folder=folder, progress=lambda percent: None
        )
        frames = read_frames(clip.video, strip).astype(int)
        # The middle fifth: the white bar of the screen never comes there.
        middle = frames[:, :, 280:380].min(axis=-1) > 200
        seen[burned] = middle.mean(axis=(1, 2)) > 0.05
        assert "HHHHHHHHHHHH\nHHHHHHHH" in clip.srt.read_text()
        assert clip.vtt.read_text().startswith("WEBVTT")
    assert list(seen[True]) == [False] * 5 + [True] * 7 + [False] * 8
    assert not seen[False].any()


def test_a_clip_full_of_hostile_cues_is_rendered(lecture, tmp_path):
    step = 2.0 / len(HOSTILE)
    cues = [(i * step, (i + 1) * step, text) for i, text in enumerate(HOSTILE)]
    clip = render_clip(
        lecture.intake,
        lecture.plan((0.2, 2.2), cues=cues),
        params=PARAMS,
        folder=tmp_path,
        progress=lambda percent: None,
    )
    assert len(read_frames(clip.video)) == 20
    assert clip.srt.read_text().count("-->") == len(HOSTILE)


def test_a_cue_stands_where_it_is_to_be_for_most_of_its_time():
    low, high = Box(0, 600, 720, 80), Box(0, 400, 720, 80)
    params = CompileParams(template="vertical", size="360p")
    places = [Place(0.0, 4.0, high), Place(4.0, 9.0, low), Place(9.0, 12.0, high)]
    cues = [Cue(1, 3, "first"), Cue(3.5, 6, "second"), Cue(8.0, 11.5, "third"), Cue(50, 51, "no")]
    layers = {layer.place: list(layer.images) for layer in caption_layers(cues, places, params)}
    assert [time for time, _ in layers[high]] == [0.0, 1, 3, 8.0, 11.5]
    assert [time for time, _ in layers[low]] == [0.0, 3.5, 6]


@pytest.mark.parametrize("fps", [10, 12, 25])
def test_burned_in_cues_begin_and_end_with_the_words_that_are_heard_after_cuts(tmp_path, fps):
    beeps = (1.03, 4.51, 7.26, 10.97)
    lecture = make_colour_lecture(
        tmp_path / "lecture.mp4",
        size=(320, 180),
        fps=fps,
        screen=Box(0, 0, 240, 136),
        camera=Box(240, 0, 80, 60),
        flashes=beeps,
    )
    # One sentence of 1.2 s per beep; what lies between them is cut out.
    words = [
        Word(begin + 0.4 * i, begin + 0.4 * i + 0.4, text)
        for begin in beeps
        for i, text in enumerate(("HHHHHHHH", "HHHHHHHH", "HHHHHHH."))
        if begin + 0.4 * i + 0.4 < 12
    ]
    parts = tuple(Interval(begin - 0.31, min(begin + 1.57, 11.98)) for begin in beeps)
    cues = make_cues(words, parts)
    plan = lecture.plan(*((p.start, p.end) for p in parts), cues=[])
    plan = replace(plan, cues=cues)
    clip = render_clip(
        lecture.intake, plan, params=PARAMS, folder=tmp_path, progress=lambda percent: None
    )
    heard = onsets(np.abs(read_sound(clip.video, tmp_path)) > 0.1, 48_000)
    heard = heard[np.diff(heard, prepend=-1) > 0.5]
    strip = caption_strip(PARAMS)
    frames = read_frames(clip.video, strip).astype(int)
    shown = frames[:, :, 280:380].min(axis=-1) > 200
    seen = shown.mean(axis=(1, 2)) > 0.05
    begins = np.flatnonzero(np.diff(seen.astype(int), prepend=0) == 1) / fps
    ends = np.flatnonzero(np.diff(seen.astype(int)) == -1) / fps + 1 / fps
    assert len(heard) == len(begins) == 4
    assert np.abs(begins - heard).max() <= 0.08
    assert np.abs(ends[:3] - (heard[:3] + 1.2 + 0.08)).max() <= 0.08
