"""Pictures painted plane by plane: colours stay in place, and only what changed is painted."""

import numpy as np
import pytest

from agents.canvas import (
    Colour,
    Place,
    Planes,
    Source,
    View,
    background,
    drawn_image,
    planes_of,
)
from agents.painting import Painting, cover

BT709 = Colour("bt709", "bt709", "bt709")
GREY, RED, BLUE = (90, 90, 90), (200, 30, 30), (30, 30, 200)


def plain(size, colour):
    return np.full((size[1], size[0], 3), colour, np.uint8)


def frame_of(size, colour):
    made = Planes(*size, BT709)
    made.put(Place(0, 0, *size), background(plain(size, colour), "bt709"))
    return made.frame


def seen(picture, x, y):
    return picture.to_ndarray(format="rgb24")[y, x].astype(int)


@pytest.mark.parametrize("size", [(64, 48), (64, 54), (70, 50)])
def test_colours_stay_in_their_place_at_every_even_size(size):
    width, height = size
    view = View(Place(0, 0, 32, 16), Place(width - 20, height - 12, 20, 10))
    painting = Painting(Source(32, 16, BT709), background(plain(size, BLUE), "bt709"), [view], None)
    picture = painting.paint(frame_of((32, 16), RED), [])
    assert seen(picture, 4, height - 3) == pytest.approx(BLUE, abs=4)
    assert seen(picture, width - 4, height - 6) == pytest.approx(RED, abs=4)
    assert seen(picture, width - 4, 2) == pytest.approx(BLUE, abs=4)


def test_images_over_each_other_come_and_go_as_if_all_were_painted_anew():
    size = (64, 48)
    ground = background(plain(size, GREY), "bt709")
    view = View(Place(0, 0, 32, 16), Place(20, 10, 32, 16))
    rgba = np.random.default_rng(1).integers(0, 256, (3, 20, 24, 4), np.uint8)
    places = [Place(4, 4, 24, 20), Place(16, 8, 24, 20), Place(36, 20, 24, 20)]
    images = [drawn_image(p, i, "bt709") for p, i in zip(places, rgba, strict=True)]
    frames = [frame_of((32, 16), RED), frame_of((32, 16), BLUE)]
    going = Painting(Source(32, 16, BT709), ground, [view], None)
    for step in range(16):
        shown = [image if step >> n & 1 else None for n, image in enumerate(images)]
        painted = going.paint(frames[step // 3 % 2], shown).to_ndarray()
        fresh = Painting(Source(32, 16, BT709), ground, [view], None)
        assert np.array_equal(painted, fresh.paint(frames[step // 3 % 2], shown).to_ndarray())


def test_what_is_behind_is_blurred_dim_and_never_over_the_views():
    size, source = (64, 96), Source(64, 32, BT709)
    ground = background(plain(size, GREY), "bt709")
    view = View(Place(0, 0, 32, 32), Place(0, 30, 64, 32))
    behind = View(Place(32, 0, 32, 32), Place(0, 0, *size))
    frames = [frame_of((64, 32), colour) for colour in (GREY, GREY, GREY)]
    for frame, left, right in zip(frames, (RED, RED, BLUE), (GREY, RED, RED), strict=True):
        picture = np.concatenate([plain((32, 32), left), plain((32, 32), right)], axis=1)
        for whole, plane in zip(planes_of(frame), background(picture, "bt709"), strict=True):
            whole[:] = plane
    going = Painting(source, ground, [view], None, behind)
    for frame in frames:
        painted = going.paint(frame, [])
        fresh = Painting(source, ground, [view], None, behind).paint(frame, [])
        assert np.array_equal(painted.to_ndarray(), fresh.to_ndarray())
    assert seen(painted, 30, 46) == pytest.approx(BLUE, abs=6)
    around = seen(painted, 30, 80)
    assert 1.5 * around[1] < around[0] < 0.6 * RED[0]


def test_a_covered_place_goes_on_with_the_bars_beside_it_and_without_their_letters():
    rows = np.where(np.arange(60) < 24, 80, 230).astype(np.uint8)
    luma = np.repeat(rows[:, None], 120, axis=1)
    truth = luma.copy()
    luma[6:40, 0:40] = np.random.default_rng(2).integers(0, 256, (34, 40))
    luma[8:18, 50:110:5] = luma[9:11, 50:110] = 250
    bold = np.random.default_rng(3).integers(20, 200, (12, 60))  # most of its rows is letters
    luma[26:38, 49:109] = np.where(np.arange(60) % 5 < 2, 230, bold)
    planes = [luma, luma[::2, ::2].copy(), luma[::2, ::2].copy()]
    cover(planes, Place(0, 4, 42, 38), Place(48, 4, 64, 38))
    assert np.array_equal(planes[0][:, :42], truth[:, :42])
    assert np.abs(planes[1][:, :21].astype(int) - truth[::2, :42:2]).max() == 0
