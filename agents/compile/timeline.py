"""Which frames of the lecture make up a clip: cuts on one frame grid, the same for both tracks.

The grid goes through real frames of the source, so the frames of a constant-rate recording fall
on it exactly, and cuts in picture and sound are made at the same grid times: they cannot drift
apart, however many there are. It belongs to the recording, not to the clip: when an edge of a
clip moves, all other frames stay the ones they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np

from agents.compile.compositor import NOBODY, Composition, compose
from agents.compile.params import CompileParams
from agents.compile.people import People
from agents.errors import RenderFailed
from agents.types import ClipPlan, Interval, LayoutRegion, Media, PacketTable

READ_ON_S = 15.0
"""Sound on both sides of a gap this short is read in one go: cheaper than a second run."""
ANCHOR_S = 60.0
"""Where the frames of a recording keep no even distance, the grid is laid anew this often."""
ON_GRID = 0.1
"""A frame this near to the grid that the first frame begins, in frames, lies on it."""
MAX_LENGTH_ERROR_S = 0.04
"""How far rounding to frames may lead the clip from its planned length before it is made good."""
TOUCHING_S = 0.001
"""Parts this close are one: there is nothing to cut."""
MIN_FPS, USUAL_FPS = 10, 25


@dataclass(frozen=True, slots=True)
class Shot:
    """Consecutive frames with one composition; `first` counts from the stretch's first frame."""

    first: int
    frames: int
    composition: Composition


@dataclass(frozen=True, slots=True)
class Piece:
    """A kept part on the frame grid: `start` in seconds of the lecture, `frames` long."""

    start: float
    frames: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of the source that is read in one go: the grid has a frame at `origin`."""

    seek: float
    """Where reading begins, in seconds: at or before the frame shown at `origin`."""
    origin: float
    shots: tuple[Shot, ...]
    pieces: tuple[Piece, ...]
    index: int = 0
    """Number of the frame at `origin` on the grid of the recording."""

    @property
    def frames(self) -> int:
        """Return how many frames of the grid are read, the dropped ones included."""
        return self.shots[-1].first + self.shots[-1].frames


@dataclass(frozen=True, slots=True)
class Timeline:
    """A clip in frames of `1 / fps` seconds."""

    fps: Fraction
    stretches: tuple[Stretch, ...]

    @property
    def frames(self) -> int:
        """Return the length of the clip in frames."""
        return sum(piece.frames for stretch in self.stretches for piece in stretch.pieces)

    @property
    def duration(self) -> float:
        """Return the length of the clip in seconds."""
        return float(self.frames / self.fps)


def clip_fps(media: Media, params: CompileParams) -> Fraction:
    """Return the frames a second of the clip: the source's, halved until it is not too many."""
    fps = media.fps if 0.01 < media.fps < 1000 else USUAL_FPS
    for exact in (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)):
        if abs(fps - exact) < 0.005:
            rate = exact
            break
    else:
        rate = Fraction(max(fps, MIN_FPS)).limit_denominator(1000)
    while rate > params.max_fps + 0.5 and rate >= 2 * MIN_FPS:
        rate /= 2
    return rate


