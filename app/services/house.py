"""What an administrator looks at: the queue, its workers, and who takes how much room."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError
from rq import Worker

from app.services.core import Core, no_broker
from data.audit import AuditFilter, AuditLine, search_audit
from data.jobs import unfinished_jobs
from data.lectures import list_lectures
from data.people import list_people
from jobs.queue import open_queue


@dataclass(frozen=True, slots=True)
class Work:
    """What waits and who works."""

    waiting: int
    """Stages in the queue."""
    unfinished: int
    """Runs that are queued or running."""
    workers: tuple[tuple[str, str], ...]
    """(name, state) of every worker."""


@dataclass(frozen=True, slots=True)
class Room:
    """What one person's lectures take."""

    owner: str
    lectures: int
    size_bytes: int
    """Of the recordings as they were brought in."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Room on the disk of the state folder, and by owner, the largest first."""

    total_bytes: int
    free_bytes: int
    owners: tuple[Room, ...]


class House:
    """Looks after no lecture but the whole installation."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def work(self) -> Work:
        """Return what waits and who works, or raise ServiceUnavailable without a broker."""
        with self.core.store.read() as con:
            unfinished = len(unfinished_jobs(con))
        try:
            workers = Worker.all(connection=self.core.redis)
            states = tuple((worker.name, str(worker.get_state())) for worker in workers)
            return Work(open_queue(self.core.redis).count, unfinished, states)
        except RedisError as error:
            raise no_broker(error) from error

    def storage(self) -> Storage:
        """Return who takes how much room, deleted lectures included until they are purged."""
        with self.core.store.read() as con:
            lectures = [*list_lectures(con), *list_lectures(con, deleted=True)]
            names = {person.id: person.name for person in list_people(con)}
        rooms: dict[str, list[int]] = {}
        for lecture in lectures:
            rooms.setdefault(lecture.owner, []).append(lecture.size_bytes)
        owners = [Room(names.get(id, id), len(sizes), sum(sizes)) for id, sizes in rooms.items()]
        disk = shutil.disk_usage(self.core.settings.state)
        owners.sort(key=lambda room: -room.size_bytes)
        return Storage(disk.total, disk.free, tuple(owners))

    def audit(
        self, held: AuditFilter, *, after: tuple[datetime, int] | None, limit: int
    ) -> list[AuditLine]:
        """Return at most `limit` lines of the audit, newest first, after so many of a moment."""
        with self.core.store.read() as con:
            return search_audit(con, held, after=after, limit=limit)
