"""The worker: RQ's, with short leases, watchdogs, and reconcile among its maintenance."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from types import FrameType
from typing import Any, NoReturn

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Retry, SpawnWorker, Worker
from rq import get_current_job as current_delivery
from rq.executions import Execution
from rq.job import Job as Delivery
from rq.job import JobStatus
from rq.queue import Queue
from rq.registry import clean_registries
from rq.serializers import JSONSerializer
from rq.utils import now
from rq.worker_registration import clean_worker_registry

from agents.errors import LectureError
from jobs.attempts import give_back
from jobs.config import Leases, WorkshopConfig
from jobs.errands import do_errand
from jobs.extras import ExtraKind, make_extra, plan_extra
from jobs.fairness import FairQueue
from jobs.processes import die_with_parent, is_alive, kill_tree, watch_parent
from jobs.progress import Event, emit
from jobs.queue import (
    QUEUE,
    await_broker,
    connect,
    is_errand,
    is_stage,
    is_sweep,
    is_wanted,
    open_queue,
    split_delivery_id,
    withdraw,
)
from jobs.reconcile import claim, reconcile, record_death
from jobs.retention import apply_rules
from jobs.stages import run_stage
from jobs.sweeping import restart_sweeps, run_sweep
from jobs.upkeep import claim_upkeep
from jobs.workshop import Workshop, open_workshop

logger = logging.getLogger(__name__)

CONFIG_VARIABLE = "LECTURE_WORKER_CONFIG"
"""Carries the config to a spawned work horse; its worker sets it, nobody else."""

ORPHAN_GRACE_S = (1.0, 3.0)
"""Seconds that an orphaned worker gets after each of its two signals."""

_shop: Workshop | None = None
# Made by the worker before it forks; a spawned horse makes its own.


class StageFailed(LectureError):
    """Tells RQ that a stage is over; the database has the reason."""


def perform(job_id: str, stage: str) -> Retry | None:
    """Run one stage in a work horse; this is what RQ calls."""
    shop = the_workshop()
    delivery = current_delivery()
    assert delivery is not None
    outcome = run_stage(shop, job_id, stage, delivery.worker_name or "")
    if outcome == "lost":
        leave_silently()
    if outcome == "again":
        return Retry(max=10)  # the database counts the tries, and says "failed" at the last one
    if outcome == "failed":
        withdraw(delivery.connection, job_id, [name for name in shop.table if name != stage])
        delivery.retries_left = 0
        raise StageFailed(f"{stage} of {job_id} failed")
    return None


def make_extra_of_job(name: str, kind: ExtraKind, job_id: str) -> None:
    """Make the reel or the podcast of a job in a work horse; this is what RQ calls."""
    shop, delivery = the_workshop(), current_delivery()
    assert delivery is not None
    do_errand(
        delivery.connection,
        name,
        lambda progress: make_extra(shop, plan_extra(shop, kind, job_id), progress),
    )


def perform_sweep(sweep_id: str) -> None:
    """Work through a grid of parameters in a work horse; this is what RQ calls."""
    run_sweep(the_workshop(), sweep_id)


def leave_silently() -> None:
    """End this horse without a word to RQ: another worker has taken the stage over."""
    logging.shutdown()
    os._exit(os.EX_OK)


def the_workshop() -> Workshop:
    """Return this process's workshop."""
    global _shop
    if _shop is None:
        config = WorkshopConfig.model_validate_json(os.environ[CONFIG_VARIABLE])
        _shop = open_shop(config, connect(config.redis_url))
    return _shop


def open_shop(config: WorkshopConfig, redis: Redis) -> Workshop:
    """Return a workshop that reports to Redis; a report that cannot be sent is dropped."""

    def send(job_id: str, event: Event) -> None:
        try:
            emit(redis, job_id, event)
        except RedisError:
            logger.warning("progress not sent", extra={"job_id": job_id})

    return open_workshop(config, send)


