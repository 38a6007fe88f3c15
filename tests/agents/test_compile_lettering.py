"""Letters that can be read on anything, and the word that is being said."""

import numpy as np
import pytest

from agents.compile.captions import caption_images, draw_caption, lacking_letters
from agents.compile.colours import (
    ACCENTS,
    BLACK,
    READABLE,
    TEXT_COLOURS,
    WHITE,
    accent_for,
    contrast,
    needs_outline,
    under,
)
from agents.compile.lettering import (
    FACES,
    _glyph,
    _missing_glyph,
    drawable,
    writes_right_to_left,
)
from agents.compile.params import CompileParams
from agents.types import Cue
from tests.colour_lecture import drawn

TEXT = "HIHIHIH EMEMEM\nLTLTLT HEHEHE"
GROUNDS = [(255, 255, 255), (255, 240, 120), (128, 128, 128), (0, 0, 0)]


def over(image, ground):
    """Return what a viewer sees of straight RGBA over a plain colour, float (h, w, 3)."""
    alpha = image[..., 3:].astype(float) / 255
    return image[..., :3] * alpha + np.array(ground) * (1 - alpha)


def measured_contrast(image, ground, colour):
    """Return the contrast of letters of a colour to the darkest that lies close around them."""
    seen = over(image, ground)
    letters = np.abs(seen - np.array(colour)).max(axis=2) < 8
    assert letters.sum() > 200
    near = np.zeros_like(letters)
    for dy in range(-4, 5):
        for dx in range(-4, 5):
            near |= np.roll(letters, (dy, dx), (0, 1))
    luma = seen.mean(axis=2)
    darkest = np.quantile(luma[near & ~letters], 0.1)
    at = np.argmin(np.abs(luma - darkest) + 1e6 * ~near)
    ground = seen.reshape(-1, 3)[at]
    return contrast(tuple(colour), tuple(ground))


def test_contrast_is_that_of_wcag():
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast((119, 119, 119), WHITE) == pytest.approx(4.48, abs=0.01)
    assert contrast(WHITE, (118, 118, 118)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("ground", GROUNDS, ids=str)
@pytest.mark.parametrize("shade", [0.0, 0.3, 0.5, 0.55, 0.7, 1.0])
@pytest.mark.parametrize("colour", list(TEXT_COLOURS))
def test_captions_can_be_read_on_any_picture_under_any_box(ground, shade, colour):
    params = CompileParams(caption_shade=shade, caption_colour=colour)
    image = draw_caption(TEXT, params)
    assert image is not None
    assert measured_contrast(image, ground, TEXT_COLOURS[colour]) >= READABLE


def test_letters_without_help_could_not_be_read():
    assert contrast(WHITE, under(0.3)) < READABLE
    assert needs_outline(WHITE, 0.3)
    assert not needs_outline(WHITE, 0.7)


@pytest.mark.parametrize("shade", [0.2, 0.6, 0.7])
@pytest.mark.parametrize("colour", list(TEXT_COLOURS))
def test_the_word_being_said_stands_out_and_can_be_read(shade, colour):
    params = CompileParams(caption_shade=shade, caption_colour=colour, caption_highlight=True)
    accent = accent_for(TEXT_COLOURS[colour])
    assert accent in ACCENTS
    cue = Cue(1.0, 3.0, TEXT, (1.0, 1.5, 2.0, 2.5))
    images = list(drawn(caption_images([cue], 5.0, params)))
    assert [time for time, _ in images] == [0.0, 1.0, 1.5, 2.0, 2.5, 3.0]
    columns = []
    for number, (_, image) in enumerate(images[1:5]):
        assert measured_contrast(image, WHITE, accent) >= READABLE
        lit = np.abs(over(image, WHITE) - np.array(accent)).max(axis=2) < 8
        rows, across = np.nonzero(lit)
        columns.append(across.mean())
        # The first two words are on the upper line.
        assert bool(rows.mean() < image.shape[0] / 2) is (number < 2)
    assert columns[0] < columns[1]
    assert columns[2] < columns[3]


@pytest.mark.parametrize(
    "cue",
    [
        Cue(0, 2, "edited to other words", (0.0, 0.5)),
        Cue(0, 2, "no times"),
        Cue(0, 2, "heap 堆 stack", (0.0, 0.5, 1.0)),
    ],
    ids=["edited", "untimed", "lacking"],
)
def test_a_cue_whose_words_are_not_known_to_the_letter_is_shown_as_a_whole(cue):
    params = CompileParams(caption_highlight=True)
    plain = CompileParams()
    lit = list(drawn(caption_images([cue], 3.0, params)))
    whole = list(drawn(caption_images([cue], 3.0, plain)))
    assert [time for time, _ in lit] == [0.0, 0, 2]
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(lit, whole, strict=True))


def test_highlight_of_words_wrapped_anew_still_finds_them():
    params = CompileParams(template="vertical", caption_highlight=True)
    text = "one two three four five six\nseven eight nine ten eleven"
    cue = Cue(0.0, 4.0, text, tuple(0.3 * i for i in range(11)))
    assert len(list(caption_images([cue], 5.0, params))) == 1 + 11 + 1


@pytest.mark.parametrize("weight", list(FACES))
@pytest.mark.parametrize(
    "letters",
    [
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ",
        "ĄąĆćČčĎďĐđĘęĚěĞğİıŁłŃńŇňŐőŒœŘřŚśŞşŠšŤťŮůŰűŸŹźŻżŽžǍǎȘșȚțẞẠạẢảẤấẾếỆệ",
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωάέήίόύώϊϋΐΰ",
        "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюяЄєІіЇїҐґЉљЊњЋћЏџЎў",
        "…–—‘’“”«»€£¥§©®°±×÷≤≥≠≈∞∑∏∫√∂∇∈∉⊂⊆∪∩∀∃→←↔⇒⇔·•",  # noqa: RUF001
    ],
    ids=["Latin-1", "Latin extended", "Greek", "Cyrillic", "signs"],
)
def test_faces_have_a_glyph_of_its_own_for_each_letter(weight, letters):
    assert drawable(letters) == letters
    missing = _missing_glyph(weight)
    assert [letter for letter in letters if _glyph(letter, weight) == missing] == []
    assert len({_glyph(letter, weight) for letter in letters}) > 0.7 * len(letters)


def test_letters_that_are_lacking_are_named():
    cues = [Cue(0, 1, "heap 堆"), Cue(1, 2, "plain"), Cue(2, 3, "堆 栈 🙂")]
    assert lacking_letters(cues) == (2, "堆栈🙂")
    assert lacking_letters(cues[1:2]) == (0, "")


@pytest.mark.skipif(not writes_right_to_left(), reason="this machine has no FriBiDi")
def test_hebrew_is_written_from_right_to_left():
    image = draw_caption("אבגII", CompileParams())
    assert image is not None
    # The two Latin bars are last in the text, so they stand on the left.
    left = over(image, (0, 0, 0)).mean(axis=2) > 128
    columns = np.flatnonzero(left.any(axis=0))
    first = left[:, columns[0] : columns[0] + 6].any(axis=1)
    assert first.sum() > 0.6 * left.any(axis=1).sum()
