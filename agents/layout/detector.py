"""Decide which arrangement of screen and camera is seen when; runs in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from agents.layout.boxes import Rect
from agents.layout.cameras import OVERLAP, find_cameras
from agents.layout.likeness import Camera, camera_costs, keeps_border, unlikeness
from agents.layout.motion import CELL, CHANGE_SCALE, COLUMNS, ROWS, Motion, measure_motion, to_cells
from agents.layout.params import LayoutParams
from agents.layout.places import inner_cells
from agents.layout.screens import find_screen
from agents.layout.votes import sample
from agents.types import Box, KeyFrames, LayoutKind, LayoutRegion

NOBODY = -1
"""Label of a key frame without a camera."""
BLACK = 24
"""Luma below which nearly every pixel of a black picture lies."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """One way in which screen and camera share the picture, in pixels of a 320x180 picture."""

    kind: LayoutKind
    screen: Rect | None
    camera: Rect | None
    confidence: float
    times: tuple[float, ...]
    """Seconds of frames that show it."""
    source: Camera | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Consecutive key frames first..last with one arrangement."""

    arrangement: Arrangement
    first: int
    last: int


class Turn(NamedTuple):
    """The moment in seconds from which an arrangement is seen."""

    start: float
    arrangement: Arrangement


def detect_layout(
    motion: Motion, luma: np.ndarray, duration: float, params: LayoutParams
) -> tuple[Stretch, ...]:
    """Return which arrangement each stretch of key frames (n, 180, 320) shows."""
    cameras = find_cameras(motion, luma, params)
    labels = _smooth(label_frames(cameras, motion, luma, params), motion.time, duration, params)
    frames = {label: np.flatnonzero(labels == label).tolist() for label in set(labels.tolist())}
    pictures = {label: sample(luma, numbers) for label, numbers in frames.items()}
    shown = {label: None if label == NOBODY else cameras[label] for label in frames}
    order = sorted(frames, key=lambda label: (-len(frames[label]), label))
    known: dict[int, Arrangement] = {}
    # twice: the screen of the first may only be found where a later one has it
    for label in order * 2:
        times = tuple(motion.time[frames[label]].tolist())
        beside = [
            (pictures[other], camera and camera.rect)
            for other, camera in shown.items()
            if other != label and not (camera and camera.whole)
        ]
        others = [arrangement for other, arrangement in known.items() if other != label]
        known[label] = arrange(shown[label], pictures[label], times, params, others, beside)
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    return tuple(Stretch(known[int(labels[a])], a, b - 1) for a, b in pairwise(edges))


def detect_regions(
    key_frames: KeyFrames, size: tuple[int, int], duration: float, params: LayoutParams
) -> tuple[LayoutRegion, ...]:
    """Return the regions that stills alone show, boxes in pixels of pictures of `size` (w, h).

    For recordings of which nothing but some frames is at hand: no packets, no motion between.
    """
    stretches = detect_layout(measure_motion(key_frames), key_frames.luma, duration, params)
    starts = [0.0, *(float(key_frames.time[stretch.first]) for stretch in stretches[1:])]
    return tuple(
        LayoutRegion(
            start,
            end,
            found.kind,
            _to_box(found.screen, size),
            _to_box(found.camera, size),
            found.confidence,
        )
        for found, (start, end) in zip(
            (stretch.arrangement for stretch in stretches),
            pairwise([*starts, duration]),
            strict=True,
        )
    )


def _to_box(rect: Rect | None, size: tuple[int, int]) -> Box | None:
    """Return a rectangle of a 320x180 picture as a box in a picture of `size`."""
    return rect and rect.scaled(size[0] / (COLUMNS * CELL), size[1] / (ROWS * CELL)).to_box()


def label_frames(
    cameras: Sequence[Camera], motion: Motion, luma: np.ndarray, params: LayoutParams
) -> np.ndarray:
    """Return for each key frame the number of the camera that it shows, or NOBODY.

    The labels are those that together explain best what the pictures look like, where something
    moved and how seldom an arrangement changes (Viterbi 1967).
    """
    away = [camera_costs(camera, motion, luma, params) for camera in cameras]
    costs = np.stack([*away, np.ones(len(motion.cells))])
    total, came_from = costs[:, 0].copy(), np.zeros(costs.shape, int)
    moved = (motion.change > params.motion_level * CHANGE_SCALE).mean(axis=(1, 2))
    switch = np.where(moved < params.camera_min_share / 100, STILL_COST, SWITCH_COST)
    for frame in range(1, costs.shape[1]):
        stay = total <= total.min() + switch[frame - 1]
        came_from[:, frame] = np.where(stay, np.arange(len(costs)), total.argmin())
        total = np.where(stay, total, total.min() + switch[frame - 1]) + costs[:, frame]
    labels = np.empty(costs.shape[1], int)
    labels[-1] = total.argmin()
    for frame in range(len(labels) - 1, 0, -1):
        labels[frame - 1] = came_from[labels[frame], frame]
    return np.where(labels == len(cameras), NOBODY, labels)


SWITCH_COST = 0.6
"""What a change from one key frame to the next costs; that nobody is seen costs 1 in each."""
STILL_COST = 5.0
"""The same where the picture stays as it is: another arrangement would change it."""


