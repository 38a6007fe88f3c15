"""Burned-in subtitles: each cue as a picture, with the word being said in another colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agents.compile.colours import BLACK, TEXT_COLOURS, accent_for, needs_outline
from agents.compile.compositor import BOX_PADDING, LINE_HEIGHT, caption_letter, caption_strip
from agents.compile.layers import Layer
from agents.compile.lettering import Lettering, can_draw, fit_lines, paint
from agents.compile.params import CompileParams
from agents.subtitles import one_line
from agents.types import Box, Cue, Interval

SAFE_WIDTH = 0.92
"""Part of the width that text keeps within."""
OUTLINE = 0.09
"""Width of the dark line around letters without a box that is dark enough, in letter heights."""
NAMED = 8
"""So many of the letters that the faces lack are named."""


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
) -> Iterator[tuple[float, np.ndarray]]:
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


def _cue_images(cue: Cue, params: CompileParams) -> Iterator[tuple[float, np.ndarray]]:
    """Yield the cue's pictures: one, or one per word where the word being said stands out."""
    drawing = _draw(cue.text, params)
    if drawing is None:
        return
    times = cue.spoken if params.caption_highlight else ()
    places = drawing.word_places() if len(times) == len(cue.text.split()) else []
    if not times or len(places) != len(times):
        yield cue.start, drawing.picture()
        return
    begins = [cue.start, *(min(max(time, cue.start), cue.end) for time in times[1:])]
    for number, begin in enumerate(begins):
        if number + 1 == len(begins) or begins[number + 1] > begin:
            yield begin, drawing.picture(places[number])


def draw_caption(text: str, params: CompileParams) -> np.ndarray | None:
    """Return the strip with the text in the middle, straight RGBA; None when nothing shows."""
    drawing = _draw(text, params)
    return None if drawing is None else drawing.picture()


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One cue in its strip: coverages 0-1, shape (h, w)."""

    lettering: Lettering
    places: list[tuple[float, float]]
    box: np.ndarray
    outline: np.ndarray | None
    text: np.ndarray
    colour: tuple[int, int, int]

    def picture(self, word: tuple[int, int, int, int] | None = None) -> np.ndarray:
        """Return straight RGBA; what lies in `word` (left, top, right, bottom) stands out."""
        layers = [(self.box, BLACK)]
        if self.outline is not None:
            layers.append((self.outline, BLACK))
        layers.append((self.text, self.colour))
        if word is not None:
            left, top, right, bottom = word
            said = np.zeros_like(self.text)
            said[top:bottom, left:right] = self.text[top:bottom, left:right]
            layers.append((said, accent_for(self.colour)))
        return paint(layers)

    def word_places(self) -> list[tuple[int, int, int, int]]:
        """Return the rectangle of each word; none where letters are joined or reordered."""
        if self.lettering.joined:
            return []
        half = self.lettering.letter * LINE_HEIGHT / 2
        found = []
        for line, begin, end in self.lettering.words():
            x, middle = self.places[line]
            # Halfway into the space before and after: letters may lean over their edge.
            margin = self.lettering.letter * 0.12
            left, right = round(x + begin - margin), round(x + end + margin)
            found.append((max(0, left), max(0, round(middle - half)), right, round(middle + half)))
        return found


def _draw(text: str, params: CompileParams) -> _Drawing | None:
    strip, look = caption_strip(params), params.look
    lines = fit_lines(text, look.caption_columns, look.caption_lines)
    if not lines:
        return None
    letter = caption_letter(params)
    side = letter // 2
    lettering = Lettering(
        lines, letter, params.caption_weight, round(strip.w * SAFE_WIDTH) - letter
    )
    width = lettering.width + 2 * side
    height = round(lettering.letter * (len(lines) * LINE_HEIGHT + 2 * BOX_PADDING))
    left, top = (strip.w - width) // 2, max(0, (strip.h - height) // 2)
    places = []
    for number, line in enumerate(lines):
        middle = top + lettering.letter * (BOX_PADDING + (number + 0.5) * LINE_HEIGHT)
        places.append((left + (width - lettering.font.getlength(line)) / 2, middle))
    size, colour = (strip.w, strip.h), TEXT_COLOURS[params.caption_colour]
    outline = None
    shown = (colour, accent_for(colour)) if params.caption_highlight else (colour,)
    if any(needs_outline(one, params.caption_shade) for one in shown):
        outline = lettering.draw(size, places, outline=max(2, round(letter * OUTLINE)))
    return _Drawing(
        lettering,
        places,
        draw_box(size, (left, top, width, height), side // 2) * params.caption_shade,
        outline,
        lettering.draw(size, places),
        colour,
    )


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
