"""Where the default weights come from: `uv run python -m benchmarks.fit_weights PATH`.

PATH is a folder with the VT-SSum transcripts (dev.jsonl.gz, test-open.jsonl.gz), which are not part
of this repository. The sentences of a clip are what was said over one slide; in labelled clips it
is known which of them say what the slide says. They get a timeline of 150 words a minute, with a
slide per clip and no voice, go through the local analyzer, and a logistic regression without
negative coefficients is fitted on dev. Printed: its coefficients as shares beside the default
weights, and how both rank the sentences of test-open.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from agents.content.components import COMPONENTS
from agents.content.local import analyze_locally
from agents.content.params import ContentParams
from agents.extract.scoring import NAMES, component_matrix
from agents.extract.selection import Candidates, Limits, best_choice
from agents.types import Layout, Slide, Transcript, TranscriptSegment, Word
from tests.talks import make_intake

WORD_S = 0.4
WINDOWS = 5
WINDOW_WORDS = 150


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One lecture: components per sentence, and what people's slides say about them."""

    components: np.ndarray
    clip: np.ndarray
    labelled: np.ndarray
    important: np.ndarray
    words: np.ndarray


def read_lectures(path: Path, most: int) -> Iterator[Labelled]:
    """Yield the first `most` lectures of a file, analysed."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for _, line in zip(range(most), lines, strict=False):
            rows = [
                (text.split(), number, clip["labelled"], important)
                for number, clip in enumerate(json.loads(line)["clips"])
                for text, important in zip(clip["sentences"], clip["important"], strict=True)
                if text.strip()
            ]
            if len(rows) > 1:
                yield analyse(rows)


def analyse(rows: Sequence[tuple[list[str], int, bool, int]]) -> Labelled:
    """Return the components of the sentences on a made-up timeline."""
    at = np.concatenate([[0], np.cumsum([len(words) for words, *_ in rows])]) * WORD_S
    segments = tuple(
        TranscriptSegment(a, b, " ".join(words), (Word(a, b, words[0]),))
        for (words, *_), (a, b) in zip(rows, pairwise(at.tolist()), strict=True)
    )
    clip = np.array([number for _, number, _, _ in rows])
    edges = [*at[np.flatnonzero(np.diff(clip, prepend=-1))].tolist(), float(at[-1])]
    layout = Layout((), tuple(Slide(a, b) for a, b in pairwise(edges)))
    content = analyze_locally(
        make_intake(float(at[-1])),
        Transcript("en", "labelled", segments),
        (),
        layout,
        ContentParams(),
    )
    return Labelled(
        component_matrix(content.sentences),
        clip,
        np.array([labelled for *_, labelled, _ in rows], dtype=bool),
        np.array([important for *_, important in rows]),
        np.array([len(words) for words, *_ in rows]),
    )


def fit(lectures: Sequence[Labelled]) -> np.ndarray:
    """Return the coefficients of a logistic regression, none below 0, that add up to 1."""
    x = np.concatenate([lecture.components[lecture.labelled] for lecture in lectures])
    y = np.concatenate([lecture.important[lecture.labelled] for lecture in lectures])

    def loss(p: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ p[:-1] + p[-1]
        slope = 1 / (1 + np.exp(-z)) - y
        value = np.mean(np.logaddexp(0, z) - y * z) + 1e-4 * (p[:-1] ** 2).sum()
        return value, np.append(x.T @ slope / len(y) + 2e-4 * p[:-1], slope.mean())

    bounds = [(0, None)] * x.shape[1] + [(None, None)]
    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:-1] / found.x[:-1].sum()


def top_f1(lectures: Sequence[Labelled], weights: np.ndarray, size: int = 3) -> float:
    """Return F1 of mean precision and mean recall of the best `size` sentences of each clip."""
    scores = []
    for lecture in lectures:
        for number in np.unique(lecture.clip[lecture.labelled]):
            inside = np.flatnonzero(lecture.clip == number)
            wanted = lecture.important[inside]
            if wanted.any():
                order = np.argsort(-(lecture.components[inside] @ weights), kind="stable")[:size]
                hits = wanted[order].sum()
                scores.append((hits / len(order), hits / wanted.sum()))
    precision, recall = np.mean(scores, axis=0)
    return 2 * precision * recall / (precision + recall)


def average_precision(lecture: Labelled, weights: np.ndarray) -> float | None:
    """Return the average precision over the labelled sentences, None where none is important."""
    wanted = lecture.important[lecture.labelled]
    ranked = wanted[np.argsort(-(lecture.components[lecture.labelled] @ weights), kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked > 0].mean()) if ranked.any() else None


def window_lift(lecture: Labelled, weights: np.ndarray) -> float | None:
    """Return how many times its share of words the share of important words is in the windows."""
    words = np.concatenate([[0], np.cumsum(lecture.words)])
    count = len(lecture.words)
    last = np.searchsorted(words, words[:-1] + WINDOW_WORDS) - 1
    first = np.flatnonzero(last < count)
    score = np.concatenate([[0], np.cumsum(lecture.components @ weights * lecture.words)])
    important = np.concatenate([[0], np.cumsum(lecture.important * lecture.words)])
    if words[-1] < WINDOWS * 2 * WINDOW_WORDS or not important[-1]:
        return None
    last = last[first]
    length = words[last + 1] - words[first]
    mean = (score[last + 1] - score[first]) / length
    found = Candidates(first, last, np.zeros_like(first), mean, length, length)
    chosen = best_choice(found, Limits(WINDOWS, WINDOWS, np.inf, 0.0), WINDOWS, 0.0)
    share = (important[last + 1] - important[first])[chosen].sum() / important[-1]
    return float(share * words[-1] / length[chosen].sum()) if chosen else None


def mean_of(
    measure: Callable[[Labelled, np.ndarray], float | None],
    lectures: Sequence[Labelled],
    weights: np.ndarray,
) -> float:
    """Return the mean of a measure over the lectures that have it."""
    values = (measure(lecture, weights) for lecture in lectures)
    return float(np.mean([value for value in values if value is not None]))


def report(name: str, lectures: Sequence[Labelled], weights: np.ndarray) -> None:
    """Print one line of figures."""
    print(
        f"{name:<24} top-3 F1 {100 * top_f1(lectures, weights):5.1f}"
        f"   AP {mean_of(average_precision, lectures, weights):.3f}"
        f"   lift {mean_of(window_lift, lectures, weights):.2f}"
    )


def main() -> int:
    """Fit on dev, report on test-open."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("path", type=Path)
    parser.add_argument("--lectures", type=int, default=250, help="so many of each file")
    options = parser.parse_args()
    files = [options.path / "dev.jsonl.gz", options.path / "test-open.jsonl.gz"]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        print(f"not there: {', '.join(missing)}", file=sys.stderr)
        return 2
    dev, test = (list(read_lectures(file, options.lectures)) for file in files)
    fitted, default = fit(dev), np.array([component.weight for component in COMPONENTS])
    for name, share, weight in zip(NAMES, fitted, default, strict=True):
        print(f"{name:<20} fitted {share:.2f}   default {weight:.2f}")
    print(f"{len(test)} lectures of test-open")
    report("information alone", test, (np.array(NAMES) == "information").astype(float))
    report("default weights", test, default)
    report("fitted weights", test, fitted)
    for name in NAMES:
        if fitted[NAMES.index(name)] > 0:
            report(f"  without {name}", test, np.where(np.array(NAMES) == name, 0.0, default))
    return 0


if __name__ == "__main__":
    sys.exit(main())
