"""Score components from how it is said and shown: the voice, the pauses, the slides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.content.headbands import headline_novelty
from agents.content.lexicon import split_words, stem
from agents.types import Layout, Prosody, SilenceRegion, Slide, TranscriptSegment

SLIDE_MEMORY_S = 15.0
"""A new slide is news for about this long."""
IDEA_S = 30.0
"""About how long one idea takes to explain."""
FLIP_S = (5.0, 20.0)
"""A slide up for less than the first is flipped through, for more than the second explained."""


def measure_emphasis(segments: Sequence[TranscriptSegment], prosody: Prosody) -> np.ndarray:
    """Return how much louder, livelier and slower than the speaker's usual each sentence is.

    The mean of level and pitch range against the median of the lecture (in median absolute
    deviations), and of the seconds per letter, brought to 0-1 by the normal distribution.
    """
    if not len(segments) or not len(prosody.level_db):
        return np.zeros(len(segments))
    letters = np.array([max(1, len(segment.text)) for segment in segments])
    pace = np.log(np.array([max(0.1, segment.duration) for segment in segments]) / letters)
    level = _mean_within(segments, prosody.level_db, prosody.level_db > -60)
    lively = _mean_within(segments, prosody.pitch_range, prosody.pitch_hz > 0)
    strength = (_standard(level) + _standard(lively) + _standard(pace)) / 3
    return 1 / (1 + np.exp(-1.7 * strength))


def _mean_within(
    segments: Sequence[TranscriptSegment], values: np.ndarray, valid: np.ndarray
) -> np.ndarray:
    """Return the mean of the valid per-second values in each sentence, NaN where none is."""
    total = np.concatenate([[0.0], np.cumsum(np.where(valid, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(valid)])
    first = np.array([int(segment.start) for segment in segments]).clip(0, len(values))
    last = np.array([int(np.ceil(segment.end)) for segment in segments]).clip(0, len(values))
    known = count[last] - count[first]
    mean = (total[last] - total[first]) / np.maximum(known, 1)
    return np.where(known > 0, mean, np.nan)


def _standard(values: np.ndarray) -> np.ndarray:
    """Return `values` in robust deviations from their median within +-3; unknown is 0."""
    if np.isnan(values).all():
        return np.zeros(len(values))
    centre = np.nanmedian(values)
    scale = 1.4826 * np.nanmedian(np.abs(values - centre))
    if scale < 1e-6:
        return np.zeros(len(values))
    return np.nan_to_num(np.clip((values - centre) / scale, -3, 3), nan=0.0)


def measure_slides(segments: Sequence[TranscriptSegment], layout: Layout) -> dict[str, np.ndarray]:
    """Return the three components that slides give; all 0 where only one slide was seen."""
    none = np.zeros(len(segments))
    if not layout.slides:
        return {"slide_dwell": none, "slide_change": none, "slide_words": none}
    shown = slide_of(segments, layout.slides)
    starts = np.array([slide.start for slide in layout.slides])
    length = np.array([slide.duration for slide in layout.slides])
    seconds = np.array([segment.duration for segment in segments])
    since = np.array([segment.start for segment in segments]) - starts[shown]
    change = np.where(shown > 0, np.exp(-np.maximum(since, 0) / SLIDE_MEMORY_S), 0.0)
    return {
        "slide_dwell": _dwell(seconds, length[shown]) if len(layout.slides) > 1 else none,
        "slide_change": change,
        "slide_words": _words_on_slide(segments, [layout.slides[int(index)] for index in shown]),
    }


def _dwell(seconds: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return how much of its slide's time each sentence takes, and how worthy that time is.

    Three parts for the square root of the share, one for a slide that is up for about as long as
    one idea takes; slides that are flipped through count less or not at all.
    """
    share = np.sqrt(np.minimum(1, seconds / shown))
    near = np.exp(-0.5 * np.log(np.maximum(shown, 1.0) / IDEA_S) ** 2)
    explained = np.clip((shown - FLIP_S[0]) / (FLIP_S[1] - FLIP_S[0]), 0, 1)
    return explained * (0.75 * share + 0.25 * near)


