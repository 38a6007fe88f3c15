"""Clearing away what nobody needs any more: once an hour, a little at a time, beside running jobs.

Nothing of a job that exists is touched: rows and folders that a job names stay, and what no job
names must be old, older than any stage or upload may take.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from redis import Redis

from data.answers import sweep_answers
from data.clearing import clear_results, remove_leftovers
from data.lectures import list_lectures
from data.purging import purge_lectures
from data.records import now
from jobs.workshop import Workshop

logger = logging.getLogger(__name__)

LOCK = "lock:upkeep"
EVERY_S = 3600
RESTORABLE = timedelta(days=30)
"""A deleted lecture can be brought back for so long, and answers about lectures are kept."""
UNNAMED_S = 7 * 86_400.0
"""Files and results that nothing names are kept for so long, in seconds."""
AT_MOST = 20
"""Lectures that one call removes: the worker renews no lease meanwhile."""
AT_MOST_FILES = 500
"""Results, folders of results, and folders of media that one call removes, each."""


def claim_upkeep(redis: Redis) -> bool:
    """Become the one worker that clears away within this hour."""
    return bool(redis.set(LOCK, "1", nx=True, ex=EVERY_S))


def clear_away(shop: Workshop) -> None:
    """Remove lectures deleted long ago, then old files and results that nothing names any more."""
    with shop.store.write() as con:
        purged = purge_lectures(con, deleted_before=now() - RESTORABLE, limit=AT_MOST)
    remove_leftovers(shop.store, shop.artifacts, shop.media, limit=AT_MOST_FILES)
    folders = clear_results(shop.store, shop.artifacts, older_than_s=UNNAMED_S, limit=AT_MOST_FILES)
    with shop.store.read() as con:
        known = {
            lecture.id
            for deleted in (False, True)
            for lecture in list_lectures(con, deleted=deleted)
        }
    answers = sweep_answers(shop.store, before=now() - RESTORABLE)
    media = shop.media.sweep(known, older_than_s=UNNAMED_S, limit=AT_MOST_FILES)
    gone = {
        "lectures": len(purged),
        "results": len(folders),
        "answers": answers,
        "media": len(media),
    }
    if any(gone.values()):
        logger.info("cleared away", extra=gone)
