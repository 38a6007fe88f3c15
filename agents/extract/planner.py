"""From sentences with components to clip plans: limits in, joint choice, reasons out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.extract.apart import choose_apart
from agents.extract.candidates import Lecture, Weighed, read_lecture, weigh
from agents.extract.choices import Choice, Limits
from agents.extract.corrections import correct_layout
from agents.extract.decisions import decide
from agents.extract.describing import describe, describe_with_cues, wordless_plans
from agents.extract.params import ExtractParams
from agents.extract.picks import Pick, kept_picks, pick_of
from agents.extract.similarity import Bag, word_pairs
from agents.extract.skips import Span
from agents.registry import Context
from agents.types import (
    CaptionFix,
    ClipPlan,
    Content,
    Decisions,
    KeptClip,
    Layout,
    SilenceRegion,
    Transcript,
)

NOTHING = Choice((), 0.0, 0.0)


def plan_clips(
    transcript: Transcript,
    silence: tuple[SilenceRegion, ...],
    layout: Layout,
    content: Content,
    *,
    params: ExtractParams,
    context: Context | None = None,
    decisions: Decisions | None = None,
    read: Lecture | None = None,
) -> tuple[ClipPlan, ...]:
    """Return the lecture's highlights, best first, without cues; pure and deterministic.

    Clips that a person has kept are among them, unchanged: they count towards number and total
    length, nothing overlaps or repeats them. Nothing of a rejected stretch is proposed.
    `read` is the lecture as it was read with the same values and params under other weights.
    """
    decided = decide(decisions, context, layout)
    layout = correct_layout(layout, decided.layout)
    if not content.sentences:
        return wordless_plans(decided, layout)
    lecture = read or read_lecture(transcript, silence, layout, content, params)
    weighed = weigh(lecture, params, decided)
    choice = choose_spans(lecture, weighed, params, decided)
    return describe(lecture, weighed, choice, params, decided)


def describe_kept(
    transcript: Transcript,
    silence: tuple[SilenceRegion, ...],
    layout: Layout,
    content: Content,
    *,
    params: ExtractParams,
    kept: Sequence[KeptClip],
    captions: Sequence[CaptionFix] = (),
) -> tuple[ClipPlan, ...]:
    """Return the plans of clips that a person makes, best first, and cues; nothing is chosen."""
    decided = Decisions(tuple(kept), captions=tuple(captions), closed=True)
    if not content.sentences:
        return wordless_plans(decided, layout)
    lecture = read_lecture(transcript, silence, layout, content, params)
    return describe_with_cues(lecture, lecture, NOTHING, params, decided)


def choose_spans(
    lecture: Lecture,
    weighed: Weighed,
    params: ExtractParams,
    decisions: Decisions,
    price: float = 0.0,
) -> Choice:
    """Return the chosen stretches of sentences beside what is kept, none like another.

    `price` is a guess at what a second is worth.
    """
    if decisions.closed:
        return NOTHING
    if length_of(weighed) <= params.min_clip_s:
        alone = not decisions.kept and not decisions.rejected
        return Choice(((0, len(lecture.segments) - 1),) if alone else (), 0.0, 0.0)
    limits = make_limits(lecture, weighed, params, decisions)
    kept = [word_pairs(_texts(lecture, pick)) for pick in kept_picks(lecture, decisions)]

    def bag(span: Span) -> Bag:
        return word_pairs(_texts(lecture, pick_of(weighed, span)))

    return choose_apart(weighed.found, limits, bag, kept, params.duplicate_similarity, price)


def length_of(weighed: Weighed) -> float:
    """Return the seconds of the whole lecture as a clip would keep it."""
    last = len(weighed.timing.speech) - 1
    return float(weighed.timing.kept(np.array([0]), np.array([last]))[0])


def make_limits(
    lecture: Lecture, weighed: Weighed, params: ExtractParams, decisions: Decisions
) -> Limits:
    """Return what the limits leave beside what is kept."""
    whole = length_of(weighed)
    taken = sum(part.duration for clip in decisions.kept for part in clip.parts)
    total = max(min(params.max_total_s, params.max_share * whole), params.min_clip_s) - taken
    most = min(params.max_clips - len(decisions.kept), int(total // params.min_clip_s))
    coverage = np.full(int(lecture.topics.max()) + 1, params.topic_coverage)
    for pick in kept_picks(lecture, decisions):
        coverage[lecture.topics[pick.inside]] = 0.0
    return Limits(
        fewest=max(0, min(params.min_clips - len(decisions.kept), most)),
        most=max(0, most),
        total=total,
        coverage=coverage,
    )


def _texts(lecture: Lecture, pick: Pick) -> list[str]:
    return [lecture.content.sentences[at].text for at in pick.inside.tolist()]