class LectureWorker(Worker):
    """An RQ worker that is missed within seconds, and whose children never outlive it."""

    queue_class = FairQueue
    max_connection_wait_time = 4.0
    leases = Leases()
    _interrupted: Execution | None = None

    def use_leases(self, leases: Leases) -> None:
        """Set how long things may take before others step in."""
        self.leases = leases
        self.worker_ttl = leases.worker_s
        self.job_monitoring_interval = leases.monitoring_s
        self.maintenance_interval = leases.maintenance_s

    @property
    def dequeue_timeout(self) -> int:
        """Wait no longer for work than until the next maintenance, in whole seconds."""
        return max(1, self.leases.maintenance_s)

    def get_heartbeat_ttl(self, job: Delivery, working_time: float = 0.0) -> int:
        """Return how long the lease of a stage lasts unless it is renewed, in seconds."""
        return self.leases.heartbeat_s

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Renew this worker's own registration for a short while only."""
        super().heartbeat(self.leases.worker_s, pipeline=pipeline)

    # --- while a horse runs ---------------------------------------------------------------------

    def maintain_heartbeats(self, job: Delivery, execution: Execution) -> None:
        """Renew the lease, stop what nobody wants any more, and look after the others."""
        try:
            if not is_wanted(self.connection, job.id):
                self._stopped_job_id = job.id
                self.kill_horse()
                return
            if not self.connection.exists(job.key):
                self._restore(job, execution)
            super().maintain_heartbeats(job, execution)
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()
        except RedisError:
            logger.warning("broker does not answer, the stage goes on", extra={"rq_id": job.id})

    def _restore(self, job: Delivery, execution: Execution) -> None:
        """Write the entry of the running stage anew: Redis was emptied under it."""
        with self.connection.pipeline() as batch:
            job.set_status(JobStatus.STARTED, pipeline=batch)
            job.worker_name = self.name
            job.save(pipeline=batch)
            execution.save(self.leases.heartbeat_s, pipeline=batch)
            job.started_job_registry.add_execution(
                execution, pipeline=batch, ttl=self.leases.heartbeat_s
            )
            batch.execute()

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill the horse with every process that it started."""
        if self.horse_pid:
            kill_tree(self.horse_pid, sig)

    def handle_work_horse_killed(
        self, job: Delivery, retpid: int | None, ret_val: int | None, rusage: object
    ) -> None:
        """Count the death, so that a recording that kills three horses is set aside."""
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)
        # RQ tries a sweep again, and its cells that are stored stay; an errand is asked for again
        if not is_stage(job.id):
            return
        if record_death(the_workshop().store, self.connection, job.id):
            job.retries_left = 0

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop now: what was in work goes back into the queue as if it had not been tried.

        It goes back when the stack is unwound: whatever this signal interrupted may hold the
        store's lock, for which nobody could wait here.
        """
        if self.horse_pid and self.execution is not None:
            self.kill_horse()
            self._interrupted = self.execution
        raise SystemExit(0)

    def work(self, *args: Any, **options: Any) -> bool:  # noqa: ANN401
        """Work until told to stop; a second telling gives back what was in work."""
        try:
            return super().work(*args, **options)
        finally:
            if self._interrupted is not None:
                self.wait_for_horse()
                self._put_back(self._interrupted)

    def _put_back(self, execution: Execution) -> None:
        if is_errand(execution.job_id):
            return
        job_id, stage = split_delivery_id(execution.job_id)
        if not is_sweep(execution.job_id):
            with the_workshop().store.write() as con:
                give_back(con, job_id, stage)
        try:
            queue = open_queue(self.connection)
            job = execution.job
            with self.connection.pipeline() as batch:
                self.cleanup_execution(job, pipeline=batch, execution=execution)
                queue._enqueue_job(job, pipeline=batch, at_front=True)
                batch.execute()
        except RedisError:
            logger.warning("broker is gone, reconcile will put the stage back")

    def main_work_horse(self, job: Delivery, queue: Queue) -> NoReturn:
        """Tie this horse to its worker, then do the work."""
        die_with_parent()
        watch_parent(self.pid or 0, _end_horse)
        super().main_work_horse(job, queue)

    def handle_exception(self, job: Delivery, *exc_info: object) -> None:
        """Leave alone what the stage has recorded already."""
        if not isinstance(exc_info[1], StageFailed):
            super().handle_exception(job, *exc_info)

    # --- maintenance ------------------------------------------------------------------------------

    def run_maintenance_tasks(self) -> None:
        """Clean RQ's registries, then repair what they cannot know; one worker does it for all."""
        slept = self._has_slept()
        self.last_cleaned_at = now()
        # After a sleep every lease looks expired: the living get until the next time to renew.
        if slept or not claim(self.connection, self.leases):
            return
        queue = open_queue(self.connection)
        end_leases_of_the_dead(queue)
        # Without RQ's own lock, which lasts 15 minutes when its holder is killed.
        clean_registries(queue, self._exc_handlers)
        clean_worker_registry(queue)
        try:
            self._look_after(the_workshop())
        except LectureError as error:  # the store is busy or its disk full: a horse may run on
            logger.warning("maintenance is put off", extra={"reason": error.message})

    def _look_after(self, shop: Workshop) -> None:
        reconcile(shop.store, self.connection, table=shop.table, leases=self.leases)
        restart_sweeps(shop.store, self.connection)
        if claim_upkeep(self.connection):
            apply_rules(shop)

    def _has_slept(self) -> bool:
        if self.last_cleaned_at is None:
            return False
        pause = (now() - self.last_cleaned_at).total_seconds()
        return pause > 3 * self.leases.maintenance_s + 1


class SpawningWorker(LectureWorker, SpawnWorker):
    """The same for macOS, where a process must not fork once it has used certain libraries."""


def end_leases_of_the_dead(queue: Queue) -> None:
    """End the leases of workers whose processes are gone, which only one machine can know.

    A unix socket means that all are on it; elsewhere the leases run out by themselves.
    """
    if "path" not in queue.connection.get_connection_kwargs():
        return
    for worker in Worker.all(queue=queue):
        if worker.hostname == socket.gethostname() and worker.pid and not is_alive(worker.pid):
            held = [execution.composite_key for execution in worker.get_current_executions()]
            with queue.connection.pipeline() as batch:
                for key in held:
                    batch.zadd(queue.started_job_registry.key, {key: 1}, xx=True)
                batch.delete(worker.key)
                batch.execute()


def _end_horse() -> None:
    kill_tree(os.getpid())


def _end_worker() -> None:
    """Stop as for two signals from the launcher, which is gone, and then for certain."""
    for grace_s in ORPHAN_GRACE_S:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_s)
    kill_tree(os.getpid())


def worker_main(
    config: WorkshopConfig, *, parent: int | None = None, spawn: bool = sys.platform == "darwin"
) -> None:
    """Serve the queue until told to stop; end with `parent` when its id is given."""
    global _shop
    if parent is not None:
        watch_parent(parent, _end_worker)
    if spawn:
        os.environ[CONFIG_VARIABLE] = config.to_json()
    redis = connect(config.redis_url)
    await_broker(redis)
    _shop = open_shop(config, redis)
    worker = (SpawningWorker if spawn else LectureWorker)(
        [QUEUE],
        connection=redis,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    worker.use_leases(config.leases)
    worker.work(logging_level="WARNING")
