"""Real timelines without their recordings: word times and human slide numbers (MaViLS).

A pause is a gap between words. Slides are those that people saw; there is no picture and no sound.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from agents.transcript.sentences import split_sentences
from agents.transcript.words import RawUtterance, RawWord, repair_utterances
from agents.types import Layout, SilenceRegion, Transcript, Word
from jobs.evaluation.labels import BadLabels
from jobs.evaluation.texts import show

_LINE = re.compile(r"\[([\d:.]+) --> ([\d:.]+)\] *(.*)")
_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_MAX_TABLE_BYTES = 50_000_000
PAUSE_S = 0.3
"""Shorter gaps between words are no silence, as for the silence detector's own default."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The words of one lecture on its real clock, and when its slides were up, if that is known."""

    name: str
    path: Path
    truth: Path | None

    def words(self) -> list[Word]:
        """Return the words as written: a line such as `[00:00:15.850 --> 00:00:16.330] So` each."""
        try:
            text = self.path.read_text("utf-8", errors="replace")
            found = [(_seconds(m[1]), _seconds(m[2]), m[3].strip()) for m in _LINE.finditer(text)]
        except (OSError, ValueError) as error:
            raise BadLabels(f"{self.path.name!r} holds no times of words: {error}") from error
        words = [Word(a, b, text) for a, b, text in found if b > a and text]
        if not words:
            raise BadLabels(f"{self.path.name!r} holds no words.")
        return words

    def transcript(self) -> Transcript:
        """Return the words as sentences, as the transcript agent makes them of captions."""
        words = self.words()
        raw = [RawWord(word.start, word.end, word.text) for word in words]
        said = RawUtterance(words[0].start, words[-1].end, raw)
        utterances = repair_utterances([said], words[-1].end + 1.0)
        return Transcript("en", "word times", split_sentences(utterances))

    def layout(self, duration: float) -> Layout:
        """Return the slides that people saw; one slide where nobody has said."""
        starts = slide_starts(self.truth) if self.truth else []
        return show([0.0, *(start for start in starts if 0 < start < duration)], duration)


def find_timelines(path: Path, root: Path) -> Iterator[Timeline]:
    """Yield the lectures of a folder that has words, truth and slides in it."""
    truths = {_plain(file.stem): file for file in sorted(path.glob("truth/*.xlsx"))}
    truths = {stem: file for stem, file in truths.items() if "control" not in stem}
    if not truths:
        return
    for file in sorted(path.glob("words/*.srt")):
        near = get_close_matches(_plain(file.stem), truths, 1, 0.5)
        name = str(file.relative_to(root).with_suffix(""))
        yield Timeline(name, file, truths[near[0]] if near else None)


def _plain(stem: str) -> str:
    """Return a file's name without what differs between the folders."""
    name = re.sub(r"ground_truth_|_high_res|_?mit\d?$|_\d\d$|_goodfellow", "", stem.lower())
    return name.replace("visual_system", "sensory_systems")


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def pauses_between(words: Sequence[Word]) -> tuple[SilenceRegion, ...]:
    """Return the gaps between words as silences."""
    ends = [0.0]
    for word in words:
        ends.append(max(ends[-1], word.end))
    gaps = [(end, word.start) for end, word in zip(ends, words, strict=False)]
    return tuple(SilenceRegion(a, b, -60.0) for a, b in gaps if b - a >= PAUSE_S)


def slide_starts(path: Path) -> list[float]:
    """Return when another slide than before came up, by the table's sentences and their slides.

    A slide below 1 is none that is seen: the one before counts on.
    """
    found, end, slide = [], 0.0, 0
    for time, label in _rows(path):
        try:
            until, number = float(time), int(float(label))
        except ValueError:
            continue
        if number > 0 and number != slide:
            found.append(end)
            slide = number
        end = max(end, until)
    return [b for a, b in pairwise([0.0, *found]) if b > a]


def _rows(path: Path) -> list[tuple[str, str]]:
    """Return end and slide number of every sentence in the first sheet of an .xlsx table."""
    try:
        with zipfile.ZipFile(path) as book:
            if sum(book.getinfo(part).file_size for part in (_SHEET, _STRINGS)) > _MAX_TABLE_BYTES:
                raise BadLabels(f"{path.name!r} is larger than a table of one lecture.")
            strings = ElementTree.fromstring(book.read(_STRINGS))
            sheet = ElementTree.fromstring(book.read(_SHEET))
    except (OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise BadLabels(f"{path.name!r} is no table: {error}") from error
    texts = ["".join(one.itertext()) for one in strings]
    rows = [
        {_column(cell): _text(cell, texts) for cell in row} for row in sheet.findall(".//{*}row")
    ]
    heads = {text.strip(): column for column, text in (rows[0] if rows else {}).items()}
    end, number = heads.get("Time", heads.get("Key")), heads.get("Slidenumber")
    if end is None or number is None:
        raise BadLabels(f"{path.name!r} needs the columns Time or Key, and Slidenumber.")
    return [(row.get(end, ""), row.get(number, "")) for row in rows[1:]]


def _column(cell: ElementTree.Element) -> str:
    return cell.get("r", "").rstrip("0123456789")


def _text(cell: ElementTree.Element, texts: Sequence[str]) -> str:
    value = cell.findtext("{*}v", "")
    return texts[int(value)] if cell.get("t") == "s" and value else value
