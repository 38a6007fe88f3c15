"""What happens before the app answers, and once an hour while it does."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

from anyio import to_thread
from redis.exceptions import RedisError

from agents.errors import LectureError, NotFound, ServiceUnavailable
from app.security.identity import OPERATOR, acting_as
from app.services.direct import NoBucket
from app.services.root import Services
from data.audit import forget_audit
from data.invitations import forget_invitations
from data.lockouts import forget_lockouts
from data.records import now
from data.sessions import forget_sessions
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
            for upload_id in services.uploads.old(services.settings.upload_expiry_s):
                with suppress(NotFound, NoBucket):
                    services.direct.drop(upload_id)
            services.uploads.expire(services.settings.upload_expiry_s)
    except (OSError, ServiceUnavailable) as error:
        logger.warning("old uploads not dropped", extra={"reason": str(error)})


async def tidy_hourly(services: Services) -> None:
    """Drop old uploads and forget what is over, again and again until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        await to_thread.run_sync(expire_uploads, services)
        await to_thread.run_sync(forget_old, services)


def forget_old(services: Services) -> None:
    """Forget sessions, links, waits and audit lines whose time is over; a kill costs nothing."""
    settings, moment = services.settings, now()
    over = moment - timedelta(days=settings.session_kept_days)
    try:
        with services.store.write() as con:
            forget_sessions(con, over)
            forget_invitations(con, over)
            forget_lockouts(con, moment - timedelta(days=1))
            forget_audit(con, moment - timedelta(days=settings.audit_days))
    except ServiceUnavailable as error:
        logger.warning("nothing forgotten now", extra={"reason": error.message})


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
