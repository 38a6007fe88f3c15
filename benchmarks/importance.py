"""Importance beside simple methods: `uv run python -m benchmarks.importance PATH > FILE.md`.

PATH is a folder with the VT-SSum transcripts, of which test-open.jsonl.gz is read. All rows of the
report are of the same lectures in the same run; jobs/evaluation/importance.py defines the figures.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from agents.content.components import COMPONENTS
from agents.content.local import analyze_locally
from agents.content.params import ContentParams
from agents.extract.scoring import NAMES
from jobs.evaluation.importance import ImportanceScore, Rated, figures, rate, said_over_slides
from jobs.evaluation.labels import BadLabels
from jobs.evaluation.ranking import best_windows
from jobs.evaluation.texts import find_rated_texts

DEFAULT = np.array([component.weight for component in COMPONENTS])
DAMPING = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Lecture:
    """A rated lecture and what it says."""

    rated: Rated
    texts: tuple[str, ...]


Ranker = Callable[[Lecture], np.ndarray]


def read_lectures(path: Path, most: int | None = None, first: int = 0) -> Iterator[Lecture]:
    """Yield `most` lectures of a file, analysed, all of them without, from number `first` on."""
    last = None if most is None else first + most
    for text in islice(find_rated_texts(path, path.parent), first, last):
        with suppress(BadLabels):
            values, *labels = said_over_slides(text)
            content = analyze_locally(*values, ContentParams(), text.title())
            yield Lecture(rate(content, *labels), tuple(s.text for s in content.sentences))


def by_chance(lecture: Lecture) -> np.ndarray:
    """Score sentences at random, the same way every time."""
    return np.random.default_rng(len(lecture.texts)).random(len(lecture.texts))


def by_place(lecture: Lecture) -> np.ndarray:
    """Score the first sentences of each clip highest."""
    clip = lecture.rated.clip
    return np.searchsorted(clip, clip) - np.arange(len(clip)).astype(float)


def weigh_terms(lecture: Lecture) -> np.ndarray:
    """Return scikit-learn's tf-idf, (sentences, terms), damped, without English stop words."""
    vectorizer = TfidfVectorizer(stop_words="english", sublinear_tf=True, norm=None)
    return vectorizer.fit_transform(lecture.texts).toarray()  # type: ignore[attr-defined]


def by_length(lecture: Lecture) -> np.ndarray:
    """Score sentences by their meaningful words."""
    return np.asarray((weigh_terms(lecture) > 0).sum(axis=1)).ravel().astype(float)


def by_centroid(lecture: Lecture) -> np.ndarray:
    """Score by the cosine to the TF-IDF centroid of the clip x log length."""
    table, clip = weigh_terms(lecture), lecture.rated.clip
    inside = np.arange(int(clip.max()) + 1)[:, None] == clip
    centre = inside.astype(float) @ table
    dot = (table * centre[clip]).sum(axis=1)
    length = np.linalg.norm(table, axis=1) * np.linalg.norm(centre, axis=1)[clip]
    return dot / np.maximum(length, 1e-9) * np.log1p(lecture.rated.words)


def by_lexrank(lecture: Lecture) -> np.ndarray:
    """Score by LexRank over the lecture (Erkan & Radev 2004), continuous, 30 steps."""
    table = weigh_terms(lecture)
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    alike = table @ table.T
    steps = alike / np.maximum(alike.sum(axis=1, keepdims=True), 1e-9)
    rank = np.full(len(alike), 1 / len(alike))
    for _ in range(30):
        rank = (1 - DAMPING) / len(alike) + DAMPING * (rank @ steps)
    return rank


def by_weights(weights: np.ndarray) -> Ranker:
    """Score by the weighted sum of the components."""
    return lambda lecture: lecture.rated.components @ weights


RANKERS: dict[str, Ranker] = {
    "random": by_chance,
    "first sentences": by_place,
    "longest by meaningful words": by_length,
    "TF-IDF centroid of the clip x log length": by_centroid,
    "LexRank over the lecture": by_lexrank,
    "**default weights**": by_weights(DEFAULT),
}


def row(name: str, lectures: Sequence[Lecture], ranker: Ranker, *more: str) -> str:
    """Return one line of a table."""
    scored = [lecture.rated.score_by(ranker(lecture)) for lecture in lectures]
    return f"| {' | '.join([name, *cells(scored), *more])} |"


def cells(scores: Sequence[ImportanceScore]) -> list[str]:
    """Return the figures of one line: top-3 F1, top-5 F1, average precision, lift."""
    found = figures(scores)
    return [
        f"{100 * (found['top3_f1'] or 0):.1f}",
        f"{100 * (found['top5_f1'] or 0):.1f}",
        f"{found['average_precision'] or 0:.3f}",
        f"{found['lift'] or 0:.2f}",
    ]


def changed(lectures: Sequence[Lecture], weights: np.ndarray) -> float:
    """Return the share of the 5 windows of each lecture that other weights choose otherwise."""
    kept = total = 0
    for lecture in lectures:
        ours, theirs = (
            set(best_windows(lecture.rated.components @ w, lecture.rated.words))
            for w in (DEFAULT, weights)
        )
        kept += len(ours & theirs)
        total += len(ours)
    return 1 - kept / max(total, 1)


def report(lectures: Sequence[Lecture]) -> Iterator[str]:
    """Yield the lines of the report."""
    head = "| | top-3 F1 | top-5 F1 | AP | lift |"
    yield from ["# How well the important sentences are found", ""]
    yield f"Made by `uv run python -m benchmarks.importance PATH`: the first {len(lectures)}"
    yield "lectures of VT-SSum test-open, which is not part of this repository. The weights"
    yield "were searched on dev around a fit (benchmarks/fit_weights.py), but for on subject,"
    yield "emphasis and slide words, which were set by hand: the texts have neither sound nor"
    yield "headlines, so that the last two are 0 here. `benchmarks.evidence` tells what else was"
    yield "tried."
    yield "Some forms of older components were compared on test-open itself, so that its figures"
    yield "flatter them a little; title, terms, wording, on subject, said once and all weights were"
    yield "chosen on dev alone."
    yield from ["", head, "|---|---|---|---|---|"]
    yield from (row(name, lectures, ranker) for name, ranker in RANKERS.items())
    yield from ["", "## Leaving one component out", ""]
    yield "Windows changed: the share of the 5 x 60 s per lecture that are chosen otherwise."
    yield from ["", f"{head} weight | windows changed |", "|---|---|---|---|---|---|---|"]
    for index, name in enumerate(NAMES):
        if any(lecture.rated.components[:, index].any() for lecture in lectures):
            left = np.where(np.arange(len(NAMES)) == index, 0.0, DEFAULT)
            other = f"{100 * changed(lectures, left):.0f} %"
            yield row(f"without {name}", lectures, by_weights(left), f"{DEFAULT[index]:.2f}", other)


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("path", type=Path)
    parser.add_argument("--lectures", type=int, default=350)
    options = parser.parse_args()
    lectures = list(read_lectures(options.path / "test-open.jsonl.gz", options.lectures))
    print("\n".join(report(lectures)))


if __name__ == "__main__":
    main()
