"""What happens before the app answers, and once an hour while it does."""

from __future__ import annotations

import asyncio
import logging

from anyio import to_thread
from redis.exceptions import RedisError

from agents.errors import LectureError, ServiceUnavailable
from app.security.identity import OPERATOR, acting_as
from app.services.root import Services
from jobs.reconcile import reconcile

logger = logging.getLogger(__name__)

EVERY_S = 3600.0
SEEN_EVERY_S = 60.0


def begin(services: Services) -> None:
    """Migrate the store, finish complete uploads, drop old ones, put the queue right."""
    with acting_as(OPERATOR):
        _begin(services)


def _begin(services: Services) -> None:
    services.store.migrate()
    for upload in services.uploads.all():
        if not upload.job_id and services.uploads.offset(upload) == upload.size:
            _finish(services, upload.id)
    expire_uploads(services)
    try:
        reconcile(services.store, services.redis)
    except RedisError:
        logger.warning("no broker yet; the workers put the queue right")


def expire_uploads(services: Services) -> None:
    """Drop uploads that nobody has gone on with; a disk that fails is no reason to end."""
    try:
        with acting_as(OPERATOR):
            services.direct.expire(services.settings.upload_expiry_s)
    except (OSError, ServiceUnavailable) as error:
        logger.warning("old uploads not dropped", extra={"reason": str(error)})


async def tidy_hourly(services: Services) -> None:
    """Go on with erases that were interrupted, and drop old uploads, until cancelled."""
    while True:
        await to_thread.run_sync(finish_erases, services)
        await asyncio.sleep(EVERY_S)
        await to_thread.run_sync(expire_uploads, services)


def finish_erases(services: Services) -> None:
    """Bring to an end what was begun before the app was; the next hour tries again."""
    try:
        with acting_as(OPERATOR):
            services.personal.go_on()
    except (LectureError, OSError) as error:
        logger.warning("erase not finished", extra={"reason": str(error)})


async def keep_seen(services: Services) -> None:
    """Write down once a minute when sessions and keys were used last, until cancelled."""
    while True:
        await asyncio.sleep(SEEN_EVERY_S)
        try:
            await to_thread.run_sync(services.directory.keep_seen)
        except ServiceUnavailable as error:
            logger.warning("last uses not kept", extra={"reason": error.message})


def _finish(services: Services, upload_id: str) -> None:
    try:
        services.lectures.finish(services.uploads.get(upload_id))
    except LectureError as error:
        logger.warning("upload not finished", extra={"upload": upload_id, "code": error.code})