def lay_out(
    plan: ClipPlan,
    media: Media,
    packets: PacketTable,
    params: CompileParams,
    people: People = NOBODY,
) -> Timeline:
    """Return the frames of the plan's clip, cut to what the recording holds."""
    fps = clip_fps(media, params)
    parts = _kept(plan.parts, media.duration, 1 / float(fps))
    if not parts:
        first = plan.parts[0]
        message = (
            f"nothing of the clip at {first.start:.1f} s lies inside the recording's "
            f"{media.duration:.1f} s"
        )
        raise RenderFailed(message)
    layout = _Layout(plan.layout, media, params, people)
    stretches: list[Stretch] = []
    error = 0.0
    for run in _runs(parts):
        grid = _Grid(float(fps), grid_start(packets, fps, run[0].start))
        counts, error = _frame_counts(run, grid, error)
        seek = _seek(packets, media, shown_at(packets, run[0].start))
        stretches.append(_stretch(run, counts, grid, layout, seek))
    return Timeline(fps, tuple(stretches))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The frames of the recording: `rate` a second, the one numbered 0 at `start` seconds."""

    rate: float
    start: float

    def nearest(self, time: float) -> int:
        """Return the number of the frame nearest to a time."""
        # halves go up, all of them: two ends on halves keep their distance
        return floor((time - self.start) * self.rate + 0.5 + 1e-6)


def _frame_counts(parts: list[Interval], grid: _Grid, error: float) -> tuple[list[int], float]:
    """Return how many frames each part gets, at least one, and by how many the clip is then off.

    A part is as long as its own ends ask for, whatever comes before it, until the clip as a whole
    is off by more than is allowed. So a part keeps its frames when another one is changed.
    """
    counts = []
    allowed = max(0.5, MAX_LENGTH_ERROR_S * grid.rate)
    for part in parts:
        count = max(1, grid.nearest(part.end) - grid.nearest(part.start))
        error += count - part.duration * grid.rate
        if abs(error) > allowed:
            made_good = min(round(error), count - 1)
            count, error = count - made_good, error - made_good
        counts.append(count)
    return counts, error


def single_frame(timeline: Timeline, number: int, media: Media, packets: PacketTable) -> Timeline:
    """Return the timeline of one frame alone; the last one is at the end."""
    left = min(max(0, number), timeline.frames - 1)
    for stretch in timeline.stretches:
        for shot in stretch.shots:
            if left >= shot.frames:
                left -= shot.frames
                continue
            origin = stretch.origin + float((shot.first + left) / timeline.fps)
            seek = _seek(packets, media, min(origin, shown_at(packets, origin)))
            index, alone = stretch.index + shot.first + left, Piece(origin, 1)
            shots = (Shot(0, 1, shot.composition),)
            return Timeline(timeline.fps, (Stretch(seek, origin, shots, (alone,), index),))
    raise ValueError(f"the shots of a clip hold all of its {timeline.frames} frames")


def shown_at(packets: PacketTable, time: float) -> float:
    """Return when the frame that is shown at `time` begins, in seconds."""
    index = int(np.searchsorted(packets.time, time + 1e-3, side="right")) - 1
    return max(0.0, float(packets.time[index])) if index >= 0 else time


def _seek(packets: PacketTable, media: Media, time: float) -> float:
    if media.demuxer != "mpegts" or not packets.key.any():
        return max(0.0, time - 1e-3)
    # MPEG-TS has no index: it is entered anywhere, so enter before the key frame that is needed,
    # yet not before the first frame: ffmpeg would then count from that frame.
    keys = packets.time[packets.key.astype(bool)]
    before = keys[keys <= time + 1e-3]
    key = float(before[-1]) - 1.0 if len(before) else 0.0
    return max(0.0, float(packets.time[0]) - 1e-3, key)


def _kept(parts: tuple[Interval, ...], duration: float, least: float) -> list[Interval]:
    """Return the parts inside the recording, those that touch joined."""
    kept: list[Interval] = []
    for part in parts:
        start, end = part.start, min(part.end, duration)
        if kept and 0 <= start - kept[-1].end < TOUCHING_S:
            start = kept.pop().start
        if end - start >= least:
            kept.append(Interval(start, end))
    return kept


def _runs(parts: list[Interval]) -> list[list[Interval]]:
    runs: list[list[Interval]] = []
    for part in parts:
        if runs and 0 <= part.start - runs[-1][-1].end <= READ_ON_S:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


class _Layout:
    """The plan's layout regions as compositions, each made once."""

    def __init__(
        self,
        regions: tuple[LayoutRegion, ...],
        media: Media,
        params: CompileParams,
        people: People,
    ) -> None:
        self.spans = [(region.start, compose(region, media, params, people)) for region in regions]
        self.spans.sort(key=lambda span: span[0])
        self.bare = compose(None, media, params)

    def changes(self, part: Interval) -> list[tuple[float, Composition]]:
        """Return from when on each composition is shown in the part; the first from its start."""
        earlier = [shown for start, shown in self.spans if start <= part.start]
        first = earlier[-1] if earlier else self.spans[0][1] if self.spans else self.bare
        found = [(part.start, first)]
        for start, shown in self.spans:
            if part.start < start < part.end and shown != found[-1][1]:
                found.append((start, shown))
        return found


def grid_start(packets: PacketTable, fps: Fraction, time: float) -> float:
    """Return a time at which the grid has a frame: the first frame's, or one not far before."""
    if not len(packets.time):
        return 0.0
    first = float(packets.time[0])
    near = shown_at(packets, time // ANCHOR_S * ANCHOR_S)
    away = (near - first) * float(fps)
    return first if abs(away - round(away)) <= ON_GRID else near


def _stretch(
    run: list[Interval],
    counts: list[int],
    grid: _Grid,
    layout: _Layout,
    seek: float,
) -> Stretch:
    """Return the run of parts on the grid of the recording."""
    rate = grid.rate
    index = floor((run[0].start - grid.start) * rate + 1e-6)
    index = max(index, ceil(-grid.start * rate))
    origin = grid.start + index / rate
    pieces: list[Piece] = []
    shots: list[Shot] = []
    free = 0
    for part, frames in zip(run, counts, strict=True):
        first = max(free, grid.nearest(part.start) - index)
        free = first + frames
        pieces.append(Piece(origin + first / rate, frames))
        shots += _shots(layout.changes(part), origin, first, frames, rate)
    return Stretch(seek, origin, tuple(shots), tuple(pieces), index)


def _shots(
    changes: list[tuple[float, Composition]], origin: float, first: int, frames: int, rate: float
) -> list[Shot]:
    later = [round((time - origin) * rate) for time, _ in changes[1:]]
    starts = [first, *(min(max(at, first), first + frames) for at in later), first + frames]
    return [
        Shot(a, b - a, shown)
        for a, b, (_, shown) in zip(starts, starts[1:], changes, strict=False)
        if b > a
    ]
