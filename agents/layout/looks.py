"""Choose where to look for motion: in key frames, which are there, or in the second after some."""

from __future__ import annotations

import numpy as np

from agents.layout.motion import (
    Motion,
    is_settled,
    measure_motion,
    measure_stir,
    stir_of_key_frames,
)
from agents.layout.views import choose_key_frames, decode_moments
from agents.types import Intake

MOST_SETTLED = 96
"""Key frames of which it is noted what moves around them, evenly spread."""
MOST_DECODED = 24
"""Key frames after which a second is decoded."""


def look_for_motion(intake: Intake) -> Motion:
    """Measure the key frames, and what moves steadily at some of them.

    Key frames alone tell it where one part moves from each to the next. For the others a second
    is decoded.
    """
    plain = measure_motion(intake.key_frames)
    stir = stir_of_key_frames(plain.change)
    settled = (np.flatnonzero(is_settled(stir)) + 1).tolist()
    open_frames = [number for number in choose_key_frames(intake) if number not in set(settled)]
    settled, decoded = spread(settled, MOST_SETTLED), spread(open_frames, MOST_DECODED)
    found = stir[np.asarray(settled, int) - 1]
    if decoded:
        times = intake.key_frames.time[decoded].tolist()
        found = np.concatenate((found, measure_stir(decode_moments(intake.media, times))))
    numbers = settled + decoded
    order = np.argsort(numbers, kind="stable")
    return measure_motion(intake.key_frames, sorted(numbers), found[order])


def spread(numbers: list[int], most: int) -> list[int]:
    """Return at most so many of the numbers, evenly chosen."""
    if len(numbers) <= most:
        return numbers
    return [numbers[at] for at in np.linspace(0, len(numbers) - 1, most).round().astype(int)]
