"""`lecture evaluate`: how right the agents are on recordings whose truth is known."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from agents.errors import TuningError
from agents.params import Params
from agents.registry import Resources
from agents.sandbox import use_sandbox
from agents.tuning import tuning_type
from app.cli import exit_code
from app.commands.bars import WorkBar
from app.commands.highlights import stop_at_once
from app.commands.options import settings_with
from app.commands.scores import print_scores, to_json
from jobs.evaluation.evaluating import find_work, score_all, tunables_of

if TYPE_CHECKING:
    Tuning = Params
else:
    Tuning = tuning_type()

Measure = Literal["silence", "layout", "slides", "words", "topics", "importance", "clips"]


def evaluate(
    measure: Annotated[Measure, Parameter(help="What to compare with the truth.")],
    path: Annotated[
        Path, Parameter(help="A labelled recording, a data set, or a folder of such folders.")
    ],
    *,
    most: Annotated[
        int | None, Parameter(help="Score only the first so many recordings or transcripts.")
    ] = None,
    json_: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one JSON object.")
    ] = False,
    tuning: Annotated[Tuning, Parameter(name="*")] = tuning_type()(),  # noqa: B008
) -> int:
    """Run the agents over labelled data and say how right they are."""
    _check_tuning(measure, tuning)
    if most is not None and most < 1:
        raise TuningError(f"--most must be at least 1 (got {most}).")
    work = find_work(measure, path)[:most]
    stop_at_once()
    logging.basicConfig(level=logging.ERROR, format="lecture: %(message)s")
    settings = settings_with()
    use_sandbox(settings.sandbox)
    # no Gemini: a figure must come out the same tomorrow
    resources = Resources(
        models=settings.models,
        download_models=settings.download_models,
        cores=settings.cores,
    )
    with WorkBar([one.name for one in work], quiet=json_) as progress:
        found = score_all(measure, work, tuning, resources, progress)
    if json_:
        print(json.dumps(to_json(found), ensure_ascii=False))
    else:
        print_scores(found)
    return max((exit_code(error) for error in found.errors), default=0)


def _check_tuning(measure: str, tuning: Params) -> None:
    """Refuse tunables that the measure would not notice."""
    concerned = tunables_of(measure)
    for name, params in tuning:
        if name not in concerned and params != type(params)():
            names = ", ".join(sorted(concerned & set(type(tuning).model_fields)))
            raise TuningError(f"--{name}.* plays no part in {measure}; that takes {names}.")
