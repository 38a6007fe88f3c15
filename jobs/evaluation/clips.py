"""How well clips are cut, whatever they are about.

Of the edges of clips and of their parts, `sentence_edges` is the share at which one sentence is
over and the next begins, and `pause_edges` the share that lies between two words, in a gap of
0.3 s or more; the first and last edge of a lecture count as both. `outside_limits` counts clips
that are shorter or longer than allowed, `too_long` lectures whose clips are longer than the total
or more than wanted, `overlaps` and `repeats` pairs of clips that share time or words. `same_again`
is the share of lectures that get the same plan a second time. `topics_covered` is the share of
topics that have a clip, of those that can have one each. `gap` is how much more a better choice
could be worth at most, as a share.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median as middle

import numpy as np

from agents.extract.candidates import read_lecture, weigh
from agents.extract.edges import ends_of_sentences
from agents.extract.params import ExtractParams
from agents.extract.planner import choose_spans, plan_clips
from agents.extract.similarity import alike_pairs, word_pairs
from agents.types import (
    ClipPlan,
    Content,
    Decisions,
    Layout,
    SilenceRegion,
    Transcript,
    TranscriptSegment,
)
from jobs.evaluation.labels import BadLabels, Figures, share
from jobs.evaluation.lectures import RenderedLecture
from jobs.evaluation.running import Bench
from jobs.evaluation.texts import make_intake
from jobs.evaluation.timelines import PAUSE_S, Timeline, pauses_between

STAGES = ("extract",)
NEAR_S = 0.001
"""Rounding of times."""

Values = tuple[Transcript, tuple[SilenceRegion, ...], Layout, Content]


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What one lecture adds to the figures."""

    clips: int
    edges: int
    at_sentences: int
    in_pauses: int
    outside: int
    too_long: bool
    overlaps: int
    repeats: int
    same: bool
    topics: int
    """Topics that have a clip."""
    topics_possible: int
    """As many topics as there are, or as there may be clips."""
    joined: int
    """Clips from which something that was said is left out."""
    kept_s: float
    value: float
    gap: float
    plan_ms: float


def figures(scores: Sequence[ClipScore]) -> Figures:
    """Return the figures of one or several lectures."""
    edges = sum(s.edges for s in scores)
    return {
        "sentence_edges": share(sum(s.at_sentences for s in scores), edges),
        "pause_edges": share(sum(s.in_pauses for s in scores), edges),
        "edges": edges,
        "clips": sum(s.clips for s in scores),
        "outside_limits": sum(s.outside for s in scores),
        "too_long": sum(s.too_long for s in scores),
        "overlaps": sum(s.overlaps for s in scores),
        "repeats": sum(s.repeats for s in scores),
        "same_again": share(sum(s.same for s in scores), len(scores)),
        "topics_covered": share(
            sum(s.topics for s in scores), sum(s.topics_possible for s in scores)
        ),
        "joined": sum(s.joined for s in scores),
        "clips_s": sum(s.kept_s for s in scores),
        "gap": share(sum(s.gap for s in scores), sum(s.value for s in scores)),
        "plan_ms": middle(s.plan_ms for s in scores),
    }


def score_timeline(lecture: Timeline, bench: Bench) -> ClipScore:
    """Plan clips of word times and human slide changes; what is silent is what lies between."""
    transcript = lecture.transcript()
    duration = transcript.segments[-1].end + 1.0
    silence, layout = pauses_between(lecture.words()), lecture.layout(duration)
    content, _ = bench.run_agent("content", make_intake(duration), transcript, silence, layout)
    return score_plans((transcript, silence, layout, content), bench)


def score_lecture(lecture: RenderedLecture, bench: Bench) -> ClipScore:
    """Run the agents over a rendered lecture, down to the plans of its clips."""
    values, _ = bench.run(lecture.media, "content", captions=lecture.captions)
    names = ("transcript", "silence", "layout", "content")
    if not values["transcript"].segments:
        raise BadLabels(f"no word was heard in {lecture.media.name!r}: there is nothing to choose")
    return score_plans(tuple(values[name] for name in names), bench)  # type: ignore[arg-type]


