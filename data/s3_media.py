"""Uploads and results in an S3 bucket, each with a copy on this disk while it is worked with.

media/<lecture id>/upload        as in the folder store
results/<key>/<file>             the files of a result
results/<key>/.complete          their names, written last: without it the result is not there

A file is on this disk before it is sent, and stays there when that fails: sending again goes on.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from agents.errors import NotFound
from data.artifacts import Artifacts
from data.bucket import Bucket, is_older
from data.disk import modified, remove
from data.media import DAY_S, FolderStore, Kind, Stored

MEDIA, RESULTS = "media/", "results/"
COMPLETE = ".complete"
KEPT_S = 7 * DAY_S
"""A copy on this disk that nobody has touched for so long goes; the bucket has it."""


class S3Store(FolderStore):
    """A MediaStore in a bucket, with copies in a folder."""

    def __init__(self, bucket: Bucket, root: Path) -> None:
        super().__init__(root)
        self.bucket = bucket

    def put(
        self, lecture_id: str, source: BinaryIO, kind: Kind = "upload", *, size_bytes: int = 0
    ) -> Stored:
        """Keep what is left to read of `source`; `size_bytes` is what it is said to be."""
        stored = super().put(lecture_id, source, kind, size_bytes=size_bytes)
        self._send(lecture_id, kind, stored.path)
        return stored

    def adopt(self, lecture_id: str, part: Path, kind: Kind = "upload") -> Stored:
        """Keep a finished file: move it beside the copies, then send it unless it is there."""
        stored = super().adopt(lecture_id, part, kind)
        self._send(lecture_id, kind, stored.path)
        return stored

    def path(self, lecture_id: str, kind: Kind = "upload") -> Path:
        """Return a copy of the file on this disk, fetched if need be, or raise NotFound."""
        path = self._folder(lecture_id) / kind
        if not path.is_file() and not self.bucket.fetch(_name(lecture_id, kind), path):
            raise NotFound(f"The lecture {lecture_id} has no {kind} here.")
        return path

    def delete(self, lecture_id: str) -> None:
        """Remove all files of a lecture; one that is gone stays gone."""
        folder = self._folder(lecture_id)
        self.bucket.remove(f"{MEDIA}{lecture_id}/")
        remove(folder)

    def sweep(
        self, live: set[str], *, older_than_s: float = DAY_S, limit: int | None = None
    ) -> list[str]:
        """Remove files of lectures that `live` does not name, and copies that nobody uses."""
        gone = super().sweep(live, older_than_s=older_than_s, limit=limit)
        stale = {
            found.key.split("/")[1]
            for found in self.bucket.list(MEDIA)
            if found.key.split("/")[1] not in live and is_older(found, older_than_s)
        }
        for lecture_id in sorted(stale)[:limit]:
            self.delete(lecture_id)
        self._drop_copies()
        return sorted({*gone, *sorted(stale)[:limit]})

    def _drop_copies(self) -> None:
        before = time.time() - KEPT_S
        for path in self.root.glob("*/*"):
            lecture_id, kind = path.parts[-2:]
            if modified(path) < before and self.bucket.holds(path, _name(lecture_id, kind)):
                remove(path)

    def _send(self, lecture_id: str, kind: str, path: Path) -> None:
        name = _name(lecture_id, kind)
        if not self.bucket.holds(path, name):
            self.bucket.send(path, name)


class S3Artifacts(Artifacts):
    """Folders of results in a bucket, with copies under `root`."""

    def __init__(self, bucket: Bucket, root: Path) -> None:
        super().__init__(root)
        self.bucket = bucket

    def send(self, workdir: Path, key: str) -> None:
        """Store the files of a folder that is about to be published under `key`."""
        names = sorted(str(p.relative_to(workdir)) for p in workdir.rglob("*") if p.is_file())
        for name in names:
            self.bucket.send(workdir / name, result_name(key, name))
        self.bucket.write(result_name(key, COMPLETE), json.dumps(names).encode())

    def folder(self, key: str) -> Path | None:
        """Return a copy of the folder of `key`, fetched if need be, None if there is none."""
        return super().folder(key) or self._fetch(key)

    def discard(self, key: str) -> None:
        """Remove the folder of `key`; one that is gone stays gone."""
        self.path(key)
        self._remove(key)
        super().discard(key)

    def drop(self, key: str, *, before: float) -> bool:
        """Remove the folder of `key` unless it was taken up after `before`, seconds since 1970."""
        if self.path(key).is_dir() and not super().drop(key, before=before):
            return False
        self._remove(key)
        return True

    def sweep(self, live: set[str], *, older_than_s: float, limit: int | None = None) -> list[str]:
        """Remove folders that `live` does not name, and what dead processes left, once old."""
        gone = super().sweep(live, older_than_s=older_than_s, limit=limit)
        stale: set[str] = set()
        for found in self.bucket.list(RESULTS):
            key = found.key.split("/")[1]
            if key not in live and is_older(found, older_than_s):
                stale.add(key)
        for key in sorted(stale)[:limit]:
            self._remove(key)
        return sorted({*gone, *sorted(stale)[:limit]})

    def _remove(self, key: str) -> None:
        # first the mark: a folder that is half removed is not there
        self.bucket.remove(result_name(key, COMPLETE))
        self.bucket.remove(result_name(key, ""))

    def _fetch(self, key: str) -> Path | None:
        told = self.bucket.read(result_name(key, COMPLETE))
        if told is None:
            return None
        with self.workdir(key) as folder:
            if not self._fetch_all(json.loads(told), key, folder):
                return None
            return self._name(folder, key)

    def _fetch_all(self, names: Iterable[str], key: str, folder: Path) -> bool:
        for name in names:
            target = folder / name
            if not target.resolve().is_relative_to(folder.resolve()):
                return False
            if not self.bucket.fetch(result_name(key, name), target):
                shutil.rmtree(folder)
                folder.mkdir()
                return False
        return True


def upload_name(lecture_id: str) -> str:
    """Return the name under which the bucket has a recording."""
    return _name(lecture_id, "upload")


def _name(lecture_id: str, kind: str) -> str:
    return f"{MEDIA}{lecture_id}/{kind}"


def result_name(key: str, name: str) -> str:
    """Return the name under which the bucket has a file of a result."""
    return f"{RESULTS}{key}/{name}"
