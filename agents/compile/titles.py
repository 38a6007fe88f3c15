"""Titles over a clip: a card at its beginning, and the topic in the lower third.

Titles come from speech, slides and people: they are cleaned, wrapped, cut with an ellipsis where
they are too long, and only ever drawn as pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from agents.compile.captions import SAFE_WIDTH, draw_box
from agents.compile.colours import BLACK, RGB, WHITE, accent_for
from agents.compile.compositor import LINE_HEIGHT, SAFE_EDGE, caption_letter, lower_strip
from agents.compile.geometry import even
from agents.compile.layers import Layer
from agents.compile.lettering import Lettering, Weight, fit_lines, paint
from agents.compile.params import CompileParams
from agents.types import Box

FADE_S, STEP_S = 0.4, 0.04
"""How long a title takes to come and go, and how often it changes meanwhile."""
SCRIM = 0.85
"""How dark the picture is under a card; white on it has a contrast of 12 over a white slide."""
PLATE = 0.78
"""The same of the plate under the topic."""
SOFT = (205, 205, 205)
"""The colour of what comes second."""
TITLE_SIZE, SECOND_SIZE, TOPIC_SIZE = 1.7, 1.0, 0.95
"""Sizes of letters against those of captions."""
BEGINS_S = 0.4
"""The topic comes so long after the beginning, or after the card."""

Coloured = tuple[np.ndarray, RGB]


def card_layer(
    title: str, lecture: str, duration: float, floor: int | None, params: CompileParams
) -> Layer | None:
    """Return a card with both titles over the first seconds; None where there is nothing to say."""
    image = draw_card(title, lecture, floor, params)
    if image is None:
        return None
    width, height = params.canvas
    ends = min(params.title_card_s, duration)
    images = _held(image, 0.0, ends, comes=False)
    return Layer(Box(0, 0, width, height), images, ((0.0, ends),))


def draw_card(
    title: str, lecture: str, floor: int | None, params: CompileParams
) -> np.ndarray | None:
    """Return the card, straight RGBA, with its titles above the captions that begin at `floor`.

    None without a letter that can be drawn.
    """
    width, height = params.canvas
    letter = caption_letter(params)
    widest = round(width * (1 - 2 * SAFE_EDGE)) - 2 * letter
    blocks = [
        _block(title, round(letter * TITLE_SIZE), "bold", widest, most=4),
        _block(lecture, round(letter * SECOND_SIZE), "regular", widest, most=3),
    ]
    shown = [block for block in blocks if block is not None]
    if not shown:
        return None
    gap = round(letter * 1.1)
    needed = sum(_height(block) for block in shown) + gap * (len(shown) - 1)
    top = max(0, ((floor or height) - needed) // 2)
    layers: list[Coloured] = [(np.full((height, width), SCRIM, np.float32), BLACK)]
    for number, block in enumerate(shown):
        if number:
            line = (width // 2 - letter * 2, top - gap // 2 - 1, letter * 4, max(2, letter // 12))
            layers.append((draw_box((width, height), line, 0), accent_for(WHITE)))
        layers.append(_centred(block, top, (width, height), SOFT if number else WHITE))
        top += _height(block) + gap
    return paint(layers)


def _block(text: str, letter: int, weight: Weight, widest: int, *, most: int) -> Lettering | None:
    """Return the text in lines as wide as there is room, cut after `most` of them."""
    columns = max(8, int(widest / (letter * 0.66)))
    lines = fit_lines(" ".join(text.split()), columns, most) if text.strip() else []
    return Lettering(lines, letter, weight, widest) if lines else None


def _height(block: Lettering) -> int:
    return round(len(block.lines) * block.letter * LINE_HEIGHT)


def _centred(block: Lettering, top: int, size: tuple[int, int], colour: RGB) -> Coloured:
    middles = [top + (i + 0.5) * block.letter * LINE_HEIGHT for i in range(len(block.lines))]
    lefts = [(size[0] - block.font.getlength(line)) / 2 for line in block.lines]
    return block.draw(size, list(zip(lefts, middles, strict=True))), colour


def topic_layer(
    topic: str, duration: float, floor: int | None, params: CompileParams
) -> Layer | None:
    """Return the topic in the lower third for some seconds after the beginning."""
    begins = params.title_card_s + BEGINS_S
    ends = min(begins + params.topic_s, duration)
    image = draw_topic(topic, params)
    if image is None or ends - begins < 2 * FADE_S:
        return None
    images = _held(image, begins, ends, comes=True)
    return Layer(topic_place(image.shape, floor, params), images, ((begins, ends),))


def draw_topic(topic: str, params: CompileParams) -> np.ndarray | None:
    """Return the topic on its plate, straight RGBA with even sides."""
    width, _ = params.canvas
    letter = round(caption_letter(params) * TOPIC_SIZE)
    block = _block(topic, letter, "bold", round(width * SAFE_WIDTH * 0.7), most=2)
    if block is None:
        return None
    pad, bar = round(letter * 0.6), max(4, even(letter * 0.22))
    w = even(block.width + 2 * pad + bar + 1)
    h = even(_height(block) + pad + 1)
    plate = draw_box((w, h), (0, 0, w, h), letter // 4)
    edge = np.zeros((h, w), np.float32)
    edge[:, :bar] = plate[:, :bar]
    places = [
        (float(bar + pad), pad / 2 + (i + 0.5) * block.letter * LINE_HEIGHT)
        for i in range(len(block.lines))
    ]
    layers: Sequence[Coloured] = [
        (plate * PLATE, BLACK),
        (edge, accent_for(WHITE)),
        (block.draw((w, h), places), WHITE),
    ]
    return paint(layers)


def topic_place(shape: tuple[int, ...], floor: int | None, params: CompileParams) -> Box:
    """Return where the topic stands: at the lower left, above the captions, beside a bubble."""
    width, height = params.canvas
    h, w = shape[:2]
    edge = even(min(width, height) * SAFE_EDGE)
    floor = lower_strip(params).y if floor is None else floor
    beside = params.look.both == "bubble" and params.camera_side == "left"
    x = even(width - edge - w) if beside else edge
    return Box(x, max(0, even(floor - edge - h)), w, h)


def _held(
    image: np.ndarray, begins: float, ends: float, *, comes: bool
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield the image for its time, coming up if it is to, and going down at its end."""
    fade = min(FADE_S, (ends - begins) / 2)
    steps = max(1, round(fade / STEP_S))
    clear = np.zeros_like(image)
    if begins > 0:
        yield 0.0, clear
    for step in range(steps if comes else 0):
        yield begins + fade * step / steps, fainter(image, (step + 0.5) / steps)
    yield begins + (fade if comes else 0.0), image
    for step in range(steps):
        yield ends - fade + fade * step / steps, fainter(image, 1 - (step + 0.5) / steps)
    yield ends, clear


def fainter(image: np.ndarray, share: float) -> np.ndarray:
    """Return straight RGBA with its alpha times `share`, 0-1."""
    faint = image.copy()
    faint[..., 3] = np.round(image[..., 3] * share)
    return faint
