"""Work that belongs to no stage: what somebody asked for on a page, through the same queue.

An errand may be lost without harm: no row knows of it, and whoever wants it asks again. RQ's id
is `errand-NAME`, which no job has; where it stands is told under that id as a job's progress is.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from redis import Redis

from agents.errors import LectureError
from jobs.fairness import turn_of_errand
from jobs.progress import Event, Reporter, emit, make_event, state_key
from jobs.queue import (
    ERRAND,
    FAILURE_TTL_S,
    RESULT_TTL_S,
    TIMEOUT_S,
    delivery_id,
    forget,
    is_delivered,
    open_queue,
    withdraw,
)

logger = logging.getLogger(__name__)


def run_errand(redis: Redis, name: str, function: str, *args: str, owner: str = "local") -> None:
    """Have a worker call `function` (a dotted path) with `args`, unless it is on its way.

    `owner` is the person whose turn it takes.
    """
    with redis.lock(f"lock:{ERRAND}:{name}", timeout=30, blocking_timeout=30):
        if is_delivered(redis, ERRAND, name):
            return
        forget(redis, delivery_id(ERRAND, name))
        tell(redis, name, make_event("", "queued"))
        open_queue(redis).enqueue_call(
            function,
            args=(name, *args),
            job_id=delivery_id(ERRAND, name),
            description=f"{function} {name}",
            meta=dict(turn_of_errand(owner)),
            timeout=TIMEOUT_S,
            result_ttl=RESULT_TTL_S,
            failure_ttl=FAILURE_TTL_S,
        )


def errand_state(redis: Redis, name: str) -> Event | None:
    """Return the newest event of an errand; None where nobody asked for it, or long ago.

    One whose worker was killed has failed, whatever it said last.
    """
    told = redis.hget(state_key(delivery_id(ERRAND, name)), "job")
    if told is None:
        return None
    event: Event = json.loads(told)
    if event["status"] in ("queued", "running") and not is_delivered(redis, ERRAND, name):
        return make_event("", "failed", message="It was interrupted; ask for it again.")
    return event


def cancel_errand(redis: Redis, name: str) -> None:
    """Take an errand back, and stop the process that is at work on it."""
    withdraw(redis, ERRAND, [name])
    tell(redis, name, make_event("", "cancelled"))


def tell(redis: Redis, name: str, event: Event) -> None:
    """Say where an errand stands."""
    emit(redis, delivery_id(ERRAND, name), event)


def do_errand(redis: Redis, name: str, work: Callable[[Callable[..., None]], Any]) -> None:
    """Do the work of an errand in a worker; `work` is handed a progress call (percent, message)."""
    try:
        work(Reporter(lambda event: tell(redis, name, event), ""))
    except LectureError as error:
        logger.warning("errand failed", extra={"errand": name, "code": error.code})
        tell(redis, name, make_event("", "failed", message=error.message, code=error.code))
    except Exception:
        logger.exception("errand failed unexpectedly", extra={"errand": name})
        text = "An unexpected error; the log of this machine has the details."
        tell(redis, name, make_event("", "failed", message=text))
    else:
        tell(redis, name, make_event("", "done", percent=100.0))
