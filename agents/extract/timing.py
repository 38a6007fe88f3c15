"""Where a clip may begin and end, what is cut out of it, and how long that leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agents.extract.params import ExtractParams
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


def measure_timing(
    segments: Sequence[TranscriptSegment],
    silence: Sequence[SilenceRegion],
    layout: Layout,
    params: ExtractParams,
) -> Timing:
    """Return where clips of these sentences may begin and end."""
    words = [word for segment in segments for word in spoken(segment)]
    starts, ends = _bounds(words)
    # A blank screen alone is no pause: somebody may speak over it.
    silent = [r for r in silence if r.silence_type != "blank_screen"]
    quiet = np.array([[r.start, r.end] for r in silent]).reshape(-1, 2)
    first = np.array([spoken(segment)[0].start for segment in segments])
    last = np.maximum(np.array([spoken(segment)[-1].end for segment in segments]), first)
    duration = max([last[-1] + params.edge_pad_s, *(region.end for region in layout.regions[-1:])])
    low, high, pause = find_pauses(first, last, quiet, float(duration))
    middle = (low + high) / 2
    start = np.maximum(high - params.edge_pad_s, middle)[:-1]
    end = np.minimum(low + params.edge_pad_s, middle)[1:]
    start, end = keep_to_slides(start, end, first, last, layout)
    nothing = np.zeros(len(first))
    uncut = Timing(
        speech=last - first,
        start=start,
        end=end,
        pause_before=pause[:-1],
        pause_after=pause[1:],
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

    A change between a clip's beginning and its first word, or between its last word and its end,
    is left outside; the words themselves are never touched.
    """
    changes = np.array([-np.inf, *(slide.start for slide in layout.slides[1:]), np.inf])
    before = changes[np.searchsorted(changes, first, side="right") - 1]
    after = changes[np.searchsorted(changes, last)]
    start = np.where(before + SETTLED_S > start, np.minimum(before + SETTLED_S, first), start)
    end = np.where(after - SETTLED_S < end, np.maximum(after - SETTLED_S, last), end)
    return start, end


def spoken(segment: TranscriptSegment) -> Sequence[Interval]:
    """Return the words of a sentence, or the sentence itself where words have no times."""
    return segment.words or (segment,)


def _bounds(words: Sequence[Interval | Word]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([word.start for word in words]), np.array([word.end for word in words])


def find_pauses(
    first: np.ndarray, last: np.ndarray, quiet: np.ndarray, duration: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per gap between sentences where an edge may lie (low, high) and the pause's length.

    There is one gap more than sentences. An edge lies between the two words; where a detected
    silence touches the gap, it lies in the silence as well.
    """
    low = np.concatenate([[0.0], last])
    high = np.maximum(np.concatenate([first, [duration]]), low)
    pause = high - low
    if len(quiet):
        touching = np.searchsorted(quiet[:, 1], low, side="right").clip(max=len(quiet) - 1)
        begin, finish = quiet[touching].T
        inside = (begin <= high) & (finish >= low)
        pause = np.where(inside, np.maximum(pause, finish - begin), pause)
        low = np.where(inside, np.maximum(low, begin), low)
        high = np.where(inside, np.minimum(high, finish), high)
    return low, high, pause


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
