"""How well topics are found: Pk, WindowDiff, and boundaries one by one.

Pk and WindowDiff are those of `segmentation`, averaged over texts; as Pk rewards finding nothing,
F1 of the boundaries stands beside them, matched one to one within 10 sentences, within 2 in
rendered lectures, whose topics are that short; its counts are pooled. The number of topics is not
told. Transcripts alone have no pauses and no slides; rendered lectures go through all agents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobs.evaluation.labels import Figures, mean
from jobs.evaluation.lectures import RenderedLecture
from jobs.evaluation.matching import Counts, total
from jobs.evaluation.running import Bench
from jobs.evaluation.segmentation import count_boundaries, p_k, topics_at, window_diff
from jobs.evaluation.texts import TopicText, make_intake, show, speak

TEXT_WITHIN, RENDERED_WITHIN = 10, 2
"""Sentences by which a boundary may be off."""

STAGES = ("content",)


@dataclass(frozen=True, slots=True)
class TopicScore:
    """What one text or recording adds to the figures."""

    p_k: float | None
    window_diff: float | None
    boundaries: Counts
    sentences: int
    cpu_s: float


def figures(scores: Sequence[TopicScore]) -> Figures:
    """Return the figures of one or several texts."""
    boundaries = total(s.boundaries for s in scores)
    return {
        "pk": mean(s.p_k for s in scores),
        "window_diff": mean(s.window_diff for s in scores),
        "boundary_f1": boundaries.f1,
        "boundary_precision": boundaries.precision,
        "boundary_recall": boundaries.recall,
        "boundaries": boundaries.labelled,
        "found": boundaries.found,
        "sentences": sum(s.sentences for s in scores),
        "cpu_s": sum(s.cpu_s for s in scores),
    }


def compare(found: np.ndarray, labelled: np.ndarray, within: int, cpu_s: float) -> TopicScore:
    """Compare the topics of sentences, shape (n,) both."""
    return TopicScore(
        p_k(found, labelled),
        window_diff(found, labelled),
        count_boundaries(found, labelled, within=within),
        len(labelled),
        cpu_s,
    )


def score_text(text: TopicText, bench: Bench) -> TopicScore:
    """Run the content agent over a transcript."""
    sentences, labelled = text.sentences()
    transcript = speak(sentences)
    duration = transcript.segments[-1].end
    values = (make_intake(duration), transcript, (), show([0.0], duration))
    content, cpu_s = bench.run_agent("content", *values)
    found = np.array([sentence.topic for sentence in content.sentences])
    return compare(found, labelled, TEXT_WITHIN, cpu_s)


def score_lecture(lecture: RenderedLecture, bench: Bench) -> TopicScore:
    """Run the agents over a rendered lecture; topics are compared at the sentences of its truth."""
    labelled, sentences = lecture.labels("topics"), lecture.labels("sentences")
    values, cpu_s = bench.run(lecture.media, "content", captions=lecture.captions)
    middles = [(sentence.t0 + sentence.t1) / 2 for sentence in sentences]
    starts = [segment.start for segment in values["content"].segments[1:]]
    return compare(topics_at(middles, starts), topics_at(middles, labelled), RENDERED_WITHIN, cpu_s)


SCORERS = {RenderedLecture: score_lecture, TopicText: score_text}
