"""What a person reads about a chosen clip: title, quote, contributions and the reason."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from agents.content.components import COMPONENTS
from agents.extract.candidates import Lecture, Timed
from agents.extract.params import ExtractParams
from agents.extract.picks import Pick
from agents.extract.scoring import NAMES, weight_vector
from agents.extract.settling import spoken
from agents.subtitles import make_cues
from agents.types import (
    ClipPlan,
    Content,
    Interval,
    Layout,
    LayoutRegion,
    TranscriptSegment,
    Word,
)

LONGEST_QUOTE = 300
"""A sentence of more letters is quoted as the piece that scores best."""
_BECAUSE = {component.name: component.because for component in COMPONENTS}


def describe_clips(
    picks: Sequence[Pick], lecture: Lecture, weighed: Timed, params: ExtractParams
) -> tuple[ClipPlan, ...]:
    """Return the plans of the clips, best first, without their cues."""
    weighted = lecture.components * weight_vector(params.weights)
    usual = np.average(weighted, axis=0, weights=weighed.timing.speech)
    usually = dict(zip(NAMES, usual.tolist(), strict=True))
    shares = [contributions(pick, weighted) for pick in picks]
    order = sorted(range(len(picks)), key=lambda i: (-math.fsum(shares[i].values()), i))
    titles = name_clips([picks[i] for i in order], lecture.content)
    return tuple(
        ClipPlan(
            parts=picks[i].parts,
            rank=rank,
            title=title,
            score=math.fsum(shares[i].values()),
            contributions=shares[i],
            reason=explain(shares[i], usually),
            quote=_best_sentence(picks[i], lecture, weighted),
            topic=topic_of(picks[i], lecture.content),
            layout=crop_layout(lecture.layout, picks[i].parts),
            cues=(),
            subject=_subject(picks[i], lecture.content),
            kept=picks[i].kept,
        )
        for rank, (i, title) in enumerate(zip(order, titles, strict=True), start=1)
    )


def with_cues(
    plans: Sequence[ClipPlan], segments: Sequence[TranscriptSegment]
) -> tuple[ClipPlan, ...]:
    """Return the plans with the cues of what is said in them, the costliest part of a plan."""
    return tuple(
        replace(plan, cues=make_cues(_words(plan.parts, segments), plan.parts)) for plan in plans
    )


def contributions(pick: Pick, weighted: np.ndarray) -> Mapping[str, float]:
    """Return each component's mean over the clip's speech, times its weight."""
    if not len(pick.inside):
        return dict.fromkeys(NAMES, 0.0)
    mean = np.average(weighted[pick.inside], axis=0, weights=pick.seconds)
    return {name: round(float(share), 6) for name, share in zip(NAMES, mean, strict=True)}


def topic_of(pick: Pick, content: Content) -> int:
    """Return the topic of the middle sentence; of a clip without speech, the one it lies in."""
    if len(pick.inside):
        return content.sentences[int(pick.inside[len(pick.inside) // 2])].topic
    begun = [segment.topic for segment in content.segments if segment.start <= pick.parts[0].start]
    return begun[-1] if begun else 0


def _subject(pick: Pick, content: Content) -> str:
    """Return the title of the clip's topic."""
    topic = topic_of(pick, content)
    return next((segment.title for segment in content.segments if segment.topic == topic), "")


def _best_sentence(pick: Pick, lecture: Lecture, weighted: np.ndarray) -> str:
    """Return the sentence that scores best; one that the transcript has in pieces, as a whole."""
    if not len(pick.inside):
        return ""
    texts = [sentence.text.strip() for sentence in lecture.content.sentences]
    best = int(pick.inside[np.argmax(weighted[pick.inside].sum(axis=1))])
    inside, over = set(pick.inside.tolist()), lecture.edges.over
    first = last = best
    while first - 1 in inside and not over[first - 1]:
        first -= 1
    while last + 1 in inside and not over[last]:
        last += 1
    whole = " ".join(texts[first : last + 1])
    return whole if len(whole) <= LONGEST_QUOTE else texts[best]


def explain(contributions: Mapping[str, float], usual: Mapping[str, float]) -> str:
    """Return one sentence that names what sets the clip apart from the rest of the lecture."""
    above = {name: share - usual[name] for name, share in contributions.items()}
    apart = [name for name in sorted(above, key=lambda n: -above[n]) if above[name] > 1e-6][:3]
    top = apart or [max(contributions, key=lambda name: contributions[name])]
    reasons = [_BECAUSE[name] for name in top]
    listed = ", ".join(reasons[:-1]) + " and " + reasons[-1] if len(reasons) > 1 else reasons[0]
    return f"Chosen because {listed}."


def name_clips(clips: Sequence[Pick], content: Content) -> list[str]:
    """Return a title per clip, no two the same: its topic's, made narrower where clips share it.

    What a person has named keeps its name.
    """
    topics = {segment.topic: segment for segment in content.segments}
    owners = [topic_of(clip, content) for clip in clips]
    named = {clip.title.casefold() for clip in clips if clip.title}
    titles: list[str] = []
    for clip, owner in zip(clips, owners, strict=True):
        if clip.title:
            titles.append(clip.title)
            continue
        segment = topics.get(owner)
        base = segment.title if segment else "Highlight"
        said = (content.sentences[at].text for at in clip.inside.tolist())
        text = " ".join(said).casefold()
        keywords = segment.keywords if segment else ()
        own = [word for word in keywords if word in text and word not in base.casefold()]
        own.sort(key=lambda word: -_weight(word, text))
        options = [base] if owners.count(owner) == 1 else []
        # a base that is narrowed already gets no second colon
        joint = ", " if ": " in base else ": "
        options += [f"{base}{joint}{word}" for word in own]
        options += [base, *(f"{base} ({number})" for number in range(2, len(clips) + 2))]
        taken = named | {title.casefold() for title in titles}
        titles.append(next(title for title in options if title.casefold() not in taken))
    return titles


def _weight(words: str, text: str) -> int:
    """Return how well words name a text: how often it says them, longer terms counting more."""
    edge = r"\b" if words.isascii() else ""
    return len(re.findall(edge + re.escape(words), text)) * len(words.split())


def crop_layout(layout: Layout, parts: Sequence[Interval]) -> tuple[LayoutRegion, ...]:
    """Return the layout regions that the parts touch, cropped to what they touch."""
    cropped = []
    begin, over = min(part.start for part in parts), max(part.end for part in parts)
    for region in layout.regions:
        if region.end <= begin or region.start >= over:
            continue  # nearly all of them
        touched = [part for part in parts if region.overlap(part) > 0]
        if touched:
            start, end = max(region.start, touched[0].start), min(region.end, touched[-1].end)
            cropped.append(
                LayoutRegion(
                    start, end, region.kind, region.screen, region.camera, region.confidence
                )
            )
    return tuple(cropped)


def _words(parts: Sequence[Interval], segments: Sequence[TranscriptSegment]) -> list[Word]:
    """Return the words of a clip; a sentence without word times counts as one.

    Of a sentence that a person has cut in two each part says its own words.
    """
    first, last = parts[0].start, parts[-1].end
    touched = [segment for segment in segments if segment.end > first and segment.start < last]
    return [
        word if isinstance(word, Word) else Word(segment.start, segment.end, segment.text)
        for segment in touched
        for word in spoken(segment)
    ]
