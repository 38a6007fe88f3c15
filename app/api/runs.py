"""The runs of a lecture beside each other, and grids of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from agents.tuning import Scalar
from app.api.models import ClipView, JobView, Model, Moment, View
from app.services.bundles import clip_json
from app.services.root import current_services
from app.services.runs import Comparison, Run, RunCurve
from app.services.sweeps import Grid
from data.records import JobStatus, Sweep
from jobs.grids import MOST_AXES, MOST_CELLS, Axis

router = APIRouter(tags=["runs"])
sweeps = APIRouter(tags=["lab"])


class RunView(View):
    """A run as lists show it."""

    job: JobView
    settings: Mapping[str, Scalar]
    """By dotted name, what differs from the defaults."""
    shown: bool
    """Whether it is the one that pages show."""
    seconds: float | None
    """How long it took; null while it is not completed."""


class CurveView(View):
    """What one run made of the lecture."""

    run: RunView
    times: list[float]
    """Middle of every sentence in seconds."""
    scores: list[float]
    clips: list[ClipView]
    references: Mapping[str, Mapping[str, float | None]]
    """Figures against what is marked and against the accepted clips, where there are any."""


class ChangeView(View):
    """A clip before and after: positions in the lists of clips, null where it is in one only."""

    before: int | None
    after: int | None
    change: Literal["kept", "moved", "new", "lost"]


class SettingChange(View):
    """A tunable that differs."""

    name: str
    a: Scalar | None
    b: Scalar | None


class ComparisonView(View):
    """Two runs of one lecture beside each other."""

    a: CurveView
    b: CurveView
    changes: list[ChangeView]
    settings: list[SettingChange]


class AxisBody(Model):
    """One tunable and the values that it takes."""

    name: Annotated[str, Field(max_length=200, examples=["extract.max_clips"])]
    values: Annotated[list[Scalar], Field(min_length=1, max_length=MOST_CELLS)]


class NewSweep(Model):
    """A grid to be tried."""

    axes: Annotated[list[AxisBody], Field(min_length=1, max_length=MOST_AXES)]
    lectures: Annotated[list[str], Field(max_length=1000, default_factory=list)]
    """Ids; none means all that are analysed."""


class SweepView(View):
    """A grid over one or two tunables."""

    id: str
    axes: list[dict[str, Any]]
    status: JobStatus
    error: str | None
    created: Moment
    updated: Moment


class GridView(View):
    """A grid with what its cells gave so far, as means over the lectures."""

    sweep: SweepView
    cells: list[dict[str, Scalar]]
    """The values of every cell by dotted name."""
    figures: list[dict[str, float]]
    """Per cell; empty where nothing is known yet, or nothing can be planned."""
    lectures: int
    tried: int
    percent: float
    best: dict[str, int]
    """Per figure, the cell that is best by it."""


@router.get("/lectures/{id}/runs", response_model=list[RunView])
def list_runs(id: str) -> list[Run]:
    """List the runs of a lecture, newest first; one that was restored is as new as that."""
    current_services().lectures.get(id)
    return current_services().runs.list(id)


@router.post("/jobs/{id}/show", response_model=JobView)
def show_run(id: str) -> Any:  # noqa: ANN401
    """Make a run the one that pages show, until a newer one is completed."""
    return current_services().runs.restore(id)


@router.get("/jobs/{id}/compare/{other}", response_model=ComparisonView)
def compare_runs(id: str, other: str) -> dict[str, Any]:
    """Compare two runs of one lecture: what became of every clip, and what was set otherwise."""
    return _comparison(current_services().runs.compare(id, other))


@router.get("/lectures/{id}/sweeps", response_model=list[SweepView])
def list_sweeps(id: str) -> list[Sweep]:
    """List the grids that a lecture is part of, newest first."""
    current_services().lectures.get(id)
    return current_services().sweeps.list(id)


@sweeps.post("/sweeps", status_code=201, response_model=GridView)
def create_sweep(new: NewSweep) -> dict[str, Any]:
    """Try one or two tunables over a grid; the workers do it, without rendering anything."""
    axes = [Axis(axis.name, tuple(axis.values)) for axis in new.axes]
    sweep = current_services().sweeps.start(axes, new.lectures)
    return _grid(current_services().sweeps.grid(sweep.id))


@sweeps.get("/sweeps/{id}", response_model=GridView)
def get_sweep(id: str) -> dict[str, Any]:
    """Show a grid with its figures so far."""
    return _grid(current_services().sweeps.grid(id))


@sweeps.post("/sweeps/{id}/cancel", response_model=GridView)
def cancel_sweep(id: str) -> dict[str, Any]:
    """Stop a grid after the cell that is being tried; what is known stays."""
    current_services().sweeps.cancel(id)
    return _grid(current_services().sweeps.grid(id))


def _comparison(found: Comparison) -> dict[str, Any]:
    settings = [{"name": name, "a": a, "b": b} for name, a, b in found.settings]
    curves = {"a": _curve(found.a), "b": _curve(found.b)}
    return {**curves, "changes": found.changes, "settings": settings}


def _curve(curve: RunCurve) -> dict[str, Any]:
    return {
        "run": curve.run,
        "times": curve.times,
        "scores": curve.scores,
        "clips": [clip_json(clip) for clip in curve.clips],
        "references": curve.references,
    }


def _grid(grid: Grid) -> dict[str, Any]:
    names = ("sweep", "cells", "figures", "lectures", "tried", "percent")
    best = {name: at for name in grid.names if (at := grid.best(name)) is not None}
    return {**{name: getattr(grid, name) for name in names}, "best": best}
