"""Burned-in subtitles: each cue as a picture, with the word being said in another colour."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from agents.compile.colours import BLACK, TEXT_COLOURS, accent_for, needs_outline
from agents.compile.compositor import BOX_PADDING, LINE_HEIGHT, caption_letter, caption_strip
from agents.compile.layers import Drawn, Layer, Sketch
from agents.compile.lettering import (
    Lettering,
    can_draw,
    fit_lines,
    paint,
    writes_right_to_left,
)
from agents.compile.params import CompileParams
from agents.subtitles import one_line
from agents.types import Box, Cue, Interval

SAFE_WIDTH = 0.92
"""Part of the width that text keeps within."""
OUTLINE = 0.09
"""Width of the dark line around letters without a box that is dark enough, in letter heights."""
NAMED = 8
"""So many of the letters that the faces lack are named."""

Rectangle = tuple[int, int, int, int]
"""Left, top, right and bottom of a word in its strip."""


@dataclass(frozen=True, slots=True)
class Place(Interval):
    """Where captions stand for a part of the clip, in seconds of the clip."""

    strip: Box


def caption_layers(
    cues: Sequence[Cue], places: Sequence[Place], params: CompileParams
) -> tuple[Layer, ...]:
    """Return the cues as pictures: a layer for each place that captions have in the clip.

    A cue stands where it is to be for most of its time, and does not move.
    """
    duration = max(place.end for place in places)
    standing: dict[Box, list[Cue]] = {}
    for cue in cues:
        if cue.start < duration:
            shared = [min(place.end, cue.end) - max(place.start, cue.start) for place in places]
            strip = places[shared.index(max(shared))].strip
            standing.setdefault(strip, []).append(cue)
    return tuple(
        Layer(strip, caption_images(here, duration, params)) for strip, here in standing.items()
    )


def caption_images(
    cues: Sequence[Cue], duration: float, params: CompileParams
) -> Iterator[tuple[float, Drawn]]:
    """Yield from when on each image is shown: straight RGBA, uint8, the size of the strip."""
    strip = caption_strip(params)
    clear = np.zeros((strip.h, strip.w, 4), np.uint8)
    yield 0.0, clear
    shown = sorted((cue for cue in cues if cue.start < duration), key=lambda cue: cue.start)
    for cue, after in zip(shown, [*shown[1:], None], strict=True):
        drawn = False
        for start, image in _cue_images(cue, params):
            drawn = True
            yield start, image
        if drawn and (after is None or cue.end < after.start):
            yield cue.end, clear


def _cue_images(cue: Cue, params: CompileParams) -> Iterator[tuple[float, Sketch]]:
    """Yield the cue's pictures: one, or one per word where the word being said stands out."""
    drawing = _draw(cue.text, params)
    if drawing is None:
        return
    times = cue.spoken if params.caption_highlight else ()
    timed = bool(times) and len(times) == len(cue.text.split())
    places = drawing.word_places() if timed else []
    if not timed or len(places) != len(times):
        yield cue.start, drawing.sketch()
        return
    begins = [cue.start, *(min(max(time, cue.start), cue.end) for time in times[1:])]
    for number, begin in enumerate(begins):
        if number + 1 == len(begins) or begins[number + 1] > begin:
            yield begin, drawing.sketch(places[number])


