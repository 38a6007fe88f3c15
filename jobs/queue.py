"""RQ's side of a job: one entry per unfinished stage, ordered by dependencies.

The database row is the truth and is committed first. What stands here can be lost at any time and
is put back by `jobs.reconcile`.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import RedisError
from rq import Retry
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job as Delivery
from rq.job import JobStatus
from rq.registry import DeferredJobRegistry
from rq.serializers import JSONSerializer

from data.jobs import cancel_job, get_job, job_stages, owners_of, reset_stages
from data.records import Job, StageRow, Sweep
from data.store import Connection, Store
from jobs.attempts import facts
from jobs.fairness import FairQueue, turn_of_job, turn_of_sweep
from jobs.pipeline import StageTable, stage_table
from jobs.progress import FINAL, emit, make_event, state_key

QUEUE = "lecture"
TIMEOUT_S = 6 * 3600
"""No stage may take longer; the sandbox has tighter limits of its own."""
RESULT_TTL_S = 24 * 3600
FAILURE_TTL_S = 7 * 24 * 3600
PERFORM = "jobs.worker.perform"
ERRAND = "errand"
"""Stands in the place of a job's id where an entry is no stage: see `jobs.errands`."""
PERFORM_SWEEP = "jobs.worker.perform_sweep"
SWEEP = "sweep"
"""Stands in RQ's ids where a job's id does for stages: sweeps run beside all jobs."""

UNFINISHED = frozenset({"pending", "running"})
"""What a stage row says while there is something left to do."""


def connect(url: str) -> Redis:
    """Return a client for the broker at `url`."""
    return Redis.from_url(url, socket_connect_timeout=5, health_check_interval=15)


def await_broker(redis: Redis, within_s: float = 30.0) -> None:
    """Wait for the broker: a worker may start while its launcher starts a dead one again.

    Raises:
        redis.exceptions.RedisError: the broker gave no answer in that time.
    """
    end = time.monotonic() + within_s
    while True:
        try:
            redis.ping()
            return
        except RedisError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def open_queue(redis: Redis) -> FairQueue:
    """Return the one queue that all workers serve."""
    return FairQueue(QUEUE, connection=redis, serializer=JSONSerializer)


def delivery_id(job_id: str, stage: str) -> str:
    """Return RQ's id for one stage of a job."""
    return f"{job_id}-{stage}"


def split_delivery_id(name: str) -> tuple[str, str]:
    """Return the job id and the stage of RQ's id."""
    job_id, _, stage = name.rpartition("-")
    return job_id, stage


def is_errand(name: str) -> bool:
    """Say whether RQ's id is that of an errand, of which the database knows nothing."""
    return name.startswith(f"{ERRAND}-")


def is_sweep(name: str) -> bool:
    """Say whether an id of RQ's is that of a sweep."""
    return split_delivery_id(name)[0] == SWEEP


def is_stage(name: str) -> bool:
    """Say whether an id of RQ's is that of a stage of a job."""
    return not (is_errand(name) or is_sweep(name))


def submit(
    redis: Redis,
    job: Job,
    rows: Sequence[StageRow] | None = None,
    *,
    owner: str = "local",
    table: StageTable | None = None,
) -> None:
    """Enqueue a committed job: its unfinished stages, or all of them when `rows` is not given.

    `owner` is the person whose turn it takes.
    """
    table = table or stage_table()
    pending = list(table) if rows is None else [r.name for r in rows if r.status in UNFINISHED]
    announce_queued(redis, job.id, rows or (), pending)
    enqueue(redis, job.id, pending, table, turn=turn_of_job(job, owner))


def announce_queued(
    redis: Redis, job_id: str, rows: Iterable[StageRow], pending: Iterable[str]
) -> None:
    """Tell clients what is waiting and what need not be computed again."""
    for row in rows:
        if row.status == "done":
            message = "already known from an earlier run"
            emit(redis, job_id, make_event(row.name, "done", percent=100, message=message))
    for name in pending:
        emit(redis, job_id, make_event(name, "queued"))
    emit(redis, job_id, make_event("", "queued"))


def enqueue(
    redis: Redis,
    job_id: str,
    pending: Iterable[str],
    table: StageTable,
    *,
    turn: Mapping[str, str],
    held: Collection[str] = (),
) -> list[str]:
    """Enqueue the stages of `pending` that RQ does not have; return what was enqueued.

    Safe to call from several processes and as often as one likes. Stages in `held`, and those that
    need them, are left for later: somebody is at work on them whose entry was lost.
    """
    queue, pending = open_queue(redis), set(pending)
    enqueued = list[str]()
    with redis.lock(f"lock:enqueue:{job_id}", timeout=30, blocking_timeout=30):
        for name in (each for each in table if each in pending):
            needs = [need for need in table[name].needs if need in pending]
            ready = all(is_delivered(redis, job_id, need) for need in needs)
            if ready and name not in held and not is_delivered(redis, job_id, name):
                _enqueue_one(queue, job_id, name, needs, turn)
                enqueued.append(name)
    return enqueued


