"""What is checked of a sample of clips can fail."""

from types import SimpleNamespace

import pytest

from agents.types import Interval, Word
from benchmarks.looks_checks import cut_words, squeezed
from benchmarks.looks_circles import make_circles
from tests.recordings import ffmpeg


@pytest.fixture(scope="module")
def circles(tmp_path_factory):
    return make_circles(tmp_path_factory.mktemp("circles") / "circles.mp4", seconds=1)


def test_round_circles_pass_and_squeezed_ones_are_told(circles, tmp_path):
    assert squeezed(SimpleNamespace(video=circles)).startswith("4 seen, sides within ")
    narrow = tmp_path / "narrow.mp4"
    ffmpeg("-i", circles, "-vf", "scale=600:360,setsar=1", "-c:a", "copy", narrow)
    told = squeezed(SimpleNamespace(video=narrow))
    assert told.startswith("**4 seen, sides within ")
    assert float(told.split()[-2]) == pytest.approx(100 * 40 / 600, abs=1.5)


def test_a_picture_without_circles_does_not_pass(circles, tmp_path):
    blank = tmp_path / "blank.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=black:s=64x36:r=10:d=1", blank)
    assert squeezed(SimpleNamespace(video=blank)).startswith("**0 seen")


def test_a_word_over_an_edge_is_told_and_one_that_touches_it_is_not():
    words = (Word(1.0, 1.4, "first"), Word(1.6, 2.0, "second"))
    assert cut_words(SimpleNamespace(parts=(Interval(0.99, 2.0),)), words) == "2 edges, none cut"
    told = cut_words(SimpleNamespace(parts=(Interval(1.2, 1.5), Interval(1.59, 1.9))), words)
    assert told == "**'first' at 1.20, 'second' at 1.90**"
