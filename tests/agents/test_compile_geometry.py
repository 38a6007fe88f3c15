from fractions import Fraction
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.compile.compositor import caption_strip, compose
from agents.compile.params import CompileParams
from agents.compile.people import Person
from agents.compile.templates import TemplateName
from agents.compile.timeline import clip_fps, lay_out
from agents.types import Box, ClipPlan, Interval, LayoutRegion, Media, PacketTable

KINDS = ["screen_only", "camera_only", "picture_in_picture", "side_by_side"]


def media(width=1280, height=720, fps=30.0, duration=600.0, demuxer="mov"):
    return Media("x.mp4", demuxer, duration, width, height, fps, True, 0, 0, "0" * 64, 1)


def boxes(limit=2200):
    side = st.integers(-50, limit)
    return st.builds(Box, side, side, st.integers(0, limit), st.integers(0, limit))


@st.composite
def compositions(draw):
    recording = media(draw(st.integers(64, 2000)), draw(st.integers(64, 2000)))
    region = draw(
        st.none()
        | st.builds(
            LayoutRegion,
            st.just(0.0),
            st.just(9.0),
            st.sampled_from(KINDS),
            st.none() | boxes(),
            st.none() | boxes(),
            st.just(1.0),
        )
    )
    params = CompileParams(
        size=draw(st.sampled_from(["720p", "360p", "480p"])),
        template=draw(st.sampled_from(get_args(TemplateName))),
        main_share=draw(st.floats(0.5, 0.9)),
        camera_side=draw(st.sampled_from(["left", "right"])),
        camera_crop=draw(st.sampled_from(["person", "whole"])),
        caption_place=draw(st.sampled_from(["auto", "below", "over"])),
        caption_size=draw(st.floats(2.5, 8)),
    )
    ends = st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted)
    person = Person(*draw(ends), *draw(ends))
    people = {region.camera: person} if region and draw(st.booleans()) else {}
    return recording, params, compose(region, recording, params, people)


@given(compositions())
def test_every_composition_is_even_inside_the_frame_and_squeezes_nothing(made):
    recording, params, composition = made
    assert (composition.width, composition.height) == params.canvas
    bubble = [composition.bubble] if composition.bubble else []
    for panel in [*composition.panels, *bubble]:
        for x, y, w, h in (panel.source, panel.target):
            assert min(x, y) >= 0
            assert min(w, h) >= 2
            assert all(side % 2 == 0 for side in (x, y, w, h))
        assert panel.source.x + panel.source.w <= recording.width
        assert panel.source.y + panel.source.h <= recording.height
        assert panel.target.x + panel.target.w <= composition.width
        assert panel.target.y + panel.target.h <= composition.height
        across, down = panel.target.w / panel.source.w, panel.target.h / panel.source.h
        # Each side is rounded to an even number, so it may be one pixel off.
        assert abs(across - down) <= 1.01 / panel.source.w + 1.01 / panel.source.h


@given(compositions())
def test_panels_do_not_overlap(made):
    _, _, composition = made
    covered = np.zeros((composition.height, composition.width), np.uint8)
    for x, y, w, h in (panel.target for panel in composition.panels):
        covered[y : y + h, x : x + w] += 1
    assert covered.max() == 1


def test_captions_stand_below_the_screen_and_over_a_camera():
    params = CompileParams()
    strip = caption_strip(params)
    screen, camera = Box(0, 0, 960, 540), Box(960, 0, 320, 240)
    both = LayoutRegion(0, 9, "side_by_side", screen, camera, 1.0)
    below = compose(both, media(), params)
    assert all(p.target.y + p.target.h <= strip.y for p in below.panels)
    alone = compose(LayoutRegion(0, 9, "camera_only", None, None, 1.0), media(), params)
    assert alone.panels[0].target == Box(0, 0, 1280, 720)
    assert strip.y + strip.h <= 720 * 0.96 + 1


