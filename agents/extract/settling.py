"""Sentences whose captions end in the middle of sound, laid between the pauses that were measured.

Captions are often some tenths of a second early or late, or one cue ends just where the next
begins. Where no measured pause lies between two sentences but one lies near, they are taken to be
said before and after it: all that follows, edges of clips as well as cues, goes by these times.
A pause that the words leave free is known to the transcript, and is where it should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agents.types import Interval, TranscriptSegment

LEAST_S = 0.1
"""So much of a pause must lie between two sentences for it to be theirs already."""
RUN_OVER = 0.5
"""From this share on of a pause that words run over, their times cannot be right."""
LEAST_SHARE = 0.5
"""No sentence is left less than this share of its time."""


def spoken(segment: TranscriptSegment) -> Sequence[Interval]:
    """Return the words of a sentence, or the sentence itself where words have no times."""
    return segment.words or (segment,)


def ends_of(segments: Sequence[TranscriptSegment]) -> tuple[np.ndarray, np.ndarray]:
    """Return where the first word of each sentence begins, and the last one ends."""
    first = np.array([spoken(segment)[0].start for segment in segments])
    return first, np.maximum([spoken(segment)[-1].end for segment in segments], first)


def settle(
    segments: Sequence[TranscriptSegment], quiet: np.ndarray, reach: float
) -> Sequence[TranscriptSegment]:
    """Return the sentences with their ends at the pauses beside them, at most `reach` away.

    `quiet` has the measured pauses in order, shape (pauses, 2).
    """
    unknown = quiet[_run_over(segments, quiet) >= RUN_OVER]
    if not reach or not len(unknown):
        return segments
    first, last = ends_of(segments)
    given = _pauses_beside(first, last, quiet, unknown, reach)
    while True:
        moved = given >= 0
        start = np.where(moved[:-1], unknown[given[:-1], 1], first)
        end = np.where(moved[1:], unknown[given[1:], 0], last)
        crushed = (moved[:-1] | moved[1:]) & (end - start < LEAST_SHARE * (last - first))
        if not crushed.any():
            break
        given[:-1][crushed] = given[1:][crushed] = -1
    return [
        _placed(segment, float(a), float(b)) if moved[at] or moved[at + 1] else segment
        for at, (segment, a, b) in enumerate(zip(segments, start, end, strict=True))
    ]


def _run_over(segments: Sequence[TranscriptSegment], quiet: np.ndarray) -> np.ndarray:
    """Return which share of each pause words claim to be said in."""
    words = [word for segment in segments for word in spoken(segment)]
    ends = np.maximum.accumulate([0.0, *(word.end for word in words)])
    starts = np.minimum(np.maximum([word.start for word in words], ends[:-1]), ends[1:])
    said = np.cumsum(ends[1:] - starts)
    seconds = np.interp(
        quiet, np.ravel([starts, ends[1:]], "F"), np.ravel([said - (ends[1:] - starts), said], "F")
    )
    return (seconds[:, 1] - seconds[:, 0]) / (quiet[:, 1] - quiet[:, 0])


def _pauses_beside(
    first: np.ndarray, last: np.ndarray, quiet: np.ndarray, unknown: np.ndarray, reach: float
) -> np.ndarray:
    """Return per gap between sentences the unknown pause that it is moved to, -1 where it stays.

    There is one gap more than sentences. No pause is given to two of them: the nearest has it.
    """
    low, high = np.concatenate([first[:1], last]), np.concatenate([first, last[-1:]])
    high = np.maximum(high, low)
    # before the first sentence and after the last one a pause need not lie between two
    ends = np.zeros(len(low))
    ends[0] = reach
    held = _lie_between(low - ends, high + ends[::-1], quiet)
    after = np.searchsorted(unknown[:, 1], low)
    later = np.append(unknown[:, 0], np.inf)[after] - high
    earlier = low - np.append(-np.inf, unknown[:, 1])[after]
    away = np.maximum(np.minimum(later, earlier), 0.0)
    nearest = np.where(later <= earlier, after, after - 1)
    given, taken = np.full(len(low), -1), set[int]()
    for gap in np.lexsort((away, ~held)).tolist():
        at = int(nearest[gap])
        if held[gap]:
            taken |= {at} if away[gap] == 0 else set()
        elif away[gap] <= reach and at not in taken:
            given[gap] = at
            taken.add(at)
    return given


def _lie_between(low: np.ndarray, high: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    """Return in which gaps enough of a pause lies, bool, shape (gaps,)."""
    begin, finish = np.concatenate([quiet, [[np.inf, np.inf]] * 2]).T
    found = np.zeros(len(low), dtype=bool)
    after = np.searchsorted(finish, low)
    for at in (after, np.minimum(after + 1, len(quiet))):
        found |= np.minimum(high, finish[at]) - np.maximum(low, begin[at]) >= LEAST_S
    return found


def _placed(segment: TranscriptSegment, start: float, end: float) -> TranscriptSegment:
    """Return a sentence said from `start` to `end`, its words in their shares of it."""
    said = spoken(segment)
    before, pace = said[0].start, (end - start) / (said[-1].end - said[0].start)

    def moved(one: Interval) -> tuple[float, float]:
        begin = max(0.0, start + (one.start - before) * pace)
        return begin, max(start + (one.end - before) * pace, begin + 1e-3)

    words = tuple(replace(word, start=a, end=b) for word in segment.words for a, b in [moved(word)])
    a, b = moved(segment)
    return replace(segment, start=a, end=b, words=words)
