"""Every stretch of sentences that could be a clip, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agents.extract.choices import Candidates
from agents.extract.edges import Edges, measure_edges
from agents.extract.params import ExtractParams
from agents.extract.scoring import component_matrix, weight_vector
from agents.extract.settling import settle
from agents.extract.skips import Span, find_asides, skip, whole_parts
from agents.extract.timing import Timing, measure_timing, measured_pauses
from agents.types import Content, Decisions, Interval, Layout, SilenceRegion, Transcript
from agents.types import TranscriptSegment as Segment


@dataclass(frozen=True, slots=True, eq=False)
class Lecture:
    """What of a lecture does not depend on any weight; sentences are the rows of every array."""

    content: Content
    segments: Sequence[Segment]
    """As the measured pauses have them: see `settle`."""
    layout: Layout
    components: np.ndarray
    """Shape (sentences, components)."""
    topics: np.ndarray
    timing: Timing
    """Without the asides that a weight would leave out."""
    edges: Edges

    def scores(self, params: ExtractParams) -> np.ndarray:
        """Return the score of each sentence, the weighted sum of its components."""
        return self.components @ weight_vector(params.weights)


def read_lecture(
    transcript: Transcript,
    silence: Sequence[SilenceRegion],
    layout: Layout,
    content: Content,
    params: ExtractParams,
) -> Lecture:
    """Return the lecture's sentences on the clock; there must be some."""
    quiet = measured_pauses(silence)
    heard = [transcript.segments[sentence.index] for sentence in content.sentences]
    segments = settle(heard, quiet, params.edge_reach_s)
    timing = measure_timing(segments, quiet, layout, params)
    return Lecture(
        content,
        segments,
        layout,
        component_matrix(content.sentences),
        np.array([sentence.topic for sentence in content.sentences]),
        timing,
        measure_edges(segments, content.sentences, timing, params.min_edge_pause_s),
    )


class Timed(Protocol):
    """A lecture on the clock, weighed or not."""

    @property
    def timing(self) -> Timing:
        """Return when its sentences are said."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The same lecture under one set of weights."""

    timing: Timing
    """With the asides left out."""
    asides: Sequence[Span]
    outstanding: np.ndarray
    """Score of each sentence in standard deviations above the usual one."""
    found: Candidates


def weigh(lecture: Lecture, params: ExtractParams, decisions: Decisions) -> Weighed:
    """Return every stretch within the limits of length whose edges are sentence ends in pauses.

    Value counts in seconds of outstanding speech: a second that scores one standard deviation
    above the usual is worth one.
    """
    scores = lecture.scores(params)
    spoken = lecture.timing.speech
    usual = float(scores @ spoken / spoken.sum()) if spoken.sum() else 0.0
    # rounded, so that what adds the same to every score decides no tie
    outstanding = np.round((scores - usual) / (float(scores.std()) or 1.0), 9)
    asides = find_asides(outstanding, lecture.topics, lecture.timing, lecture.edges, params)
    timing = skip(lecture.timing, asides) if asides else lecture.timing
    edges = lecture.edges
    # where no stretch has pauses at both ends any ends of sentences do, and at last any sentences
    for begins, ends in (edges.in_pauses, edges.at_ends, (edges.anywhere, edges.anywhere)):
        pairs = _pairs(timing, params, begins, ends)
        if len(pairs[0]):
            break
    fine = whole_parts(*pairs, asides, timing, params) & _allowed(*pairs, timing, decisions)
    first, last = (side[fine] for side in pairs)
    topics = lecture.topics
    order = np.lexsort((first, topics[(first + last) // 2], last))
    first, last = first[order], last[order]
    worth = np.concatenate([[0.0], np.cumsum(outstanding * timing.speech)])
    around = params.edge_weight * (edges.opening[first] + edges.closing[last])
    crossing = params.topic_coverage * (topics[first] != topics[last])
    joins = params.edge_weight * _count_inside(first, last, asides)
    value = worth[last + 1] - worth[first] + around - crossing - joins
    middle = topics[(first + last) // 2]
    return Weighed(
        timing,
        asides,
        outstanding,
        Candidates(first, last, middle, value, timing.kept(first, last)),
    )


def _count_inside(first: np.ndarray, last: np.ndarray, asides: Sequence[Span]) -> np.ndarray:
    if not asides:
        return np.zeros(len(first))
    begin = np.array([aside[0] for aside in asides])
    return (np.searchsorted(begin, last) - np.searchsorted(begin, first)).astype(float)


def _pairs(
    timing: Timing, params: ExtractParams, begins: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of first and last sentence whose clip keeps to the limits of length."""
    count = len(begins)
    shortest = params.min_clip_s - 1e-6
    ahead = np.arange(count)
    # inside an aside, where no clip ends, the clock of what is kept would run back
    kept_until = np.minimum.accumulate((timing.end - timing.cut_within)[::-1])[::-1]
    kept_from = timing.start - timing.cut_before
    low = np.searchsorted(kept_until, kept_from + shortest).clip(min=ahead)
    high = np.searchsorted(kept_until, kept_from + params.max_clip_s + 1e-6)
    sizes = np.where(begins, np.maximum(high - low, 0), 0)
    first = np.repeat(ahead, sizes)
    offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    last = low[first] + offset
    return first[ends[last]], last[ends[last]]


def _allowed(
    first: np.ndarray, last: np.ndarray, timing: Timing, decisions: Decisions
) -> np.ndarray:
    """Return which stretches touch nothing that a person has kept or rejected."""
    free = np.ones(len(first), dtype=bool)
    kept = [Interval(clip.parts[0].start, clip.parts[-1].end) for clip in decisions.kept]
    for taken in [*kept, *decisions.rejected]:
        free &= (timing.end[last] <= taken.start) | (timing.start[first] >= taken.end)
    return free