@pytest.mark.parametrize("name", get_args(TemplateName))
@pytest.mark.parametrize("kind", ["side_by_side", "screen_only", "camera_only"])
def test_captions_never_stand_over_a_face_or_a_slide_unless_asked_to(name, kind):
    params = CompileParams(template=name)
    screen, camera = Box(0, 0, 960, 540), Box(960, 0, 320, 240)
    boxes = {"screen_only": (screen, None), "camera_only": (None, None)}
    region = LayoutRegion(0, 9, kind, *boxes.get(kind, (screen, camera)), 1.0)
    made = compose(region, media(), params)
    strip = made.captions
    assert strip is not None
    assert strip.y + strip.h <= made.height * 0.961
    for panel in made.panels:
        x, y, w, h = panel.target
        if panel.source == camera or kind == "camera_only":
            # The lower part of a lecturer at most: the face is above the middle.
            assert strip.y >= y + h * 0.6 or strip.y + strip.h <= y or x > strip.w / 2
        elif w > strip.w / 2:
            assert strip.y >= y + h or strip.y + strip.h <= y
    over = compose(region, media(), params.model_copy(update={"caption_place": "over"}))
    assert over.captions is not None
    assert compose(region, media(), params.model_copy(update={"captions": False})).captions is None


@pytest.mark.parametrize("name", ["vertical", "square"])
def test_a_screen_alone_stands_in_the_middle_with_its_captions_right_below(name):
    params = CompileParams(template=name)
    region = LayoutRegion(0, 9, "screen_only", Box(0, 0, 960, 540), None, 1.0)
    made = compose(region, media(), params)
    (panel,), strip = made.panels, made.captions
    assert strip is not None
    assert strip.y == panel.target.y + panel.target.h
    above, under = panel.target.y, made.height - strip.y - strip.h
    assert abs(above - under) <= 2


def test_a_screen_recorded_at_its_place_size_is_not_scaled():
    region = LayoutRegion(0, 9, "side_by_side", Box(0, 90, 960, 540), Box(960, 90, 320, 240), 1.0)
    screen = compose(region, media(), CompileParams()).panels[0]
    assert (screen.target.w, screen.target.h) == (screen.source.w, screen.source.h) == (960, 540)


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (30, 30),
        (29.97, Fraction(30000, 1001)),
        (60, 30),
        (59.94, Fraction(30000, 1001)),
        (50, 25),
        (12.5, Fraction(25, 2)),
        (0.2, 10),
        (90000, 25),
        (float("nan"), 25),
    ],
)
def test_the_clip_keeps_the_rate_or_halves_it(fps, expected):
    assert clip_fps(media(fps=fps), CompileParams()) == expected


def plan(parts, layout=()):
    intervals = tuple(Interval(*part) for part in parts)
    return ClipPlan(intervals, 1, "", 0.0, {}, "", "", 0, tuple(layout), ())


def packets(fps=30.0, duration=600.0):
    time = np.arange(round(duration * fps)) / fps
    return PacketTable(time, np.ones(len(time)), np.arange(len(time)) % 240 == 0)


cuts = st.lists(st.floats(0.05, 9.0), min_size=2, max_size=24).map(
    lambda steps: [round(x, 3) for x in np.cumsum(steps)]
)


@given(cuts)
def test_cuts_keep_the_length_and_never_repeat_a_frame(edges):
    parts = list(zip(edges[::2], edges[1::2], strict=False))
    timeline = lay_out(plan(parts), media(), packets(), CompileParams())
    assert timeline.duration == pytest.approx(sum(b - a for a, b in parts), abs=0.04 + 1e-6)
    frame = 1 / 30
    pieces = [piece for stretch in timeline.stretches for piece in stretch.pieces]
    for (start, _), piece in zip(parts, pieces, strict=True):
        assert abs(piece.start - start) <= 1.51 * frame
        assert piece.start * 30 == pytest.approx(round(piece.start * 30), abs=1e-3)
    for stretch in timeline.stretches:
        assert stretch.seek <= stretch.origin
        ends = [0, *(shot.first + shot.frames for shot in stretch.shots)]
        assert all(shot.first >= end for shot, end in zip(stretch.shots, ends, strict=False))


def test_parts_that_touch_are_not_cut():
    timeline = lay_out(plan([(1, 2), (2, 3)]), media(), packets(), CompileParams())
    assert [p.frames for p in timeline.stretches[0].pieces] == [60]


def test_a_long_gap_is_not_decoded():
    timeline = lay_out(plan([(1, 2), (5, 6), (300, 301)]), media(), packets(), CompileParams())
    assert [len(stretch.pieces) for stretch in timeline.stretches] == [2, 1]
    assert timeline.stretches[1].seek == pytest.approx(299.999, abs=1e-6)


def test_mpegts_is_entered_before_the_key_frame_that_is_needed():
    timeline = lay_out(plan([(100.5, 102)]), media(demuxer="mpegts"), packets(), CompileParams())
    assert timeline.stretches[0].seek == pytest.approx(96 - 1.0)
