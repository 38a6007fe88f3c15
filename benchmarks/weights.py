"""Make a 90-minute lecture's stage values and time a moved weight on them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np

from agents.content.components import COMPONENTS
from agents.extract import ExtractParams, plan_clips
from agents.extract.drop_out import plan_and_explain
from agents.extract.scoring import score_sentences
from agents.types import (
    Box,
    Content,
    ContentSegment,
    Decisions,
    Interval,
    KeptClip,
    Layout,
    LayoutRegion,
    Sentence,
    SilenceRegion,
    Transcript,
    TranscriptSegment,
    Word,
)

DURATION_S = 5400.0
TOPICS = 20
VOCABULARY = 900
TOLD_AGAIN = range(500, 520)
"""Sentences that repeat those 200 before them."""
DECISIONS = Decisions(
    kept=(KeptClip((Interval(1000.0, 1060.0),)), KeptClip((Interval(3000.0, 3045.0),))),
    rejected=(Interval(2000.0, 2090.0), Interval(4000.0, 4100.0)),
)
"""Two clips that a person has kept, and two that were rejected."""


def long_lecture() -> tuple[Transcript, tuple[SilenceRegion, ...], Layout, Content]:
    """Return the values of a 90-minute lecture: about 800 sentences, 12,000 words, 20 topics."""
    random = np.random.default_rng(5)
    segments: list[TranscriptSegment] = []
    silences: list[SilenceRegion] = []
    at = 1.0
    while at < DURATION_S - 15:
        count = int(random.integers(8, 24))
        times = at + np.cumsum(random.uniform(0.25, 0.55, count + 1)) - 0.25
        texts = [f"word{random.integers(VOCABULARY)}" for _ in range(count)]
        words = tuple(
            Word(float(a), float(b), text)
            for (a, b), text in zip(itertools.pairwise(times), texts, strict=True)
        )
        segments.append(
            TranscriptSegment(words[0].start, words[-1].end, " ".join(texts) + ".", words)
        )
        pause = float(random.uniform(0.3, 1.6))
        silences.append(SilenceRegion(words[-1].end, words[-1].end + pause, -55.0))
        at = words[-1].end + pause
    sentences = tuple(
        Sentence(
            segment.start,
            segment.end,
            index,
            segments[index - 200].text if index in TOLD_AGAIN else segment.text,
            int(segment.start / DURATION_S * TOPICS),
            {component.name: float(random.random()) for component in COMPONENTS},
        )
        for index, segment in enumerate(segments)
    )
    step = DURATION_S / TOPICS
    topics = tuple(
        ContentSegment(n * step, (n + 1) * step, n, f"Topic {n}", "", ("word",))
        for n in range(TOPICS)
    )
    region = LayoutRegion(
        0.0, DURATION_S, "picture_in_picture", Box(0, 0, 1280, 720), Box(960, 500, 300, 200), 1.0
    )
    content = Content(topics, sentences, "local")
    return (
        Transcript("en", "made", tuple(segments)),
        tuple(silences),
        Layout((region,), ()),
        content,
    )


def move_a_weight(times: int = 15) -> tuple[float, float]:
    """Return the median CPU milliseconds of new scores and of new plans after a weight moved."""
    transcript, silence, layout, content = long_lecture()
    params = ExtractParams()
    score_ms, plan_ms = [], []
    for turn in range(times):
        weights = params.weights.model_copy(update={"novelty": 0.1 + 0.05 * turn})  # type: ignore[attr-defined]
        moved = params.model_copy(update={"weights": weights})
        began = time.process_time()
        score_sentences(content, weights)
        scored = time.process_time()
        plan_clips(transcript, silence, layout, content, params=moved)
        plan_ms.append((time.process_time() - scored) * 1000)
        score_ms.append((scored - began) * 1000)
    return float(np.median(score_ms)), float(np.median(plan_ms))


def time_plans(plan: Callable[..., object], times: int = 5, **options: object) -> float:
    """Return the median CPU milliseconds of planning the same lecture with these options."""
    values, params, spent = long_lecture(), ExtractParams(), []
    for _ in range(times):
        began = time.process_time()
        plan(*values, params=params, **options)
        spent.append((time.process_time() - began) * 1000)
    return float(np.median(spent))


if __name__ == "__main__":
    scores, plans = move_a_weight()
    bound = time_plans(plan_clips, decisions=DECISIONS)
    explained = time_plans(plan_and_explain)
    print(f"scores {scores:.2f} ms, plans {plans:.2f} ms, with kept and rejected {bound:.2f} ms")
    print(f"plans with what drops each clip out {explained:.0f} ms")
