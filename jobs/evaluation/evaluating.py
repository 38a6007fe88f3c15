"""Score whatever labelled data lies under a path: find it, run the agents, add it up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from agents.errors import LectureError, NotFound
from agents.params import Params
from agents.registry import Resources
from jobs.evaluation import clips, importance, layout, silence, slides, topics, words
from jobs.evaluation.formats import FORMATS, find_labelled
from jobs.evaluation.labels import BadLabels, Figures, Labelled
from jobs.evaluation.running import open_bench
from jobs.pipeline import stage_table, with_needs

logger = logging.getLogger(__name__)

MEASURES: Mapping[str, ModuleType] = {
    "silence": silence,
    "layout": layout,
    "slides": slides,
    "words": words,
    "topics": topics,
    "importance": importance,
    "clips": clips,
}
"""Each measure has `STAGES` that it runs, `SCORERS` by kind of labelled data, and `figures`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One recording or text: its figures, or the error that kept it from being scored."""

    name: str
    figures: Figures
    error: LectureError | None = None
    engine: str = ""
    """What made the words, for people."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All rows, and the figures of all that were scored."""

    measure: str
    rows: tuple[Row, ...]
    overall: Figures

    @property
    def errors(self) -> list[LectureError]:
        """Return the errors of the rows that could not be scored."""
        return [row.error for row in self.rows if row.error is not None]


def tunables_of(measure: str) -> set[str]:
    """Return the names of the agents whose tunables move a measure."""
    table = stage_table()
    return set[str]().union(*(with_needs(stage, table) for stage in MEASURES[measure].STAGES))


def find_work(measure: str, path: Path) -> list[Labelled]:
    """Return what lies under `path` that the measure can score; raise in one sentence if none."""
    if not path.exists():
        raise NotFound(f"{str(path)!r} does not exist.")
    found = list(find_labelled(path))
    scored = [one for one in found if type(one) in MEASURES[measure].SCORERS]
    if scored:
        return scored
    wanted = "; ".join(FORMATS[kind] for kind in MEASURES[measure].SCORERS)
    others = sorted({FORMATS[type(one)] for one in found})
    there = f"holds {'; '.join(others)}" if others else "holds no labelled data"
    raise BadLabels(f"{str(path)!r} {there}; the measure {measure!r} reads {wanted}.")


def score_all(
    measure: str,
    work: Sequence[Labelled],
    tuning: Params,
    resources: Resources,
    progress: Callable[[int, str, float], None],
) -> Evaluation:
    """Score everything; `progress` hears the number of the row, a stage and its percent."""
    rows, scores = [], []
    for number, one in enumerate(work):
        row, score = _score(
            measure, one, tuning, resources, lambda stage, at, n=number: progress(n, stage, at)
        )
        rows.append(row)
        scores += score
        progress(number, "", 100.0)
    figures = MEASURES[measure].figures
    return Evaluation(measure, tuple(rows), figures(scores) if scores else {})


def _score(
    measure: str,
    one: Labelled,
    tuning: Params,
    resources: Resources,
    progress: Callable[[str, float], None],
) -> tuple[Row, list[Any]]:
    module = MEASURES[measure]
    try:
        with open_bench(tuning, resources, progress) as bench:
            score = module.SCORERS[type(one)](one, bench)
    except LectureError as error:
        return Row(one.name, {}, error), []
    except Exception as error:
        # one recording that an agent stumbles over must not cost the figures of the others
        logger.exception("recording could not be scored", extra={"recording": one.name})
        return Row(one.name, {}, LectureError(f"unexpected {type(error).__name__}: {error}")), []
    return Row(one.name, module.figures([score]), engine=getattr(score, "engine", "")), [score]
