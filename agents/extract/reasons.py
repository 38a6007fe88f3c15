"""What a person reads about a chosen clip: title, quote, contributions and the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from agents.content.components import COMPONENTS
from agents.extract.params import ExtractParams
from agents.extract.scoring import NAMES, weight_vector
from agents.extract.timing import Timing, spoken
from agents.subtitles import make_cues
from agents.types import (
    ClipPlan,
    Content,
    Interval,
    Layout,
    LayoutRegion,
    Sentence,
    TranscriptSegment,
    Word,
)

_BECAUSE = {component.name: component.because for component in COMPONENTS}


def describe_clips(
    spans: Sequence[tuple[int, int]],
    segments: Sequence[TranscriptSegment],
    content: Content,
    components: np.ndarray,
    timing: Timing,
    layout: Layout,
    params: ExtractParams,
) -> tuple[ClipPlan, ...]:
    """Return the plans of the chosen stretches, best first."""
    weighted = components * weight_vector(params.weights)
    usual = np.average(weighted, axis=0, weights=timing.speech)
    shares = [_contributions(weighted, timing, span) for span in spans]
    order = sorted(range(len(spans)), key=lambda i: (-math.fsum(shares[i].values()), spans[i]))
    titles = name_clips([_inside(content.sentences, spans[i]) for i in order], content)
    plans = []
    for rank, (i, title) in enumerate(zip(order, titles, strict=True), start=1):
        inside = _inside(content.sentences, spans[i])
        parts = timing.parts(*spans[i])
        plans.append(
            ClipPlan(
                parts=parts,
                rank=rank,
                title=title,
                score=math.fsum(shares[i].values()),
                contributions=shares[i],
                reason=explain(shares[i], dict(zip(NAMES, usual.tolist(), strict=True))),
                quote=_best_sentence(inside, weighted, spans[i]),
                topic=inside[len(inside) // 2].topic,
                layout=crop_layout(layout, parts),
                cues=make_cues(_words(segments[spans[i][0] : spans[i][1] + 1]), parts),
            )
        )
    return tuple(plans)


def _inside(sentences: Sequence[Sentence], span: tuple[int, int]) -> Sequence[Sentence]:
    return sentences[span[0] : span[1] + 1]


def _contributions(
    weighted: np.ndarray, timing: Timing, span: tuple[int, int]
) -> Mapping[str, float]:
    """Return each component's mean over the clip's speech, times its weight."""
    inside = slice(span[0], span[1] + 1)
    mean = np.average(weighted[inside], axis=0, weights=timing.speech[inside])
    return {name: round(float(share), 6) for name, share in zip(NAMES, mean, strict=True)}


def _best_sentence(inside: Sequence[Sentence], weighted: np.ndarray, span: tuple[int, int]) -> str:
    totals = weighted[span[0] : span[1] + 1].sum(axis=1)
    return inside[int(np.argmax(totals))].text.strip()


def explain(contributions: Mapping[str, float], usual: Mapping[str, float]) -> str:
    """Return one sentence that names what sets the clip apart from the rest of the lecture."""
    above = {name: share - usual[name] for name, share in contributions.items()}
    apart = [name for name in sorted(above, key=lambda n: -above[n]) if above[name] > 1e-6][:3]
    top = apart or [max(contributions, key=lambda name: contributions[name])]
    reasons = [_BECAUSE[name] for name in top]
    listed = ", ".join(reasons[:-1]) + " and " + reasons[-1] if len(reasons) > 1 else reasons[0]
    return f"Chosen because {listed}."


def name_clips(clips: Sequence[Sequence[Sentence]], content: Content) -> list[str]:
    """Return a title per clip, no two the same: its topic's, made narrower where clips share it."""
    topics = {segment.topic: segment for segment in content.segments}
    owners = [clip[len(clip) // 2].topic for clip in clips]
    titles: list[str] = []
    for clip, owner in zip(clips, owners, strict=True):
        segment = topics.get(owner)
        base = segment.title if segment else "Highlight"
        text = " ".join(sentence.text for sentence in clip).casefold()
        keywords = segment.keywords if segment else ()
        own = [word for word in keywords if word in text and word not in base.casefold()]
        options = [base] if owners.count(owner) == 1 else []
        options += [f"{base}: {_capital(word)}" for word in own]
        options += [base, *(f"{base} ({number})" for number in range(2, len(clips) + 2))]
        taken = {title.casefold() for title in titles}
        titles.append(next(title for title in options if title.casefold() not in taken))
    return titles


def _capital(words: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in words.split())


def crop_layout(layout: Layout, parts: Sequence[Interval]) -> tuple[LayoutRegion, ...]:
    """Return the layout regions that the parts touch, cropped to what they touch."""
    cropped = []
    for region in layout.regions:
        touched = [part for part in parts if region.overlap(part) > 0]
        if touched:
            start, end = max(region.start, touched[0].start), min(region.end, touched[-1].end)
            cropped.append(
                LayoutRegion(
                    start, end, region.kind, region.screen, region.camera, region.confidence
                )
            )
    return tuple(cropped)


def _words(segments: Sequence[TranscriptSegment]) -> list[Word]:
    """Return the words of the clip; a sentence without word times counts as one."""
    return [
        word if isinstance(word, Word) else Word(segment.start, segment.end, segment.text)
        for segment in segments
        for word in spoken(segment)
    ]
