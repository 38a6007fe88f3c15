"""When the screen shows nothing: it is blank, or the whole recording's picture is frozen.

A slide that stands still is a normal picture, however long it stands. Frozen is a picture that
stands still as a whole where something in it, such as the lecturer's camera, otherwise always
moves: key frames equal within the coder's noise at every point, packets between them a fraction
of what they are elsewhere, and no cut on the way in or out, for a picture without a camera, shown
after one with it, is another layout. A constant bitrate hides all that in filler: nothing is
called frozen then, nor what is shorter than two key frames are apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.silence.params import SilenceParams
from agents.types import KeyFrames, PacketTable

CHANGED = 8
"""Brightness (0-255) by which a point differs from the key frame before, beyond coding noise."""
STILL_SHARE = 0.005
"""Share of points that may change, by noise, while a picture stands still."""
ALIVE_SHARE = 0.5
"""A point is alive that changes in this share of the steps in which anything changes."""
MIN_ALIVE = 3
"""Fewer points alive are no camera."""
CUT_SHARE = 0.05
"""Share of the other points that change at a cut."""
CUT_RATIO = 2.0
"""At a cut the points alive change this much more than they usually do from step to step."""
QUIET_RATIO = 3.0
"""Packets of a frozen picture are this much smaller than those of a moving one."""

Stretch = tuple[float, float]


class _Sizes(NamedTuple):
    """The packets that are no key frames."""

    time: np.ndarray
    """Seconds, ascending, float64 (n,)."""
    log: np.ndarray
    """Logarithm of their bytes, float64 (n,)."""
    ordered: np.ndarray
    """The same, ascending."""


class _Motion(NamedTuple):
    """How sampled points change from one key frame to the next."""

    points: np.ndarray
    """Brightness, int16, shape (n, p)."""
    still: np.ndarray
    """Whether nothing changes in each step, bool, shape (n - 1,)."""
    alive: np.ndarray
    """Whether each point keeps changing in the other steps, bool, shape (p,)."""
    usual: float
    """By how much the points alive change from step to step: median over the other steps."""


def blank_stretches(
    frames: KeyFrames, packets: PacketTable, duration: float, params: SilenceParams
) -> list[Stretch]:
    """Return when the screen is blank or frozen, in seconds, in order and apart."""
    if not len(frames.time):
        return []
    # Every 12th pixel of every 12th row tells a uniform picture from any other.
    points = frames.luma[:, 4::12, 4::12].reshape(len(frames.time), -1)
    blank = _uniform(points, frames.time, duration, params)
    return _union(blank + _frozen(points, frames.time, packets, duration, params))


def _uniform(
    points: np.ndarray, time: np.ndarray, duration: float, params: SilenceParams
) -> list[Stretch]:
    """Return when the picture is uniform: a key frame stands for the time up to the next one."""
    contrast = points.std(axis=1, dtype=np.float32)
    edges = np.append(time, duration)
    edges[0] = 0.0
    found = [
        (float(edges[a]), min(float(edges[b]), duration))
        for a, b in _runs(contrast < params.blank_contrast)
    ]
    return [(start, end) for start, end in found if end - start >= params.min_blank_s]


def _frozen(
    points: np.ndarray,
    time: np.ndarray,
    packets: PacketTable,
    duration: float,
    params: SilenceParams,
) -> list[Stretch]:
    motion = _measure_motion(points)
    if motion is None:
        return []
    plain = ~packets.key.astype(bool)
    log = np.log(np.maximum(packets.size[plain], 1.0))
    sizes = _Sizes(packets.time[plain], log, np.sort(log))
    found: list[Stretch] = []
    for a, b in _runs(motion.still):
        if _is_cut(motion, a, a - 1) and _is_cut(motion, b, b + 1):
            continue
        start, end = _stretch_out(time, a, b, sizes, duration)
        if end - start >= params.min_frozen_s:
            found.append((start, end))
    return found


def _measure_motion(points: np.ndarray) -> _Motion | None:
    """Return how the picture moves, None where no part of it does so all the time."""
    signed = points.astype(np.int16)
    steps = np.abs(np.diff(signed, axis=0))
    changed = steps > CHANGED
    still = np.count_nonzero(changed, axis=1) <= STILL_SHARE * points.shape[1]
    if not still.any() or still.all():
        return None
    alive = np.count_nonzero(changed[~still], axis=0) >= ALIVE_SHARE * np.count_nonzero(~still)
    if np.count_nonzero(alive) < MIN_ALIVE:
        return None
    usual = float(np.median(steps[~still][:, alive].mean(axis=1)))
    return _Motion(signed, still, alive, usual)


def _is_cut(motion: _Motion, inside: int, outside: int) -> bool:
    """Return whether more than the usual motion lies between two key frames, or one is missing."""
    if not 0 <= outside < len(motion.points):
        return True
    step = np.abs(motion.points[inside] - motion.points[outside])
    others = step[~motion.alive] > CHANGED
    if len(others) and others.mean() > CUT_SHARE:
        return True
    return bool(step[motion.alive].mean() > CUT_RATIO * motion.usual)


def _stretch_out(
    time: np.ndarray, first: int, last: int, sizes: _Sizes, duration: float
) -> Stretch:
    """Return from when to when packets are as small as between two equal key frames.

    The change in the sizes' logarithm is found by cumulative sums (Page 1954). An empty stretch
    says that packets are no smaller there than elsewhere.
    """
    begin, finish = float(time[first]), float(time[last])
    size, at = sizes.log, sizes.time
    low, high = np.searchsorted(at, begin, "right"), np.searchsorted(at, finish, "left")
    count = int(high - low)
    if not 0 < count < len(at):
        return begin, begin
    # The 90th percentile: frames predicted from both sides are small even in motion.
    least = np.percentile(size[low:high], 90) + np.log(QUIET_RATIO)
    if sizes.ordered[_most_rank(len(at), count)] < least:
        return begin, begin
    inside = np.zeros(len(at), bool)
    inside[low:high] = True
    if np.percentile(size[~inside], 90) < least:
        return begin, begin
    excess = size - (size[~inside].mean() + size[inside].mean()) / 2
    lowest = float(time[first - 1]) if first else 0.0
    highest = float(time[last + 1]) if last + 1 < len(time) else duration
    before, after = (at > lowest) & (at < begin), (at > finish) & (at < highest)
    moved = _peak(excess[before])
    stood = _peak(-excess[after])
    return float(np.append(at[before], begin)[moved]), float(np.append(at[after], highest)[stood])


def _most_rank(count: int, without: int) -> int:
    """Return the rank at which the 90th percentile of all but so many of them lies at most."""
    return min(count - 1, int((count - without - 1) * 0.9) + 1 + without)


def _peak(values: np.ndarray) -> int:
    """Return after how many values their sum is largest."""
    return int(np.append(0.0, np.cumsum(values)).argmax())


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return first index and end index of each run that is set."""
    padded = np.pad(mask, 1)
    return [(int(a), int(b)) for a, b in np.flatnonzero(np.diff(padded)).reshape(-1, 2)]


def _union(stretches: list[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
