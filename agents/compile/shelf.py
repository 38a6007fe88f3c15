"""Where encoded groups and sounds are kept: each in a folder named by its key."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.packets import Packets, read_packets
from agents.registry import Context

NAME = "packets"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Encoded packets, and posters, under their keys, kept between renderings."""

    once: Callable[[str, Callable[[Path], None]], Path]
    find: Callable[[str], Path | None]

    def read(self, key: str) -> Packets | None:
        """Return what is kept under the key; None when it is not there, or is damaged."""
        folder = self.find(key)
        return read_packets(folder / NAME) if folder else None

    def keep(self, key: str, file: Path) -> None:
        """Keep a file by moving it, in place of a damaged one if there is one."""
        folder = self.once(key, lambda folder: _move(file, folder))
        if file.exists():
            _move(file, folder)

    def keep_copies(self, key: str, files: Sequence[Path]) -> None:
        """Keep copies of finished files together, unless there are some already."""
        self.once(key, lambda folder: _copy(files, folder))

    def lend(self, key: str, names: Sequence[str], folder: Path) -> bool:
        """Copy the files that are kept under the key into a folder, and tell whether all were."""
        kept = self.find(key)
        found = [kept / name for name in names] if kept else []
        if not found or not all(file.is_file() for file in found):
            return False
        _copy(found, folder)
        return True


def _copy(files: Sequence[Path], folder: Path) -> None:
    for file in files:
        shutil.copyfile(file, folder / file.name)


def _move(file: Path, folder: Path) -> None:
    file.replace(folder / NAME)


def shelf_of(context: Context) -> Shelf:
    """Return the shelf that all jobs share."""
    return Shelf(context.once, context.find)


def scratch_shelf(root: Path) -> Shelf:
    """Return a shelf that lasts as long as a folder."""

    def find(key: str) -> Path | None:
        return root / key if (root / key).is_dir() else None

    def once(key: str, make: Callable[[Path], None]) -> Path:
        if find(key) is None:
            (root / key).mkdir()
            make(root / key)
        return root / key

    return Shelf(once, find)
