"""Whether a slide goes on with the headline of the one before, seen without reading it.

Words of two headlines are compared as pictures: the same word in the same type looks the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agents.types import Box, Layout, Slide

TOP_SHARE = 0.4
"""Part of the screen's height in which a headline stands."""
WIDTH = 640
"""Pixels to which the screen's width is reduced."""
AROUND = 51
"""Pixels about a point whose median is what its letters stand on."""
INK = 40
"""Levels by which letters differ from what is around them."""
HEIGHT = (0.025, 0.14)
"""Least and greatest height of a letter as shares of the screen's height."""
LONG = 5
"""What is so many times wider than high is no letter, nor some that touch."""
LETTERS = 3
"""A line has so many letters at least."""
SIZE_STEP = 0.02
"""Lines whose letters differ by less of the screen's height are of about one size."""
GAP = 0.3
"""Space between words, in heights of their line; less is between letters."""
GLYPHS, LONGEST = 24, 400
"""Height in pixels to which words are brought to be compared, and their greatest width then."""
WIDER, ALIKE = 0.08, 0.8
"""Share by which the same word may differ in width, and how like its pictures are at least."""
MOSTLY, ENOUGH = 0.8, 4
"""Share of at least so many changes at which a line that goes on over them is the template's."""

Words = list[np.ndarray]
Letter = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


def headline_novelty(layout: Layout, width: int, changes: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return which share of the later slide's headline is new in each change, shape (changes,).

    `changes` are indices of slides before and after, `width` is the recording's in pixels. 1 where
    no headline is seen, and everywhere when nearly all slides show the same: that is a template.
    """
    shown = sorted({index for change in changes for index in change})
    seen = {index: _headline_words(layout.slides[index], layout, width) for index in shown}
    new = np.array([_novelty(seen[before], seen[after]) for before, after in changes])
    template = len(new) >= ENOUGH and float((new == 0).mean()) > MOSTLY
    return np.ones(len(new)) if template else new


def _novelty(before: Words, after: Words) -> float:
    if not before or not after:
        return 1.0
    common = sum(any(_same(one, other) for other in before) for one in after)
    return max(0.0, 1.0 - common / min(len(before), len(after)))


def _screen_of(slide: Slide, layout: Layout) -> Box | None:
    region = max(layout.regions, key=slide.overlap, default=None)
    return region.screen if region else None


def _headline_words(slide: Slide, layout: Layout, width: int) -> Words:
    """Return the words of a slide's headline as pictures, float32 (24, w), 0 around letters."""
    import cv2

    screen = _screen_of(slide, layout)
    if screen is None or slide.still is None or not Path(slide.still).is_file():
        return []
    still = cv2.imdecode(
        np.frombuffer(Path(slide.still).read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE
    )
    if still is None:
        return []
    scale = still.shape[1] / width
    x, y, w, h = (round(side * scale) for side in screen)
    part = still[max(0, y) : max(0, y) + round(h * TOP_SHARE), max(0, x) : max(0, x) + w]
    if min(part.shape) < 16:
        return []
    reduced = WIDTH / part.shape[1]
    way = cv2.INTER_AREA if reduced < 1 else cv2.INTER_CUBIC
    part = cv2.resize(part, None, fx=reduced, fy=reduced, interpolation=way)
    around = cv2.medianBlur(part, AROUND)
    ink = np.abs(part.astype(np.int16) - around).astype(np.uint8)
    lines = _find_lines(ink, round(h * scale * reduced))
    return _cut_words(ink, lines[0]) if lines else []


def _find_lines(ink: np.ndarray, whole: int) -> list[list[Letter]]:
    """Return the letters line by line, the line of the largest first; the screen is `whole` high.

    Of lines of about one size the higher one comes first.
    """
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats((ink > INK).astype(np.uint8), connectivity=8)
    low, high = HEIGHT[0] * whole, HEIGHT[1] * whole
    lines: list[list[Letter]] = []
    for x, y, w, h, _ in sorted(stats[1:].tolist(), key=lambda one: one[1] + one[3]):
        if low <= h <= high and w <= LONG * h:
            letter = (x, y, x + w, y + h)
            line = next((line for line in lines if _beside(letter, line)), None)
            if line is None:
                lines.append([letter])
            else:
                line.append(letter)
    step = SIZE_STEP * whole
    return sorted(
        (line for line in lines if len(line) >= LETTERS),
        key=lambda line: (-round(_size(line) / step), min(letter[1] for letter in line)),
    )


def _beside(letter: Letter, line: Sequence[Letter]) -> bool:
    """Tell whether a letter stands in a line: half of the lower one's height is common."""
    top, bottom = min(one[1] for one in line), max(one[3] for one in line)
    common = min(letter[3], bottom) - max(letter[1], top)
    return common > 0.5 * min(letter[3] - letter[1], bottom - top)


def _size(line: Sequence[Letter]) -> float:
    return float(np.percentile([bottom - top for _, top, _, bottom in line], 80))


def _cut_words(ink: np.ndarray, line: Sequence[Letter]) -> Words:
    """Return the words of a line as pictures of one height, each cut out at its own letters."""
    import cv2

    boxes = sorted(line)
    space = GAP * _size(line)
    spans = [list(boxes[0])]
    for left, top, right, bottom in boxes[1:]:
        if left - spans[-1][2] > space:
            spans.append([left, top, right, bottom])
        else:
            spans[-1][2] = max(spans[-1][2], right)
            spans[-1][1], spans[-1][3] = min(spans[-1][1], top), max(spans[-1][3], bottom)
    words = []
    for left, top, right, bottom in spans:
        word = ink[top:bottom, left:right].astype(np.float32)
        width = min(LONGEST, max(2, round((right - left) * GLYPHS / (bottom - top))))
        words.append(cv2.resize(word, (width, GLYPHS), interpolation=cv2.INTER_AREA))
    return words


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two words look the same."""
    import cv2

    wide = max(one.shape[1], other.shape[1])
    if abs(one.shape[1] - other.shape[1]) > max(2, WIDER * wide):
        return False
    fitted = cv2.resize(other, one.shape[::-1], interpolation=cv2.INTER_AREA)
    mine, theirs = (cv2.GaussianBlur(word, (5, 5), 0) for word in (one, fitted))
    return float(cv2.matchTemplate(mine, theirs, cv2.TM_CCOEFF_NORMED)[0, 0]) > ALIKE
