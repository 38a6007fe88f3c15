"""Which labelled data lies under a path; the format is told by the files themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from jobs.evaluation.labels import Labelled
from jobs.evaluation.lectures import RenderedLecture, find_lectures
from jobs.evaluation.speech import SpokenText, TurnedSound, find_spoken, find_turned
from jobs.evaluation.stills import Stills, find_stills
from jobs.evaluation.texts import RatedText, TopicText, find_rated_texts, find_topic_texts
from jobs.evaluation.timelines import Timeline, find_timelines

FORMATS: Mapping[type, str] = {
    RenderedLecture: "rendered lectures (NAME.mp4 beside NAME.truth.json)",
    TurnedSound: "sound with speakers' turns (NAME.wav beside an .rttm file)",
    SpokenText: "sound with its words (NAME.wav beside NAME.txt)",
    Stills: "frames with boxes (folders of .jpg beside layout_truth.json)",
    TopicText: "transcripts with topics (.ref)",
    Timeline: "MaViLS word times (render lectures from them: python -m benchmarks.mavils --help)",
    RatedText: "transcripts with important sentences (VT-SSum, .jsonl.gz)",
}
"""Every kind of labelled data, as a message names it."""
FINDERS: tuple[Callable[[Path, Path], Iterator[Labelled]], ...] = (
    find_lectures,
    find_turned,
    find_spoken,
    find_stills,
    find_topic_texts,
    find_rated_texts,
    find_timelines,
)
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
