"""Live progress of a job: a hash with the newest event per stage, and a stream to follow.

An event is a dict: `stage` ("" for the job as a whole), `status`, `percent` 0-100, `message`,
`eta_s` or None, `ts` (seconds since 1970), and `id` once it is read back. A client takes the
snapshot, then follows the stream from the snapshot's id, or from the last id it saw. When both
are gone (they expire, or Redis was emptied), the database still knows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from redis import Redis

Event = dict[str, Any]

KEPT_EVENTS = 500
KEPT_S = 7 * 24 * 3600
FINAL = frozenset({"completed", "failed", "cancelled"})

WEIGHTS: Mapping[str, float] = {
    "intake": 10,
    "silence": 1,
    "transcript": 25,
    "layout": 10,
    "content": 5,
    "extract": 1,
    "compile": 48,
}
"""Share of a stage in the work of a whole job, for one overall bar."""


def stream_key(job_id: str) -> str:
    """Return the key of a job's event stream."""
    return f"ev:{job_id}"


def state_key(job_id: str) -> str:
    """Return the key of the hash with a job's newest event per stage."""
    return f"st:{job_id}"


def make_event(
    stage: str,
    status: str,
    *,
    percent: float = 0.0,
    message: str = "",
    eta_s: float | None = None,
    code: str = "",
) -> Event:
    """Return an event of `stage`, or of the whole job when `stage` is empty."""
    event: Event = {
        "stage": stage,
        "status": status,
        "percent": round(percent, 1),
        "message": message,
        "eta_s": None if eta_s is None else round(eta_s, 1),
        "ts": round(time.time(), 3),
    }
    return {**event, "code": code} if code else event


def emit(redis: Redis, job_id: str, event: Event) -> str:
    """Append an event and return its stream id."""
    body = json.dumps(event)
    with redis.pipeline(transaction=True) as batch:
        batch.xadd(stream_key(job_id), {"e": body}, maxlen=KEPT_EVENTS, approximate=True)
        batch.hset(state_key(job_id), event["stage"] or "job", body)
        batch.expire(stream_key(job_id), KEPT_S)
        batch.expire(state_key(job_id), KEPT_S)
        return _text(batch.execute()[0])


def snapshot(redis: Redis, job_id: str) -> dict[str, Any]:
    """Return {id, job, stages, percent, eta_s}: where a job is, and the id to follow it from.

    `id` was read before the rest, so that nothing is missed; an event may be seen twice.
    """
    newest = redis.xrevrange(stream_key(job_id), count=1)
    events = {_text(k): json.loads(v) for k, v in redis.hgetall(state_key(job_id)).items()}
    job = events.pop("job", None)
    return {
        "id": _text(newest[0][0]) if newest else "0-0",
        "job": job,
        "stages": events,
        "percent": overall_percent(events),
        "eta_s": overall_eta(events),
    }


def events(
    redis: Redis, job_id: str, after_id: str = "0-0", block_ms: int = 1000, count: int = 100
) -> Iterator[Event]:
    """Yield what came after `after_id`, waiting up to `block_ms` for the first; call it again.

    Each event carries `id`: pass the last one as `after_id` next time, also after a reconnect.
    """
    answer = redis.xread({stream_key(job_id): after_id}, count=count, block=block_ms)
    yield from read_entries(answer)


def read_entries(answer: Any) -> Iterator[Event]:  # noqa: ANN401
    """Yield the events of what XREAD answers, in either protocol's shape."""
    streams = answer.items() if isinstance(answer, dict) else answer or ()
    for _, entries in streams:
        # RESP3 wraps the entries of a stream in one more list
        wrapped = bool(entries) and isinstance(entries[0], list)
        yield from (parse_entry(*entry) for entry in (entries[0] if wrapped else entries))


def parse_entry(entry_id: bytes | str, fields: Mapping[Any, Any]) -> Event:
    """Return the event of one stream entry, with its id."""
    return {**json.loads(fields.get(b"e") or fields["e"]), "id": _text(entry_id)}


def is_final(event: Event) -> bool:
    """Say whether this event ends the job."""
    return event["stage"] == "" and event["status"] in FINAL


def overall_percent(stages: Mapping[str, Event]) -> float:
    """Return the percent done of the whole job from the newest event of each stage."""
    total = sum(WEIGHTS.values())
    done = sum(WEIGHTS.get(name, 0) * _done(event) for name, event in stages.items())
    return round(min(100.0, 100.0 * done / total), 1)


def overall_eta(stages: Mapping[str, Event]) -> float | None:
    """Return the longest remaining time of a running stage in seconds, None when none knows."""
    running = [event["eta_s"] for event in stages.values() if event["status"] == "running"]
    return max((eta for eta in running if eta is not None), default=None)


def _done(event: Event) -> float:
    return 1.0 if event["status"] == "done" else event["percent"] / 100


def _text(value: Any) -> str:  # noqa: ANN401 - the client's types leave it open
    return value.decode() if isinstance(value, bytes) else str(value)


@dataclass
class Reporter:
    """Turns an agent's progress calls into at most two events a second, never going backwards."""

    send: Callable[[Event], None]
    stage: str
    every_s: float = 0.5
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _sent: float = field(init=False, default=float("-inf"))
    _percent: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def __call__(self, percent: float, message: str = "") -> None:
        """Report `percent` 0-100 with a short message for people."""
        self._percent = max(self._percent, min(100.0, percent))
        now = self.clock()
        if now - self._sent < self.every_s:
            return
        self._sent = now
        self.send(
            make_event(
                self.stage,
                "running",
                percent=self._percent,
                message=message,
                eta_s=self._remaining(now),
            )
        )

    def _remaining(self, now: float) -> float | None:
        elapsed = now - self._began
        if elapsed < 1.0 or self._percent < 2.0:
            return None  # too early for a guess that a person could believe
        return elapsed * (100.0 - self._percent) / self._percent
