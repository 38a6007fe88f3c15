"""Where the default weights come from: `uv run python -m benchmarks.fit_weights PATH`.

PATH is a folder with the VT-SSum transcripts (dev.jsonl.gz, test-open.jsonl.gz), which are not part
of this repository. The sentences of a clip are what was said over one slide; in labelled clips it
is known which of them say what the slide says. They get a timeline of 150 words a minute, with a
slide per clip and no voice, go through the local analyzer, and a logistic regression without
negative coefficients is fitted on dev, in which the sentences of other clips count a tenth, as
unimportant: where a clip lies and how long it is up tells where a window is worth placing.
Printed: its coefficients as shares beside the default weights, and how both rank the sentences of
test-open.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from agents.content.components import COMPONENTS
from agents.content.local import analyze_locally
from agents.content.params import ContentParams
from agents.extract.scoring import NAMES
from jobs.evaluation.importance import Rated, figures, rate, said_over_slides
from jobs.evaluation.labels import BadLabels
from jobs.evaluation.texts import find_rated_texts

UNLABELLED = 0.1
"""What a sentence counts of which it is unknown whether it matters."""


def read_lectures(path: Path, most: int) -> Iterator[Rated]:
    """Yield the first `most` lectures of a file, analysed."""
    for text in islice(find_rated_texts(path, path.parent), most):
        with suppress(BadLabels):
            values, *labels = said_over_slides(text)
            yield rate(analyze_locally(*values, ContentParams()), *labels)


def fit(lectures: Sequence[Rated]) -> np.ndarray:
    """Return the coefficients of a logistic regression, none below 0, that add up to 1."""
    x = np.concatenate([lecture.components for lecture in lectures])
    y = np.concatenate([lecture.important for lecture in lectures])
    counts = np.concatenate([np.where(one.labelled, 1.0, UNLABELLED) for one in lectures])
    counts /= counts.sum()

    def loss(p: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ p[:-1] + p[-1]
        slope = counts * (1 / (1 + np.exp(-z)) - y)
        value = counts @ (np.logaddexp(0, z) - y * z) + 1e-4 * (p[:-1] ** 2).sum()
        return value, np.append(x.T @ slope + 2e-4 * p[:-1], slope.sum())

    bounds = [(0, None)] * x.shape[1] + [(None, None)]
    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:-1] / found.x[:-1].sum()


def report(name: str, lectures: Sequence[Rated], weights: np.ndarray) -> None:
    """Print one line of figures."""
    found = figures([lecture.score(weights) for lecture in lectures])
    print(
        f"{name:<24} top-3 F1 {100 * (found['top3_f1'] or 0):5.1f}"
        f"   AP {found['average_precision'] or 0:.3f}   lift {found['lift'] or 0:.2f}"
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
