from fractions import Fraction

import numpy as np
import pytest

import agents.compile.render as render_module
from agents.compile.layers import Layer, at_frame, frame_of, on_frames
from agents.compile.params import CompileParams
from agents.types import Box
from tests.colour_lecture import make_tiny_lecture, read_frames

PARAMS = CompileParams(size="360p", preset="ultrafast", captions=False)
LOWER, UPPER = Box(40, 40, 80, 60), Box(80, 60, 80, 60)


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_tiny_lecture(tmp_path_factory.mktemp("layers") / "lecture.mp4")


def plain(place, grey, alpha):
    """Return one grey as straight RGBA."""
    image = np.full((place.h, place.w, 4), grey, np.uint8)
    image[..., 3] = alpha
    return image


def test_layers_lie_over_the_picture_in_their_order_and_for_their_time(
    lecture, tmp_path, monkeypatch
):
    layers = (
        Layer(LOWER, [(0.0, plain(LOWER, 0, 0)), (0.5, plain(LOWER, 250, 255))]),
        Layer(UPPER, [(0.0, plain(UPPER, 20, 255)), (1.0, plain(UPPER, 20, 0))]),
    )
    monkeypatch.setattr(render_module, "picture_layers", lambda *args: layers)
    clip = render_module.render_clip(
        lecture.intake,
        lecture.plan((0.2, 1.7)),
        params=PARAMS,
        folder=tmp_path,
        progress=lambda percent: None,
    )
    frames = read_frames(clip.video).astype(int)
    only_lower = frames[:, 44:56, 44:76].mean(axis=(1, 2))
    both = frames[:, 64:96, 84:116].mean(axis=(1, 2))
    only_upper = frames[:, 64:116, 124:156].mean(axis=(1, 2))
    assert list(only_lower.min(axis=1) > 240) == [False] * 5 + [True] * 10
    assert list(both.max(axis=1) < 30) == [True] * 10 + [False] * 5
    assert list(both.min(axis=1) > 240) == [False] * 10 + [True] * 5
    assert list(only_upper.max(axis=1) < 30) == [True] * 10 + [False] * 5


def test_a_layer_with_spans_is_seen_in_them_alone(lecture, tmp_path, monkeypatch):
    layer = Layer(LOWER, [(0.0, plain(LOWER, 250, 255))], ((0.3, 0.6), (1.0, 1.2)))
    monkeypatch.setattr(render_module, "picture_layers", lambda *args: (layer,))
    clip = render_module.render_clip(
        lecture.intake,
        lecture.plan((0.2, 1.7)),
        params=PARAMS,
        folder=tmp_path,
        progress=lambda percent: None,
    )
    bright = read_frames(clip.video)[:, 44:56, 44:76].mean(axis=(1, 2, 3)) > 200
    assert list(np.flatnonzero(bright)) == [3, 4, 5, 10, 11]


def test_images_move_to_the_nearest_frame_and_the_later_one_wins():
    images = [(0.0, plain(LOWER, 0, 0)), (0.26, plain(LOWER, 1, 9)), (0.34, plain(LOWER, 2, 9))]
    layer = Layer(LOWER, images)
    assert greys(on_frames(layer, Fraction(10))) == [(0, 0), (3, 2)]
    (shown,) = at_frame([layer], 3, Fraction(10))
    assert next(iter(shown.images))[1][0, 0, 0] == 2


def test_a_layer_is_gone_outside_its_spans_and_comes_back_as_it_then_is():
    images = [(0.0, plain(LOWER, 0, 0)), (0.6, plain(LOWER, 1, 9))]
    layer = Layer(LOWER, images, ((0.2, 0.4), (0.8, 1.0)))
    changes = greys(on_frames(layer, Fraction(10)))
    assert changes == [(0, None), (2, 0), (4, None), (6, None), (8, 1), (10, None)]
    assert at_frame([layer], 5, Fraction(10)) == ()
    assert len(at_frame([layer], 9, Fraction(10))) == 1


def greys(changes):
    return [(frame, None if image is None else image[0, 0, 0]) for frame, image in changes]


@pytest.mark.parametrize("fps", [10, 12, 15, 24, 25, 30, 50, 60])
def test_times_of_captions_keep_their_frame_when_they_are_rounded_to_milliseconds(fps):
    for hundredth in range(300):
        frames = {frame_of(hundredth / 100 + off, Fraction(fps)) for off in (-4e-4, 0, 4e-4)}
        assert len(frames) == 1
