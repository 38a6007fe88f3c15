"""From sentences with components to clip plans: limits in, joint choice, reasons out."""

from __future__ import annotations

import numpy as np

from agents.extract.params import ExtractParams
from agents.extract.reasons import describe_clips
from agents.extract.scoring import component_matrix, weight_vector
from agents.extract.selection import Candidates, Limits, choose_clips
from agents.extract.similarity import find_duplicates
from agents.extract.timing import Timing, measure_timing
from agents.registry import Context
from agents.types import ClipPlan, Content, Layout, SilenceRegion, Transcript

Span = tuple[int, int]
"""First and last sentence of a clip, as positions in `Content.sentences`."""


def plan_clips(
    transcript: Transcript,
    silence: tuple[SilenceRegion, ...],
    layout: Layout,
    content: Content,
    *,
    params: ExtractParams,
    context: Context | None = None,
) -> tuple[ClipPlan, ...]:
    """Return the lecture's highlights, best first; pure and deterministic."""
    if not content.sentences:
        return ()
    segments = [transcript.segments[sentence.index] for sentence in content.sentences]
    components = component_matrix(content.sentences)
    timing = measure_timing(segments, silence, layout, params)
    spans = choose_spans(content, components, timing, params)
    plans = describe_clips(spans, segments, content, components, timing, layout, params)
    if context is not None:
        context.progress(100, f"Planned {len(plans)} clips")
    return plans


def choose_spans(
    content: Content, components: np.ndarray, timing: Timing, params: ExtractParams
) -> list[Span]:
    """Return the chosen stretches of sentences in order of time, none like another."""
    scores = components @ weight_vector(params.weights)
    whole = float(timing.kept(np.array([0]), np.array([len(scores) - 1]))[0])
    if whole <= params.min_clip_s:
        return [(0, len(scores) - 1)]
    found = find_candidates(content, scores, timing, params)
    limits = make_limits(whole, params)
    price, ceiling = _prices(scores, timing)
    while True:
        choice, price = choose_clips(found, limits, price, ceiling)
        chosen = [_span(found, i) for i in choice]
        alike = find_duplicates(content.sentences, chosen, params.duplicate_similarity)
        if not alike:
            return chosen
        for pair in alike:
            found = found.without(*_weaker(pair, scores, timing))


def make_limits(whole: float, params: ExtractParams) -> Limits:
    """Return the limits for a lecture of `whole` kept seconds."""
    total = max(min(params.max_total_s, params.max_share * whole), params.min_clip_s)
    room = max(1, int(total // params.min_clip_s))
    return Limits(
        fewest=min(params.min_clips, room),
        most=min(params.max_clips, room),
        total=total,
        coverage=params.topic_coverage,
    )


def find_candidates(
    content: Content, scores: np.ndarray, timing: Timing, params: ExtractParams
) -> Candidates:
    """Return every stretch within the limits of length whose edges lie in pauses.

    Worth counts in seconds of outstanding speech: a second that scores one standard deviation
    above the price is worth one.
    """
    begins, ends = _open_edges(timing, params.min_edge_pause_s)
    first, last = _pairs(timing, params, begins, ends)
    if not len(first):
        first, last = _pairs(timing, params, np.ones_like(begins), np.ones_like(ends))
    topics = np.array([sentence.topic for sentence in content.sentences])
    order = np.lexsort((first, topics[(first + last) // 2], last))
    first, last = first[order], last[order]
    spread = float(scores.std()) or 1.0
    seconds = np.concatenate([[0.0], np.cumsum(timing.speech)]) / spread
    worth = np.concatenate([[0.0], np.cumsum(timing.speech * scores)]) / spread
    clean = np.array([s.components.get("completeness", 0.0) for s in content.sentences])
    opening = clean + np.minimum(timing.pause_before, 1)
    closing = np.minimum(timing.pause_after, 1)
    edges = params.edge_weight * (opening[first] + closing[last])
    crossing = params.topic_coverage * (topics[first] != topics[last])
    return Candidates(
        first,
        last,
        topics[(first + last) // 2],
        worth[last + 1] - worth[first] + edges - crossing,
        seconds[last + 1] - seconds[first],
        timing.kept(first, last),
    )


def _open_edges(timing: Timing, min_pause: float) -> tuple[np.ndarray, np.ndarray]:
    """Return before and after which sentences a clip may be cut; the lecture's ends always."""
    begins, ends = timing.pause_before >= min_pause, timing.pause_after >= min_pause
    begins[0] = ends[-1] = True
    return begins, ends


def _pairs(
    timing: Timing, params: ExtractParams, begins: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of first and last sentence whose clip keeps to the limits of length."""
    count = len(begins)
    shortest = params.min_clip_s - 1e-6
    ahead = np.arange(count)
    kept_until = timing.end - timing.cut_within
    kept_from = timing.start - timing.cut_before
    low = np.searchsorted(kept_until, kept_from + shortest).clip(min=ahead)
    high = np.searchsorted(kept_until, kept_from + params.max_clip_s + 1e-6)
    sizes = np.where(begins, np.maximum(high - low, 0), 0)
    first = np.repeat(ahead, sizes)
    offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    last = low[first] + offset
    return first[ends[last]], last[ends[last]]


def _prices(scores: np.ndarray, timing: Timing) -> tuple[float, float]:
    """Return the first price of a second, the mean score of speech, and one beyond any use."""
    seconds = float(timing.speech.sum())
    mean = float((scores * timing.speech).sum() / seconds) if seconds else 0.0
    return mean, float(scores.max()) + 3 * float(scores.std()) + 1.0


def _span(found: Candidates, index: int) -> Span:
    return int(found.first[index]), int(found.last[index])


def _weaker(pair: tuple[Span, Span], scores: np.ndarray, timing: Timing) -> Span:
    """Return which of two clips scores less; the later one of equals."""

    def mean(span: Span) -> float:
        inside = slice(span[0], span[1] + 1)
        return float(np.average(scores[inside], weights=timing.speech[inside]))

    return pair[0] if mean(pair[0]) < mean(pair[1]) else pair[1]
