"""What happens once before the app answers."""

from __future__ import annotations

import logging

from redis.exceptions import RedisError

from agents.errors import LectureError
from app.services.root import Services
from jobs.reconcile import reconcile

logger = logging.getLogger(__name__)


def begin(services: Services) -> None:
    """Migrate the store, finish complete uploads, drop old ones, put the queue right."""
    services.store.migrate()
    services.uploads.expire(services.settings.upload_expiry_s)
    for upload in services.uploads.all():
        if not upload.job_id and services.uploads.offset(upload) == upload.size:
            _finish(services, upload.id)
    try:
        reconcile(services.store, services.redis)
    except RedisError:
        logger.warning("no broker yet; the workers put the queue right")


def _finish(services: Services, upload_id: str) -> None:
    try:
        services.lectures.finish(services.uploads.get(upload_id))
    except LectureError as error:
        logger.warning("upload not finished", extra={"upload": upload_id, "code": error.code})
