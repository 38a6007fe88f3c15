"""How long each kind of object is kept: what is due is listed by the same rule that removes it.

Removing is one short transaction per kind, which also notes the files that go with its rows; they
are removed afterwards. A kill at any point leaves either the row, or the note, and the next time
goes on: nothing is half there. Deletion of lectures by age is only the bin: they stay there for as
long as lectures that a person has deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.clearing import clear_results, live_folders, remove_leftovers
from data.disk import modified, size_of
from data.lectures import delete_lecture, list_lectures
from data.lockouts import forget_lockouts
from data.purging import purge_job, purge_lecture
from data.records import as_utc, now
from data.retained import (
    Due,
    deleted_lectures,
    earlier_runs,
    failed_lectures,
    old_answers,
    old_audit,
    old_entries,
    old_logs,
    unnamed_results,
    untouched_lectures,
)
from data.store import Connection
from jobs.config import Keep
from jobs.workshop import Workshop

logger = logging.getLogger(__name__)

AT_MOST = 20
"""Lectures or runs that one call removes: the worker renews no lease meanwhile."""
AT_MOST_FILES = 500
"""Results, folders of results, and folders of media that one call removes, each."""

Find = Callable[[Workshop, datetime], list[Due]]
Drop = Callable[[Workshop, Sequence[Due], datetime], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one kind of object is kept."""

    name: str
    """The field of `Keep`."""
    title: str
    find: Find
    drop: Drop
    limit: int = AT_MOST_FILES

    def days(self, keep: Keep) -> int:
        """Return the days, 0 for ever."""
        return getattr(keep, self.name)


def find_due(shop: Workshop, rule: Rule, moment: datetime | None = None) -> list[Due]:
    """Return what a rule would remove now."""
    days = rule.days(shop.keep)
    return rule.find(shop, (moment or now()) - timedelta(days=days)) if days else []


def apply_rule(shop: Workshop, rule: Rule) -> int:
    """Remove a bounded part of what a rule finds; return how much."""
    days = rule.days(shop.keep)
    if not days:
        return 0
    found = find_due(shop, rule)[: rule.limit]
    rule.drop(shop, found, now() - timedelta(days=days))
    return len(found)


def apply_rules(shop: Workshop) -> dict[str, int]:
    """Remove a bounded part of what every rule finds; return how much by the rule's name."""
    gone = {rule.name: apply_rule(shop, rule) for rule in RULES}
    remove_leftovers(shop.store, shop.artifacts, shop.media, limit=AT_MOST_FILES)
    with shop.store.write() as con:
        forget_lockouts(con, now() - timedelta(days=1))
    if any(gone.values()):
        logger.info("cleared away", extra={name: n for name, n in gone.items() if n})
    return gone


# --- what is read from tables ---------------------------------------------------------------------


def _read(query: Callable[[Connection, datetime], list[Due]]) -> Find:
    def find(shop: Workshop, before: datetime) -> list[Due]:
        with shop.store.read() as con:
            return query(con, before)

    return find


def _each(act: Callable[[Connection, str], None]) -> Drop:
    """Do something with the id of each, in one transaction for all."""

    def drop(shop: Workshop, found: Sequence[Due], _: datetime) -> None:
        if not found:
            return
        with shop.store.write() as con:
            for one in found:
                act(con, one.id)

    return drop


def _rows(*statements: str) -> Drop:
    """Remove rows; `$1` are the ids, `$2` is the moment before which they are from."""

    def drop(shop: Workshop, found: Sequence[Due], before: datetime) -> None:
        ids = [one.id for one in found]
        if not ids:
            return
        with shop.store.write() as con:
            for sql in statements:
                con.run(sql, *([ids, before] if "$2" in sql else [ids]))

    return drop


# --- files that no row names ----------------------------------------------------------------------


def _exports(shop: Workshop, before: datetime) -> list[Due]:
    """Return results without a run, and folders without a row."""
    with shop.store.read() as con:
        found = unnamed_results(con, before)
        folders = live_folders(con) - {one.id for one in found}
        known = _known(con)
    age_s = (now() - before).total_seconds()
    sizes = shop.artifacts.stale(folders, older_than_s=age_s)
    since = {one.id: one for one in found}
    rows = [
        Due(
            id,
            since[id].what if id in since else "folder",
            _changed(shop.artifacts.root / id),
            size,
        )
        for id, size in sizes.items()
    ]
    rows += [one for one in found if one.id not in sizes]
    media = shop.media.stale(known, older_than_s=age_s)
    return rows + [Due(id, "recording of no lecture", before, size) for id, size in media.items()]


def _changed(path: Path) -> datetime:
    """Return when a file of this disk changed; what is only in a bucket counts as of now."""
    changed = modified(path)
    return as_utc(changed) if changed != float("inf") else now()


def _known(con: Connection) -> set[str]:
    return {one.id for deleted in (False, True) for one in list_lectures(con, deleted=deleted)}


def _drop_exports(shop: Workshop, _: Sequence[Due], before: datetime) -> None:
    age_s = (now() - before).total_seconds()
    clear_results(shop.store, shop.artifacts, older_than_s=age_s, limit=AT_MOST_FILES)
    with shop.store.read() as con:
        known = _known(con)
    shop.media.sweep(known, older_than_s=age_s, limit=AT_MOST_FILES)


def _copies(shop: Workshop, before: datetime) -> list[Due]:
    found = [*shop.media.copies(before.replace(tzinfo=UTC).timestamp()), *shop.store.copies()]
    return [
        Due(str(path), path.name, _changed(path), size_of(path))
        for path in found
        if _changed(path) < before
    ]


def _drop_copies(_: Workshop, found: Sequence[Due], __: datetime) -> None:
    for one in found:
        Path(one.id).unlink(missing_ok=True)


RULES: tuple[Rule, ...] = (
    Rule(
        "lectures",
        "Lectures that nobody touches",
        _read(untouched_lectures),
        _each(delete_lecture),
        AT_MOST,
    ),
    Rule(
        "failed",
        "Uploads that could not be used",
        _read(failed_lectures),
        _each(delete_lecture),
        AT_MOST,
    ),
    Rule(
        "deleted",
        "Deleted lectures with their recordings",
        _read(deleted_lectures),
        _each(purge_lecture),
        AT_MOST,
    ),
    Rule("runs", "Earlier runs", _read(earlier_runs), _each(purge_job), AT_MOST),
    Rule("exports", "Reels, podcasts, drafts", _exports, _drop_exports),
    Rule(
        "answers",
        "Answers of Gemini",
        _read(old_answers),
        _rows("delete from answer where asked = any($1)"),
    ),
    Rule(
        "logs",
        "Logs of runs",
        _read(old_logs),
        _rows("delete from processing_log where job_id = any($1) and ts < $2"),
    ),
    Rule("copies", "Copies of what is kept elsewhere", _copies, _drop_copies),
    Rule(
        "sessions",
        "Sessions, links and shares that are over",
        _read(old_entries),
        _rows(*(
            f"delete from {table} where id = any($1)"
            for table in ("session", "invitation", "api_key", "share")
        )),
    ),
    Rule(
        "audit",
        "Audit",
        _read(old_audit),
        _rows("delete from audit where cast(cast(ts as date) as text) = any($1) and ts < $2"),
    ),
)  # fmt: skip
"""In the order in which they are applied: what one has deleted, a later one removes in its time."""