def _smooth(
    labels: np.ndarray, time: np.ndarray, duration: float, params: LayoutParams
) -> np.ndarray:
    """Return the labels without stretches that cannot last long enough, the shortest first.

    A stretch lasts at most from the key frame before it to the one after.
    """
    labels = labels.copy()
    while True:
        edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
        lengths = [
            (time[b] if b < len(time) else duration) - (time[a - 1] if a else 0.0)
            for a, b in pairwise(edges)
        ]
        shortest = int(np.argmin(lengths))
        if len(lengths) == 1 or lengths[shortest] >= params.min_layout_s:
            return labels
        neighbour = _longer_neighbour(lengths, shortest)
        labels[edges[shortest] : edges[shortest + 1]] = labels[edges[neighbour]]


def _longer_neighbour(lengths: list[float], index: int) -> int:
    before = lengths[index - 1] if index else -1.0
    after = lengths[index + 1] if index + 1 < len(lengths) else -1.0
    return index - 1 if before >= after else index + 1


def arrange(
    camera: Camera | None,
    pictures: np.ndarray,
    times: tuple[float, ...],
    params: LayoutParams,
    known: Iterable[Arrangement] = (),
    beside: Sequence[tuple[np.ndarray, Rect | None]] = (),
) -> Arrangement:
    """Return what pictures (n, 180, 320) with one camera, or none, show, and where.

    A screen whose slide does not change is looked for where `known` arrangements have theirs, and
    its bars in pictures and cameras of those `beside` it.
    """
    others = [a.screen for a in known if a.screen is not None]
    if camera is None:
        screen = find_screen(pictures, None, params.bar_level, others, beside)
        certainty = 0.1 if np.percentile(pictures, 99) < BLACK else 0.9
        return Arrangement("screen_only", screen, None, certainty, times)
    certainty = _certainty(camera)
    if camera.whole:
        return Arrangement("camera_only", None, camera.rect, certainty, times, camera)
    screen = find_screen(pictures, camera.rect, params.bar_level, others, beside)
    shared = screen.meet(camera.rect).area / camera.rect.area
    kind: LayoutKind = "picture_in_picture" if shared > OVERLAP else "side_by_side"
    return Arrangement(kind, screen, camera.rect, certainty, times, camera)


def _certainty(camera: Camera) -> float:
    """Return 0-1 from the straightness of the border and the number of moments that agree."""
    border = 0.8 if camera.whole else min(1.0, camera.support)
    return round(border * (0.6 + 0.4 * min(1.0, camera.votes / 4)), 3)


def arrange_samples(
    times: np.ndarray,
    luma: np.ndarray,
    ends: tuple[Arrangement, Arrangement | None],
    known: Sequence[Arrangement],
    params: LayoutParams,
) -> list[tuple[int, Arrangement]]:
    """Return from which sample (n, 180, 320) between two key frames which arrangement is seen."""
    cells = to_cells(luma)
    parts = [(0, ends[0])]
    for first, last, source in _runs(cells, known, params):
        now = parts[-1][1].source
        if source is now or times[last] - times[first] < params.min_layout_s:
            continue
        middle = (first + last) // 2
        if source is None and now is not None and keeps_border(now, luma[middle], params):
            continue
        seen = next((a for a in known if a.source is source), None)
        chosen = tuple(times[[first, middle]].tolist())
        parts.append(
            (first, seen or arrange(source, luma[first : last + 1], chosen, params, known))
        )
    if ends[1] is not None and parts[-1][1] is not ends[1]:
        start = parts[-1][0]
        parts.append((start + split_between(cells[start:], parts[-1][1], ends[1]), ends[1]))
    return parts


def _runs(
    cells: np.ndarray, known: Sequence[Arrangement], params: LayoutParams
) -> list[tuple[int, int, Camera | None]]:
    """Return first sample, last sample and camera of each run of samples that look alike."""
    cameras = [a.source for a in known if a.source is not None]
    labels = np.full(len(cells), NOBODY)
    if cameras:
        away = np.stack([unlikeness(c, cells) for c in cameras]) / params.camera_likeness
        labels = np.where(away.min(axis=0) <= 1, away.argmin(axis=0), NOBODY)
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    names = [*cameras, None]
    return [(a, b - 1, names[labels[a]]) for a, b in pairwise(edges)]


def split_between(cells: np.ndarray, before: Arrangement, after: Arrangement) -> int:
    """Return the number of the first sample (n, 36, 64), from 1, that shows the arrangement after.

    Samples before it look like the first one and samples from it like the last one, there where
    either arrangement has its camera.
    """
    place = np.zeros(cells.shape[1:], bool)
    for arrangement in (before, after):
        if arrangement.camera is not None:
            inner_cells(arrangement.camera).inside(place)[...] = True
    seen = cells[:, place].astype(np.int16)
    old, new = (np.abs(seen - seen[end]).mean(axis=1) for end in (0, -1))
    cost = np.cumsum(old)[:-1] + (new.sum() - np.cumsum(new)[:-1])
    return int(cost.argmin()) + 1
