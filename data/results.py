"""How the value of each stage becomes rows, and rows the value again.

`save(con, key, value, folder)` writes the rows of a key and returns what else belongs into
`stage_result.value`; `load(con, key, value, folder)` is its reverse. Stages without tables of
their own keep their whole value there, by the type that their agent gives.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from agents.registry import all_agents
from agents.types import (
    Box,
    Clip,
    ClipPlan,
    Content,
    ContentSegment,
    Film,
    Intake,
    Layout,
    LayoutRegion,
    Podcast,
    Sentence,
    SilenceRegion,
    Slide,
    Transcript,
    TranscriptSegment,
    Usage,
    Word,
)
from data.intake_files import intake_json, read_intake, write_intake
from data.records import make_record, pack_notices, to_json, unpack_notices
from data.store import Connection

COMPONENT_COLUMNS = (
    "topic_centrality", "lecture_centrality", "information", "cue_phrase", "novelty", "question",
    "emphasis", "slide_dwell", "slide_change", "slide_words", "completeness", "position",
    "judgement",
)  # fmt: skip
"""Score components with a column of their own in `feature`; others go to its `extra`."""

TABLES = (
    "transcript",
    "silence_region",
    "layout_analysis",
    "slide_change",
    "content_segment",
    "feature",
)
"""Tables whose rows belong to a stage key."""


@dataclass(frozen=True, slots=True)
class Codec:
    """The two directions of one stage."""

    save: Callable[[Connection, str, Any, Path], Any]
    load: Callable[[Connection, str, Any, Path], Any]


def codec_of(stage: str) -> Codec:
    """Return how the values of `stage` are stored."""
    return CODECS[stage] if stage in CODECS else _json_codec(stage)


def _replace(
    con: Connection, table: str, columns: str, key: str, rows: Iterable[Sequence[object]]
) -> None:
    con.run(f"delete from {table} where key = $1", key)
    numbered = [(key, idx, *row) for idx, row in enumerate(rows)]
    con.append(table, ("key", "idx", *columns.split()), numbered)


def _rows(con: Connection, table: str, key: str) -> list[dict[str, Any]]:
    return con.rows(f"select * from {table} where key = $1 order by idx", key)


# --- intake, silence, transcript ------------------------------------------------------------------


def _save_intake(con: Connection, key: str, value: Intake, folder: Path) -> dict[str, Any]:
    write_intake(value, folder)
    return intake_json(value, folder)


def _load_intake(con: Connection, key: str, value: dict[str, Any], folder: Path) -> Intake:
    return read_intake(value, folder)


def _save_silence(
    con: Connection, key: str, value: tuple[SilenceRegion, ...], folder: Path
) -> dict[str, Any]:
    rows = [(r.start, r.end, r.level_db, r.silence_type) for r in value]
    _replace(con, "silence_region", "t0 t1 db silence_type", key, rows)
    return {}


def _load_silence(
    con: Connection, key: str, value: object, folder: Path
) -> tuple[SilenceRegion, ...]:
    return tuple(
        SilenceRegion(row["t0"], row["t1"], row["db"], row["silence_type"])
        for row in _rows(con, "silence_region", key)
    )


def _save_transcript(con: Connection, key: str, value: Transcript, folder: Path) -> dict[str, Any]:
    rows = (
        (
            *(s.start, s.end, s.text, s.speaker, s.avg_logprob, s.no_speech_prob),
            *(value.engine, value.language),
            to_json([(w.start, w.end, w.text, w.probability) for w in s.words]),
        )
        for s in value.segments
    )
    columns = "t0 t1 txt speaker logprob no_speech engine language words"
    _replace(con, "transcript", columns, key, rows)
    return {
        "language": value.language,
        "engine": value.engine,
        "notices": pack_notices(value.notices),
    }


def _load_transcript(con: Connection, key: str, value: dict[str, Any], folder: Path) -> Transcript:
    segments = tuple(
        TranscriptSegment(
            *(row["t0"], row["t1"], row["txt"], tuple(Word(*word) for word in row["words"])),
            *(row["logprob"], row["no_speech"], row["speaker"]),
        )
        for row in _rows(con, "transcript", key)
    )
    return Transcript(
        value["language"], value["engine"], segments, unpack_notices(value["notices"])
    )


# --- layout ---------------------------------------------------------------------------------------


def _save_layout(con: Connection, key: str, value: Layout, folder: Path) -> dict[str, Any]:
    regions = [
        (r.start, r.end, r.kind, _box_json(r.screen), _box_json(r.camera), r.confidence)
        for r in value.regions
    ]
    slides = [
        (s.start, s.end, os.path.relpath(s.still, folder) if s.still else None, s.title)
        for s in value.slides
    ]
    _replace(con, "layout_analysis", "t0 t1 kind screen camera confidence", key, regions)
    _replace(con, "slide_change", "ts t1 still title", key, slides)
    return {}


def _load_layout(con: Connection, key: str, value: object, folder: Path) -> Layout:
    regions = tuple(
        LayoutRegion(
            *(row["t0"], row["t1"], row["kind"], _box(row["screen"]), _box(row["camera"])),
            row["confidence"],
        )
        for row in _rows(con, "layout_analysis", key)
    )
    slides = tuple(
        Slide(row["ts"], row["t1"], _still(row["still"], folder), row["title"])
        for row in _rows(con, "slide_change", key)
    )
    return Layout(regions, slides)


def _box_json(box: Box | None) -> str | None:
    return None if box is None else to_json(box)


def _box(value: list[int] | None) -> Box | None:
    return None if value is None else Box(*value)


def _still(name: str | None, folder: Path) -> Path | None:
    if name is None:
        return None
    path = Path(os.path.normpath(folder / name))
    if not path.exists():
        raise FileNotFoundError(path)
    return path


# --- content --------------------------------------------------------------------------------------


def _save_content(con: Connection, key: str, value: Content, folder: Path) -> dict[str, Any]:
    segments = [
        (
            *(s.start, s.end, s.topic, s.title, s.summary),
            *(to_json(s.keywords), to_json(dict(s.components))),
        )
        for s in value.segments
    ]
    features = [
        (s.start, s.end, s.index, s.text, s.topic, *_columns(s.components)) for s in value.sentences
    ]
    _replace(con, "content_segment", "t0 t1 topic title summary keywords components", key, segments)
    columns = f"t t1 sentence txt topic {' '.join(COMPONENT_COLUMNS)} extra"
    _replace(con, "feature", columns, key, features)
    usage = value.usage and asdict(value.usage)
    return {"analyzer": value.analyzer, "notices": pack_notices(value.notices), "usage": usage}


def _columns(components: Mapping[str, float]) -> list[object]:
    extra = {name: v for name, v in components.items() if name not in COMPONENT_COLUMNS}
    known: list[object] = [components.get(name) for name in COMPONENT_COLUMNS]
    return [*known, to_json(extra) if extra else None]


def _load_content(con: Connection, key: str, value: dict[str, Any], folder: Path) -> Content:
    segments = tuple(
        ContentSegment(
            *(row["t0"], row["t1"], row["topic"], row["title"], row["summary"]),
            *(tuple(row["keywords"]), row["components"]),
        )
        for row in _rows(con, "content_segment", key)
    )
    sentences = tuple(
        Sentence(
            *(row["t"], row["t1"], row["sentence"], row["txt"], row["topic"]), _components(row)
        )
        for row in _rows(con, "feature", key)
    )
    usage = value.get("usage")
    return Content(
        *(segments, sentences, value["analyzer"], unpack_notices(value["notices"])),
        usage and make_record(Usage, usage),
    )


def _components(row: dict[str, Any]) -> dict[str, float]:
    known = {name: row[name] for name in COMPONENT_COLUMNS if row[name] is not None}
    return {**known, **(row["extra"] or {})}


# --- the others -----------------------------------------------------------------------------------

CODECS = {
    "intake": Codec(_save_intake, _load_intake),
    "silence": Codec(_save_silence, _load_silence),
    "transcript": Codec(_save_transcript, _load_transcript),
    "layout": Codec(_save_layout, _load_layout),
    "content": Codec(_save_content, _load_content),
}


@cache
def _json_codec(stage: str) -> Codec:
    adapter = TypeAdapter(_given_by(stage))

    def save(con: Connection, key: str, value: object, folder: Path) -> object:
        return adapter.dump_python(value, mode="json", context={"folder": folder})

    def load(con: Connection, key: str, value: object, folder: Path) -> object:
        found = adapter.validate_python(value, context={"folder": folder})
        for clip in found if stage == "compile" else ():
            if not clip.video.exists():
                raise FileNotFoundError(clip.video)
        return found

    return Codec(save, load)


def _given_by(stage: str) -> Any:  # noqa: ANN401
    own = {
        "extract": tuple[ClipPlan, ...],
        "compile": tuple[Clip, ...],
        "reel": Film,
        "podcast": Podcast,
    }
    if stage in own:
        return own[stage]
    return {agent.name: agent.gives for agent in all_agents()}[stage]
