"""Trying a grid of parameters on runs: what each cell would choose, and how good that is.

Nothing that a run has found is computed again unless a parameter of the grid changes it, and then
once for all cells that agree on it. Gemini is not asked, and people's decisions do not bind the
choice: clips that are kept whatever a weight says would tell nothing about the weight.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from redis import Redis
from rq.job import JobStatus

from agents.errors import LectureError, TuningError
from agents.extract import plan_clips
from agents.extract.params import ExtractParams
from agents.params import Params
from agents.registry import Context, stage_key
from agents.tuning import parse_tuning, tuning_type, with_values
from agents.types import ClipPlan, Decisions
from data.artifacts import Artifacts, load_result
from data.jobs import get_job, job_stages
from data.lectures import get_lecture
from data.records import Job, SweepCell
from data.store import Store
from data.sweeps import add_cells, get_sweep, list_cells, set_sweep, sweep_runs, unfinished_sweeps
from jobs.evaluation.labels import Figures
from jobs.evaluation.marked import score_marked
from jobs.evaluation.matching import Span
from jobs.grids import SWEPT, cells_of, read_axes
from jobs.pipeline import stage_params, with_needs
from jobs.queue import SWEEP, delivery_id, enqueue_sweep, fetch
from jobs.references import read_references
from jobs.workshop import Workshop

logger = logging.getLogger(__name__)

FLUSH_S = 1.0
"""Cells are stored this often; a cancelled sweep ends with the next time."""
Progress = Callable[[int, int], None]
"""Takes how many cells are tried, and how many there are."""


def run_sweep(shop: Workshop, sweep_id: str, progress: Progress = lambda done, of: None) -> None:
    """Try what is left of a sweep and store it; a failure is stored as its reason."""
    with shop.store.write() as con:
        if not set_sweep(con, sweep_id, "running"):
            return
    try:
        finished = _try_cells(shop, sweep_id, progress)
    except LectureError as error:
        _end(shop, sweep_id, "failed", error.message)
    except Exception as error:
        logger.exception("sweep failed", extra={"sweep_id": sweep_id})
        _end(shop, sweep_id, "failed", f"unexpected {type(error).__name__}")
    else:
        if finished:
            _end(shop, sweep_id, "completed")


def _end(shop: Workshop, sweep_id: str, status: str, error: str | None = None) -> None:
    with shop.store.write() as con:
        set_sweep(con, sweep_id, status, error)


def _try_cells(shop: Workshop, sweep_id: str, progress: Progress) -> bool:
    """Try and store the cells that are missing; return False if the sweep was cancelled."""
    with shop.store.read() as con:
        axes = read_axes(get_sweep(con, sweep_id).axes)
        runs = sweep_runs(con, sweep_id)
        known = {(cell.lecture_id, cell.idx) for cell in list_cells(con, sweep_id)}
    grid = cells_of(axes)
    done, total, found = len(known), len(grid) * len(runs), list[SweepCell]()
    flushed = time.monotonic()
    progress(done, total)
    for lecture_id, job_id in runs:
        with tempfile.TemporaryDirectory(prefix="lecture-sweep-") as folder:
            bench = SweepBench(shop, job_id, Path(folder))
            for idx, values in enumerate(grid):
                if (lecture_id, idx) in known:
                    continue
                found.append(SweepCell(sweep_id, idx, lecture_id, bench.figures(values)))
                done += 1
                progress(done, total)
                if time.monotonic() - flushed >= FLUSH_S:
                    if not _flush(shop, sweep_id, found):
                        return False
                    flushed = time.monotonic()
    return _flush(shop, sweep_id, found)


def _flush(shop: Workshop, sweep_id: str, found: list[SweepCell]) -> bool:
    """Store cells and empty the list; return whether the sweep is still wanted."""
    with shop.store.write() as con:
        add_cells(con, found)
        found.clear()
        return set_sweep(con, sweep_id, "running")


class SweepBench:
    """One run of a lecture, on which other values are tried."""

    def __init__(self, shop: Workshop, job_id: str, folder: Path) -> None:
        self.shop, self.folder = shop, folder
        with shop.store.read() as con:
            self.job: Job = get_job(con, job_id)
            self.lecture = get_lecture(con, self.job.lecture_id)
            self.keys = {row.name: row.key for row in job_stages(con, job_id)}
            self.references = read_references(con, self.lecture.id)
        known = {name: self.job.params.get(name) or {} for name in tuning_type().model_fields}
        self.tuning = parse_tuning(known)
        self._values: dict[str, Any] = {}

    def figures(self, values: dict[str, Any]) -> Figures:
        """Return the figures of the plan that values by dotted names give; empty if none can be."""
        try:
            tuning = with_values(self.tuning, values)
        except TuningError:  # two limits that cross: this corner of the grid has no plan
            return {}
        found, params = self._found(tuning), stage_params(self.shop.table[SWEPT], tuning)
        assert isinstance(params, ExtractParams)
        needs = self.shop.table[SWEPT].needs
        plans = plan_clips(*(found[need] for need in needs), params=params, decisions=Decisions())
        topics = [(one.start, one.end) for one in found["content"].segments]
        return plan_figures(plans, topics, self.references)

    def _found(self, tuning: Params) -> dict[str, Any]:
        """Return the values that the plan is made of, under a tuning."""
        keys = dict(self.keys)
        found: dict[str, Any] = {}
        changed = set[str]()
        wanted = with_needs(SWEPT, self.shop.table) - {SWEPT}
        for name in (name for name in self.shop.table if name in wanted):
            stage = self.shop.table[name]
            params = stage_params(stage, tuning)
            own = params != stage_params(stage, self.tuning)
            if own or changed.intersection(stage.needs):
                changed.add(name)
                inputs = [keys[need] for need in stage.needs]
                keys[name] = stage_key(name, stage.version, params.model_dump(mode="json"), inputs)
                if keys[name] not in self._values:
                    given = [self._value(need, keys[need]) for need in stage.needs]
                    self._values[keys[name]] = self._run(name, given, params)
        for name in self.shop.table[SWEPT].needs:
            found[name] = self._value(name, keys[name])
        return found

    def _value(self, name: str, key: str) -> Any:  # noqa: ANN401
        if key not in self._values:
            upload = self.shop.media.path(self.lecture.id) if name == "intake" else None
            with self.shop.store.read() as con:
                self._values[key] = load_result(con, self.shop.artifacts, name, key, upload=upload)
        return self._values[key]

    def _run(self, name: str, given: Sequence[Any], params: Params) -> Any:  # noqa: ANN401
        workdir = Path(tempfile.mkdtemp(dir=self.folder))
        resources = replace(
            self.shop.resources_for(self.lecture), gemini=None, decisions=Decisions()
        )
        context = Context(
            workdir=workdir,
            resources=resources,
            progress=lambda percent, message: None,
            once=Artifacts(self.folder / "once").once,
        )
        return self.shop.table[name].run(*given, params=params, context=context)


def plan_figures(
    plans: Sequence[ClipPlan],
    topics: Sequence[Span],
    references: dict[str, list[list[Span]]],
) -> Figures:
    """Return what a plan amounts to, and its figures against each reference: `marked.f1`."""
    clips = [[(part.start, part.end) for part in plan.parts] for plan in plans]
    told: dict[str, float | None] = {
        "clips": len(plans),
        "total_s": round(sum(plan.duration for plan in plans), 3),
        "topics": len({plan.topic for plan in plans}),
        "mean_score": sum(plan.score for plan in plans) / len(plans) if plans else None,
    }
    for name, wanted in references.items():
        scored = score_marked(clips, wanted, topics)
        told |= {f"{name}.{figure}": value for figure, value in scored.items()}
    return told


def restart_sweeps(store: Store, redis: Redis) -> None:
    """Enqueue sweeps that RQ has lost, and end those that it has given up."""
    with store.read() as con:
        sweeps = unfinished_sweeps(con)
    for sweep in sweeps:
        found = fetch(redis, delivery_id(SWEEP, sweep.id))
        if found is None:
            enqueue_sweep(redis, sweep)
        elif found.get_status(refresh=False) in (JobStatus.FAILED, JobStatus.STOPPED):
            with store.write() as con:
                set_sweep(con, sweep.id, "failed", "The sweep ended its worker several times.")
