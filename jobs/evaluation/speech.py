"""Sound with labels: who speaks when (RTTM), or the words that are said (NAME.txt beside it)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agents.ffmpeg import run_ffmpeg
from jobs.evaluation.labels import BadLabels
from jobs.evaluation.matching import Span

SOUNDS = {".wav": "wav", ".flac": "flac"}
"""Endings of sound files, and the FFmpeg demuxer of each."""
LEAST_S = 4
"""Sound is filled up with silence to this length: shorter recordings are refused."""

KNOWN = {
    "OSR_us_000_0034_8k": "A gold ring will please most any girl. The long journey home took a"
    " year. She saw a cat in the neighbor's house. A pink shell was found on the sandy beach."
    " Small children came to see him. The grass and bushes were wet with dew. The blind man"
    " counted his old coins. A severe storm tore down the barn. She called his name many times."
    " When you hear the bell, come quickly.",
    "jfk": "And so, my fellow Americans: ask not what your country can do for you - ask what you"
    " can do for your country.",
    "kennedy": "I believe that this nation should commit itself to achieving the goal, before this"
    " decade is out, of landing a man on the moon and returning him safely to the earth. No single"
    " space project in this period will be more impressive to mankind, or more important for the"
    " long-range exploration of space.",
    "bush": "My fellow Americans, this day has brought terrible news and great sadness to our"
    " country. At nine o'clock this morning, Mission Control in Houston lost contact with our"
    " Space Shuttle Columbia. A short time later, debris was seen falling from the skies above"
    " Texas. The Columbia's lost; there are no survivors.",
}
"""Words of recordings that come without any: Harvard sentences (IEEE 1969), public speeches."""


@dataclass(frozen=True, slots=True)
class TurnedSound:
    """Sound, and the stretches in which somebody speaks."""

    name: str
    sound: Path
    turns: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SpokenText:
    """Sound, and the words that are said in it, without times."""

    name: str
    sound: Path

    def text(self) -> str:
        """Return the words, or say where they are looked for."""
        beside = self.sound.with_suffix(".txt")
        if beside.is_file():
            return beside.read_text(encoding="utf-8", errors="replace")
        if self.sound.stem in KNOWN:
            return KNOWN[self.sound.stem]
        raise BadLabels(
            f"the words of {self.sound.name!r} are not known; {beside.name!r} is needed"
        )


def find_turned(path: Path, root: Path) -> Iterator[TurnedSound]:
    """Yield the sounds of a folder whose speakers' turns stand in one of its RTTM files."""
    folder = path if path.is_dir() else path.parent
    turns = {
        name: spans for file in sorted(folder.glob("*.rttm")) for name, spans in read_rttm(file)
    }
    for sound in _sounds(path, of_rttm=True):
        if _plain(sound.stem) in turns:
            yield TurnedSound(
                str(sound.with_suffix("").relative_to(root)), sound, turns[_plain(sound.stem)]
            )


def find_spoken(path: Path, root: Path) -> Iterator[SpokenText]:
    """Yield the sounds of a folder without RTTM: each needs its words."""
    folder = path if path.is_dir() else path.parent
    if not any(folder.glob("*.rttm")):
        for sound in _sounds(path, of_rttm=False):
            yield SpokenText(str(sound.with_suffix("").relative_to(root)), sound)


def _sounds(path: Path, *, of_rttm: bool) -> list[Path]:
    if path.is_file() and not (of_rttm and path.suffix == ".rttm"):
        return [path] if path.suffix.lower() in SOUNDS else []
    folder = path if path.is_dir() else path.parent
    return sorted(one for one in folder.iterdir() if one.suffix.lower() in SOUNDS)


def read_rttm(path: Path) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """Yield each recording named in a file and its turns; lines of other kinds are passed over.

    A line reads `SPEAKER name channel start duration ...` (NIST Rich Transcription).
    """
    turns: dict[str, list[Span]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split()
        if len(fields) > 4 and fields[0] == "SPEAKER" and _is_number(*fields[3:5]):
            start, length = float(fields[3]), float(fields[4])
            turns[_plain(fields[1])].append((start, start + length))
    yield from ((name, tuple(sorted(spans))) for name, spans in turns.items())


def _is_number(*fields: str) -> bool:
    return all(re.fullmatch(r"\d+(\.\d*)?", field) for field in fields)


def _plain(name: str) -> str:
    """Return a name without accents: a data set may spell one name in two ways."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(c for c in letters if not unicodedata.combining(c))


def with_picture(sound: Path, folder: Path) -> Path:
    """Return a recording of the sound, losslessly, under a still picture: intake needs both."""
    target = folder / "recording.mkv"
    run_ffmpeg(
        [
            *("-f", SOUNDS[sound.suffix.lower()], "-i", f"file:{sound.absolute()}"),
            *("-f", "lavfi", "-i", "smptebars=size=320x180:rate=25"),
            *("-map", "1:v", "-map", "0:a", "-af", f"apad=whole_dur={LEAST_S}", "-shortest"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "flac"),
            str(target),
        ],
        read=[sound],
        write=folder,
    )
    return target
