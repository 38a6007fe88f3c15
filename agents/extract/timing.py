"""Where a clip may begin and end, what is cut out of it, and how long that leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agents.extract.params import ExtractParams
from agents.extract.settling import ends_of, spoken
from agents.types import Interval, Layout, SilenceRegion, TranscriptSegment, Word


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """The sentences on the clock; every array has one value per sentence unless said."""

    speech: np.ndarray
    """Seconds from the first word to the end of the last; 0 where no clip keeps them."""
    start: np.ndarray
    """Where a clip begins that begins with this sentence: in the pause before its first word."""
    end: np.ndarray
    """Where a clip ends that ends with this sentence: in the pause after its last word."""
    pause_before: np.ndarray
    pause_after: np.ndarray
    cuts: np.ndarray
    """Stretches that no clip keeps, shape (cuts, 2)."""
    cut_before: np.ndarray
    """Seconds cut out of the lecture before this sentence begins."""
    cut_within: np.ndarray
    """Seconds cut out of the lecture before this sentence ends."""

    def kept(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return the length of the clips from sentence `first` to `last`, both included."""
        length = self.end[last] - self.start[first]
        return length - (self.cut_within[last] - self.cut_before[first])

    def parts(self, first: int, last: int) -> tuple[Interval, ...]:
        """Return the stretches that such a clip keeps."""
        start, end = float(self.start[first]), float(self.end[last])
        inside = self.cuts[(self.cuts[:, 0] > start) & (self.cuts[:, 1] < end)]
        edges = [start, *inside.ravel().tolist(), end]
        return tuple(Interval(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))


def measured_pauses(silence: Sequence[SilenceRegion]) -> np.ndarray:
    """Return the silences in order, shape (pauses, 2).

    A blank screen alone is no pause: somebody may speak over it.
    """
    silent = [r for r in silence if r.silence_type != "blank_screen"]
    return np.array([[r.start, r.end] for r in silent]).reshape(-1, 2)


def measure_timing(
    segments: Sequence[TranscriptSegment],
    quiet: np.ndarray,
    layout: Layout,
    params: ExtractParams,
) -> Timing:
    """Return where clips of these sentences may begin and end, `quiet` being measured pauses."""
    words = [word for segment in segments for word in spoken(segment)]
    starts, ends = _bounds(words)
    first, last = ends_of(segments)
    duration = max([last[-1] + params.edge_pad_s, *(region.end for region in layout.regions[-1:])])
    before, after = find_pauses(first, last, quiet, float(duration), params.edge_reach_s)
    # nothing is cut off at the recording's own ends
    if first[0] <= params.edge_reach_s:
        before.length[0] = np.inf
    if duration - last[-1] <= params.edge_reach_s:
        after.length[-1] = np.inf
    start = np.maximum(before.high - params.edge_pad_s, before.middle)
    end = np.minimum(after.low + params.edge_pad_s, after.middle)
    start, end = keep_to_slides(start, end, before.high, after.low, layout)
    nothing = np.zeros(len(first))
    uncut = Timing(
        speech=last - first,
        start=start,
        end=end,
        pause_before=before.length,
        pause_after=after.length,
        cuts=np.zeros((0, 2)),
        cut_before=nothing,
        cut_within=nothing,
    )
    return cut_out(uncut, find_cuts(starts, ends, quiet, params))


def cut_out(timing: Timing, gone: np.ndarray) -> Timing:
    """Return the timing of clips that leave out these stretches as well, shape (n, 2)."""
    both = np.concatenate([timing.cuts, gone])
    cuts: list[list[float]] = []
    for start, end in both[np.argsort(both[:, 0], kind="stable")].tolist():
        if cuts and start <= cuts[-1][1]:
            cuts[-1][1] = max(cuts[-1][1], end)
        else:
            cuts.append([start, end])
    merged = np.array(cuts).reshape(-1, 2)
    seconds = np.concatenate([[0.0], np.cumsum(merged[:, 1] - merged[:, 0])])
    return replace(
        timing,
        cuts=merged,
        cut_before=seconds[np.searchsorted(merged[:, 0], timing.start)],
        cut_within=seconds[np.searchsorted(merged[:, 1], timing.end, side="right")],
    )


