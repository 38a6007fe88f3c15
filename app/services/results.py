"""Values of done stages, read once and shared: a stage key never means anything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

from agents.errors import NotFound
from agents.extract.corrections import correct_layout
from agents.subtitles import fix_segments, fix_sentences
from agents.types import CaptionFix, Intake, Notice
from app.exports import Findings
from app.packed import tag_of
from app.recent import Recent
from app.services.core import Core
from data.artifacts import done_keys, has_result, load_result
from data.decisions import caption_fixes, read_decisions
from data.jobs import get_job, job_stages
from data.records import Job
from data.store import Connection

KEPT_VALUES = 128
"""Values that stay in memory, those of some twenty lectures; intake's arrays are not among them."""
OPEN_INTAKES = 4
"""Lectures whose arrays stay mapped, each through a dozen files."""


@dataclass(frozen=True, slots=True)
class IntakeFacts:
    """What of intake the app needs: no arrays."""

    duration: float
    width: int
    height: int
    fps: float
    poster: Path
    proxy: Path | None
    demuxer: str
    folder: Path
    notices: tuple[Notice, ...]


class Results:
    """A cache of stage values by stage key."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._kept = Recent(KEPT_VALUES)
        self._intakes = Recent(OPEN_INTAKES)
        self._reading = Lock()

    def keys(self, job_id: str) -> dict[str, str]:
        """Return the stage keys of a job, kept until somebody commits.

        They may change when a local result stands in for that of an outside analyzer.
        """

        def read(con: Connection) -> dict[str, str]:
            get_job(con, job_id)
            return {row.name: row.key for row in job_stages(con, job_id)}

        return self.core.kept(f"keys {job_id}", read)

    def done(self, job_id: str) -> dict[str, str]:
        """Return the stage keys of a job under which there are results, kept as `keys` are."""
        return self.core.kept(f"done {job_id}", lambda con: done_keys(con, job_id))

    def stamp(self, job: Job) -> str:
        """Return what changes whenever a value of a job does, as people have corrected them.

        No value is read for it.
        """
        done = {name: key for name, key in self.done(job.id).items() if name != "compile"}
        return tag_of(repr((job.id, done, job.params, self.captions(job.lecture_id))))

    def values(self, keys: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of stages that are done, by stage; what is new comes in one read."""
        kept = {name: self._kept.get(key) for name, key in keys.items()}
        new = [name for name, value in kept.items() if value is None]
        if new:
            # who reads first reads for all: a transcript's rows take 150 ms of CPU time. The lock
            # is taken inside the read, so nobody waits for the store while holding it.
            with self.core.store.read() as con, self._reading:
                kept |= {n: self._kept.get(keys[n]) or self._read(con, n, keys[n]) for n in new}
        return {name: value for name, value in kept.items() if value is not None}

    def _read(self, con: Connection, name: str, key: str) -> Any:  # noqa: ANN401
        if not has_result(con, key):
            return None
        value = load_result(con, self.core.artifacts, name, key)
        return self._kept.keep(key, self._facts(value, key) if name == "intake" else value)

    def intake(self, job_id: str) -> Intake:
        """Return all that intake measured, arrays mapped from their files; else NotFound."""
        key = self.keys(job_id)["intake"]
        kept = self._intakes.get(key)
        if kept is not None:
            return kept
        with self.core.store.read() as con:
            if not has_result(con, key):
                raise NotFound("The recording is not looked at yet.")
            return self._intakes.keep(key, load_result(con, self.core.artifacts, "intake", key))

    def _facts(self, intake: Intake, key: str) -> IntakeFacts:
        folder = self.core.artifacts.folder(key)
        if folder is None:
            raise NotFound("The files of this recording's first pass are gone.")
        media = intake.media
        return IntakeFacts(
            media.duration,
            media.width,
            media.height,
            media.fps,
            intake.poster,
            intake.proxy,
            media.demuxer,
            folder,
            intake.notices,
        )

    def of(self, job: Job, *stages: str) -> JobResults:
        """Return the values of a job that are there, or of some stages, as people corrected them.

        Captions as they are corrected now, what is seen as it was for this job.
        """
        keys, fixes = self.keys(job.id), self.captions(job.lecture_id)
        names = {*(stages or keys), *(("transcript",) if fixes else ())} - {"compile"}
        values = self.values({name: keys[name] for name in names})
        corrections = read_decisions(job.params).layout
        if corrections and "layout" in values:
            values["layout"] = correct_layout(values["layout"], corrections)
        used = {name: keys[name] for name in values}
        return JobResults(_corrected(values, fixes), used, repr((job.id, job.params, fixes)))

    def captions(self, lecture_id: str) -> tuple[CaptionFix, ...]:
        """Return what people have corrected in a lecture's captions; read anew after a change."""
        return self.core.kept(f"captions {lecture_id}", lambda con: caption_fixes(con, lecture_id))


def _corrected(values: dict[str, Any], fixes: Sequence[CaptionFix]) -> dict[str, Any]:
    if not fixes or "transcript" not in values:
        return values
    transcript = values["transcript"]
    segments = fix_segments(transcript.segments, fixes)
    found = {**values, "transcript": replace(transcript, segments=segments)}
    if content := values.get("content"):
        sentences = fix_sentences(content.sentences, segments)
        found["content"] = replace(content, sentences=sentences)
    return found


@dataclass(frozen=True, slots=True)
class JobResults(Findings):
    """What the stages of one job gave, as far as they are done; of intake only the facts."""

    keys: Mapping[str, str] = field(default_factory=dict)
    """The stage keys of the values."""
    besides: str = ""
    """What else the values were made of: job, tuning and corrections."""

    def stamp(self, *stages: str) -> str:
        """Return what changes whenever the value of one of these stages does."""
        used = [(stage, self.keys.get(stage)) for stage in stages]
        return tag_of(f"{used} {self.besides}")

    @property
    def facts(self) -> IntakeFacts | None:
        """Return what intake found out about the recording."""
        return self.values.get("intake")

    @property
    def duration(self) -> float | None:
        """Return the length of the recording in seconds."""
        return self.facts.duration if self.facts else None
