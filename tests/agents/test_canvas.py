"""Pictures painted plane by plane: colours stay in place, and only what changed is painted."""

import numpy as np
import pytest

from agents.canvas import Colour, Painting, Place, Planes, Source, View, background, drawn_image

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