SETTLED_S = 0.15
"""How far the detected time of a slide change may be off."""


def keep_to_slides(
    start: np.ndarray, end: np.ndarray, first: np.ndarray, last: np.ndarray, layout: Layout
) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges moved so that no clip flashes a slide that is not spoken about.

    A change between a clip's beginning and where its sound begins, `first`, or between where its
    sound is over, `last`, and its end, is left outside; the sound itself is never touched.
    """
    changes = np.array([-np.inf, *(slide.start for slide in layout.slides[1:]), np.inf])
    before = changes[np.searchsorted(changes, first, side="right") - 1]
    after = changes[np.searchsorted(changes, last)]
    start = np.where(before + SETTLED_S > start, np.minimum(before + SETTLED_S, first), start)
    end = np.where(after - SETTLED_S < end, np.maximum(after - SETTLED_S, last), end)
    return start, end


def _bounds(words: Sequence[Interval | Word]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([word.start for word in words]), np.array([word.end for word in words])


FAR_S = 30.0
"""Without silence for so long there is noise that hides it."""


@dataclass(frozen=True, slots=True, eq=False)
class Pauses:
    """Of each sentence the pause before it, or after it: where an edge may lie, and its length."""

    low: np.ndarray
    high: np.ndarray
    length: np.ndarray

    @property
    def middle(self) -> np.ndarray:
        """Return the middle of where an edge may lie."""
        return (self.low + self.high) / 2


def find_pauses(
    first: np.ndarray, last: np.ndarray, quiet: np.ndarray, duration: float, reach: float
) -> tuple[Pauses, Pauses]:
    """Return the pauses before and after the sentences.

    An edge lies between two sentences; where a detected silence lies there too, at most `reach`
    from the words, the edge lies in the silence nearest to them.
    """
    low = np.concatenate([[0.0], last])
    high = np.maximum(np.concatenate([first, [duration]]), low)
    if not len(quiet):
        both = Pauses(low, high, high - low)
        return _pick(both, slice(None, -1)), _pick(both, slice(1, None))
    before = np.searchsorted(quiet[:, 0], high[:-1], side="right") - 1
    after = np.searchsorted(quiet[:, 1], low[1:], side="right").clip(max=len(quiet) - 1)
    return (
        _lay(low[:-1], high[:-1], quiet[before.clip(0)], high[:-1] - reach, high[:-1]),
        _lay(low[1:], high[1:], quiet[after], low[1:], low[1:] + reach),
    )


def _pick(pauses: Pauses, some: slice) -> Pauses:
    return Pauses(pauses.low[some], pauses.high[some], pauses.length[some])


def _lay(
    low: np.ndarray, high: np.ndarray, silence: np.ndarray, early: np.ndarray, late: np.ndarray
) -> Pauses:
    """Return the gaps with the silence in them, where it touches the time from early to late.

    A gap between words in which sound goes on is a pause only far from all that is silent.
    """
    begin, finish = silence.T
    heard = np.maximum(begin - high, low - finish) <= FAR_S
    inside = (begin <= np.minimum(high, late)) & (finish >= np.maximum(low, early))
    return Pauses(
        np.where(inside, np.maximum(low, begin), low),
        np.where(inside, np.minimum(high, finish), high),
        np.where(inside, np.maximum(high - low, finish - begin), np.where(heard, 0.0, high - low)),
    )


def find_cuts(
    starts: np.ndarray, ends: np.ndarray, quiet: np.ndarray, params: ExtractParams
) -> np.ndarray:
    """Return what is cut out of silences between words that last too long, shape (cuts, 2)."""
    reached = np.maximum.accumulate(ends)
    wide = np.flatnonzero(starts[1:] - reached[:-1] > params.max_pause_s)
    cuts = []
    for gap in wide:
        low, high = reached[gap], starts[gap + 1]
        for begin, finish in quiet[(quiet[:, 1] > low) & (quiet[:, 0] < high)]:
            begin, finish = max(begin, low), min(finish, high)
            if finish - begin > params.max_pause_s:
                cuts.append((begin + params.breath_s / 2, finish - params.breath_s / 2))
    return np.array(cuts).reshape(-1, 2)