def score_plans(values: Values, bench: Bench) -> ClipScore:
    """Plan the clips of a lecture twice and look at each."""
    params = bench.params("extract")
    assert isinstance(params, ExtractParams)
    began = time.process_time()
    plans = plan_clips(*values, params=params)
    plan_ms = (time.process_time() - began) * 1000
    content = values[3]
    # where captions are off, an edge is to be right by the measured pauses
    segments = read_lecture(*values, params).segments if content.sentences else ()
    at_sentences, in_pauses = check_edges(segments, plans) if segments else ([], [])
    value, gap = bound(values, params)
    return ClipScore(
        clips=len(plans),
        edges=len(at_sentences),
        at_sentences=sum(at_sentences),
        in_pauses=sum(in_pauses),
        outside=sum(not fits(plan, params) for plan in plans),
        too_long=exceeds(plans, params),
        overlaps=sum(
            one.start < other.end and other.start < one.end for one, other in combinations(plans, 2)
        ),
        repeats=count_repeats(segments, plans, params.duplicate_similarity),
        same=plan_clips(*values, params=params) == plans,
        topics=len({plan.topic for plan in plans}),
        topics_possible=min(len(content.segments), len(plans)),
        joined=sum(leaves_out(plan, segments) for plan in plans),
        kept_s=sum(plan.duration for plan in plans),
        value=value,
        gap=gap,
        plan_ms=plan_ms,
    )


def check_edges(
    segments: Sequence[TranscriptSegment], plans: Sequence[ClipPlan]
) -> tuple[list[bool], list[bool]]:
    """Return of each edge of clips and joins whether a sentence is over, and whether in a pause.

    A cut in the pause inside a sentence, where a long silence is left out, is no join.
    """
    words = [word for segment in segments for word in segment.words or (segment,)]
    starts = np.array([word.start for word in words])
    ends = np.maximum.accumulate([word.end for word in words])
    over = ends_of_sentences(segments).tolist()
    finished = {segments[i].end for i, is_over in enumerate(over) if is_over}
    finished.add(segments[-1].end)
    at_sentences, in_pauses = [], []
    for edge in (edge for plan in plans for edge in edges_of(plan, segments)):
        after = int(np.searchsorted(starts, edge - NEAR_S))
        last = ends[after - 1] if after else -np.inf
        following = starts[after] if after < len(starts) else np.inf
        at_sentences.append(after == 0 or words_end(segments, last) in finished)
        in_pauses.append(last - NEAR_S <= edge and following - last >= PAUSE_S - NEAR_S)
    return at_sentences, in_pauses


def words_end(segments: Sequence[TranscriptSegment], last: float) -> float | None:
    """Return the end of the sentence whose last word ends at `last`, None within a sentence."""
    at = int(np.searchsorted([segment.end for segment in segments], last - NEAR_S))
    near = at < len(segments) and abs(segments[at].end - last) <= NEAR_S
    return segments[at].end if near else None


def edges_of(plan: ClipPlan, segments: Sequence[TranscriptSegment]) -> list[float]:
    """Return where a clip begins and ends, and where something said was left out of it."""
    found = [plan.start, plan.end]
    middles = [(w.start + w.end) / 2 for s in segments for w in s.words or (s,)]
    for before, after in pairwise(plan.parts):
        if any(before.end < middle < after.start for middle in middles):
            found += [before.end, after.start]
    return found


def leaves_out(plan: ClipPlan, segments: Sequence[TranscriptSegment]) -> bool:
    """Return whether something that was said is left out inside a clip."""
    return len(edges_of(plan, segments)) > 2


def fits(plan: ClipPlan, params: ExtractParams) -> bool:
    """Return whether a clip is as long as clips may be."""
    return params.min_clip_s - NEAR_S <= plan.duration <= params.max_clip_s + NEAR_S


def exceeds(plans: Sequence[ClipPlan], params: ExtractParams) -> bool:
    """Return whether clips are more than wanted, or longer together."""
    total = sum(plan.duration for plan in plans)
    return len(plans) > params.max_clips or total > params.max_total_s + NEAR_S


def count_repeats(
    segments: Sequence[TranscriptSegment], plans: Sequence[ClipPlan], limit: float
) -> int:
    """Return how many pairs of clips say the same thing in the same words."""
    bags = [
        word_pairs(
            s.text
            for s in segments
            if any(part.start <= (s.start + s.end) / 2 <= part.end for part in plan.parts)
        )
        for plan in plans
    ]
    return len(alike_pairs(bags, limit))


def bound(values: Values, params: ExtractParams) -> tuple[float, float]:
    """Return what the choice is worth, and how much more a better one could be worth at most."""
    if not values[3].sentences:
        return 0.0, 0.0
    lecture = read_lecture(*values, params)
    choice = choose_spans(lecture, weigh(lecture, params, Decisions()), params, Decisions())
    return choice.value, choice.gap


SCORERS = {RenderedLecture: score_lecture, Timeline: score_timeline}
