"""How well the important sentences are found.

VT-SSum: the sentences of each labelled clip are ranked, and `top3_f1` and `top5_f1` are F1 of mean
precision and mean recall of the best 3 and 5 over all clips; `average_precision` (Buckley &
Voorhees 2000) is taken over all labelled sentences of a lecture, `lift` says how many times its
share of the words the share of important words is in 5 windows of about 60 s. Both are averaged
over lectures. In a rendered lecture the whole lecture is the clip, `key` sentences are the
important ones, and `lift` is that of the clips that the extractor plans, in seconds of speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.extract.params import ExtractParams
from agents.extract.scoring import component_matrix, weight_vector
from agents.types import ClipPlan, Content, Intake, Layout, Sentence, Transcript
from jobs.evaluation.labels import BadLabels, Figures, mean
from jobs.evaluation.lectures import RenderedLecture, SaidSentence
from jobs.evaluation.ranking import TopScore, average_precision, score_top, top_f1, window_lift
from jobs.evaluation.running import Bench
from jobs.evaluation.texts import RatedText, make_intake, show, speak

STAGES = ("extract",)


@dataclass(frozen=True, slots=True)
class ImportanceScore:
    """What one lecture adds to the figures."""

    top3: tuple[TopScore, ...]
    """Of each clip with important sentences."""
    top5: tuple[TopScore, ...]
    average_precision: float | None
    lift: float | None
    sentences: int
    cpu_s: float


def figures(scores: Sequence[ImportanceScore]) -> Figures:
    """Return the figures of one or several lectures."""
    return {
        "top3_f1": top_f1([clip for s in scores for clip in s.top3]),
        "top5_f1": top_f1([clip for s in scores for clip in s.top5]),
        "average_precision": mean(s.average_precision for s in scores),
        "lift": mean(s.lift for s in scores),
        "clips": sum(len(s.top3) for s in scores),
        "sentences": sum(s.sentences for s in scores),
        "cpu_s": sum(s.cpu_s for s in scores),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """One lecture's sentences: components, and what people's slides say about them."""

    components: np.ndarray
    """Shape (sentences, components)."""
    clip: np.ndarray
    labelled: np.ndarray
    important: np.ndarray
    words: np.ndarray

    def score(self, weights: np.ndarray, cpu_s: float = 0.0) -> ImportanceScore:
        """Return how well these weights rank the sentences."""
        return self.score_by(self.components @ weights, cpu_s)

    def score_by(self, scores: np.ndarray, cpu_s: float = 0.0) -> ImportanceScore:
        """Return how well these scores rank the sentences."""
        inside = [np.flatnonzero(self.clip == n) for n in np.unique(self.clip[self.labelled])]
        tops = [
            [top for one in inside if (top := score_top(scores[one], self.important[one], size))]
            for size in (3, 5)
        ]
        return ImportanceScore(
            tuple(tops[0]),
            tuple(tops[1]),
            average_precision(scores[self.labelled], self.important[self.labelled]),
            window_lift(scores, self.important, self.words),
            len(scores),
            cpu_s,
        )


Values = tuple[Intake, Transcript, tuple[()], Layout]


def said_over_slides(text: RatedText) -> tuple[Values, np.ndarray, np.ndarray, np.ndarray]:
    """Return what the content agent is given of a rated text, then clip, labelled, important.

    The timeline is made up: 150 words a minute, a slide per clip, and no voice.
    """
    rows = [
        (sentence, number, bool(clip["labelled"]), important)
        for number, clip in enumerate(text.read()["clips"])
        for sentence, important in zip(clip["sentences"], clip["important"], strict=True)
        if sentence.strip()
    ]
    if len(rows) < 2:
        raise BadLabels(f"{text.name} holds fewer than two sentences")
    transcript = speak([sentence for sentence, *_ in rows])
    duration = transcript.segments[-1].end
    clip = np.array([number for _, number, _, _ in rows])
    first = np.flatnonzero(np.diff(clip, prepend=-1)).tolist()
    starts = [transcript.segments[index].start for index in first]
    values = (make_intake(duration), transcript, (), show(starts, duration))
    return (
        values,
        clip,
        np.array([labelled for *_, labelled, _ in rows], dtype=bool),
        np.array([important for *_, important in rows]),
    )


def rate(content: Content, clip: np.ndarray, labelled: np.ndarray, important: np.ndarray) -> Rated:
    """Return the labels with the components that the content agent found."""
    words = np.array([len(sentence.text.split()) for sentence in content.sentences])
    return Rated(component_matrix(content.sentences), clip, labelled, important, words)


def bench_weights(bench: Bench) -> np.ndarray:
    """Return the tuned weights in the order of the components."""
    params = bench.params("extract")
    assert isinstance(params, ExtractParams)
    return weight_vector(params.weights)


def score_text(text: RatedText, bench: Bench) -> ImportanceScore:
    """Run the content agent over a transcript and weigh what it found."""
    values, *labels = said_over_slides(text)
    content, cpu_s = bench.run_agent("content", *values, title=text.title())
    return rate(content, *labels).score(bench_weights(bench), cpu_s)


def score_lecture(lecture: RenderedLecture, bench: Bench) -> ImportanceScore:
    """Run the agents over a rendered lecture, down to the plans of its clips."""
    said = lecture.labels("sentences")
    values, cpu_s = bench.run(lecture.media, "extract", captions=lecture.captions)
    content: Content = values["content"]
    scores = component_matrix(content.sentences) @ bench_weights(bench)
    mine = np.array([_score_of(sentence, content.sentences, scores) for sentence in said])
    key = np.array([sentence.key for sentence in said], dtype=int)
    top3, top5 = (score_top(mine, key, size) for size in (3, 5))
    return ImportanceScore(
        (top3,) if top3 else (),
        (top5,) if top5 else (),
        average_precision(mine, key),
        clip_lift(values["extract"], said),
        len(said),
        cpu_s,
    )


def _score_of(said: SaidSentence, found: Sequence[Sentence], scores: np.ndarray) -> float:
    """Return the score of the sentence found that shares most time with one said, else 0."""
    shared = [min(said.t1, one.end) - max(said.t0, one.start) for one in found]
    best = int(np.argmax(shared)) if shared else -1
    return float(scores[best]) if best >= 0 and shared[best] > 0 else 0.0


def clip_lift(plans: Sequence[ClipPlan], said: Sequence[SaidSentence]) -> float | None:
    """Return the share of key speech in clips over the share of all speech in clips, in seconds."""
    kept = [part for plan in plans for part in plan.parts]
    inside = np.array(
        [sum(max(0.0, min(s.t1, p.end) - max(s.t0, p.start)) for p in kept) for s in said]
    )
    length = np.array([s.t1 - s.t0 for s in said])
    key = np.array([s.key for s in said], dtype=bool)
    if not length[key].sum() or not inside.sum():
        return None
    return float(inside[key].sum() / length[key].sum() / (inside.sum() / length.sum()))


SCORERS = {RenderedLecture: score_lecture, RatedText: score_text}
