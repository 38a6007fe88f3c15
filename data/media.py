"""Uploads and captions: where they are kept, named by their lecture and nothing else."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from agents.errors import NotFound
from data.disk import (
    atomic_file,
    check_space,
    disk_errors,
    fsync_folder,
    modified,
    remove,
    size_of,
)

Kind = Literal["upload", "captions"]
READ_BYTES = 1 << 20
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is in place."""

    path: Path
    sha256: str
    size_bytes: int


class MediaStore(Protocol):
    """Keeps the files that people bring; a file is there whole or not at all."""

    def check_space(self, size_bytes: int) -> None:
        """Raise `no_space` if an upload of that size would leave too little room."""
        ...

    def put(
        self, lecture_id: str, source: BinaryIO, kind: Kind = "upload", *, size_bytes: int = 0
    ) -> Stored:
        """Keep what is left to read of `source`."""
        ...

    def adopt(self, lecture_id: str, part: Path, kind: Kind = "upload") -> Stored:
        """Keep a finished file by moving it."""
        ...

    def path(self, lecture_id: str, kind: Kind = "upload") -> Path:
        """Return a local path of the file, or raise NotFound."""
        ...

    def open(self, lecture_id: str, kind: Kind = "upload") -> BinaryIO:
        """Open the file for reading, or raise NotFound."""
        ...

    def delete(self, lecture_id: str) -> None:
        """Remove all files of a lecture; one that is gone stays gone."""
        ...

    def sweep(
        self, live: set[str], *, older_than_s: float = DAY_S, limit: int | None = None
    ) -> list[str]:
        """Remove files of lectures that `live` does not name, and parts left over, once old."""
        ...

    def stale(self, live: set[str], *, older_than_s: float) -> dict[str, int]:
        """Return the bytes of each folder that a sweep would remove, by its name."""
        ...

    def copies(self, before: float) -> list[Path]:
        """Return copies of what is kept elsewhere that nobody has touched since then."""
        ...


class FolderStore:
    """A MediaStore in a folder of this machine: `<root>/<lecture id>/upload`."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def check_space(self, size_bytes: int) -> None:
        """Raise `no_space` if an upload of that size would leave too little room."""
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        check_space(self.root, size_bytes)

    def put(
        self, lecture_id: str, source: BinaryIO, kind: Kind = "upload", *, size_bytes: int = 0
    ) -> Stored:
        """Keep what is left to read of `source`; `size_bytes` is what it is said to be."""
        self.check_space(size_bytes)
        target = self._made(lecture_id) / kind
        digest, size = hashlib.sha256(), 0
        with atomic_file(target) as file:
            for block in _blocks(source):
                digest.update(block)
                size += file.write(block)
        return Stored(target, digest.hexdigest(), size)

    def adopt(self, lecture_id: str, part: Path, kind: Kind = "upload") -> Stored:
        """Keep a finished file of the same disk by moving it, without copying a byte."""
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = part.stat().st_size
        target = self._made(lecture_id) / kind
        with disk_errors(target):
            part.replace(target)
            fsync_folder(target.parent)
        return Stored(target, digest, size)

    def path(self, lecture_id: str, kind: Kind = "upload") -> Path:
        """Return where the file is, or raise NotFound."""
        path = self._folder(lecture_id) / kind
        if not path.is_file():
            raise NotFound(f"The lecture {lecture_id} has no {kind} here.")
        return path

    def open(self, lecture_id: str, kind: Kind = "upload") -> BinaryIO:
        """Open the file for reading, or raise NotFound."""
        return self.path(lecture_id, kind).open("rb")

    def delete(self, lecture_id: str) -> None:
        """Remove all files of a lecture; one that is gone stays gone."""
        remove(self._folder(lecture_id))

    def sweep(
        self, live: set[str], *, older_than_s: float = DAY_S, limit: int | None = None
    ) -> list[str]:
        """Remove folders of lectures that `live` does not name, and parts left over, once old."""
        folders = self._old(older_than_s)
        gone = [path for path in folders if path.name not in live]
        gone += [part for path in folders if path.name in live for part in path.glob(".*.part")]
        for path in gone[:limit]:
            remove(path)
        return sorted(path.name for path in gone[:limit])

    def stale(self, live: set[str], *, older_than_s: float) -> dict[str, int]:
        """Return the bytes of each folder that a sweep would remove, by its name."""
        old = self._old(older_than_s)
        return {path.name: size_of(path) for path in old if path.name not in live}

    def copies(self, before: float) -> list[Path]:
        """Return copies of what is kept elsewhere: none, the files here are all there is."""
        return []

    def _old(self, older_than_s: float) -> list[Path]:
        before = time.time() - older_than_s
        return [path for path in self.root.glob("*") if modified(path) < before]

    def _folder(self, lecture_id: str) -> Path:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", lecture_id):
            raise NotFound(f"{lecture_id!r} names no lecture.")
        return self.root / lecture_id

    def _made(self, lecture_id: str) -> Path:
        folder = self._folder(lecture_id)
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    while block := source.read(READ_BYTES):
        yield block
