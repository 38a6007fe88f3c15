"""What this disk can take: room, atomic files, and its failures in one sentence each."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from agents.errors import ServiceUnavailable

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
UNUSABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE, errno.ENFILE}
SPARE_BYTES = 1 << 30
"""Stays free beside what a lecture needs."""
ROOM = 3
"""A lecture needs this many times its upload: itself, its clips, and what stages keep."""


def disk_failure(path: Path, error: OSError) -> ServiceUnavailable | None:
    """Return the sentence for a full or unusable disk, None for any other failure."""
    if error.errno in FULL:
        return ServiceUnavailable(f"No space is left on the disk of {path}.", code="no_space")
    if error.errno in UNUSABLE:
        return ServiceUnavailable(f"{path} cannot be used: {error.strerror}.", code="storage")
    return None


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Raise ServiceUnavailable (`no_space` or `storage`) where the disk under `path` fails."""
    try:
        yield
    except OSError as error:
        failure = disk_failure(path, error)
        if failure is None:
            raise
        raise failure from error


def check_space(folder: Path, size_bytes: int) -> None:
    """Raise `no_space` unless the disk holds three times `size_bytes` and 1 GB beside it."""
    free = shutil.disk_usage(folder).free
    needed = ROOM * size_bytes + SPARE_BYTES
    if free < needed:
        raise ServiceUnavailable(
            f"The disk has {free / 1e9:.1f} GB free; this upload needs {needed / 1e9:.1f} GB.",
            code="no_space",
        )


def modified(path: Path) -> float:
    """Return when `path` last changed, in seconds since 1970; infinity when it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def size_of(path: Path) -> int:
    """Return the bytes of a file or of all files in a folder; what goes meanwhile counts 0."""
    files = path.rglob("*") if path.is_dir() else (path,)
    sizes = (file.lstat() for file in files if file.is_file())
    with suppress(FileNotFoundError):
        return sum(stat.st_size for stat in sizes)
    return 0


def remove(path: Path) -> None:
    """Remove a file or a whole folder; what is gone stays gone."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fsync_tree(folder: Path) -> None:
    """Make every file below `folder` survive a power cut."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        elif path.is_dir():
            fsync_folder(path)
    fsync_folder(folder)


@contextmanager
def atomic_file(target: Path) -> Iterator[BinaryIO]:
    """Yield a file that appears as `target`, whole, or not at all."""
    part = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}.part")
    with disk_errors(target):
        try:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            fsync_folder(target.parent)
        finally:
            part.unlink(missing_ok=True)
