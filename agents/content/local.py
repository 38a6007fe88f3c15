"""The analysis that needs no network: topics, their names, and the components of sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.content import cues
from agents.content.components import COMPONENTS
from agents.content.delivery import (
    headlines_of,
    measure_emphasis,
    measure_slides,
    slide_of,
    topic_evidence,
)
from agents.content.lexicon import read_lexicon
from agents.content.measures import Scores, measure_words, title_words
from agents.content.params import ContentParams
from agents.content.titles import name_topics, summarise
from agents.content.topics import segment_topics
from agents.types import (
    Content,
    ContentSegment,
    Intake,
    Layout,
    Notice,
    Sentence,
    SilenceRegion,
    Transcript,
    TranscriptSegment,
)

LONG_SLIDE_WORDS = 300
"""A slide with more speech than this (2 min) is parted where its topic changes."""


def analyze_locally(
    intake: Intake,
    transcript: Transcript,
    silence: Sequence[SilenceRegion],
    layout: Layout,
    params: ContentParams,
    title: str = "",
) -> Content:
    """Return topics and unweighted components from the words, the voice and the slides.

    `title` is what people call the lecture, "" where that is not known.
    """
    segments = transcript.segments
    if not segments:
        return Content((), (), "local")
    texts = [segment.text for segment in segments]
    lexicon = read_lexicon(texts)
    evidence = topic_evidence(
        segments,
        silence,
        layout,
        width=intake.media.width,
        pause_weight=params.pause_weight,
        slide_weight=params.slide_weight,
    )
    topic = segment_topics(
        lexicon.content_rows(),
        words=sum(len(row) for row in lexicon.rows),
        penalty=params.topic_penalty,
        evidence=evidence + params.cue_weight * np.array(cues.moves_on(texts)),
        durations=np.array([segment.duration for segment in segments]),
        min_duration=params.min_topic_s,
        slides_tell=params.slide_weight > 0 and len(layout.slides) > 1,
    )
    passage = find_passages(segments, layout, topic)
    scores = {
        **measure_words(texts, passage, title_words(title)),
        **measure_slides(segments, layout),
        "emphasis": measure_emphasis(segments, intake.prosody),
        "judgement": np.zeros(len(segments)),
    }
    names = name_topics(
        texts,
        topic,
        lexicon,
        headlines_of(segments, layout.slides),
        [segment.duration for segment in segments],
    )
    return Content(
        describe_topics(segments, topic, names, scores),
        describe_sentences(segments, topic, scores),
        "local",
        _headlines_read(layout),
    )


def _headlines_read(layout: Layout) -> tuple[Notice, ...]:
    """Return a notice when headlines were read, none when there are none."""
    read = sum(bool(slide.title) for slide in layout.slides)
    if not read:
        return ()
    message = f"the headlines of {read} of {len(layout.slides)} slides were read by OCR"
    return (Notice("slide_headlines", message),)


def find_passages(
    segments: Sequence[TranscriptSegment], layout: Layout, topic: np.ndarray
) -> np.ndarray:
    """Return the passage of each sentence: a new one begins with each slide.

    Without slides it begins with each topic, as it does while a slide stays up for long.
    """
    paged = len(layout.slides) > 1
    slides = slide_of(segments, layout.slides) if paged else np.zeros(len(segments))
    passage = np.zeros(len(segments), dtype=np.int64)
    words = 0
    for i in range(1, len(segments)):
        words += len(segments[i - 1].text.split())
        parted = topic[i] != topic[i - 1] and (not paged or words >= LONG_SLIDE_WORDS)
        begins = slides[i] != slides[i - 1] or parted
        passage[i] = passage[i - 1] + begins
        words = 0 if begins else words
    return passage


def describe_sentences(
    segments: Sequence[TranscriptSegment], topic: np.ndarray, scores: Scores
) -> tuple[Sentence, ...]:
    """Return every sentence with its topic and components."""
    names = [component.name for component in COMPONENTS]
    rows = np.round(np.column_stack([scores[name] for name in names]), 4).tolist()
    return tuple(
        Sentence(s.start, s.end, i, s.text, int(topic[i]), dict(zip(names, rows[i], strict=True)))
        for i, s in enumerate(segments)
    )


def describe_topics(
    segments: Sequence[TranscriptSegment],
    topic: np.ndarray,
    names: Sequence[tuple[str, tuple[str, ...]]],
    scores: Scores,
) -> tuple[ContentSegment, ...]:
    """Return every topic with its name, its summary and the mean of its components."""
    worth = scores["topic_centrality"] * (0.5 + scores["completeness"])
    described = []
    for number, (title, keywords) in enumerate(names):
        inside = np.flatnonzero(topic == number).tolist()
        described.append(
            ContentSegment(
                segments[inside[0]].start,
                segments[inside[-1]].end,
                number,
                title,
                summarise([segments[i].text for i in inside], worth[inside]),
                keywords,
                {c.name: round(float(scores[c.name][inside].mean()), 4) for c in COMPONENTS},
            )
        )
    return tuple(described)
