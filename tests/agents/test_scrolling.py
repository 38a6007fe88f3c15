"""Text that scrolls, on pictures made of words."""

from itertools import pairwise

import numpy as np

from agents.layout.detector import detect_layout
from agents.layout.motion import measure_change
from agents.layout.params import LayoutParams
from agents.layout.slides import has_changed
from tests.moving import motion_of, slide_pictures

PARAMS = LayoutParams()
EVERYWHERE = np.ones((36, 64), bool)
LINE = 14
"""Pixels from one line of words to the next."""


def page(lines=60, seed=7):
    """Return a long white page (840, 320) of words, a line every LINE pixels."""
    rng = np.random.default_rng(seed)
    whole = np.full((lines * LINE, 320), 245, np.uint8)
    for top in range(2, len(whole) - 10, LINE):
        for left in range(12, int(rng.integers(150, 300)), 24):
            word = rng.random((9, int(rng.integers(8, 20)))) < 0.4
            whole[top : top + 9, left : left + word.shape[1]][word] = 30
    return whole


def seen(whole, top):
    """Return the part of the page that a window shows, under a bar that stays."""
    picture = whole[top : top + 180].copy()
    picture[:20] = 90
    return picture


def changed(before, after):
    (change,) = measure_change(before[None], after[None])
    return has_changed(change, EVERYWHERE, PARAMS)


def test_page_that_scrolls_up_or_down_by_any_rows_is_the_same_page():
    whole = page()
    for rows in (2, 5, 13, 42, 80):
        assert not changed(seen(whole, 200), seen(whole, 200 + rows))
        assert not changed(seen(whole, 200), seen(whole, 200 - rows))


def test_page_that_goes_or_is_cleared_or_gets_a_window_over_it_while_it_scrolls_is_a_change():
    whole = page()
    assert changed(seen(whole, 200), seen(page(seed=9), 200))
    assert changed(seen(whole, 200), seen(np.full_like(whole, 245), 200))
    half = whole.copy()
    half[90:] = 245
    assert changed(seen(half, 0), seen(np.full_like(whole, 245), 0))
    covered = seen(whole, 228)
    covered[60:130, 90:230] = 160
    assert changed(seen(whole, 200), covered)


def test_slides_of_one_template_are_no_scrolled_page():
    slides = slide_pictures(6)
    assert all(changed(one, other) for one, other in pairwise(slides))


def test_recording_that_is_nothing_but_a_terminal_is_a_screen_without_a_camera():
    whole = 255 - page(240)
    luma = np.stack([seen(whole, 56 * number) for number in range(12)])
    (stretch,) = detect_layout(motion_of(luma), luma, 96.0, PARAMS)
    assert (stretch.arrangement.kind, stretch.arrangement.camera) == ("screen_only", None)
