"""Choose where to look for motion: in key frames, which are there, or in the second after some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from agents.decoder import decode_luma
from agents.layout.detector import Stretch
from agents.layout.motion import (
    CHANGE_SCALE,
    Motion,
    is_settled,
    measure_change,
    measure_motion,
    measure_stir,
    stir_of_key_frames,
)
from agents.layout.views import FAR_S, LEAST_LOOKS, choose_key_frames, decode_moments, since_key
from agents.types import Intake, KeyFrames

MOST_SETTLED = 96
"""Key frames of which it is noted what moves around them, evenly spread."""
MOST_DECODED = 24
"""Key frames after which a second is decoded."""
SAME_SLIDE_S = 12.0
"""Between key frames farther apart, slides may change every time as a camera's picture does."""

LEAST_GAP_S = 4.0
"""Pictures are not taken closer together than this where key frames are few."""


def fill_gaps(intake: Intake) -> Intake:
    """Return the intake with pictures between key frames where a lecture has too few of them.

    Else an arrangement of half a minute would be judged by a single picture.
    """
    media, frames = intake.media, intake.key_frames
    gap = max(LEAST_GAP_S, media.duration / LEAST_LOOKS)
    ends = np.append(frames.time, max(frames.time[-1], media.duration - LEAST_GAP_S))
    parts = np.ceil(np.diff(ends) / gap).astype(int)
    found = np.concatenate(
        [
            np.linspace(a, b, n + 1)[1:-1]
            for a, b, n in zip(ends, ends[1:], parts.clip(1), strict=False)
        ]
    )
    found = found[since_key(intake.packets, found) < FAR_S]
    if not len(found):
        return intake
    time = np.concatenate((frames.time, found))
    luma = np.concatenate((frames.luma, decode_luma(media, found.tolist())))
    order = np.argsort(time, kind="stable")
    return replace(intake, key_frames=KeyFrames(time[order], luma[order]))


def without_fillings(
    seen: Intake, intake: Intake, stretches: Sequence[Stretch]
) -> tuple[Intake, tuple[Stretch, ...]]:
    """Return the pictures of `seen` that are key frames of `intake` or lie next to a turn.

    Slides are told by key frames: a fade over two stretches would be two changes.
    """
    number = np.concatenate([np.full(s.last - s.first + 1, i) for i, s in enumerate(stretches)])
    frames = seen.key_frames
    turns = np.flatnonzero(np.diff(number))
    kept = np.isin(frames.time, intake.key_frames.time)
    kept[turns] = kept[turns + 1] = True
    at = np.searchsorted(number[kept], range(len(stretches) + 1))
    left = [
        replace(stretch, first=first, last=end - 1)
        for stretch, (first, end) in zip(stretches, pairwise(at.tolist()), strict=True)
    ]
    return replace(seen, key_frames=KeyFrames(frames.time[kept], frames.luma[kept])), tuple(left)


def look_for_motion(intake: Intake, *, rough: bool = False) -> Motion:
    """Measure the key frames, and what moves steadily at some of them.

    Key frames alone tell it where one part moves from each to the next. For the others a second
    is decoded. When `rough`, some are no key frames.
    """
    plain = measure_motion(intake.key_frames)
    stir = stir_of_key_frames(plain.change)
    close = np.diff(intake.key_frames.time) < SAME_SLIDE_S
    settled = (np.flatnonzero(is_settled(stir) & (close[:-1] | close[1:])) + 1).tolist()
    open_frames = [number for number in choose_key_frames(intake) if number not in set(settled)]
    settled, decoded = spread(settled, MOST_SETTLED), spread(open_frames, MOST_DECODED)
    found = stir[np.asarray(settled, int) - 1]
    if decoded:
        frames = intake.key_frames
        moments = decode_moments(intake.media, frames.time[decoded].tolist())
        whole = ~is_torn(frames.luma[decoded], moments[-1])
        decoded = [number for number, good in zip(decoded, whole, strict=True) if good]
        found = np.concatenate((found, measure_stir(moments)[whole]))
    numbers = settled + decoded
    order = np.argsort(numbers, kind="stable")
    if rough:
        plain = measure_motion(intake.key_frames, rough=True)
    return replace(plain, stir_index=np.array(sorted(numbers), np.int64), stir=found[order])


def is_torn(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Tell whether another picture came between pictures (n, 180, 320) of one second, bool (n,).

    What moves then may belong to the next arrangement, and tells nothing of the key frame.
    """
    moved = measure_change(first, last) > TORN_LEVEL * CHANGE_SCALE
    return moved.mean(axis=(1, 2)) > TORN


TORN_LEVEL, TORN = 8.0, 0.3
"""Levels by which a cell must differ then, and the share of the picture: who walks changes less."""


def spread(numbers: list[int], most: int) -> list[int]:
    """Return at most so many of the numbers, evenly chosen."""
    if len(numbers) <= most:
        return numbers
    return [numbers[at] for at in np.linspace(0, len(numbers) - 1, most).round().astype(int)]
