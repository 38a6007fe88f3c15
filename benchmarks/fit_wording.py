"""Where `agents/content/wording.txt` comes from: `uv run python -m benchmarks.fit_wording PATH`.

PATH is a folder with the VT-SSum transcripts, of which dev.jsonl.gz is read, but for the lectures
from which the default weights come (benchmarks/fit_weights.py). Known are words, and words that
open a sentence, that many lectures say about as often as each other: a word of some subject comes
in bursts, and what it says would be wrong elsewhere (Church & Gale 1995). A logistic regression
with an elastic net (Zou & Hastie 2005) finds what each adds to what the components say; most get
0. Printed is how lectures that were left out are ranked without and with it; with --write the file
is made anew.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

from agents.content import wording
from agents.extract.scoring import NAMES
from benchmarks.fit_weights import DEV, FIT_ON, fit, labels_of, report
from benchmarks.importance import Lecture, read_lectures
from jobs.evaluation.importance import Rated

COMMON = 0.3
"""Share of the lectures that must say a word."""
EVEN = 0.7
"""Share of the lectures in which chance would spread it that do say it."""
SPARSE, SMALL = 1e-4, 1e-4
"""What the elastic net asks for the absolute values and for the squares of the odds."""
LEAST = 0.01
"""Smaller odds are left out."""
FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Worded:
    """A lecture with the wording of its sentences: a row each, a column per known word."""

    lecture: Lecture
    table: csr_matrix

    @property
    def rated(self) -> Rated:
        """Return components and labels."""
        return self.lecture.rated


def find_common(said: Sequence[Sequence[set[str]]]) -> list[str]:
    """Return the words that many lectures say evenly; `said` is per lecture and sentence."""
    lectures, times = Counter[str](), Counter[str]()
    for sentences in said:
        times.update(word for words in sentences for word in words)
        lectures.update(set[str]().union(*sentences))
    count = len(said)
    return sorted(
        word
        for word, saying in lectures.items()
        if saying >= COMMON * count and saying >= EVEN * count * -math.expm1(-times[word] / count)
    )


def read_wording(lectures: Sequence[Lecture]) -> tuple[list[str], list[Worded]]:
    """Return the known words, and the lectures as tables of them."""
    said = [[wording.wording_of(text) for text in lecture.texts] for lecture in lectures]
    known = find_common(said)
    column = {word: index for index, word in enumerate(known)}
    tables = []
    for sentences in said:
        cells = [
            (row, column[word])
            for row, words in enumerate(sentences)
            for word in words
            if word in column
        ]
        rows, columns = np.array(cells).reshape(-1, 2).T
        shape = (len(sentences), len(known))
        tables.append(csr_matrix((np.ones(len(cells)), (rows, columns)), shape=shape))
    return known, [Worded(*both) for both in zip(lectures, tables, strict=True)]


def without_wording(lecture: Worded) -> np.ndarray:
    """Return the components, that of the wording 0."""
    return lecture.rated.components * np.not_equal(NAMES, "wording")


def fit_odds(lectures: Sequence[Worded]) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the other components, and what each word adds to the log odds."""
    rated = [lecture.rated for lecture in lectures]
    tables = [without_wording(lecture) for lecture in lectures]
    weights = fit(rated, tables)
    known = np.concatenate(tables) @ weights
    x = vstack([lecture.table for lecture in lectures]).tocsr()
    y, counts = labels_of(rated)
    size = x.shape[1]

    def loss(p: np.ndarray) -> tuple[float, np.ndarray]:
        odds = p[:size] - p[size:-1]  # both parts are 0 or more: the l1 norm is their sum
        z = x @ odds + known + p[-1]
        slope = counts * (1 / (1 + np.exp(-z)) - y)
        pull = x.T @ slope + 2 * SMALL * odds
        value = counts @ (np.logaddexp(0, z) - y * z) + SMALL * (odds @ odds)
        return value + SPARSE * p[:-1].sum(), np.concatenate(
            [pull + SPARSE, SPARSE - pull, [slope.sum()]]
        )

    bounds = [(0, None)] * (2 * size) + [(None, None)]
    found = minimize(loss, np.zeros(2 * size + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    return weights, found[:size] - found[size:-1]


def cross_validate(lectures: Sequence[Worded]) -> None:
    """Print how lectures are ranked that were left out of the fit, without and with the words."""
    plain, worded = [], []
    for fold in range(FOLDS):
        weights, odds = fit_odds([one for at, one in enumerate(lectures) if at % FOLDS != fold])
        for one in lectures[fold::FOLDS]:
            score = without_wording(one) @ weights
            plain.append(one.rated.score_by(score))
            worded.append(one.rated.score_by(score + one.table @ odds))
    report("without wording", plain)
    report("with wording", worded)


def write(known: Sequence[str], odds: np.ndarray, lectures: int) -> int:
    """Write the file of the content agent; return how many words it holds."""
    path = Path(wording.__file__).with_suffix(".txt")
    kept = sorted(
        (round(-odd, 2), word)
        for word, odd in zip(known, odds.tolist(), strict=True)
        if abs(odd) >= LEAST
    )
    head = [
        "# What each word adds to the log odds that a sentence says what the slide says, beside",
        f"# what the other components tell; {wording.OPENING} marks the word that opens a sentence."
        " Found by",
        f"# `uv run python -m benchmarks.fit_wording PATH --write` on {lectures} lectures in"
        " English",
        "# (VT-SSum dev: Lv et al. 2021).",
    ]
    rows = [f"{word} {-odd:+.2f}" for odd, word in kept]
    path.write_text("\n".join([*head, *rows]) + "\n", "utf-8")
    return len(rows)


def main() -> None:
    """Fit, cross-validate, and write the file when asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("path", type=Path)
    parser.add_argument("--lectures", type=int, help="so many; all without")
    parser.add_argument("--write", action="store_true", help="make wording.txt anew")
    options = parser.parse_args()
    read = list(read_lectures(options.path / DEV, options.lectures, FIT_ON))
    known, lectures = read_wording(read)
    print(f"{len(lectures)} lectures, {len(known)} words that they share")
    cross_validate(lectures)
    if options.write:
        _, odds = fit_odds(lectures)
        print(f"{write(known, odds, len(lectures))} words written")


if __name__ == "__main__":
    main()
