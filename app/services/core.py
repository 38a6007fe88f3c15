"""The handles that every service shares: settings, store, results, media, broker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Worker

from agents.errors import ServiceUnavailable
from app.packed import PackedBodies
from app.recent import Recent
from app.security.access import Access
from app.security.directory import Directory
from app.security.limits import Limits
from app.services.quotas import Quotas
from app.services.uploads import UploadFolder
from app.settings import Settings
from data.store import Connection
from jobs.broker import broker_url
from jobs.config import Keep, WorkshopConfig
from jobs.progress import Event, emit
from jobs.workshop import Workshop, open_workshop

logger = logging.getLogger(__name__)

KEPT_READ = 512
"""Rows and lists of rows that stay in memory until somebody commits."""
MOST_PACKED_BYTES = 48_000_000
"""Of bodies that stay in memory as they are sent: those of some hundred lectures of 90 minutes."""
Kept = TypeVar("Kept")


class Core:
    """What the services hold open; nothing is connected before it is used."""

    def __init__(self, settings: Settings, config: WorkshopConfig | None = None) -> None:
        self.settings = settings
        self.redis_url = broker_url(settings.state, settings.redis_url)
        self.workshop: Workshop = open_workshop(config or workshop_config(settings), self._emit)
        self.store = self.workshop.store
        self.artifacts = self.workshop.artifacts
        self.media = self.workshop.media
        self.uploads = UploadFolder(settings.state / "uploads", settings.max_upload_bytes)
        self.directory = Directory(
            self.store, local=settings.auth == "local", idle_s=settings.session_idle_s
        )
        self.access = Access(self.store, self.directory)
        self.limits = Limits(settings, self.redis_url)
        self.quotas = Quotas(self.store, self.uploads, settings)
        self._lock = Lock()
        self._read = Recent(KEPT_READ)
        self.packed = PackedBodies(MOST_PACKED_BYTES)

    def kept(self, name: str, read: Callable[[Connection], Kept]) -> Kept:
        """Return what `read` finds in the store, from memory until somebody commits."""
        key = f"{name} {self.store.version()}"
        found = self._read.get(key)
        if found is None:
            with self.store.read() as con:
                found = self._read.keep(key, (read(con),))
        return found[0]

    @cached_property
    def redis(self) -> Redis:
        """Return the client of the broker; it connects when it is used."""
        return Redis.from_url(
            self.redis_url, socket_connect_timeout=2, retry=Retry(NoBackoff(), retries=1)
        )

    def health(self) -> dict[str, str | int]:
        """Return `ok` or what is wrong for store and broker, and how many workers there are."""
        return {"store": self._store_health(), **self._broker_health()}

    def _store_health(self) -> str:
        try:
            with self.store.read() as con:
                con.row("select 1 as one")
        except ServiceUnavailable as error:
            return error.message
        return "ok"

    def _broker_health(self) -> dict[str, str | int]:
        try:
            return {"broker": "ok", "workers": len(Worker.all_keys(connection=self.redis))}
        except RedisError:
            return {"broker": "does not answer", "workers": 0}

    def _emit(self, job_id: str, event: Event) -> None:
        try:
            emit(self.redis, job_id, event)
        except RedisError:
            logger.warning("progress could not be shown", extra={"job_id": job_id})

    def close(self) -> None:
        """Close the connections to the broker."""
        if "redis" in self.__dict__:
            self.redis.close()
        self.limits.close()


def workshop_config(settings: Settings) -> WorkshopConfig:
    """Return what a worker is told, from the settings of this process."""
    return WorkshopConfig(
        state=settings.state,
        bucket=settings.bucket,
        store_url=settings.store_url or "",
        redis_url=settings.redis_url or "",
        logo=settings.logo,
        models=settings.models,
        download_models=settings.download_models,
        gemini=settings.gemini,
        cores=settings.cores,
        sandbox=settings.sandbox,
        keep=Keep(
            lectures=settings.keep_lectures_days,
            deleted=settings.keep_deleted_days,
            failed=settings.keep_failed_days,
            runs=settings.keep_runs_days,
            exports=settings.keep_exports_days,
            answers=settings.keep_answers_days,
            logs=settings.keep_logs_days,
            copies=settings.keep_copies_days,
            sessions=settings.session_kept_days,
            audit=settings.audit_days,
        ),
    )


def no_broker(error: RedisError) -> ServiceUnavailable:
    """Return the sentence for a broker that does not answer."""
    found = ServiceUnavailable("The broker does not answer; is `lecture serve` running?")
    found.__cause__ = error
    return found
