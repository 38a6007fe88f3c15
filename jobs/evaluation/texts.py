"""Labelled transcripts without recordings: topics (MIT lectures) and importance (VT-SSum)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from agents.types import (
    Intake,
    KeyFrames,
    Layout,
    Levels,
    Media,
    PacketTable,
    Prosody,
    Slide,
    SpeechProbability,
    Transcript,
    TranscriptSegment,
    Word,
)
from jobs.evaluation.labels import BadLabels

WORD_S = 0.4
"""Texts without times get a timeline of 150 words a minute."""
TOPIC_LINE = "=" * 10
VTSSUM_FILE = "test-open.jsonl.gz"
"""Read when a folder is named; the default weights come from the other file, dev.jsonl.gz."""


@dataclass(frozen=True, slots=True)
class TopicText:
    """A transcript with a sentence a line, and a line of = before each topic."""

    name: str
    path: Path

    def sentences(self) -> tuple[list[str], np.ndarray]:
        """Return the sentences and the number of the topic of each."""
        texts, topics, topic = [], [], 0
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(TOPIC_LINE):
                topic += 1
            elif line.strip():
                texts.append(line.strip())
                topics.append(topic)
        if not texts:
            raise BadLabels(f"{self.path.name!r} holds no sentences")
        return texts, np.array(topics)


@dataclass(frozen=True, slots=True)
class RatedText:
    """A transcript in clips, one per slide; in some it is known which sentences matter."""

    name: str
    line: str

    def title(self) -> str:
        """Return what the lecture is called, "" where that is not told."""
        return str(self.read().get("title") or "")

    def read(self) -> dict[str, Any]:
        """Return {clips: [{labelled, sentences, important}]}, or raise BadLabels."""
        try:
            read = json.loads(self.line)
            for clip in read["clips"]:
                if len(clip["sentences"]) != len(clip["important"]) or "labelled" not in clip:
                    raise BadLabels(f"{self.name}: a clip has not one label per sentence")
        except (ValueError, KeyError, TypeError) as error:
            raise BadLabels(f"{self.name} is no VT-SSum lecture: {error}") from error
        return read


def find_topic_texts(path: Path, root: Path) -> Iterator[TopicText]:
    """Yield the .ref files of a folder (.dev is for fitting), or the file that is named."""
    named = [path] if path.suffix in (".ref", ".dev") else []
    for file in sorted(path.glob("*.ref")) if path.is_dir() else named:
        yield TopicText(str(file.with_suffix("").relative_to(root)), file)


def find_rated_texts(path: Path, root: Path) -> Iterator[RatedText]:
    """Yield the lectures of a VT-SSum file, or of the one for testing in its folder."""
    file = path / VTSSUM_FILE if path.is_dir() else path
    if not file.name.endswith(".jsonl.gz") or not file.is_file():
        return
    name = str(file.relative_to(root)).removesuffix(".jsonl.gz")
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield from (RatedText(f"{name}/{n:03d}", line) for n, line in enumerate(lines))
    except (OSError, EOFError, ValueError) as error:
        raise BadLabels(f"{file.name!r} cannot be read: {error}") from error


def timeline(words: Sequence[int]) -> list[float]:
    """Return when each sentence of so many words begins, and when the last one ends."""
    return (np.concatenate([[0], np.cumsum(words)]) * WORD_S).tolist()


def speak(texts: Sequence[str]) -> Transcript:
    """Return a transcript of sentences at 150 words a minute."""
    at = timeline([len(text.split()) for text in texts])
    return Transcript(
        "en",
        "labelled text",
        tuple(
            TranscriptSegment(a, b, text, _words(a, text))
            for text, (a, b) in zip(texts, pairwise(at), strict=True)
        ),
    )


def _words(start: float, text: str) -> tuple[Word, ...]:
    return tuple(
        Word(start + n * WORD_S, start + (n + 1) * WORD_S, word)
        for n, word in enumerate(text.split())
    )


def show(starts: Sequence[float], duration: float) -> Layout:
    """Return a layout without regions whose slides begin at `starts`, the first one at 0."""
    return Layout((), tuple(Slide(a, b) for a, b in pairwise([*starts, duration])))


def make_intake(duration: float, prosody: Prosody | None = None) -> Intake:
    """Return an intake of that length which measured nothing but, if given, the voice."""
    none = np.zeros(0, dtype=np.float32)
    media = Media(Path("/x.mp4"), "mov", duration, 640, 360, 25.0, True, 0, 0, "0" * 64, 1)
    return Intake(
        media,
        Levels(0.01, none, none),
        SpeechProbability(0.032, none),
        prosody or Prosody(none, none, none),
        PacketTable(none, none, none),
        KeyFrames(none, np.zeros((0, 180, 320), dtype=np.uint8)),
        Path("/a.wav"),
        Path("/p.jpg"),
        None,
    )
