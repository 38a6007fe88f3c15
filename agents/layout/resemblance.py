"""Tell whether two arrangements show the same slide, be it larger, smaller or partly covered.

A screen that only got another size is compared in full pictures, where words can be told apart: of
slides that share a template and a drawing little else differs. One that got another shape as well
may be drawn anew, and is compared in small pictures, by what stands where.
"""

from __future__ import annotations

import numpy as np

from agents.layout.boxes import BLUR
from agents.layout.detector import Arrangement
from agents.layout.motion import measure_change
from agents.layout.params import LayoutParams
from agents.layout.slides import has_changed, screen_mask
from agents.layout.steps import film_beside
from agents.layout.views import SIZE


def screens_differ(
    before: tuple[np.ndarray, Arrangement],
    after: tuple[np.ndarray, Arrangement],
    params: LayoutParams,
    beside: np.ndarray | None = None,
) -> bool:
    """Tell whether two pictures (180, 320) of different arrangements show different slides.

    What moves in steps (n, 36, 64) `beside` them is a film on the slide.
    """
    if before[1].screen == after[1].screen and before[1].screen is not None:
        change = measure_change(before[0][None], after[0][None])[0]
        mask = screen_mask(before[1]) & screen_mask(after[1])
        if beside is not None:
            mask &= ~film_beside(beside, mask, params)
        return has_changed(change, mask, params)
    if before[1].screen is None or after[1].screen is None:
        return True
    return _share_of_other_content(_content(*before), _content(*after)) > OTHER_CONTENT


OTHER_CONTENT = 0.335
"""Share of the content that differs when it is another slide: of one that only got another size,
up to 0.24 does, of photographs up to 0.33; of another one of the same template, 0.35 and more."""
BLOCKS = 6, 8
"""Rows and columns of the parts in which content is compared..."""
ALIKE = 0.5
"""... and the correlation from which they show the same."""
CONTENT = 90, 160
"""Rows and columns at which slides of different sizes are compared."""
FINE, COARSE, MOST_DETAIL = 0.8, 6.0, 30.0
"""Scales in pixels between which content stands out, and the levels by which it may."""
SHIFTS = [(y, x) for y in (-1, 0, 1) for x in (-2, -1, 0, 1, 2)]
"""Pixels by which boxes may be off."""
LEAST_DETAIL = 9.0
"""Variance in levels of a part in which anything is shown."""


def _content(picture: np.ndarray, arrangement: Arrangement) -> tuple[np.ndarray, np.ndarray]:
    """Return what stands out on the screen in a picture (180, 320), and where that is known.

    Lines that run all across, such as a title bar's, belong to every slide of a template.
    """
    return _detail(*_full_screen(picture, arrangement), (CONTENT[1], CONTENT[0]))


