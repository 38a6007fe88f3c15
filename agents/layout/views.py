"""The few extra frames that the layout agent decodes: moments, samples, full pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from agents.decoder import LUMA_SIZE, decode_luma
from agents.types import Intake, Media, PacketTable

AFTER_KEY_S = 0.12
"""A key frame is asked for this much later: asked for exactly, the stretch before may be decoded
too, because files that begin with a delay are searched by the order of decoding."""
MOMENTS_S = (AFTER_KEY_S, 0.4, 0.9, 1.3)
"""Seconds after a key frame at which steady motion is looked for: cheap to decode from there."""
LOW_FPS = 4.0
"""Below this many frames a second the moments are farther apart."""
EVERY_S = 60.0
"""One look at motion per this many seconds of lecture..."""
LEAST_LOOKS, MOST_LOOKS = 20, 60
"""... but at least and at most this many."""
FAR_S = 60.0
"""A moment this long after its key frame is not decoded: in a file with one key frame, each would
cost everything before it."""
SAMPLE_S = 0.25
"""Step at which a stretch between key frames is sampled."""
MOST_AT_ONCE = 480
"""Pictures that one child decodes: 28 MB. Starting one costs as much as 15 s of a lecture."""
SIZE = LUMA_SIZE


def since_key(packets: PacketTable, times: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the seconds that must be decoded to reach each of `times`."""
    keys = np.concatenate(([0.0], packets.time[packets.key]))
    return times - keys[np.searchsorted(keys, np.asarray(times) + 1e-3, side="right") - 1]


def choose_key_frames(intake: Intake) -> list[int]:
    """Return the numbers of the key frames after which motion is looked for, evenly spread."""
    time, duration = intake.key_frames.time, intake.media.duration
    near = np.flatnonzero(
        (since_key(intake.packets, time) < FAR_S) & (time < duration - MOMENTS_S[-1])
    )
    looks = int(np.clip(duration / EVERY_S, LEAST_LOOKS, MOST_LOOKS))
    if not len(near):
        return []
    chosen = np.linspace(0, len(near) - 1, min(len(near), looks)).round().astype(int)
    return near[np.unique(chosen)].tolist()


def decode_moments(media: Media, times: Sequence[float]) -> list[np.ndarray]:
    """Return luma (n, 180, 320) at each of the moments after `times`."""
    stretch = max(1.0, LOW_FPS / max(0.1, media.fps))
    wanted = [time + after * stretch for time in times for after in MOMENTS_S]
    luma = decode_luma(media, wanted)
    return [luma[index :: len(MOMENTS_S)] for index in range(len(MOMENTS_S))]


def decode_groups(media: Media, groups: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield luma (n, 180, 320) for each group of times (n,), as many groups at once as fit."""
    first = 0
    while first < len(groups):
        last, count = first, 0
        while last < len(groups) and (last == first or count + len(groups[last]) <= MOST_AT_ONCE):
            count += len(groups[last])
            last += 1
        luma = decode_luma(media, np.concatenate(groups[first:last]).tolist())
        yield from np.split(luma, np.cumsum([len(group) for group in groups[first:last]])[:-1])
        first = last


def sample_times(start: float, end: float) -> np.ndarray:
    """Return evenly spaced times from a key frame at `start` to `end`, at most SAMPLE_S apart."""
    count = max(2, int(np.ceil((end - start) / SAMPLE_S)) + 1)
    times = np.linspace(start, end, count)
    times[0] += min(AFTER_KEY_S, (end - start) / count / 2)
    return times