def slide_of(segments: Sequence[TranscriptSegment], slides: Sequence[Slide]) -> np.ndarray:
    """Return the index of the slide shown in the middle of each sentence."""
    middle = np.array([(segment.start + segment.end) / 2 for segment in segments])
    starts = np.array([slide.start for slide in slides])
    return np.maximum(np.searchsorted(starts, middle, side="right") - 1, 0)


def headlines_of(segments: Sequence[TranscriptSegment], slides: Sequence[Slide]) -> list[str]:
    """Return the headline of the slide shown over each sentence, "" where none is known."""
    return [slides[int(index)].title for index in slide_of(segments, slides)] if slides else []


def _words_on_slide(segments: Sequence[TranscriptSegment], slides: Sequence[Slide]) -> np.ndarray:
    """Return which share of the words in its slide's title each sentence says."""
    titles = {title: _long_stems(title) for title in {slide.title for slide in slides}}
    shares = [
        len(_long_stems(segment.text) & titles[slide.title]) / max(1, len(titles[slide.title]))
        if titles[slide.title]
        else 0.0
        for segment, slide in zip(segments, slides, strict=True)
    ]
    return np.array(shares)


def _long_stems(text: str) -> set[str]:
    return {stem(word) for word in split_words(text) if len(word) > 3}


def topic_evidence(
    segments: Sequence[TranscriptSegment],
    silence: Sequence[SilenceRegion],
    layout: Layout,
    *,
    width: int,
    pause_weight: float,
    slide_weight: float,
) -> np.ndarray:
    """Return in nats how much pauses and slides speak for a topic beginning with each sentence.

    A new slide speaks for a new topic as far as its headline is a new one: by what was read, and
    by how it looks where one was not. `width` is the recording's in pixels.
    """
    starts = np.array([segment.start for segment in segments])
    ends = np.array([segment.end for segment in segments])
    gaps = np.concatenate([[0.0], np.maximum(starts[1:] - ends[:-1], 0)])
    for region in silence:
        nearest = int(np.searchsorted(starts, (region.start + region.end) / 2))
        if 0 < nearest < len(gaps) and ends[nearest - 1] - 0.5 < region.end:
            gaps[nearest] = max(gaps[nearest], region.duration)
    change = np.zeros(len(segments))
    if len(layout.slides) > 1 and len(segments):
        shown = slide_of(segments, layout.slides)
        at = np.flatnonzero(np.diff(shown)) + 1
        change[at] = _novelties(layout, width, list(zip(shown[at - 1], shown[at], strict=True)))
    return pause_weight * _pause_strength(gaps) + slide_weight * change


def _novelties(layout: Layout, width: int, changes: Sequence[tuple[int, int]]) -> list[float]:
    """Return how new the later slide of each change is."""
    titles = [tuple(layout.slides[index].title for index in change) for change in changes]
    unread = [change for change, both in zip(changes, titles, strict=True) if not all(both)]
    seen = dict(zip(unread, headline_novelty(layout, width, unread).tolist(), strict=True))
    return [
        seen[change] if change in seen else _novelty(*both)
        for change, both in zip(changes, titles, strict=True)
    ]


def _novelty(before: str, after: str) -> float:
    """Return which share of a slide's headline is new: nothing of "Proof (2)" after "Proof"."""
    old, new = _long_stems(before), _long_stems(after)
    if not old or not new:
        return float(before != after)
    return 1.0 - len(old & new) / min(len(old), len(new))


def _pause_strength(gaps: np.ndarray) -> np.ndarray:
    """Return 0 for the speaker's usual pause, 1 for the longest (98th percentile), by logarithm.

    Nothing is strong where the longest pauses are hardly longer than the usual one.
    """
    if not len(gaps):
        return gaps
    usual = max(0.2, float(np.median(gaps)))
    longest = max(3 * usual, float(np.percentile(gaps, 98)))
    return np.clip(np.log(np.maximum(gaps, 1e-3) / usual) / np.log(longest / usual), 0, 1) ** 2
