"""Uploads and results in an S3 bucket, each with a copy on this disk while it is worked with.

media/<lecture id>/upload        as in the folder store
results/<key>/<file>             the files of a result
results/<key>/.complete          their names, written last: without it the result is not there

A file is on this disk before it is sent, and stays there when that fails: sending again goes on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from agents.errors import NotFound
from data.artifacts import Artifacts
from data.bucket import Bucket
from data.disk import modified, remove
from data.media import DAY_S, FolderStore, Kind, Stored
from data.s3_requests import is_older

MEDIA, RESULTS = "media/", "results/"
COMPLETE = ".complete"


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
        stale = sorted(self._foreign(live, older_than_s))[:limit]
        for lecture_id in stale:
            self.delete(lecture_id)
        return sorted({*gone, *stale})

    def stale(self, live: set[str], *, older_than_s: float) -> dict[str, int]:
        """Return the bytes of each folder that a sweep would remove, by its name."""
        here = super().stale(live, older_than_s=older_than_s)
        return {**here, **self._foreign(live, older_than_s)}

    def _foreign(self, live: set[str], older_than_s: float) -> dict[str, int]:
        """Return the bytes that the bucket has of each lecture that `live` does not name."""
        return _old_folders(self.bucket, MEDIA, live, older_than_s)

    def copies(self, before: float) -> list[Path]:
        """Return copies that nobody has touched since then and that the bucket has whole."""
        return [
            path
            for path in self.root.glob("*/*")
            if modified(path) < before and self.bucket.holds(path, _name(*path.parts[-2:]))
        ]

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
        stale = sorted(_old_folders(self.bucket, RESULTS, live, older_than_s))[:limit]
        for key in stale:
            self._remove(key)
        return sorted({*gone, *stale})

    def stale(self, live: set[str], *, older_than_s: float) -> dict[str, int]:
        """Return the bytes of each folder that a sweep would remove, by its name."""
        here = super().stale(live, older_than_s=older_than_s)
        return {**here, **_old_folders(self.bucket, RESULTS, live, older_than_s)}

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


def _old_folders(bucket: Bucket, begin: str, live: set[str], older_than_s: float) -> dict[str, int]:
    """Return the bytes of each folder of a bucket that has old files and that nothing names."""
    found: dict[str, int] = {}
    for one in bucket.list(begin):
        name = one.key.split("/")[1]
        if name not in live and is_older(one, older_than_s):
            found[name] = found.get(name, 0) + one.size_bytes
    return found


def upload_name(lecture_id: str) -> str:
    """Return the name under which the bucket has a recording."""
    return _name(lecture_id, "upload")


def _name(lecture_id: str, kind: str) -> str:
    return f"{MEDIA}{lecture_id}/{kind}"


def result_name(key: str, name: str) -> str:
    """Return the name under which the bucket has a file of a result."""
    return f"{RESULTS}{key}/{name}"
