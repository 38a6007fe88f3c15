"""Sweeps: grids of parameters tried on lectures, and the cell that did best."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from agents.errors import NotFound
from agents.tuning import Scalar, flatten, tuning_type
from app.security.access import visible_now
from app.security.identity import acting
from app.services.core import Core
from app.services.results import Results
from data.jobs import stage_costs
from data.lectures import get_lecture, list_lectures
from data.records import Sweep, SweepCell
from data.restored import ordered_runs
from data.store import Connection
from data.sweeps import create_sweep, get_sweep, list_cells, list_sweeps, set_sweep, sweep_runs
from jobs.grids import SWEPT, Axis, axes_json, cells_of, check_axes, read_axes
from jobs.pipeline import stage_table, with_followers, with_needs
from jobs.queue import enqueue_sweep
from jobs.sweeping import Progress, run_sweep

PLAN_S = 0.05
"""About what one plan of an hour's lecture takes."""
BEST = ("marked.f1", "accepted.f1", "mean_score")
"""Figures by which a sweep is judged if nothing else is said, the first that there is."""
LEAST = ("edge_error_s",)
"""Figures of which less is better."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A sweep with what its cells gave so far, as means over the lectures."""

    sweep: Sweep
    axes: tuple[Axis, ...]
    cells: list[dict[str, Any]]
    """The values of every cell by dotted name."""
    figures: list[dict[str, float]]
    """Per cell; empty where nothing is known yet, or nothing can be planned."""
    lectures: int
    tried: int

    @property
    def percent(self) -> float:
        """Return how much of it is tried."""
        return 100.0 * self.tried / max(1, len(self.cells) * self.lectures)

    @property
    def names(self) -> list[str]:
        """Return the figures that there are, the ones to judge by first."""
        found = dict.fromkeys(name for figures in self.figures for name in figures)
        first = [name for name in BEST if name in found]
        return first + [name for name in found if name not in first]

    def best(self, name: str) -> int | None:
        """Return the cell that is best by a figure, of equals the one nearest the defaults."""
        sign, default = 1 if name.endswith(LEAST) else -1, flatten(tuning_type()())
        known = [
            (sign * one[name], sum(_steps(axis, cell[axis.name], default) for axis in self.axes), i)
            for i, (one, cell) in enumerate(zip(self.figures, self.cells, strict=True))
            if name in one
        ]
        return min(known)[2] if known else None


def _steps(axis: Axis, value: Scalar, default: Mapping[str, Scalar]) -> int:
    """Return how many values of its axis a value is away from the one nearest the default."""
    usual, numbers = default.get(axis.name), [v for v in axis.values if isinstance(v, int | float)]
    if not isinstance(usual, int | float) or len(numbers) < len(axis.values):
        return int(value != usual)
    nearest = min(numbers, key=lambda number: abs(number - usual))
    return abs(axis.values.index(value) - axis.values.index(nearest))


class Sweeps:
    """Starts, reads and cancels sweeps."""

    def __init__(self, core: Core, results: Results) -> None:
        self.core = core
        self.results = results
        self.quotas = core.quotas

    def create(self, axes: Sequence[Axis], lectures: Sequence[str] = ()) -> Sweep:
        """Commit a sweep over the shown runs of these lectures, or of all that are analysed."""
        axes = check_axes(axes)
        visible = visible_now(self.core.access)  # may read the store: before it is locked
        with self.core.store.write() as con:
            self.quotas.check_sweep(con)
            wanted = lectures or [one.id for one in list_lectures(con, visible=visible)]
            runs = [found for one in wanted if (found := _run_of(con, one))]
            if not runs:
                raise NotFound("None of these lectures is analysed yet; run them first.")
            id = secrets.token_hex(8)
            return create_sweep(con, id=id, axes=axes_json(axes), runs=runs, owner=acting().id)

    def start(self, axes: Sequence[Axis], lectures: Sequence[str] = ()) -> Sweep:
        """Commit a sweep and give it to the workers; without broker it waits for them."""
        sweep = self.create(axes, lectures)
        with contextlib.suppress(RedisError):  # a worker looks for what is unfinished
            enqueue_sweep(self.core.redis, sweep)
        return sweep

    def run_here(self, sweep_id: str, progress: Progress) -> Grid:
        """Work through a sweep in this process."""
        run_sweep(self.core.workshop, sweep_id, progress)
        return self.grid(sweep_id)

    def cancel(self, sweep_id: str) -> None:
        """Stop a sweep after the cell that is being tried; what is known stays."""
        with self.core.store.write() as con:
            set_sweep(con, sweep_id, "cancelled")

    def list(self, lecture_id: str) -> list[Sweep]:
        """Return the sweeps that a lecture is part of, newest first."""
        with self.core.store.read() as con:
            found = list_sweeps(con, lecture_id)
        who = acting()
        return [sweep for sweep in found if who.sees_all or sweep.owner == who.id]

    def grid(self, sweep_id: str) -> Grid:
        """Return a sweep with its figures so far."""
        with self.core.store.read() as con:
            sweep = get_sweep(con, sweep_id)
            found, runs = list_cells(con, sweep_id), sweep_runs(con, sweep_id)
        axes = read_axes(sweep.axes)
        cells = cells_of(axes)
        by_cell = [[cell for cell in found if cell.idx == idx] for idx in range(len(cells))]
        return Grid(sweep, axes, cells, [_mean(one) for one in by_cell], len(runs), len(found))

    def estimate(self, axes: Sequence[Axis], job_ids: Sequence[str]) -> float:
        """Return about how many seconds a sweep takes: plans, and stages that it runs anew."""
        with self.core.store.read() as con:
            costs = [stage_costs(con, job_id) for job_id in job_ids]
        cells = len(cells_of(axes))
        return sum(cells * PLAN_S + _anew(axes, cost) for cost in costs)


def _anew(axes: Sequence[Axis], costs: Mapping[str, float]) -> float:
    """Return the seconds of the stages that are run again, once per combination that they see."""
    table, total = stage_table(), 0.0
    for name in with_needs(SWEPT, table) - {SWEPT}:
        seen = [a for a in axes if name in with_followers(a.name.split(".")[0], table)]
        total += costs.get(name, 0.0) * len(cells_of(seen)) if seen else 0.0
    return total


def _run_of(con: Connection, lecture_id: str) -> tuple[str, str] | None:
    """Return (lecture id, job id) of the newest completed run of a lecture."""
    get_lecture(con, lecture_id)
    runs = ordered_runs(con, lecture_id)
    return next(((lecture_id, run.id) for run in runs if run.status == "completed"), None)


def _mean(cells: Sequence[SweepCell]) -> dict[str, float]:
    """Return the mean of each figure over the lectures that have it."""
    names = dict.fromkeys(name for cell in cells for name in cell.figures)
    told = {}
    for name in names:
        known = [value for cell in cells if (value := cell.figures.get(name)) is not None]
        if known:
            told[name] = sum(known) / len(known)
    return told