def _enqueue_one(
    queue: FairQueue, job_id: str, name: str, needs: Sequence[str], turn: Mapping[str, str]
) -> None:
    forget(queue.connection, delivery_id(job_id, name))
    queue.enqueue_call(
        PERFORM,
        args=(job_id, name),
        job_id=delivery_id(job_id, name),
        description=f"{name} of {job_id}",
        depends_on=[delivery_id(job_id, need) for need in needs],
        meta=dict(turn),
        retry=Retry(max=2),
        timeout=TIMEOUT_S,
        result_ttl=RESULT_TTL_S,
        failure_ttl=FAILURE_TTL_S,
    )


def enqueue_sweep(redis: Redis, sweep: Sweep) -> None:
    """Enqueue a sweep; one that is interrupted goes on where it was."""
    open_queue(redis).enqueue_call(
        PERFORM_SWEEP,
        args=(sweep.id,),
        job_id=delivery_id(SWEEP, sweep.id),
        description=f"sweep {sweep.id}",
        meta=dict(turn_of_sweep(sweep)),
        retry=Retry(max=2),
        timeout=TIMEOUT_S,
        result_ttl=RESULT_TTL_S,
        failure_ttl=FAILURE_TTL_S,
    )


_OVER = frozenset({JobStatus.FINISHED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED})


def is_delivered(redis: Redis, job_id: str, stage: str) -> bool:
    """Say whether RQ has an entry for the stage that is still to be worked on."""
    found = fetch(redis, delivery_id(job_id, stage))
    return found is not None and found.get_status(refresh=False) not in _OVER


def fetch(redis: Redis, name: str) -> Delivery | None:
    """Return RQ's entry, None when it has none."""
    try:
        return Delivery.fetch(name, connection=redis, serializer=JSONSerializer)
    except NoSuchJobError:
        return None


def forget(redis: Redis, name: str) -> None:
    """Delete RQ's entry with all its traces; what runs keeps running."""
    redis.lrem(open_queue(redis).intermediate_queue_key, 0, name)
    found = fetch(redis, name)
    if found is not None:
        # Its worker may forget it in the same moment, when it was stopped.
        with contextlib.suppress(InvalidJobOperation, NoSuchJobError):
            found.delete()


def withdraw(redis: Redis, job_id: str, stages: Iterable[str]) -> None:
    """Take stages out of the queue, and stop the processes that are at work on them."""
    for stage in stages:
        name = delivery_id(job_id, stage)
        found = fetch(redis, name)
        if found is None:
            continue
        if found.get_status(refresh=False) == JobStatus.STARTED:
            with contextlib.suppress(InvalidJobOperation, NoSuchJobError):
                send_stop_job_command(redis, name, serializer=JSONSerializer)
        else:
            forget(redis, name)


def cancel(redis: Redis, store: Store, job_id: str) -> None:
    """Cancel a job: nothing of it starts any more, and what runs is killed."""
    with store.write() as con:
        cancel_job(con, job_id)
        stages = [row.name for row in job_stages(con, job_id)]
        events = facts(con, job_id)
    withdraw(redis, job_id, stages)
    for event in events:
        emit(redis, job_id, event)


def retry(
    redis: Redis,
    store: Store,
    job_id: str,
    from_stage: str | None = None,
    *,
    table: StageTable | None = None,
    check: Callable[[Connection], None] | None = None,
) -> None:
    """Run a failed or cancelled job again, from its first unfinished stage or from `from_stage`.

    `check` may refuse it in the same transaction.
    """
    table = table or stage_table()
    with store.write() as con:
        if check is not None:
            check(con)
        rows = job_stages(con, job_id)
        first = from_stage or next(r.name for r in rows if r.status != "done")
        reset_stages(con, job_id, first)
        job, rows = get_job(con, job_id), job_stages(con, job_id)
        owner = owners_of(con, [job_id])[job_id]
    withdraw(redis, job_id, [row.name for row in rows])
    submit(redis, job, rows, owner=owner, table=table)


def is_wanted(redis: Redis, name: str) -> bool:
    """Say whether the job of RQ's entry goes on, as far as Redis knows."""
    job_id, _ = split_delivery_id(name)
    event = redis.hget(state_key(job_id), "job")
    return event is None or json.loads(event)["status"] not in FINAL


@dataclass(frozen=True, slots=True)
class Contents:
    """What RQ holds, read at one moment; ids are RQ's."""

    waiting: frozenset[str]
    taken: frozenset[str]
    started: frozenset[str]
    deferred: frozenset[str] = field(default_factory=frozenset)

    @property
    def all(self) -> frozenset[str]:
        """Return every id."""
        return self.waiting | self.taken | self.started | self.deferred


def read_contents(redis: Redis) -> Contents:
    """Return what stands in the queue and its registries, without RQ's own cleaning."""
    queue = open_queue(redis)
    deferred = DeferredJobRegistry(queue=queue)
    return Contents(
        waiting=frozenset(queue.get_job_ids()),
        taken=frozenset(queue.intermediate_queue.get_job_ids()),
        started=frozenset(queue.started_job_registry.get_job_ids(cleanup=False)),
        deferred=frozenset(deferred.get_job_ids(cleanup=False)),
    )
