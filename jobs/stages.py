"""One stage of one job: begin, compute with no database open, finish in one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from rq.timeouts import JobTimeoutException

from agents.errors import AnalyzerUnavailable, LectureError, ServiceUnavailable, StageError
from agents.registry import Context, stage_key
from agents.types import Intake, Transcript
from data.artifacts import forget_result, load_result, save_result, write_files
from data.clips import follow_order, put_clips, put_plans
from data.decisions import read_decisions
from data.jobs import fail_stage, finish_stage, log_event, rename_keys
from data.lectures import update_lecture
from data.records import Job
from data.spending import add_spending
from data.store import Connection
from jobs.attempts import Task, begin, facts, stage_row
from jobs.pipeline import stage_keys, stage_params, with_followers
from jobs.progress import Reporter
from jobs.queue import TIMEOUT_S
from jobs.workshop import Workshop

logger = logging.getLogger(__name__)

Outcome = Literal["done", "again", "failed", "skipped", "lost"]
"""`again` asks for another try, `lost` says that another worker has taken the stage over."""

Result = TypeVar("Result")


class _Unexpected(LectureError):
    """A mistake of ours, or bad luck: tried again."""


_RETRIED = (AnalyzerUnavailable, ServiceUnavailable, _Unexpected)


def run_stage(
    shop: Workshop, job_id: str, name: str, worker: str, *, again: bool = False
) -> Outcome:
    """Run one stage; `again` computes it even if its result is known. Only interrupts raise."""
    needs = shop.table[name].needs

    def take(con: Connection) -> Task | None:
        if again:
            forget_result(con, shop.artifacts, stage_row(con, job_id, name).key)
        return begin(con, job_id, name, needs, worker)

    task = _settle(shop, job_id, name, take)
    if task is None:
        return _status(shop, job_id, name)
    fields = {"job_id": job_id, "stage": name, "attempt": task.attempt}
    logger.info("stage begun", extra=fields)
    try:
        seconds = _adopt(shop, task) if task.known else _compute(shop, task)
    except Exception as error:  # noqa: BLE001 - whatever an agent does, the job must say so
        return _fail(shop, task, error)
    logger.info("stage finished", extra={**fields, "seconds": round(seconds, 3)})
    return "done"


def _status(shop: Workshop, job_id: str, name: str) -> Outcome:
    with shop.store.read() as con:
        status = stage_row(con, job_id, name).status
    return {"done": "done", "failed": "failed"}.get(status, "skipped")  # type: ignore[return-value]


def _compute(shop: Workshop, task: Task) -> float:
    """Run the agent and commit its result; return the seconds that it took."""
    stage = shop.table[task.name]
    began = time.monotonic()
    report = Reporter(lambda event: shop.emit(task.job.id, event), task.name)
    report(0.0, "started")
    with shop.artifacts.workdir(task.key, task.attempt) as folder:
        context = Context(
            workdir=folder,
            resources=shop.resources_with(task.lecture, task.job.params),
            progress=report,
            once=shop.artifacts.once,
            find=shop.artifacts.find,
        )
        params = stage_params(stage, task.job.params)
        value = stage.run(*_inputs(shop, task), params=params, context=context)
        write_files(value, folder)
        seconds = time.monotonic() - began
        keys = stand_in_keys(shop, task, value)
        key = keys.get(task.name, task.key)
        shop.artifacts.send(folder, key)

        def finish(con: Connection) -> None:
            # First: it takes the row, and refuses an attempt that another one has replaced.
            finish_stage(con, task.job.id, task.name, task.attempt, task.key, seconds)
            rename_keys(con, task.job.id, task.name, keys)
            save_result(
                *(con, task.name, key, value, folder),
                version=stage.version,
                params=params.model_dump(mode="json"),
                inputs=[task.keys[need] for need in stage.needs] or [task.lecture.sha256],
                seconds=seconds,
            )
            shop.artifacts.publish(folder, key)
            apply_result(con, task.job, task.name, value)
            _record_spending(con, task, value)

        _settle(shop, task.job.id, task.name, finish)
    return seconds


def stand_in_keys(shop: Workshop, task: Task, value: object) -> dict[str, str]:
    """Return the keys of a stage and its followers if the value stands in for the one wanted.

    An outside analyzer that does not answer leaves a local value. That goes under a key of its
    own, so that the key of the wanted value stays free and the next run asks again.
    """
    notices = getattr(value, "notices", ())
    reasons = [notice.message for notice in notices if notice.code == AnalyzerUnavailable.code]
    if not reasons:
        return {}
    stage = shop.table[task.name]
    params = stage_params(stage, task.job.params).model_dump(mode="json")
    inputs = [task.keys[need] for need in stage.needs] or [task.lecture.sha256]
    own = stage_key(task.name, stage.version, params, inputs, {"instead": reasons})
    after = with_followers(task.name, shop.table)
    given = {name: key for name, key in task.keys.items() if name not in after}
    given[task.name] = own
    resources = shop.resources_with(task.lecture, task.job.params)
    keys = stage_keys(task.lecture.sha256, task.job.params, resources, shop.table, given)
    return {name: keys[name] for name in after}


def _record_spending(con: Connection, task: Task, value: object) -> None:
    usage = getattr(value, "usage", None)
    if usage is not None:
        add_spending(con, task.job.id, task.name, task.attempt, usage)


def _adopt(shop: Workshop, task: Task) -> float:
    """Finish a stage whose result an earlier job has left; compute it if its files are gone."""
    try:
        with shop.store.read() as con:
            value = _load(shop, con, task, task.name)
    except StageError as error:
        if error.code != "lost_files":
            raise
        logger.warning("files of a result are gone", extra={"stage": task.name, "key": task.key})
        with shop.store.write() as con:
            forget_result(con, shop.artifacts, task.key)
        return _compute(shop, task)

    def finish(con: Connection) -> None:
        finish_stage(con, task.job.id, task.name, task.attempt, task.key, 0.0)
        apply_result(con, task.job, task.name, value)

    _settle(shop, task.job.id, task.name, finish)
    return 0.0


def apply_result(con: Connection, job: Job, name: str, value: Any) -> None:  # noqa: ANN401
    """Write what a result says about the lecture and its clips into their own rows."""
    if isinstance(value, Intake):
        media = value.media
        update_lecture(
            con,
            job.lecture_id,
            duration=media.duration,
            width=media.width,
            height=media.height,
            fps=media.fps,
        )
    elif isinstance(value, Transcript):
        update_lecture(con, job.lecture_id, language=value.language)
    elif name == "extract":
        put_plans(con, job.id, value, parent=job.parent)
        if job.parent and read_decisions(job.params).closed:
            follow_order(con, job.id, job.parent)
    elif name == "compile":
        put_clips(con, job.id, value)
    for notice in getattr(value, "notices", ()):
        log_event(con, job.id, name, "notice", notice.message)


def _load(shop: Workshop, con: Connection, task: Task, name: str) -> Any:  # noqa: ANN401
    upload = shop.media.path(task.lecture.id)
    return load_result(con, shop.artifacts, name, task.keys[name], upload=upload)


def _fail(shop: Workshop, task: Task, error: Exception) -> Outcome:
    """Record why an attempt failed: for good, or to be tried again."""
    fields = {"job_id": task.job.id, "stage": task.name, "attempt": task.attempt}
    if isinstance(error, StageError) and error.code in ("lost_lease", "cancelled"):
        logger.info("stage taken over", extra=fields)
        return "lost"
    reason = _explain(shop, task, error)
    if reason is error:
        logger.warning("stage failed", extra={**fields, "code": reason.code, "reason": str(reason)})
    else:
        logger.error("stage failed unexpectedly", extra=fields, exc_info=error)
    final = task.last or not isinstance(reason, _RETRIED)

    def record(con: Connection) -> None:
        where = (con, task.job.id, task.name, task.attempt)
        fail_stage(*where, reason.code, reason.message, final=final)

    try:
        _settle(shop, task.job.id, task.name, record)
    except StageError:
        return "lost"
    return "failed" if final else "again"


def _explain(shop: Workshop, task: Task, error: Exception) -> LectureError:
    """Return what people are told: the error itself where it was made for them."""
    title = shop.table[task.name].title
    if isinstance(error, LectureError):
        return error
    if isinstance(error, JobTimeoutException):
        return StageError(f"{title} took longer than {TIMEOUT_S // 3600} hours", code="too_slow")
    return _Unexpected(f"{title} met an unexpected error; the log of this machine has the details")


def _inputs(shop: Workshop, task: Task) -> list[Any]:
    """Return the values that a stage needs: the upload itself for the first one."""
    needs = shop.table[task.name].needs
    if not needs:
        return [shop.media.path(task.lecture.id)]
    with shop.store.read() as con:
        return [_load(shop, con, task, need) for need in needs]


def _settle(
    shop: Workshop, job_id: str, name: str, change: Callable[[Connection], Result]
) -> Result:
    """Make a change in one transaction, then tell clients how the stage and the job stand."""
    with shop.store.write() as con:
        result = change(con)
        events = facts(con, job_id, name)
    for event in events:
        shop.emit(job_id, event)
    return result
