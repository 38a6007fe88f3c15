"""Letters as pixels: the bundled faces, what they lack, and lines drawn as coverage.

Text is only ever drawn here; no filter graph and no subtitle renderer sees it. The faces are
DejaVu Sans: Latin with all accents, Greek, Cyrillic, Armenian, Georgian; Arabic and Hebrew where
the machine can order and join their letters. What they lack is left out, never drawn as boxes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from agents.compile.colours import RGB
from agents.subtitles import clean_text, wrap_text

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Weight = Literal["bold", "regular"]
FACES: dict[Weight, str] = {"bold": "DejaVuSans-Bold.ttf", "regular": "DejaVuSans.ttf"}
FOLDER = Path(__file__).with_name("fonts")
LEAST_LETTER = 4
"""Letters are never drawn smaller, in pixels."""
_RIGHT_TO_LEFT = {"R", "AL"}


@cache
def font(size: int, weight: Weight = "bold", *, joined: bool = False) -> FreeTypeFont:
    """Return a face; `joined` is for scripts from right to left, whose letters are joined."""
    from PIL import ImageFont

    layout = ImageFont.Layout.RAQM if joined else ImageFont.Layout.BASIC
    return ImageFont.truetype(str(FOLDER / FACES[weight]), size, layout_engine=layout)


def is_right_to_left(text: str) -> bool:
    """Return whether the text has letters that are written from right to left."""
    return not text.isascii() and any(
        unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text
    )


@cache
def writes_right_to_left() -> bool:
    """Return whether this machine can write from right to left (libraqm with FriBiDi)."""
    from PIL import features

    return bool(features.check("raqm") and features.check("fribidi"))


def drawable(text: str) -> str:
    """Return the text without the characters that cannot be drawn: no boxes in their place."""
    kept = "".join(c for c in text if c.isspace() or can_draw(c))
    lines = (" ".join(line.split()) for line in kept.split("\n"))
    return "\n".join(line for line in lines if line)


@cache
def can_draw(character: str) -> bool:
    """Return whether both faces have the character, and it can be put in its place."""
    if unicodedata.bidirectional(character) in _RIGHT_TO_LEFT and not writes_right_to_left():
        return False
    return all(_glyph(character, weight) != _missing_glyph(weight) for weight in FACES)


@cache
def _missing_glyph(weight: Weight) -> bytes:
    return _glyph("\U0010fffe", weight)


def _glyph(character: str, weight: Weight) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("L", (48, 48))
    ImageDraw.Draw(image).text((8, 8), character, fill=255, font=font(24, weight))
    return image.tobytes()


def fit_lines(text: str, columns: int, most: int) -> list[str]:
    """Return the text in at most so many lines of so many columns; the rest becomes "…"."""
    # Longer texts are cut before anything is done with them.
    text = drawable(clean_text(text.lstrip()[: 2 * most * columns]))
    lines = text.split("\n")
    wrapped = [line for line in lines if line and wrap_text(line, columns) == [line]]
    if wrapped != lines or len(lines) > most:
        wrapped = wrap_text(" ".join(lines), columns)
    if len(wrapped) > most:
        last = wrapped[most - 1][: columns - 1].rstrip()
        wrapped = [*wrapped[: most - 1], f"{last}…"]
    return wrapped


class Lettering:
    """Lines of text of one size: how wide they are, and their coverage in a picture."""

    def __init__(self, lines: Sequence[str], letter: int, weight: Weight, max_width: int) -> None:
        self.lines = lines
        joined = any(is_right_to_left(line) for line in lines)
        widest = max(font(letter, weight, joined=joined).getlength(line) for line in lines)
        if widest > max_width:
            letter = max(LEAST_LETTER, int(letter * max_width / widest))
        self.letter = letter
        self.joined = joined
        self.font = font(letter, weight, joined=joined)
        self.width = min(max_width, round(max(self.font.getlength(line) for line in lines)))
        ascent, descent = self.font.getmetrics()
        self.drop = (ascent - descent) / 2
        """From the middle of a line down to its baseline."""

    def draw(
        self, size: tuple[int, int], places: Sequence[tuple[float, float]], *, outline: int = 0
    ) -> np.ndarray:
        """Return the coverage 0-1 of the lines, (h, w); a place is a line's left and middle.

        `outline` makes the letters so many pixels fatter all around.
        """
        from PIL import Image, ImageDraw

        image = Image.new("L", size)
        pen = ImageDraw.Draw(image)
        for line, (x, middle) in zip(self.lines, places, strict=True):
            at = (x, round(middle + self.drop))
            pen.text(at, line, 255, font=self.font, anchor="ls", stroke_width=outline)
        return np.asarray(image, np.float32) / 255

    def words(self) -> Iterator[tuple[int, float, float]]:
        """Yield for each word its line, and where it begins and ends on the line, in pixels."""
        for number, line in enumerate(self.lines):
            begin = 0
            for word in line.split():
                begin = line.index(word, begin)
                end = begin + len(word)
                yield number, self.font.getlength(line[:begin]), self.font.getlength(line[:end])
                begin = end


def paint(layers: Sequence[tuple[np.ndarray, RGB]]) -> np.ndarray:
    """Return straight RGBA, uint8 (h, w, 4), of coverages 0-1 in their colours, lowest first."""
    painted = np.zeros((*layers[0][0].shape, 4), np.uint8)
    seen = _covered([coverage for coverage, _ in layers])
    colour = np.zeros((3, *painted[seen].shape[:2]), np.float32)
    alpha = np.zeros(colour.shape[1:], np.float32)
    for whole, rgb in layers:
        coverage = whole[seen]
        for plane, value in zip(colour, rgb, strict=True):
            plane += coverage * (np.float32(value) - plane)
        alpha += coverage * (1 - alpha)
    # The colour under what is clear stays black, so what shines through is weighed out.
    colour /= np.maximum(alpha, np.float32(1 / 255))
    painted[seen][..., :3] = np.moveaxis(colour.clip(0, 255).round(), 0, -1)
    painted[seen][..., 3] = (255 * alpha).round()
    return painted


def _covered(coverages: Sequence[np.ndarray]) -> tuple[slice, slice]:
    """Return the rows and columns outside of which all is clear."""
    rows = np.flatnonzero(np.any([c.any(axis=1) for c in coverages], axis=0))
    columns = np.flatnonzero(np.any([c.any(axis=0) for c in coverages], axis=0))
    if not len(rows):
        return slice(0), slice(0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
