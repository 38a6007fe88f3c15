"""How late captions run as a whole, from where there is a voice and where there are cues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agents.transcript.activity import Activity
from agents.transcript.captions import Caption

STEP_S = 0.05
MOST_S = 60.0
"""Captions further off belong to another recording."""
LEAST_S = 0.5
"""Captions are often this much early or late on purpose, for reading."""
LEAST_LIKENESS = 0.3
"""Correlation of cues and voice that is needed to believe a shift."""
LEAST_GAIN = 0.15
"""What the shift must add to the correlation without one, and to that of any other."""
TIE = 0.9
"""From this share of the best correlation on, a shift is as good: the ends tilt the plateau."""
NEAR_S = 2.0
"""Shifts this near to the best one are no rivals of it."""
LEAST_CUES = 8


def measure_offset(captions: Sequence[Caption], activity: Activity) -> float:
    """Return by how many seconds the cues come late (early if negative), 0.0 if in doubt.

    The normalised cross-correlation of two masks over time; captions without gaps tell nothing.
    """
    length = int(len(activity.active) * activity.hop_s / STEP_S)
    if len(captions) < LEAST_CUES or length * STEP_S < NEAR_S:
        return 0.0
    at = (np.arange(length) * (STEP_S / activity.hop_s)).astype(np.intp)
    voice = activity.active[np.minimum(at, len(activity.active) - 1)].astype(np.float64)
    likeness = _correlate(_mask(captions, length), voice)
    reach = len(likeness) // 2
    best = _first_best(likeness)
    rivals = np.abs(np.arange(len(likeness)) - best) * STEP_S > NEAR_S
    rival = max(likeness[reach], likeness[rivals].max(initial=0.0))
    late = (best - reach) * STEP_S
    sure = likeness[best] >= LEAST_LIKENESS and likeness[best] - rival >= LEAST_GAIN
    return round(late, 2) if sure and abs(late) >= LEAST_S else 0.0


def _first_best(likeness: np.ndarray) -> int:
    """Return the earliest of the shifts around the best that are nearly as good.

    Cues end later than the voice, so that several shifts cover it; at the first they begin with it.
    """
    best = int(np.argmax(likeness))
    first = max(0, best - round(LEAST_S / STEP_S))
    return first + int(np.argmax(likeness[first : best + 1] >= TIE * likeness[best]))


def moved(captions: Sequence[Caption], late: float) -> list[Caption]:
    """Return the captions `late` seconds earlier, without those that end before the recording."""
    return [
        replace(
            caption,
            start=max(0.0, caption.start - late),
            end=caption.end - late,
            marks=tuple((i, max(0.0, time - late)) for i, time in caption.marks),
        )
        for caption in captions
        if caption.end - late > 0
    ]


def _mask(captions: Sequence[Caption], length: int) -> np.ndarray:
    """Return 1 where a cue is shown, float64, to the end of recording and cues."""
    last = min(max(caption.end for caption in captions), length * STEP_S + MOST_S)
    shown = np.zeros(max(length, round(last / STEP_S)))
    for caption in captions:
        shown[round(caption.start / STEP_S) : round(caption.end / STEP_S)] = 1.0
    return shown


def _correlate(shown: np.ndarray, voice: np.ndarray) -> np.ndarray:
    """Return the correlation for cues late by -`MOST_S` to `MOST_S`, in steps."""
    reach = round(MOST_S / STEP_S)
    size = 2 * (len(shown) + reach)
    a, b = shown - shown.mean(), voice - voice.mean()
    scale = len(b) * a.std() * b.std()
    if scale == 0:
        return np.zeros(2 * reach + 1)
    product = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    return np.concatenate([product[-reach:], product[: reach + 1]]) / scale
