"""From sentences with components to clip plans: limits in, joint choice, reasons out."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any

import numpy as np

from agents.errors import TuningError
from agents.extract.candidates import Lecture, Timed, Weighed, read_lecture, weigh
from agents.extract.corrections import correct_layout
from agents.extract.params import ExtractParams
from agents.extract.reasons import (
    Pick,
    crop_layout,
    describe_clips,
    sentences_in,
    with_cues,
)
from agents.extract.scoring import NAMES
from agents.extract.selection import Candidates, Choice, Limits, choice_of, choose_clips
from agents.extract.similarity import Bag, alike_pairs, word_pairs
from agents.extract.skips import Span
from agents.registry import Context, Resources
from agents.subtitles import fix_segments
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

MOST_BRANCHES = 3
"""So often it is weighed which of two alike clips gives way; in a lecture there is hardly one."""
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
) -> tuple[ClipPlan, ...]:
    """Return the lecture's highlights, best first, without cues; pure and deterministic.

    Clips that a person has kept are among them, unchanged: they count towards number and total
    length, nothing overlaps or repeats them. Nothing of a rejected stretch is proposed.
    """
    decided = decide(decisions, context, layout)
    layout = correct_layout(layout, decided.layout)
    if not content.sentences:
        return wordless_plans(decided, layout)
    lecture = read_lecture(transcript, silence, layout, content, params)
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


def wordless_plans(decisions: Decisions, layout: Layout) -> tuple[ClipPlan, ...]:
    """Return the plans of what is kept of a lecture without words: nothing can be said of them."""
    return tuple(
        ClipPlan(
            parts=clip.parts,
            rank=rank,
            title=clip.title or f"Clip {rank}",
            score=0.0,
            contributions=dict.fromkeys(NAMES, 0.0),
            reason="",
            quote="",
            topic=0,
            layout=crop_layout(layout, clip.parts),
            cues=(),
            kept=not clip.proposed,
        )
        for rank, clip in enumerate(decisions.kept, start=1)
    )


def decide(decisions: Decisions | None, context: Context | None, layout: Layout) -> Decisions:
    """Return what binds the choice: what is named, else what the context brings along."""
    found = decisions or (context.resources.decisions if context else Decisions())
    over = layout.regions[-1].end if layout.regions else math.inf
    for clip in found.kept:
        if clip.parts[-1].end > over + 0.5:
            end = clip.parts[-1].end
            raise TuningError(f"A clip cannot be kept until {end:g} s: the lecture has {over:g} s.")
    return found


def decisions_used(resources: Resources, params: ExtractParams) -> Mapping[str, Any]:
    """Return the decisions that bind the choice, for the stage key; empty without any."""
    decided = resources.decisions
    if decided == Decisions():
        return {}
    used: dict[str, Any] = {
        "kept": [[clip.title, *([p.start, p.end] for p in clip.parts)] for clip in decided.kept],
        "rejected": [[one.start, one.end] for one in decided.rejected],
    }
    if decided.captions:
        used["captions"] = [[fix.start, fix.end, fix.text] for fix in decided.captions]
    if decided.closed:
        used["closed"] = [at for at, clip in enumerate(decided.kept) if clip.proposed]
    if decided.layout:
        used["layout"] = [[r.start, r.end, r.kind, r.screen, r.camera] for r in decided.layout]
    return used


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
    kept = [word_pairs(_texts(lecture, pick)) for pick in _kept_picks(lecture, decisions)]

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
    for pick in _kept_picks(lecture, decisions):
        coverage[lecture.topics[pick.inside]] = 0.0
    return Limits(
        fewest=max(0, min(params.min_clips - len(decisions.kept), most)),
        most=max(0, most),
        total=total,
        coverage=coverage,
    )


def choose_apart(
    found: Candidates,
    limits: Limits,
    bag: Callable[[Span], Bag],
    kept: Sequence[Bag],
    limit: float,
    price: float = 0.0,
) -> Choice:
    """Return the choice in which no two clips are alike, nor one and something `kept`.

    Best first over which of two that are alike gives way (branch and bound, Land & Doig 1960): the
    first choice without such a pair is the best of all that these leave. Where everything is said
    again and again the later one gives way, in the end without another in its place. The bound is
    that of the choice in which clips may be alike, so `gap` covers what giving way has cost.
    """
    bags = _Bags(bag, kept, limit)
    root = choose_clips(found, limits, price)
    order = count()
    waiting = [(-root.bound, next(order), root, found)]
    choice, left = root, found
    for _ in range(MOST_BRANCHES):
        _, _, choice, left = heapq.heappop(waiting)
        pairs = bags.alike(choice)
        if not pairs:
            return replace(choice, bound=max(root.bound, choice.value))
        for at in (at for at in pairs[0] if at >= 0):
            fewer = left.without(*choice.spans[at], share=0.5)
            then = choose_clips(fewer, limits, choice.price)
            heapq.heappush(waiting, (-then.bound, next(order), then, fewer))
    _, _, choice, left = heapq.heappop(waiting)
    for _ in range(MOST_BRANCHES):
        again = bags.again(choice)
        if not again:
            break
        for at in again:
            left = left.without(*choice.spans[at])
        choice = choose_clips(left, limits, choice.price)
    gone = bags.again(choice)
    spans = tuple(span for at, span in enumerate(choice.spans) if at not in gone)
    return replace(choice_of(found, limits, spans), bound=root.bound, price=choice.price)


class _Bags:
    """Tells which chosen clips are alike, counting the words of each stretch once."""

    def __init__(self, bag: Callable[[Span], Bag], kept: Sequence[Bag], limit: float) -> None:
        self.bag, self.kept, self.limit = cache(bag), kept, limit

    def alike(self, choice: Choice) -> list[tuple[int, int]]:
        """Return the positions of two that are alike; below 0 is one of what is kept."""
        bags = [*self.kept, *map(self.bag, choice.spans)]
        before = len(self.kept)
        pairs = alike_pairs(bags, self.limit)
        return [(i - before, j - before) for i, j in pairs if j >= before]

    def again(self, choice: Choice) -> set[int]:
        """Return the positions of those that repeat something earlier."""
        return {later for _, later in self.alike(choice)}


def describe(
    lecture: Lecture,
    weighed: Timed,
    choice: Choice,
    params: ExtractParams,
    decisions: Decisions,
) -> tuple[ClipPlan, ...]:
    """Return the plans of what is kept and what was chosen, best first.

    Corrected captions change what is shown of a clip, never which one is chosen.
    """
    if decisions.captions:
        lecture = _corrected(lecture, decisions.captions)
    picks = [*_kept_picks(lecture, decisions), *(pick_of(weighed, span) for span in choice.spans)]
    picks.sort(key=lambda pick: pick.parts[0].start)
    return describe_clips(picks, lecture, weighed, params)


def describe_with_cues(
    lecture: Lecture,
    weighed: Timed,
    choice: Choice,
    params: ExtractParams,
    decisions: Decisions,
) -> tuple[ClipPlan, ...]:
    """Return the plans of `describe` as they are kept: with the cues of what is said."""
    plans = describe(lecture, weighed, choice, params, decisions)
    return with_cues(plans, fix_segments(lecture.segments, decisions.captions))


def _corrected(lecture: Lecture, captions: Sequence[CaptionFix]) -> Lecture:
    segments = fix_segments(lecture.segments, captions)
    sentences = tuple(
        replace(sentence, text=segment.text)
        for sentence, segment in zip(lecture.content.sentences, segments, strict=True)
    )
    return replace(
        lecture, segments=segments, content=replace(lecture.content, sentences=sentences)
    )


def pick_of(weighed: Timed, span: Span) -> Pick:
    """Return a stretch of sentences as a clip."""
    inside = np.arange(span[0], span[1] + 1)
    seconds = weighed.timing.speech[inside]
    said = seconds > 0
    return Pick(weighed.timing.parts(*span), inside[said], seconds[said])


def _kept_picks(lecture: Lecture, decisions: Decisions) -> list[Pick]:
    return [
        Pick(
            clip.parts, *sentences_in(clip.parts, lecture), title=clip.title, kept=not clip.proposed
        )
        for clip in decisions.kept
    ]


def _texts(lecture: Lecture, pick: Pick) -> list[str]:
    return [lecture.content.sentences[at].text for at in pick.inside.tolist()]
