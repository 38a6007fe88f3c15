"""The stages of a run and its log, ready to be shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agents.registry import all_agents
from app.services.jobs import JobView, StageView
from data.records import LogEntry


def steps() -> dict[str, int]:
    """Return each stage's step in the pipeline: those of one step run side by side."""
    found = {"intake": 0}
    for agent in all_agents():
        found[agent.name] = 1 + max(found.get(need, 0) for need in agent.needs)
    order = sorted(set(found.values()))
    return {name: order.index(step) for name, step in found.items()}


def stage_rows(stages: Iterable[StageView]) -> list[dict[str, Any]]:
    """Return what the live component draws for each stage."""
    at = steps()
    names = ("name", "title", "status", "percent", "message", "eta_s", "seconds", "error")
    return [
        {
            **{name: getattr(stage, name) for name in names},
            "step": at.get(stage.name, 0),
            "reused": stage.status == "done" and stage.attempt == 0,
        }
        for stage in stages
    ]


def live_data(view: JobView) -> dict[str, Any]:
    """Return what the live component begins with."""
    return {
        "job": view.job.id,
        "status": view.job.status,
        "after": view.event_id,
        "stages": stage_rows(view.stages),
    }


def log_lines(log: Iterable[LogEntry]) -> list[str]:
    """Return one line per event: time, stage, what happened."""
    return [
        f"{entry.ts:%H:%M:%S}  {entry.stage or 'run':<10}  {entry.event}"
        + (f": {entry.message}" if entry.message else "")
        for entry in log
    ]
