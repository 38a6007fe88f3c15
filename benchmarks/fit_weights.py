"""Where the default weights come from: `uv run python -m benchmarks.fit_weights PATH`.

PATH is a folder with the VT-SSum transcripts (dev.jsonl.gz, test-open.jsonl.gz), which are not part
of this repository. The sentences of a clip are what was said over one slide; in labelled clips it
is known which of them say what the slide says. They get a timeline of 150 words a minute, with a
slide per clip and no voice, go through the local analyzer, and a logistic regression without
negative coefficients is fitted on dev, in which the sentences of other clips count a tenth, as
unimportant: where a clip lies and how long it is up tells where a window is worth placing.
Printed: its coefficients as shares beside the default weights, and how both rank the sentences of
both files; a component whose weight is worth knowing is left out in benchmarks/importance.md.

A regression fits sentences one by one, while clips are a few windows of the lecture. So the default
weights were searched from the fit on, as `--search` does from wherever they stand now: one weight
at a time a hundredth up or down, kept when the figures of dev together get better, until none does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from agents.content.components import COMPONENTS
from agents.extract.scoring import NAMES
from benchmarks.importance import read_lectures
from jobs.evaluation.importance import ImportanceScore, Rated, figures

DEV, TEST = "dev.jsonl.gz", "test-open.jsonl.gz"
FIT_ON = 250
"""So many lectures of dev give the weights; from the others comes the component `wording`."""
STEP = 0.01
"""What a search moves a weight by."""
SIMPLE = {"top3_f1": 0.406, "average_precision": 0.384, "lift": 1.35}
"""Figures of the best simple method: gains over them count alike in a search."""
UNLABELLED = 0.1
"""What a sentence counts of which it is unknown whether it matters."""


def fit(lectures: Sequence[Rated], tables: Sequence[np.ndarray] | None = None) -> np.ndarray:
    """Return the coefficients of a logistic regression, none below 0.

    `tables` has the evidence of each lecture, (sentences, kinds), its components where not given.
    """
    x = np.concatenate(tables or [lecture.components for lecture in lectures])
    y, counts = labels_of(lectures)

    def loss(p: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ p[:-1] + p[-1]
        slope = counts * (1 / (1 + np.exp(-z)) - y)
        value = counts @ (np.logaddexp(0, z) - y * z) + 1e-4 * (p[:-1] ** 2).sum()
        return value, np.append(x.T @ slope + 2e-4 * p[:-1], slope.sum())

    bounds = [(0, None)] * x.shape[1] + [(None, None)]
    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:-1]


def together(lectures: Sequence[Rated], weights: np.ndarray) -> float:
    """Return the mean of the figures under these weights, each as a multiple of `SIMPLE`."""
    found = figures([lecture.score(weights) for lecture in lectures])
    return float(np.mean([(found[name] or 0.0) / simple for name, simple in SIMPLE.items()]))


def search(lectures: Sequence[Rated], weights: np.ndarray) -> np.ndarray:
    """Return weights that no single step makes better: Hooke and Jeeves (1961), one step size.

    Components that are 0 throughout (the texts have neither sound nor headlines) keep their weight.
    """
    told = np.logical_or.reduce([one.components.any(axis=0) for one in lectures])
    weights, best = weights.copy(), together(lectures, weights)
    moved = True
    while moved:
        moved = False
        for index in np.flatnonzero(told):
            for step in (STEP, -STEP):
                tried = weights.copy()
                tried[index] = max(0.0, tried[index] + step)
                value = together(lectures, tried)
                if value > best:
                    weights, best, moved = tried, value, True
                    break
    return weights / weights.sum()


def labels_of(lectures: Sequence[Rated]) -> tuple[np.ndarray, np.ndarray]:
    """Return of each sentence whether it is important, and what it counts; the counts sum to 1."""
    y = np.concatenate([lecture.important for lecture in lectures])
    counts = np.concatenate([np.where(one.labelled, 1.0, UNLABELLED) for one in lectures])
    return y, counts / counts.sum()


def report(name: str, scores: Sequence[ImportanceScore]) -> None:
    """Print one line of figures."""
    found = figures(scores)
    print(
        f"{name:<28} top-3 F1 {100 * (found['top3_f1'] or 0):5.2f}"
        f"   AP {found['average_precision'] or 0:.4f}   lift {found['lift'] or 0:.3f}"
    )


def report_weights(name: str, lectures: Sequence[Rated], weights: np.ndarray) -> None:
    """Print one line of figures of the lectures under these weights."""
    report(name, [lecture.score(weights) for lecture in lectures])


def main() -> int:
    """Fit on dev, report on test-open."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("path", type=Path)
    parser.add_argument("--lectures", type=int, default=FIT_ON, help="so many of each file")
    parser.add_argument("--search", action="store_true", help="move the default weights, too")
    options = parser.parse_args()
    files = [options.path / DEV, options.path / TEST]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        print(f"not there: {', '.join(missing)}", file=sys.stderr)
        return 2
    dev, test = ([one.rated for one in read_lectures(f, options.lectures)] for f in files)
    fitted, default = fit(dev), np.array([component.weight for component in COMPONENTS])
    columns = {"fitted": fitted / fitted.sum(), "default": default}
    if options.search:
        columns["searched"] = search(dev, default)
    for number, name in enumerate(NAMES):
        shares = (f"   {how} {weights[number]:.2f}" for how, weights in columns.items())
        print(f"{name:<20}{''.join(shares)}")
    for where, lectures in ((DEV, dev), (TEST, test)):
        print(f"{len(lectures)} lectures of {where}")
        report_weights("information alone", lectures, np.equal(NAMES, "information") * 1.0)
        for how, weights in columns.items():
            report_weights(f"{how} weights", lectures, weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
