"""What stands still in a clip, drawn once: background (MoviePy) and caption images (Pillow).

Text is only ever drawn as pixels here; no filter graph and no subtitle renderer sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.compile.compositor import (
    BOX_PADDING,
    LINE_HEIGHT,
    Composition,
    caption_letter,
    caption_strip,
)
from agents.compile.layers import Layer
from agents.compile.params import CompileParams
from agents.subtitles import clean_text, wrap_text
from agents.types import ClipPlan, Cue

if TYPE_CHECKING:
    from moviepy import CompositeVideoClip
    from PIL.ImageFont import FreeTypeFont

FONT = Path(__file__).with_name("fonts") / "DejaVuSans-Bold.ttf"
# Neutral greys look the same under every YUV matrix, so the stills fit any source.
GROUND = (18, 18, 18)
EDGE = (58, 58, 58)
MAX_CHARS = 4 * 42 * 2
"""Longer cues are cut before anything is done with them."""
SAFE_WIDTH = 0.92
"""Part of the width that text keeps within."""


def draw_background(composition: Composition) -> np.ndarray:
    """Return the picture behind the panels, uint8 RGB (h, w, 3)."""
    with _describe(composition) as clip:
        return np.asarray(clip.get_frame(0), np.uint8)


def _describe(composition: Composition) -> CompositeVideoClip:
    from moviepy import ColorClip, CompositeVideoClip

    size = (composition.width, composition.height)
    layers = [ColorClip(size, color=GROUND, duration=1)]
    for panel in composition.panels:
        x, y, w, h = panel.target
        edge = ColorClip((w + 4, h + 4), color=EDGE, duration=1)
        layers.append(edge.with_position((x - 2, y - 2)))
    return CompositeVideoClip(layers, size=size)


def draw_disc(size: int) -> np.ndarray:
    """Return a white disc with a smooth edge, straight RGBA, uint8 (size, size, 4)."""
    at = (np.arange(size) + 0.5) - size / 2
    from_middle = np.hypot(at[:, None], at[None, :])
    disc = np.full((size, size, 4), 255, np.uint8)
    disc[..., 3] = np.clip(size / 2 - from_middle, 0, 1) * 255
    return disc


def picture_layers(plan: ClipPlan, duration: float, params: CompileParams) -> tuple[Layer, ...]:
    """Return what lies over the composed picture of a clip of `duration` seconds, in order."""
    if not (params.captions and plan.cues):
        return ()
    images = caption_images(plan.cues, duration, params)
    return (Layer(caption_strip(params), images),)


def caption_images(
    cues: Sequence[Cue], duration: float, params: CompileParams
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield from when on each image is shown: straight RGBA, uint8, the size of the strip."""
    strip = caption_strip(params)
    clear = np.zeros((strip.h, strip.w, 4), np.uint8)
    yield 0.0, clear
    shown = sorted((cue for cue in cues if cue.start < duration), key=lambda cue: cue.start)
    for cue, after in zip(shown, [*shown[1:], None], strict=True):
        image = draw_caption(cue.text, params)
        if image is None:
            continue
        yield cue.start, image
        if after is None or cue.end < after.start:
            yield cue.end, clear


def draw_caption(text: str, params: CompileParams) -> np.ndarray | None:
    """Return the strip with the text in the middle, straight RGBA; None when nothing shows."""
    strip = caption_strip(params)
    lines = fit_lines(text, params.look.caption_columns, params.look.caption_lines)
    if not lines:
        return None
    image = _draw_lines(lines, caption_letter(params), round(strip.w * SAFE_WIDTH), params)
    canvas = np.zeros((strip.h, strip.w, 4), np.uint8)
    h, w = image.shape[:2]
    y, x = (strip.h - h) // 2, (strip.w - w) // 2
    canvas[y : y + h, x : x + w] = image
    return canvas


def fit_lines(text: str, columns: int, most: int) -> list[str]:
    """Return the text in at most so many lines of so many columns; the rest becomes "…"."""
    text = drawable(clean_text(text.lstrip()[:MAX_CHARS]))
    lines = text.split("\n")
    wrapped = [line for line in lines if line and wrap_text(line, columns) == [line]]
    if wrapped != lines or len(lines) > most:
        wrapped = wrap_text(" ".join(lines), columns)
    if len(wrapped) > most:
        last = wrapped[most - 1][: columns - 1].rstrip()
        wrapped = [*wrapped[: most - 1], f"{last}…"]
    return wrapped


def drawable(text: str) -> str:
    """Return the text without the characters that the font lacks: no boxes in their place."""
    kept = "".join(c for c in text if c.isspace() or _has_glyph(c))
    lines = (" ".join(line.split()) for line in kept.split("\n"))
    return "\n".join(line for line in lines if line)


@cache
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONT), size)


@cache
def _missing_glyph() -> bytes:
    return _glyph("\U0010fffe")


@cache
def _has_glyph(character: str) -> bool:
    return _glyph(character) != _missing_glyph()


def _glyph(character: str) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("L", (48, 48))
    ImageDraw.Draw(image).text((8, 8), character, fill=255, font=_font(24))
    return image.tobytes()


def _draw_lines(lines: list[str], letter: int, max_width: int, params: CompileParams) -> np.ndarray:
    """Return the lines in a dark box as straight RGBA, at most `max_width` pixels wide."""
    from PIL import Image, ImageDraw

    # MoviePy's TextClip cuts off the last line's descenders with Pillow 12 and later.
    side = letter // 2
    widest = max(_font(letter).getlength(line) for line in lines)
    if widest > max_width - 2 * side:
        letter = max(4, int(letter * (max_width - 2 * side) / widest))
    font = _font(letter)
    width = min(max_width, round(max(font.getlength(line) for line in lines)) + 2 * side)
    height = round(letter * (len(lines) * LINE_HEIGHT + 2 * BOX_PADDING))
    box, text = (Image.new("L", (width, height)) for _ in range(2))
    shade = round(255 * params.caption_shade)
    ImageDraw.Draw(box).rounded_rectangle((0, 0, width - 1, height - 1), side // 2, fill=shade)
    ascent, descent = font.getmetrics()
    for number, line in enumerate(lines):
        middle = letter * (BOX_PADDING + (number + 0.5) * LINE_HEIGHT)
        baseline = round(middle + (ascent - descent) / 2)
        ImageDraw.Draw(text).text((width / 2, baseline), line, 255, font=font, anchor="ms")
    return _white_on(np.asarray(box) / 255, np.asarray(text) / 255)


def _white_on(box: np.ndarray, text: np.ndarray) -> np.ndarray:
    """Return straight RGBA of white text over a black box, both given as coverage 0-1."""
    alpha = text + (1 - text) * box
    white = text / np.maximum(alpha, 1 / 255)
    return (255 * np.dstack([white, white, white, alpha])).round().astype(np.uint8)
