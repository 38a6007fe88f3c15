"""What leaves the product as files: readable names, chapters, and everything found as JSON."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from agents.extract.params import ExtractParams
from agents.extract.reel import plan_reel
from agents.types import (
    Clip,
    ClipPlan,
    Content,
    ContentSegment,
    Cue,
    Intake,
    Interval,
    Layout,
    LayoutRegion,
    Notice,
    Sentence,
    SilenceRegion,
    Slide,
    Transcript,
    TranscriptSegment,
    Usage,
)
from app.chapters import make_chapters
from data.decisions import read_decisions

SCHEMA_VERSION = 1
"""Version of analysis.json; it changes when a field is renamed, removed or means something else."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The values of a job that are there: what a stage gave under its name."""

    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def intake(self) -> Intake | None:
        """Return what intake measured."""
        return self.values.get("intake")

    @property
    def silence(self) -> tuple[SilenceRegion, ...]:
        """Return the stretches without speech."""
        return self.values.get("silence", ())

    @property
    def transcript(self) -> Transcript | None:
        """Return what was said."""
        return self.values.get("transcript")

    @property
    def layout(self) -> Layout | None:
        """Return what was seen."""
        return self.values.get("layout")

    @property
    def content(self) -> Content | None:
        """Return topics and score components."""
        return self.values.get("content")

    @property
    def duration(self) -> float | None:
        """Return the length of the recording in seconds, None before intake is done."""
        return self.intake.media.duration if self.intake else None

    @property
    def chapters(self) -> tuple[Cue, ...]:
        """Return the topics as chapters that cover the recording."""
        return make_chapters(self.content.segments if self.content else (), self.duration)

    def reel(
        self, params: ExtractParams, rejected: tuple[Interval, ...] = ()
    ) -> tuple[ClipPlan, ...]:
        """Return the passages of the highlight reel, empty before there is what it is made of."""
        if not (self.transcript and self.layout and self.content):
            return ()
        values = (self.transcript, self.silence, self.layout, self.content)
        return plan_reel(*values, params=params, rejected=rejected)

    @property
    def plans(self) -> tuple[ClipPlan, ...]:
        """Return the clips that were planned."""
        return self.values.get("extract", ())

    @property
    def clips(self) -> tuple[Clip, ...]:
        """Return the clips that were rendered."""
        return self.values.get("compile", ())

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Return what a person should know, each once."""
        parts = (self.values.get(name) for name in ("intake", "transcript", "content"))
        told = [notice for part in parts if part for notice in part.notices]
        return tuple(dict.fromkeys([*told, *caption_notices(self.plans)]))


def caption_notices(plans: Iterable[ClipPlan]) -> Iterator[Notice]:
    """Yield a notice where clips have letters that cannot be burned into pictures."""
    from agents.compile.captions import caption_notice

    message = caption_notice([cue for plan in plans for cue in plan.cues])
    if message:
        yield Notice("letters", message)


def plain(kind: Any, value: Any) -> Any:  # noqa: ANN401
    """Return a value as JSON-able data; `kind` is its type."""
    return _adapter(kind).dump_python(value, mode="json")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    """Return what writes values of a type; making one costs more than writing a thousand values."""
    return TypeAdapter(kind)


DECIMALS = 6
"""Digits after the point that leave the product: microseconds, not the dust of binary sums."""


def rounded(value: Any) -> Any:  # noqa: ANN401
    """Return JSON-able data with every float rounded to `DECIMALS`."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, Mapping):
        return {key: rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list | tuple) else value


def clip_name(rank: int, title: str) -> str:
    """Return a clip's file name without suffix: rank and title, as `01-the-normal-equations`."""
    return f"{rank:02d}-{slug(title) or 'clip'}"


def slug(text: str, limit: int = 60) -> str:
    """Return letters and digits of any script, all else as single hyphens."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).lower())
    joined = "-".join(words)
    return joined if len(joined) <= limit else joined[: limit + 1].rpartition("-")[0][:limit]


def analysis(found: Findings, *, lecture: Mapping[str, Any], params: Mapping[str, Any]) -> dict:
    """Return everything that was found, as docs/analysis.md describes it."""
    content, transcript, layout = found.content, found.transcript, found.layout
    extract = ExtractParams.model_validate(params.get("extract") or {})
    document = {
        "schema_version": SCHEMA_VERSION,
        "lecture": {**lecture, **_media_facts(found)},
        "params": dict(params),
        "notices": plain(tuple[Notice, ...], found.notices),
        "silence": plain(tuple[SilenceRegion, ...], found.silence),
        "transcript": transcript
        and {
            "engine": transcript.engine,
            "language": transcript.language,
            "segments": plain(tuple[TranscriptSegment, ...], transcript.segments),
        },
        "layouts": layout and plain(tuple[LayoutRegion, ...], layout.regions),
        "slides": layout and [_slide(slide) for slide in layout.slides],
        "content": content
        and {
            "analyzer": content.analyzer,
            "usage": content.usage and plain(Usage, content.usage),
            "segments": plain(tuple[ContentSegment, ...], content.segments),
            "sentences": plain(tuple[Sentence, ...], content.sentences),
        },
        "chapters": [
            {"start": chapter.start, "end": chapter.end, "title": chapter.text}
            for chapter in found.chapters
        ],
        "reel": [_plan(plan) for plan in found.reel(extract, read_decisions(params).rejected)],
        "clips": [_clip(plan, found.clips) for plan in found.plans],
    }
    return rounded(document)


def _media_facts(found: Findings) -> dict[str, Any]:
    if found.intake is None:
        return {}
    media = found.intake.media
    names = ("duration", "width", "height", "fps", "has_audio", "sha256", "size_bytes")
    return {name: getattr(media, name) for name in names}


def _slide(slide: Slide) -> dict[str, Any]:
    return {"start": slide.start, "end": slide.end, "title": slide.title}


def _plan(plan: ClipPlan) -> dict[str, Any]:
    times = {"start": plan.start, "end": plan.end, "duration": plan.duration}
    return {**plain(ClipPlan, plan), **times}


def _clip(plan: ClipPlan, clips: tuple[Clip, ...]) -> dict[str, Any]:
    name = clip_name(plan.rank, plan.title)
    facts: dict[str, Any] = {**_plan(plan), "rendered": None}
    for clip in clips:
        if clip.plan.rank == plan.rank:
            facts["rendered"] = {
                "video": f"{name}.mp4",
                "srt": f"{name}.srt",
                "vtt": f"{name}.vtt",
                "poster": f"{name}.jpg",
                "moving": clip.moving and f"{name}.webp",
                "width": clip.width,
                "height": clip.height,
                "duration": clip.duration,
                "size_bytes": clip.size_bytes,
            }
    return facts
