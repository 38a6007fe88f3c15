"""Put right whatever a crash left between the database and the queue, an empty Redis included."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping

from redis import Redis
from rq.job import JobStatus

from data.jobs import job_stages, list_jobs, owners_of, unfinished_jobs
from data.records import StageRow
from data.store import Store
from jobs.attempts import facts, note_death
from jobs.config import Leases
from jobs.fairness import turn_of_job
from jobs.pipeline import StageTable, stage_table
from jobs.progress import emit, state_key
from jobs.queue import (
    UNFINISHED,
    Contents,
    delivery_id,
    enqueue,
    fetch,
    forget,
    is_stage,
    read_contents,
    split_delivery_id,
    withdraw,
)

logger = logging.getLogger(__name__)

LOCK = "lock:reconcile"
SUSPECTS = "reconcile:suspects"
"""Hash of RQ id to the second since which its state has been odd."""


def claim(redis: Redis, leases: Leases) -> bool:
    """Become the one who looks after things until the next maintenance."""
    return bool(redis.set(LOCK, "1", nx=True, px=max(500, leases.maintenance_s * 900)))


def reconcile(
    store: Store,
    redis: Redis,
    *,
    table: StageTable | None = None,
    leases: Leases | None = None,
) -> None:
    """Enqueue what is missing, record what died, and stop what belongs to no unfinished job.

    A strange state is repaired only after it has lasted for the grace, as RQ's bookkeeping trails
    the database by some milliseconds; a waiting stage without any entry is put back at once.
    """
    table, leases = table or stage_table(), leases or Leases()
    with store.read() as con:
        unfinished = unfinished_jobs(con)
        jobs = {job.id: job_stages(con, job.id) for job in unfinished}
        owners = owners_of(con, list(jobs))
    turns = {job.id: turn_of_job(job, owners.get(job.id, "local")) for job in unfinished}
    contents = read_contents(redis)
    odd = {
        delivery_id(row.job_id, row.name): _grace(row, leases)
        for rows in jobs.values()
        for row in rows
        if _is_odd(redis, contents, row, rows, table)
    }
    due = _due(redis, odd)
    for job_id, rows in jobs.items():
        _repair(store, redis, job_id, rows, set(odd), due, table, turns[job_id])
        if not redis.exists(state_key(job_id)):
            _tell(store, redis, job_id)
    _sweep(store, redis, contents, set(jobs))


def _tell(store: Store, redis: Redis, job_id: str) -> None:
    """Say anew how a job stands: Redis was emptied, or the job was never announced."""
    with store.read() as con:
        events = facts(con, job_id)
    for event in events:
        emit(redis, job_id, event)


def _is_odd(
    redis: Redis,
    contents: Contents,
    row: StageRow,
    rows: Iterable[StageRow],
    table: StageTable,
) -> bool:
    """Say whether an unfinished stage has nobody who would work on it."""
    if row.status not in ("pending", "running"):
        return False
    name = delivery_id(row.job_id, row.name)
    if name in contents.waiting or name in contents.started:
        return False
    found = fetch(redis, name)
    if found is None:
        return True
    status = found.get_status(refresh=False)
    if status == JobStatus.DEFERRED:
        done = {each.name for each in rows if each.status == "done"}
        return done.issuperset(table[row.name].needs)
    return status != JobStatus.READY_TO_ENQUEUE  # RQ's own maintenance drains those


def _grace(row: StageRow, leases: Leases) -> float:
    """Return how long to wait: a worker whose entry was wiped restores it with its next beat."""
    return leases.grace_s + (2 * leases.monitoring_s if row.status == "running" else 0)


def _due(redis: Redis, odd: Mapping[str, float]) -> set[str]:
    """Remember since when each state has been odd; return those that have been for too long."""
    now = time.time()
    known = redis.hgetall(SUSPECTS)
    since = {name: float(known.get(name.encode(), now)) for name in odd}
    with redis.pipeline() as batch:
        batch.delete(SUSPECTS)
        for name, at in since.items():
            batch.hset(SUSPECTS, name, str(at))
        batch.execute()
    return {name for name, at in since.items() if now - at >= odd[name]}


def _repair(
    store: Store,
    redis: Redis,
    job_id: str,
    rows: Iterable[StageRow],
    odd: set[str],
    due: set[str],
    table: StageTable,
    turn: Mapping[str, str],
) -> None:
    """Put the stages of one job back into the queue, unless one has killed too many workers."""
    pending = {delivery_id(job_id, row.name): row for row in rows if row.status in UNFINISHED}
    for name in due & set(pending):
        if pending[name].status == "running" and record_death(store, redis, name):
            return
        forget(redis, name)
    held = {
        row.name
        for name, row in pending.items()
        if name in odd - due and (row.status == "running" or fetch(redis, name))
    }
    names = [row.name for row in pending.values()]
    for stage in enqueue(redis, job_id, names, table, turn=turn, held=held):
        logger.info("stage put back into the queue", extra={"job_id": job_id, "stage": stage})


def record_death(store: Store, redis: Redis, name: str) -> bool:
    """Record that the worker of a running stage is gone; say whether that ended the job."""
    job_id, stage = split_delivery_id(name)
    with store.write() as con:
        ended = note_death(con, job_id, stage)
        events = facts(con, job_id, stage)
        stages = [row.name for row in job_stages(con, job_id)]
    for event in events:
        emit(redis, job_id, event)
    if ended:
        withdraw(redis, job_id, stages)
    return ended


def _sweep(store: Store, redis: Redis, contents: Contents, unfinished: set[str]) -> None:
    """Withdraw the entries of jobs that failed, were cancelled or are gone."""
    names = [split_delivery_id(name) for name in contents.all if is_stage(name)]
    foreign = {job_id for job_id, _ in names} - unfinished
    if not foreign:
        return
    with store.read() as con:  # again: a job may have been submitted since the first look
        known = {job.id: job.status for job in list_jobs(con)}
    for job_id in foreign:
        if known.get(job_id, "gone") in ("failed", "cancelled", "gone"):
            withdraw(redis, job_id, [stage for found, stage in names if found == job_id])
