"""Run a job in this process, without broker or workers: what `lecture highlights` does."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from agents.errors import LectureError
from data.jobs import get_job, job_stages, reset_stages
from jobs.pipeline import with_followers, with_needs
from jobs.progress import Event
from jobs.stages import Outcome, run_stage
from jobs.workshop import Workshop


def run_job_here(
    shop: Workshop,
    job_id: str,
    on_progress: Callable[[Event], None],
    only: str | None = None,
    start: str | None = None,
) -> None:
    """Run what is missing of a job; raise the LectureError that ended it, if one did.

    `only` names a stage to stop at: it runs with what it needs, and nothing else. `start` names a
    stage that is computed again, with all that follows, even if the results are known. Stages
    that do not need each other run side by side in threads; their heavy work is outside Python.
    """
    here = replace(shop, emit=lambda _, event: on_progress(event))
    wanted = with_needs(only, shop.table) if only else set(shop.table)
    forced = set(with_followers(start, shop.table)) & wanted if start else set[str]()
    if start:
        with shop.store.write() as con:
            reset_stages(con, job_id, start)
    with ThreadPoolExecutor(max_workers=3, thread_name_prefix="stage") as pool:
        _Schedule(here, job_id, wanted, forced, pool).run()
    _raise_failure(shop, job_id)


class _Schedule:
    """Starts each stage as soon as what it needs is done."""

    def __init__(
        self,
        shop: Workshop,
        job_id: str,
        wanted: set[str],
        forced: set[str],
        pool: ThreadPoolExecutor,
    ) -> None:
        self.shop, self.job_id, self.forced, self.pool = shop, job_id, forced, pool
        with shop.store.read() as con:
            rows = job_stages(con, job_id)
        self.done = {row.name for row in rows if row.status == "done"}
        self.waiting = [n for n in shop.table if n in wanted and n not in self.done]
        self.running: dict[Future[Outcome], str] = {}

    def run(self) -> None:
        """Run everything, or what can be run until a stage fails."""
        self._start_ready()
        while self.running:
            finished, _ = wait(self.running, return_when=FIRST_COMPLETED)
            for future in finished:
                self._take(self.running.pop(future), future.result())
            self._start_ready()

    def _start_ready(self) -> None:
        for name in [n for n in self.waiting if self.done.issuperset(self.shop.table[n].needs)]:
            self.waiting.remove(name)
            again = name in self.forced
            worker = f"here-{os.getpid()}"
            future = self.pool.submit(run_stage, self.shop, self.job_id, name, worker, again=again)
            self.running[future] = name

    def _take(self, name: str, outcome: Outcome) -> None:
        if outcome == "done":
            self.done.add(name)
        elif outcome == "again":
            self.waiting.append(name)
        else:
            self.waiting.clear()


def _raise_failure(shop: Workshop, job_id: str) -> None:
    with shop.store.read() as con:
        job = get_job(con, job_id)
    if job.status == "failed":
        raise LectureError(job.error or "the run failed", code=job.error_code)
