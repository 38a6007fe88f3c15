"""What was chosen and what is kept, as the plans of clips that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.extract.candidates import Lecture, Timed
from agents.extract.choices import Choice
from agents.extract.params import ExtractParams
from agents.extract.picks import kept_picks, pick_of
from agents.extract.reasons import crop_layout, describe_clips, with_cues
from agents.extract.scoring import NAMES
from agents.subtitles import fix_segments
from agents.types import CaptionFix, ClipPlan, Decisions, Layout


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
    picks = [*kept_picks(lecture, decisions), *(pick_of(weighed, span) for span in choice.spans)]
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