def draw_caption(text: str, params: CompileParams) -> np.ndarray | None:
    """Return the strip with the text in the middle, straight RGBA; None when nothing shows."""
    drawing = _draw(text, params)
    return None if drawing is None else drawing.picture()


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One cue in its strip, drawn when it is looked at."""

    lines: tuple[str, ...]
    params: CompileParams

    def sketch(self, word: Rectangle | None = None) -> Sketch:
        """Return how its picture is drawn, with `word` standing out."""
        params, strip = self.params, caption_strip(self.params)
        shape = [
            strip.w,
            strip.h,
            caption_letter(params),
            params.caption_weight,
            writes_right_to_left(),
        ]
        look = [params.caption_shade, params.caption_colour, params.caption_highlight]
        key = json.dumps([_drawer(), self.lines, shape, look, word])
        return Sketch(key, lambda: self.picture(word))

    def picture(self, word: Rectangle | None = None) -> np.ndarray:
        """Return straight RGBA; what lies in `word` stands out."""
        box, outline, text = _coverages(self)
        colour = TEXT_COLOURS[self.params.caption_colour]
        layers = [(box, BLACK)]
        if outline is not None:
            layers.append((outline, BLACK))
        layers.append((text, colour))
        if word is not None:
            left, top, right, bottom = word
            said = np.zeros_like(text)
            said[top:bottom, left:right] = text[top:bottom, left:right]
            layers.append((said, accent_for(colour)))
        return paint(layers)

    def word_places(self) -> list[Rectangle]:
        """Return the rectangle of each word; none where letters are joined or reordered."""
        lettering = self.lettering()
        if lettering.joined:
            return []
        half, places = lettering.letter * LINE_HEIGHT / 2, self.places(lettering)
        found = []
        for line, begin, end in lettering.words():
            x, middle = places[line]
            # Halfway into the space before and after: letters may lean over their edge.
            margin = lettering.letter * 0.12
            left, right = round(x + begin - margin), round(x + end + margin)
            found.append((max(0, left), max(0, round(middle - half)), right, round(middle + half)))
        return found

    def lettering(self) -> Lettering:
        """Return the lines in letters that fit the strip."""
        letter, strip = caption_letter(self.params), caption_strip(self.params)
        widest = round(strip.w * SAFE_WIDTH) - letter
        return Lettering(self.lines, letter, self.params.caption_weight, widest)

    def box(self, lettering: Lettering) -> Box:
        """Return the box around the lines."""
        strip = caption_strip(self.params)
        width = lettering.width + 2 * (caption_letter(self.params) // 2)
        height = round(lettering.letter * (len(self.lines) * LINE_HEIGHT + 2 * BOX_PADDING))
        return Box((strip.w - width) // 2, max(0, (strip.h - height) // 2), width, height)

    def places(self, lettering: Lettering) -> list[tuple[float, float]]:
        """Return where each line begins, and its middle."""
        left, top, width, _ = self.box(lettering)
        places = []
        for number, line in enumerate(self.lines):
            middle = top + lettering.letter * (BOX_PADDING + (number + 0.5) * LINE_HEIGHT)
            places.append((left + (width - lettering.font.getlength(line)) / 2, middle))
        return places


@lru_cache(2)
def _coverages(drawing: _Drawing) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Return box, outline and letters as coverages 0-1, (h, w): the same for each of its words."""
    params, lettering = drawing.params, drawing.lettering()
    strip, letter = caption_strip(params), caption_letter(params)
    size, places = (strip.w, strip.h), drawing.places(lettering)
    colour, outline = TEXT_COLOURS[params.caption_colour], None
    shown = (colour, accent_for(colour)) if params.caption_highlight else (colour,)
    if any(needs_outline(one, params.caption_shade) for one in shown):
        outline = lettering.draw(size, places, outline=max(2, round(letter * OUTLINE)))
    box = draw_box(size, drawing.box(lettering), letter // 2 // 2) * params.caption_shade
    return box, outline, lettering.draw(size, places)


@cache
def _drawer() -> str:
    """Return what draws the letters."""
    import PIL

    return PIL.__version__


def _draw(text: str, params: CompileParams) -> _Drawing | None:
    """Return the drawing of a cue, None when nothing of it can be drawn."""
    lines = fit_lines(text, params.look.caption_columns, params.look.caption_lines)
    return _Drawing(tuple(lines), params) if lines else None


def draw_box(size: tuple[int, int], box: tuple[int, int, int, int], radius: int) -> np.ndarray:
    """Return the coverage 0-1, (h, w), of a box (x, y, w, h) with round corners."""
    from PIL import Image, ImageDraw

    image = Image.new("L", size)
    x, y, w, h = box
    ImageDraw.Draw(image).rounded_rectangle((x, y, x + w - 1, y + h - 1), radius, fill=255)
    return np.asarray(image, np.float32) / 255


def caption_notice(cues: Sequence[Cue]) -> str:
    """Return what a person should know of captions that are burned in, or nothing."""
    count, letters = lacking_letters(cues)
    if not count:
        return ""
    named = " ".join(letters)
    return (
        f"{count} of {len(cues)} subtitles hold letters that cannot be burned in ({named}); they "
        "are left out there. The SRT and VTT files have them all: show those instead."
    )


def lacking_letters(cues: Sequence[Cue]) -> tuple[int, str]:
    """Return how many cues hold letters that cannot be drawn, and the first of those letters."""
    missing: dict[str, None] = {}
    count = 0
    for cue in cues:
        lacks = [c for c in one_line(cue.text) if not c.isspace() and not can_draw(c)]
        count += bool(lacks)
        missing |= dict.fromkeys(lacks)
    return count, "".join(list(missing)[:NAMED])
