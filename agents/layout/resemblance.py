"""Tell whether two arrangements show the same slide, be it larger, smaller or partly covered."""

from __future__ import annotations

import numpy as np

from agents.layout.boxes import BLUR
from agents.layout.detector import Arrangement
from agents.layout.motion import measure_change
from agents.layout.params import LayoutParams
from agents.layout.slides import has_changed, screen_mask
from agents.layout.steps import film_beside


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
    import cv2

    assert arrangement.screen is not None
    known = np.ones(picture.shape, np.uint8)
    if arrangement.camera is not None:
        arrangement.camera.grown(BLUR).inside(known)[...] = 0
    size = CONTENT[::-1]
    values, seen = (
        cv2.resize(arrangement.screen.inside(part), size, interpolation=cv2.INTER_AREA)
        for part in (picture.astype(np.float32), known)
    )
    detail = cv2.GaussianBlur(values, (0, 0), FINE) - cv2.GaussianBlur(values, (0, 0), COARSE)
    inside = np.zeros(CONTENT, bool)
    inside[2:-2, 2:-2] = seen[2:-2, 2:-2] > 0
    detail = np.clip(detail, -MOST_DETAIL, MOST_DETAIL) * inside
    across = detail.sum(axis=1, keepdims=True) / np.maximum(1, inside.sum(axis=1, keepdims=True))
    return (detail - across) * inside, inside


def _share_of_other_content(
    before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray]
) -> float:
    """Return which share of what two screens show differs, by parts that both show."""
    shifted = np.stack([np.roll(before[0], shift, (0, 1)) for shift in SHIFTS])
    both, other, every = before[1] & after[1], 0.0, 0.0
    for part in _parts():
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


def _parts() -> list[tuple[slice, slice]]:
    """Return the parts of two pictures (90, 160) that are compared."""
    height, width = (side // count for side, count in zip(CONTENT, BLOCKS, strict=True))
    return [
        np.s_[row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row in range(BLOCKS[0])
        for column in range(BLOCKS[1])
    ]
