"""`lecture sweep`: one or two parameters over a grid, on lectures that are analysed already."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from agents.errors import LectureError, TuningError
from agents.tuning import Scalar
from app.commands.fit import check_store
from app.commands.options import Lectures, State, settings_with
from app.security.identity import OPERATOR, acting_as

if TYPE_CHECKING:
    from app.services.sweeps import Grid

USAGE = 'NAME=FROM:TO:STEP or NAME=VALUE,VALUE; two with ";" between: "silence.top_db=20:60:10"'


@acting_as(OPERATOR)
def sweep(
    *,
    params: Annotated[str, Parameter(help=f"What to try: {USAGE}.")],
    lectures: Lectures = (),
    figure: Annotated[
        str, Parameter(help="What to judge by: marked.f1, accepted.recall, mean_score, clips, ...")
    ] = "",
    json_: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one JSON object.")
    ] = False,
    state: State = None,
) -> int:
    """Try one or two parameters over a grid and say which values do best."""
    from app.services.root import Services
    from jobs.grids import parse_axes

    axes = parse_axes(params)
    settings = settings_with(state=state)
    check_store(settings)
    services = Services(settings)
    services.store.migrate()
    made = services.sweeps.create(axes, lectures)
    try:
        with _bar(quiet=json_) as bar:
            task = bar.add_task("settings")
            grid = services.sweeps.run_here(
                made.id, lambda done, of: bar.update(task, completed=done, total=of)
            )
    except KeyboardInterrupt:
        services.sweeps.cancel(made.id)
        raise
    if grid.sweep.error:
        raise LectureError(grid.sweep.error)
    judged = _judged(grid, figure)
    if json_:
        print(json.dumps(document(grid, judged), ensure_ascii=False))
    else:
        print_grid(grid, judged)
    return 0


def _bar(*, quiet: bool) -> Progress:
    console = Console(stderr=True, quiet=quiet)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal)


def _judged(grid: Grid, figure: str) -> str:
    """Return the figure to judge by: the one that is named, else the best there is."""
    if figure and figure not in grid.names:
        raise TuningError(f"--figure: there is no {figure!r} here; there are {grid.names}.")
    return figure or next(iter(grid.names), "mean_score")


def document(grid: Grid, figure: str) -> dict[str, Any]:
    """Return the whole grid as JSON."""
    best = grid.best(figure)
    return {
        "id": grid.sweep.id,
        "lectures": grid.lectures,
        "figure": figure,
        "cells": [
            {"values": values, "figures": figures}
            for values, figures in zip(grid.cells, grid.figures, strict=True)
        ],
        "best": None if best is None else grid.cells[best],
    }


def print_grid(grid: Grid, figure: str) -> None:
    """Print a line per cell, the best one last as flags."""
    shown = [name for name in (figure, "clips", "total_s", "topics") if name in grid.names]
    shown = list(dict.fromkeys(shown))
    names = [axis.name for axis in grid.axes]
    wide = [max(12, len(name)) for name in (*names, *shown)]
    print("  ".join(f"{name:>{w}}" for name, w in zip((*names, *shown), wide, strict=True)))
    best = grid.best(figure)
    for at, (values, figures) in enumerate(zip(grid.cells, grid.figures, strict=True)):
        told = [str(values[name]) for name in names]
        told += [f"{figures[name]:.3g}" if name in figures else "-" for name in shown]
        line = "  ".join(f"{text:>{w}}" for text, w in zip(told, wide, strict=True))
        print(line + ("  best" if at == best else ""))
    if best is None:
        print("Nothing could be planned with any of these.")
        return
    flags = " ".join(flag(name, value) for name, value in grid.cells[best].items())
    print(f"Best by {figure}, over {grid.lectures} lectures:")
    print(f"  lecture highlights FILE --out DIR {flags}")


def flag(name: str, value: Scalar) -> str:
    """Return what one types to get a value: a tick that is off has a name of its own."""
    if isinstance(value, bool):
        path, _, last = name.rpartition(".")
        name = f"{path}.{last if value else f'no-{last}'}"
        return f"--{name.replace('_', '-')}"
    return f"--{name.replace('_', '-')} {value}"
