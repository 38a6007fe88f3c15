"""Lectures rendered with exact truth: NAME.mp4, NAME.truth.json, captions if beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agents.errors import NotFound
from agents.intake.probe import ALLOWED_EXTENSIONS
from agents.types import Box, LayoutKind, LayoutRegion, Word
from jobs.evaluation.labels import BadLabels
from jobs.evaluation.matching import Span

CAPTIONS = (".vtt", ".srt", ".ttml", ".dfxp", ".json3")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class SaidSentence(_Part):
    """A sentence, the topic that it belongs to, and whether it is one of the key sentences."""

    t0: float
    t1: float
    text: str
    topic: int = 0
    key: bool = False


class SaidWord(_Part):
    """A word and when it is said."""

    t0: float
    t1: float
    text: str


class ShownLayout(_Part):
    """What is shown from `t0` to `t1`; boxes are x, y, width, height in source pixels."""

    t0: float
    t1: float
    type: LayoutKind
    screen: tuple[int, int, int, int] | None = None
    camera: tuple[int, int, int, int] | None = None

    def region(self) -> LayoutRegion:
        """Return the same as a value of the layout agent."""
        screen, camera = (box and Box(*box) for box in (self.screen, self.camera))
        return LayoutRegion(self.t0, self.t1, self.type, screen or None, camera or None, 1.0)


class Truth(_Part):
    """Everything that is known of a rendered lecture; a key that is absent is not known."""

    duration: float
    silence: tuple[Span, ...] | None = None
    slides: tuple[float, ...] | None = None
    topics: tuple[float, ...] | None = None
    sentences: tuple[SaidSentence, ...] | None = None
    words: tuple[SaidWord, ...] | None = None
    layouts: tuple[ShownLayout, ...] | None = None


@dataclass(frozen=True, slots=True)
class RenderedLecture:
    """A rendered lecture; its truth is read when it is scored."""

    name: str
    recording: Path | None
    truth_file: Path
    captions: Path | None

    @property
    def media(self) -> Path:
        """Return the recording, or raise NotFound."""
        if self.recording is None:
            raise NotFound(f"no recording lies beside {self.truth_file.name!r}")
        return self.recording

    def truth(self) -> Truth:
        """Read the truth, or raise BadLabels in one sentence."""
        try:
            return Truth.model_validate(json.loads(self.truth_file.read_bytes()))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise BadLabels(f"{self.truth_file.name!r}: {where}: {first['msg']}") from error
        except ValueError as error:
            raise BadLabels(f"{self.truth_file.name!r} is no JSON: {error}") from error

    def labels(self, key: str) -> tuple:
        """Return one list of the truth, or say that it is not there."""
        found = getattr(self.truth(), key)
        if found is None:
            raise BadLabels(f"{self.truth_file.name!r} has no {key!r}")
        return found


def find_lectures(path: Path, root: Path) -> Iterator[RenderedLecture]:
    """Yield the rendered lectures of a folder, not of those inside it, or that of one file."""
    for truth in [_beside(path)] if path.is_file() else sorted(path.glob("*.truth.json")):
        stem = truth.name.removesuffix(".truth.json")
        media = (truth.with_name(stem + suffix) for suffix in ALLOWED_EXTENSIONS)
        captions = (truth.with_name(stem + suffix) for suffix in CAPTIONS)
        if truth.is_file():
            yield RenderedLecture(
                str(truth.with_name(stem).relative_to(root)),
                next((file for file in media if file.is_file()), None),
                truth,
                next((file for file in captions if file.is_file()), None),
            )


def _beside(path: Path) -> Path:
    if path.name.endswith(".truth.json"):
        return path
    return path.with_suffix(".truth.json")


def said_words(lecture: RenderedLecture) -> list[Word]:
    """Return the words of the truth."""
    return [Word(w.t0, max(w.t1, w.t0 + 0.001), w.text) for w in lecture.labels("words")]
