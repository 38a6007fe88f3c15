"""Settle stretches between key frames with a few pictures, where packets suggest but prove nothing.

At a constant bit rate packets are large everywhere, yet those with a new slide mostly stand out
still. When the pictures around such suspects explain all that differs between the two key frames,
nothing else needs to be decoded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.layout.detector import Arrangement, arrange_samples
from agents.layout.motion import measure_change
from agents.layout.params import LayoutParams
from agents.layout.peaks import Peaks
from agents.layout.slides import has_changed, screen_mask
from agents.layout.views import AFTER_KEY_S

RIVAL_SHARE = 0.5
"""Share of the largest packet's size that makes another one a suspect too."""
MOST_SUSPECTS = 3
"""With more of them the stretch is rather sampled."""


class Suspects(NamedTuple):
    """Packets at which something may have changed, and when to look before and after each."""

    times: tuple[float, ...]
    moments: np.ndarray
    """Seconds, ascending within the stretch, float64 (2 n,)."""


class Verdict(NamedTuple):
    """What happened in a stretch: slide changes, and when the next arrangement begins."""

    changes: tuple[float, ...]
    turn: float | None


def find_suspects(peaks: Peaks, start: float, end: float, step: float) -> Suspects | None:
    """Return the largest packets between two key frames, to be looked at `step` seconds around.

    None where no packet stands out, too many do, or they are too close together to tell apart.
    """
    inside = peaks.inside(start, end)
    largest = max((peak.share for peak in inside), default=0.0)
    times = tuple(peak.time for peak in inside if peak.share >= RIVAL_SHARE * largest)
    if not 0 < len(times) <= MOST_SUSPECTS:
        return None
    around = [moment for time in times for moment in (time - step, time + step)]
    moments = np.clip(around, start + AFTER_KEY_S / 2, end)
    return Suspects(times, moments) if (np.diff(moments) > 0).all() else None


def judge(
    suspects: Suspects,
    luma: np.ndarray,
    span: tuple[float, float],
    ends: tuple[Arrangement, Arrangement],
    known: list[Arrangement],
    params: LayoutParams,
) -> Verdict | None:
    """Return what changed at the suspects, None when that does not explain everything.

    `luma` (2 n + 2, 180, 320) are the key frame before, the two pictures around each suspect and
    the key frame after; `ends` are the arrangements of those key frames.
    """
    at = np.concatenate(([span[0]], suspects.moments, [span[1]]))
    parts = arrange_samples(at, luma, ends, known, params)
    turn = parts[-1][0] if len(parts) == 2 else 0
    if len(parts) > 2 or turn % 2:
        return None
    changes = []
    for step, change in enumerate(measure_change(luma[:-1], luma[1:], rough=True)):
        owner = parts[0][1] if step < turn - 1 else parts[-1][1]
        if step == turn - 1 or not has_changed(change, screen_mask(owner), params):
            continue
        if step % 2 == 0:
            return None
        changes.append(suspects.times[step // 2])
    if not changes and not turn:
        return None
    return Verdict(tuple(changes), suspects.times[turn // 2 - 1] if turn else None)
