"""Decide when the slide changes, from packets and key frames; runs in milliseconds.

Nearly every packet of a lecture is tiny. Whether a slide changed is seen by comparing the key
frames before and after, with the camera masked; where, by the packet that stands out. Stretches
between key frames in which no packet tells, or several do, are doubtful: they are sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from agents.layout.boxes import Rect, find_blobs
from agents.layout.cameras import outer_cells
from agents.layout.detector import Arrangement, Stretch
from agents.layout.motion import CHANGE_SCALE, COLUMNS, ROWS, Motion, measure_change
from agents.layout.params import LayoutParams
from agents.types import PacketTable

LEAST_PART = 6
"""Cells of the smallest connected part that counts when it is as wide as a word."""
COMPACT_PART = 14
"""Cells that a part must have when it is narrow: a pointer that moves on changes fewer."""
WORD_CELLS = 6
"""Columns of cells from which a part is as wide as a word."""
NEAR_S = 5.0
"""Seconds on either side of a packet that are its neighbourhood."""
KEY_SHARE = 0.04
"""Share of a usual key frame's bytes that a packet with a change has at least."""
STRONG_SHARE = 0.5
"""Share of a usual key frame's bytes from which two packets may be a change and its undoing."""
EARLY = 0.97
"""A key frame sooner than this share of the usual interval was set by the encoder at a cut."""
DENSE_S = 0.6
"""Key frames this close together tell the time of a change themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class SlideChanges:
    """When the slide changes, and between which key frames that is not known."""

    times: tuple[float, ...]
    doubtful: tuple[int, ...]
    """Numbers i of the stretches between key frames i and i + 1 that need a look inside."""


def detect_slides(
    motion: Motion, packets: PacketTable, stretches: Sequence[Stretch], params: LayoutParams
) -> SlideChanges:
    """Return the slide changes within each stretch with one arrangement."""
    times: list[float] = []
    doubtful: list[int] = []
    peaks = find_peaks(packets, params)
    for stretch in stretches:
        mask = screen_mask(stretch.arrangement)
        for index in range(stretch.first, stretch.last):
            span = (float(motion.time[index]), float(motion.time[index + 1]))
            inside = [peak for peak in peaks if span[0] < peak.time <= span[1] + 1e-3]
            changed = has_changed(motion.change[index], mask, params)
            found = _place(changed, inside, span)
            times += found or []
            if found is None:
                doubtful.append(index)
    return SlideChanges(tuple(times), tuple(doubtful))


@dataclass(frozen=True, slots=True)
class Peak:
    """A packet that stands out of its neighbourhood; `share` is of a usual key frame."""

    time: float
    share: float


def find_peaks(packets: PacketTable, params: LayoutParams) -> list[Peak]:
    """Return the packets far above nearly all around them, and the key frames set at a cut."""
    time, size = packets.time[~packets.key], packets.size[~packets.key].astype(np.float64)
    if not len(size) or not packets.key.any():
        return []
    usual = float(np.median(packets.size[packets.key]))
    peaks = [Peak(time, 1.0) for time in _cuts(packets)]
    for at in np.flatnonzero(size > KEY_SHARE * usual):
        low, high = np.searchsorted(time, (time[at] - NEAR_S, time[at] + NEAR_S))
        if size[at] > params.packet_ratio * np.percentile(size[low:high], 92):
            peaks.append(Peak(float(time[at]), float(size[at] / usual)))
    return _one_of_each(sorted(peaks, key=lambda peak: peak.time), params.min_slide_s)


def _cuts(packets: PacketTable) -> list[float]:
    """Return the key frames that come sooner after the one before than they usually do."""
    keys = packets.time[packets.key]
    gaps = np.diff(keys)
    return keys[1:][gaps < EARLY * np.percentile(gaps, 90)].tolist() if len(gaps) else []


def _one_of_each(peaks: list[Peak], gap_s: float) -> list[Peak]:
    """Return the largest peak of each group with gaps below `gap_s`."""
    groups: list[list[Peak]] = []
    for peak in peaks:
        if groups and peak.time - groups[-1][-1].time < gap_s:
            groups[-1].append(peak)
        else:
            groups.append([peak])
    return [max(group, key=lambda peak: peak.share) for group in groups]


def _place(changed: bool, peaks: list[Peak], span: tuple[float, float]) -> list[float] | None:
    """Return the times of the changes between two key frames, None when packets do not tell."""
    if not changed:
        strong = [peak for peak in peaks if peak.share > STRONG_SHARE]
        return None if len(strong) > 1 else []
    if span[1] - span[0] <= DENSE_S:
        return [span[1]]
    return [peaks[0].time] if len(peaks) == 1 else None


def screen_mask(arrangement: Arrangement) -> np.ndarray:
    """Return which cells (36, 64) show the screen and nothing of the camera."""
    mask = np.zeros((ROWS, COLUMNS), bool)
    if arrangement.screen is None:
        return mask
    outer_cells(arrangement.screen).inside(mask)[...] = True
    if arrangement.camera is not None:
        left, top, right, bottom = outer_cells(arrangement.camera)
        mask[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = False
    return mask


def has_changed(change: np.ndarray, mask: np.ndarray, params: LayoutParams) -> bool:
    """Tell whether enough of the screen changed, pointers and noise aside."""
    moved = (change > params.slide_level * CHANGE_SCALE) & mask
    least = max(LEAST_PART, params.slide_change_share / 100 * mask.sum())
    if moved.sum() < least:
        return False
    return bool(sum(_weight(moved, part) for part in find_blobs(moved, LEAST_PART)) >= least)


def _weight(moved: np.ndarray, part: Rect) -> int:
    """Return the moved cells of a part, 0 when it may be a pointer."""
    count = int(part.inside(moved).sum())
    return count if part.right - part.left >= WORD_CELLS or count >= COMPACT_PART else 0


def locate_changes(
    times: np.ndarray, change: np.ndarray, mask: np.ndarray, params: LayoutParams
) -> list[float]:
    """Return when the slide changes among sampled pictures; `change[i]` leads to `times[i + 1]`.

    A fade counts once, at its last step; when no single step is large enough, at the largest.
    """
    flags = [has_changed(step, mask, params) for step in change]
    found: list[float] = []
    last = -np.inf
    for (before, after), flag in zip(pairwise(times.tolist()), flags, strict=True):
        if not flag:
            continue
        middle = (before + after) / 2
        if before - last < 1e-6:
            found[-1] = middle
        else:
            found.append(middle)
        last = after
    return found


def largest_step(times: np.ndarray, change: np.ndarray, mask: np.ndarray) -> float:
    """Return the middle of the step between samples in which the screen changed most."""
    amount = (change * mask).sum(axis=(1, 2), dtype=np.int64)
    at = int(amount.argmax())
    return float(times[at] + times[at + 1]) / 2


def screens_differ(
    before: tuple[np.ndarray, Arrangement],
    after: tuple[np.ndarray, Arrangement],
    params: LayoutParams,
) -> bool:
    """Tell whether two pictures (180, 320) of different arrangements show different slides."""
    if before[1].screen == after[1].screen and before[1].screen is not None:
        change = measure_change(before[0][None], after[0][None])[0]
        return has_changed(change, screen_mask(before[1]) & screen_mask(after[1]), params)
    return _scaled_screens_differ(before, after, MOVED_LEVELS * params.slide_level)


MOVED_LEVELS = 3
"""How many times further luma must differ where the screen was scaled: its lines lie elsewhere."""


def _scaled_screens_differ(
    before: tuple[np.ndarray, Arrangement], after: tuple[np.ndarray, Arrangement], level: float
) -> bool:
    import cv2

    crops, masks = [], []
    for picture, arrangement in (before, after):
        if arrangement.screen is None:
            return True
        known = np.ones(picture.shape, np.uint8)
        if arrangement.camera is not None:
            arrangement.camera.inside(known)[...] = 0
        size = (COLUMNS, ROWS)
        for values, kept in ((picture, crops), (known, masks)):
            part = arrangement.screen.inside(values)
            kept.append(cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(np.int16))
    both = (masks[0] > 0) & (masks[1] > 0)
    return bool((np.abs(crops[0] - crops[1]) > level)[both].mean() > 0.03) if both.any() else True
