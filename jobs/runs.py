"""Starting a run: the job row with its stage keys, and what is known of it already."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agents.errors import StageError
from agents.params import Params
from agents.types import Decisions
from data.artifacts import forget_result, has_result, load_result
from data.decisions import caption_fixes, gather_decisions, with_decisions
from data.jobs import create_job, get_job, job_stages, jobs_named, rename_keys
from data.lectures import get_lecture
from data.overrides import layout_corrections
from data.quotas import take_turn
from data.records import Job, StageRow
from data.store import Connection
from jobs.pipeline import stage_keys, stage_params, with_followers
from jobs.stages import apply_result
from jobs.workshop import Workshop


def create_run(
    shop: Workshop,
    lecture_id: str,
    tuning: Params | Mapping[str, Any],
    *,
    parent: str | None = None,
    job_id: str | None = None,
    decisions: Decisions | None = None,
    check: Callable[[Connection], None] | None = None,
) -> tuple[Job, list[StageRow]]:
    """Commit a job for a lecture; stages whose key has a result are done, with clips in place.

    It is bound by `decisions`, else by what people have decided about the clips of its parent and
    about the captions of the lecture; by corrections of its layout in either case. `check` may
    refuse it in the same transaction. A `job_id` that there is already names that job, without
    stages that are to be enqueued.
    """
    params = {
        name: stage_params(stage, tuning).model_dump(mode="json")
        for name, stage in shop.table.items()
    }
    with shop.store.write() as con:
        if job_id is not None:
            take_turn(con, job_id)
            if made := jobs_named(con, job_id):
                return made[0], []
        if check is not None:
            check(con)
        lecture = get_lecture(con, lecture_id)
        if decisions is None:
            captions = caption_fixes(con, lecture_id)
            decisions = gather_decisions(con, parent) if parent else Decisions(captions=captions)
        decisions = replace(decisions, layout=layout_corrections(con, lecture_id))
        params = with_decisions(params, decisions)
        resources = shop.resources_with(lecture, params)
        keys = stage_keys(lecture.sha256, params, resources, shop.table)
        known = {name: found for name in keys if (found := _known(shop, con, name, keys[name]))}
        job = create_job(
            con,
            id=job_id or secrets.token_hex(16),
            lecture_id=lecture_id,
            params=params,
            keys=keys,
            parent=parent,
        )
        for name, (value,) in known.items():
            apply_result(con, job, name, value)
        return job, job_stages(con, job.id)


def renew_keys(shop: Workshop, job_id: str, from_stage: str | None = None) -> None:
    """Key what is about to run again by what there is now, settings and services included.

    That is `from_stage`, else the first stage that is not done, with all that follow it. Where a
    local value stood in for an outside analyzer, that one is asked again.
    """
    with shop.store.write() as con:
        job, rows = get_job(con, job_id), job_stages(con, job_id)
        lecture = get_lecture(con, job.lecture_id)
        first = from_stage or next((row.name for row in rows if row.status != "done"), None)
        if first is None:
            return
        again = with_followers(first, shop.table)
        given = {row.name: row.key for row in rows if row.name not in again}
        resources = shop.resources_with(lecture, job.params)
        keys = stage_keys(lecture.sha256, job.params, resources, shop.table, given)
        for name in again:
            rename_keys(con, job_id, name, {name: keys[name]})


def _known(shop: Workshop, con: Connection, name: str, key: str) -> tuple[Any] | None:
    """Return the value under a key in a tuple, None if it must be computed (again)."""
    if not has_result(con, key):
        return None
    try:
        return (load_result(con, shop.artifacts, name, key),)
    except StageError:
        forget_result(con, shop.artifacts, key)  # somebody has removed its files
        return None
