"""Files of stage results, and the results themselves, under their stage keys.

A folder appears under its key whole or not at all: it is filled under a temporary name beside its
place, synced and renamed, before the transaction that names it. A result is done when its row in
`stage_result` is there.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from agents.errors import NotFound, StageError
from agents.types import Intake
from data.disk import disk_errors, fsync_folder, fsync_tree, modified, remove, size_of
from data.intake_files import write_intake
from data.peaks import read_peaks, write_peaks
from data.records import now, to_json
from data.results import TABLES, codec_of
from data.store import Connection

__all__ = [
    "Artifacts",
    "done_keys",
    "forget_result",
    "has_result",
    "load_result",
    "read_peaks",
    "save_result",
    "write_files",
    "write_peaks",
]


class Artifacts:
    """Folders of files under `root`, each named by the key of what made it."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def path(self, key: str) -> Path:
        """Return where the folder of `key` is or will be."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,120}", key):
            raise ValueError(f"{key!r} cannot name a folder")
        return self.root / key

    def folder(self, key: str) -> Path | None:
        """Return the published folder of `key`, None if there is none."""
        path = self.path(key)
        return path if path.is_dir() else None

    def find(self, key: str) -> Path | None:
        """Return the published folder of `key`, which is then young again, or None."""
        found = self.folder(key)
        if found is not None:
            with suppress(FileNotFoundError):  # swept just now: whoever reads it finds nothing
                os.utime(found)
        return found

    @contextmanager
    def workdir(self, key: str, attempt: int = 1) -> Iterator[Path]:
        """Yield an empty folder to be published; what is left of it is removed."""
        # beside the published folders, so that relative paths between them stay true
        name = f".tmp-{self.path(key).name}-{attempt}-{os.urandom(4).hex()}"
        folder = self.root / name
        with disk_errors(self.root):
            folder.mkdir(parents=True)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def publish(self, workdir: Path, key: str) -> Path:
        """Give a filled folder its name; if another process was first, its folder stays."""
        with disk_errors(self.root):
            fsync_tree(workdir)
            with self._alone(self.path(key).name):
                return self._name(workdir, key)

    def once(self, key: str, make: Callable[[Path], None]) -> Path:
        """Return the folder of `key`, made by `make(folder)` if new, by one process at a time."""
        with self._alone(self.path(key).name):
            found = self.folder(key)
            if found is not None:
                os.utime(found)  # young again: no row may name it before its stage is finished
                return found
            with self.workdir(key) as folder:
                make(folder)
                self.send(folder, key)
                with disk_errors(self.root):
                    fsync_tree(folder)
                    return self._name(folder, key)

    def send(self, workdir: Path, key: str) -> None:
        """Bring a filled folder where other machines find it, before it is published.

        A folder of this machine is all there is here.
        """

    def discard(self, key: str) -> None:
        """Remove the folder of `key`; one that is gone stays gone."""
        shutil.rmtree(self.path(key), ignore_errors=True)

    def drop(self, key: str, *, before: float) -> bool:
        """Remove the folder of `key` unless it was taken up after `before`, seconds since 1970."""
        return self._remove_old(self.path(key), before)

    def sweep(self, live: set[str], *, older_than_s: float, limit: int | None = None) -> list[str]:
        """Remove folders that `live` does not name, and what dead processes left, once old."""
        before = time.time() - older_than_s
        found = islice(self._stale(live, before), limit)
        return sorted(path.name for path in found if self._remove_old(path, before))

    def stale(self, live: set[str], *, older_than_s: float) -> dict[str, int]:
        """Return the bytes of each folder that a sweep would remove, by its name."""
        found = self._stale(live, time.time() - older_than_s)
        return {path.name: size_of(path) for path in found if not path.name.startswith(".")}

    def _stale(self, live: set[str], before: float) -> Iterator[Path]:
        for path in self.root.iterdir() if self.root.is_dir() else ():
            if path.name not in live and modified(path) < before:
                yield path

    def _remove_old(self, path: Path, before: float) -> bool:
        if path.name.startswith("."):
            remove(path)
            return True
        with self._alone(path.name):
            is_old = modified(path) < before  # again: a stage may have taken it up meanwhile
            if is_old:
                remove(path)
            return is_old

    def _name(self, workdir: Path, key: str) -> Path:
        target = self.path(key)
        try:
            workdir.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            shutil.rmtree(workdir)
            os.utime(target)
        fsync_folder(self.root)
        return target

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Keep every other process from making, naming or sweeping one folder."""
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / f".lock-{name}").open("w")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)


def write_files(value: object, workdir: Path) -> None:
    """Write what of a stage's value is kept as files, and sync them; call it before publishing.

    `save_result` and `publish` would do so too, but inside a transaction that keeps others waiting.
    """
    if isinstance(value, Intake):
        write_intake(value, workdir)
    with disk_errors(workdir):
        fsync_tree(workdir)


def save_result(
    con: Connection,
    name: str,
    key: str,
    value: object,
    folder: Path,
    *,
    version: int = 0,
    params: Mapping[str, Any] | None = None,
    inputs: Sequence[str] = (),
    seconds: float = 0.0,
) -> None:
    """Store the value of a stage under its key, in place of whatever was there.

    `folder` is the one in which the value's files lie or were made: work or published folder.
    """
    # this row first: on PostgreSQL it makes a second writer of the same key wait for the first
    con.run(
        "insert into stage_result"
        " (key, name, agent_version, params, inputs, value, seconds, created)"
        " values ($1, $2, $3, $4, $5, 'null', $6, $7)"
        " on conflict (key) do update set name = excluded.name,"
        " agent_version = excluded.agent_version, params = excluded.params,"
        " inputs = excluded.inputs, seconds = excluded.seconds, created = excluded.created",
        *(key, name, version, to_json(dict(params or {})), to_json(list(inputs)), seconds, now()),
    )
    body = codec_of(name).save(con, key, value, folder)
    con.run("update stage_result set value = $2 where key = $1", key, to_json(body))


def load_result(
    con: Connection, artifacts: Artifacts, name: str, key: str, *, upload: Path | None = None
) -> Any:  # noqa: ANN401
    """Return the value stored under `key`; `lost_files` if its files are gone.

    Lectures with the same bytes share intake: `upload` says where this lecture's own copy is.
    """
    row = con.row("select value from stage_result where key = $1", key)
    if row is None:
        raise NotFound(f"There is no result of {name} under {key}.")
    try:
        folder = artifacts.folder(key) or artifacts.path(key)
        value = codec_of(name).load(con, key, row["value"], folder)
    except FileNotFoundError as error:
        raise StageError(
            f"Files of {name} are missing from {artifacts.path(key)}.", code="lost_files"
        ) from error
    if isinstance(value, Intake) and upload is not None:
        return replace(value, media=replace(value.media, path=upload.absolute()))
    return value


def has_result(con: Connection, key: str) -> bool:
    """Say whether a stage with this key is done."""
    return con.row("select 1 as one from stage_result where key = $1", key) is not None


def done_keys(con: Connection, job_id: str) -> dict[str, str]:
    """Return the keys of a job's stages that have a result, by stage."""
    rows = con.rows(
        "select stage.name, stage.key from stage join stage_result on stage_result.key = stage.key"
        " where stage.job_id = $1 order by stage.idx",
        job_id,
    )
    return {row["name"]: row["key"] for row in rows}


def forget_result(con: Connection, artifacts: Artifacts, key: str) -> None:
    """Drop a result, its rows and its folder, so that it is computed again."""
    for table in (*TABLES, "stage_result"):
        con.run(f"delete from {table} where key = $1", key)
    artifacts.discard(key)
