"""Which labelled data lies under a path; the format is told by the files themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from jobs.evaluation.labels import Labelled
from jobs.evaluation.lectures import RenderedLecture, find_lectures

FORMATS: Mapping[type, str] = {
    RenderedLecture: "rendered lectures (NAME.mp4 beside NAME.truth.json)",
}
"""Every kind of labelled data, as a message names it."""
FINDERS: tuple[Callable[[Path, Path], Iterator[Labelled]], ...] = (find_lectures,)
"""Each takes a file or folder, and the folder to which names are relative."""


def find_labelled(path: Path) -> Iterator[Labelled]:
    """Yield what lies under a file or a folder and its folders, in order of the names."""
    yield from _find(path, path if path.is_dir() else path.parent)


def _find(path: Path, root: Path) -> Iterator[Labelled]:
    for finder in FINDERS:
        yield from finder(path, root)
    if path.is_dir():
        folders = (one for one in path.iterdir() if one.is_dir() and not one.is_symlink())
        for folder in sorted(one for one in folders if not one.name.startswith(".")):
            yield from _find(folder, root)