def _detail(
    screen: np.ndarray, known: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return what stands out on a screen reduced to `size`, and where that is known."""
    import cv2

    values, seen = (
        cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        for part in (screen.astype(np.float32), known)
    )
    coarse = COARSE * max(1.0, size[0] / COMPARED_WIDTH)
    detail = cv2.GaussianBlur(values, (0, 0), FINE) - cv2.GaussianBlur(values, (0, 0), coarse)
    inside = np.zeros(values.shape, bool)
    inside[2:-2, 2:-2] = seen[2:-2, 2:-2] > 0
    detail = np.clip(detail, -MOST_DETAIL, MOST_DETAIL) * inside
    across = detail.sum(axis=1, keepdims=True) / np.maximum(1, inside.sum(axis=1, keepdims=True))
    return ((detail - across) * inside).astype(np.float32), inside


def _share_of_other_content(
    before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray]
) -> float:
    """Return which share of what two screens show differs, by parts that both show."""
    shifted = np.stack([np.roll(before[0], shift, (0, 1)) for shift in SHIFTS])
    both, other, every = before[1] & after[1], 0.0, 0.0
    for part in _parts(CONTENT):
        seen = both[part]
        if seen.mean() < 0.5:
            continue
        new = after[0][part][seen]
        olds = shifted[:, *part][:, seen]
        power, powers = float(new @ new), np.einsum("sn,sn->s", olds, olds)
        detail = max(power, float(powers.max())) / seen.sum()
        if detail < LEAST_DETAIL:
            continue
        alike = float((olds @ new / np.maximum(1e-6, np.sqrt(powers * power))).max())
        every += detail
        other += detail if alike < ALIKE else 0.0
    return other / every if every else 0.0


def _parts(size: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Return the parts of pictures of so many rows and columns that are compared."""
    height, width = (side // count for side, count in zip(size, BLOCKS, strict=True))
    return [
        np.s_[row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row in range(BLOCKS[0])
        for column in range(BLOCKS[1])
    ]


SAME_SHAPE = 0.06
"""Share by which the shapes of two screens may differ that show one slide in two sizes."""
OTHER_WORDS = 0.35
"""Share of the content that differs in full pictures when it is another slide: of one in another
size up to 0.17 does, of others with the same template and the same drawing 0.64 and more."""
MATCH = 0.6
"""Correlation from which parts of full pictures show the same."""
COMPARED_WIDTH = 640
"""Pixels to which wider screens are reduced."""
REACH = 80
"""Part of the width by which parts may be off, as the boxes are not exact yet."""


def is_resized(before: Arrangement, after: Arrangement) -> bool:
    """Tell whether both show a screen of about the same shape in boxes that are not the same."""
    one, other = before.screen, after.screen
    if one is None or other is None or one == other:
        return False
    shapes = [(rect.right - rect.left) / max(1, rect.bottom - rect.top) for rect in (one, other)]
    return max(shapes) <= (1 + SAME_SHAPE) * min(shapes)


def full_screens_differ(
    before: tuple[np.ndarray, Arrangement], after: tuple[np.ndarray, Arrangement]
) -> bool:
    """Tell whether two full pictures (h, w) of resized screens show different slides."""
    import cv2

    parts = [_full_screen(*one) for one in (before, after)]
    width = min(COMPARED_WIDTH, *(screen.shape[1] for screen, _ in parts))
    height = round(width * float(np.mean([s.shape[0] / s.shape[1] for s, _ in parts])))
    (old, seen), (new, known) = (_detail(*part, (width, height)) for part in parts)
    reach, both = max(3, width // REACH), seen & known
    around = np.pad(old, reach)
    other = every = 0.0
    for rows, columns in _parts((height, width)):
        part = new[rows, columns]
        power = max(float((part**2).mean()), float((old[rows, columns] ** 2).mean()))
        if both[rows, columns].mean() < MOSTLY_SEEN or power < LEAST_DETAIL:
            continue
        every += power
        window = around[
            rows.start : rows.stop + 2 * reach, columns.start : columns.stop + 2 * reach
        ]
        alike = cv2.matchTemplate(window, part, cv2.TM_CCORR_NORMED) if part.any() else np.zeros(1)
        other += power if alike.max() < MATCH else 0.0
    return other > OTHER_WORDS * every


MOSTLY_SEEN = 0.9
"""Share of a part of a full picture that must be seen in both."""


def _full_screen(picture: np.ndarray, arrangement: Arrangement) -> tuple[np.ndarray, np.ndarray]:
    """Return the screen in a full picture (h, w), and where the camera does not cover it."""
    assert arrangement.screen is not None
    scale = picture.shape[1] / SIZE[0], picture.shape[0] / SIZE[1]
    known = np.ones(picture.shape, np.uint8)
    if arrangement.camera is not None:
        arrangement.camera.grown(BLUR).scaled(*scale).inside(known)[...] = 0
    screen = arrangement.screen.scaled(*scale)
    return screen.inside(picture), screen.inside(known)
