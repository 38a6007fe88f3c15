"""One recording through all stages in this process, and its results as files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from agents.errors import LectureError, MediaError, NotFound, TuningError
from agents.intake.probe import HEAD_BYTES, SENTENCES, sniff
from agents.params import Params
from agents.subtitles import to_vtt
from agents.types import Decisions
from app.commands.bars import StageBars
from app.commands.options import settings_with
from app.exports import Findings, analysis, chapter_cues, clip_name
from app.services.core import workshop_config
from app.services.jobs import when
from app.services.uploads import CAPTION_SUFFIXES
from app.transcripts import TRANSCRIPT_FORMATS
from data.artifacts import has_result, load_result
from data.disk import atomic_file, remove
from data.jobs import job_stages
from data.lectures import create_lecture, get_lecture, list_lectures, update_lecture
from data.media import FolderStore, Kind
from data.records import Job, Lecture
from jobs.broker import hold_state
from jobs.local import run_job_here
from jobs.progress import Event
from jobs.runs import create_run
from jobs.workshop import Workshop, open_workshop, resources_of

WORK = ".lecture"
"""Folder beside the results that remembers finished stages; it may be deleted at any time."""
WRITTEN = "written.json"
"""Names in the results folder that are ours to remove, in the work folder."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one recording."""

    file: Path
    out: Path
    captions: Path | None
    findings: Findings
    document: dict[str, Any]

    @property
    def told(self) -> str:
        """Return which transcript was used, in one line."""
        transcript = self.findings.transcript
        return f"transcript from {transcript.engine}" if transcript else "no transcript made"

    def summary(self) -> dict[str, Any]:
        """Return what `--json` prints: the analysis without its long lists."""
        kept = ("schema_version", "lecture", "notices", "clips")
        transcript = self.findings.transcript
        return {
            "file": str(self.file),
            "out": str(self.out),
            "captions": self.captions and str(self.captions),
            "engine": transcript and transcript.engine,
            **{name: self.document[name] for name in kept},
        }


class OriginalFiles(FolderStore):
    """Reads the recording where it lies instead of taking a copy."""

    def __init__(self, root: Path, upload: Path, captions: Path | None) -> None:
        super().__init__(root)
        self.files: dict[str, Path | None] = {"upload": upload, "captions": captions}

    def path(self, lecture_id: str, kind: Kind = "upload") -> Path:
        """Return the original file."""
        path = self.files[kind]
        if path is None or not path.is_file():
            raise NotFound(f"There is no {kind} any more.")
        return path

    def open(self, lecture_id: str, kind: Kind = "upload") -> BinaryIO:
        """Open the original file."""
        return self.path(lecture_id, kind).open("rb")


def run_here(
    file: Path,
    out: Path,
    tuning: Params,
    *,
    captions: Path | None = None,
    transcripts: Sequence[str] = (),
    only: str | None = None,
    start: str | None = None,
    quiet: bool = False,
    decisions: Decisions | None = None,
) -> Outcome:
    """Run the stages over one recording and write what was found into `out`.

    `transcripts` are suffixes of `app.transcripts.TRANSCRIPT_FORMATS`.
    """
    file = file.absolute()
    check_file(file)
    captions = find_captions(file, captions)
    with work_folder(out.absolute()) as state:
        shop = open_shop(state, file, captions)
        shop.store.migrate()
        lecture = remember(shop, file, captions)
        job, _ = create_run(shop, lecture.id, tuning, decisions=decisions)
        titles = {name: stage.title for name, stage in shop.table.items()}
        with StageBars(titles, quiet=quiet) as bars:
            _run(shop, job.id, bars, only, start)
        findings = read_findings(shop, job, file)
        document = write_results(shop, job, lecture, findings, out.absolute(), transcripts)
    return Outcome(file, out.absolute(), captions, findings, document)


def _run(shop: Workshop, job_id: str, bars: StageBars, only: str | None, start: str | None) -> None:
    """Run the job; a recording that cannot be used ends as the MediaError that it began as."""
    try:
        run_job_here(shop, job_id, bars, only, start)
    except LectureError as error:
        if error.code in SENTENCES:
            raise MediaError(error.message, code=error.code) from error
        raise


def check_file(file: Path) -> None:
    """Refuse what is no recording before anything is written."""
    if not file.exists():
        raise NotFound(f"{file.name!r} does not exist.")
    if not file.is_file():
        raise MediaError(f"{file.name!r} is no file.", code="not_media")
    with file.open("rb") as opened:
        head = opened.read(HEAD_BYTES)
    sniff(head, file.name)


def find_captions(file: Path, given: Path | None) -> Path | None:
    """Return the captions that were named, else those beside the recording."""
    if given is not None:
        if not given.is_file():
            raise NotFound(f"{given.name!r} does not exist.")
        return given.absolute()
    beside = (file.with_suffix(suffix) for suffix in CAPTION_SUFFIXES)
    return next((path for path in beside if path.is_file()), None)


@contextmanager
def work_folder(out: Path) -> Iterator[Path]:
    """Yield the folder that remembers stages; a refused recording leaves nothing behind."""
    state = out / WORK
    made, was_there = not state.exists(), out.exists()
    try:
        held = hold_state(state)
    except OSError as error:
        text = f"No results can be written to {out}: {error.strerror}."
        raise TuningError(text, code="bad_folder") from error
    try:
        with held:
            for left in (state / "results").glob(".tmp-*"):
                remove(left)  # nobody else is here: a run that was stopped has left it
            yield state
    except MediaError:
        if made:
            shutil.rmtree(state, ignore_errors=True)
            if not was_there:
                out.rmdir()
        raise


def open_shop(state: Path, file: Path, captions: Path | None) -> Workshop:
    """Return a workshop whose store and results lie in `state`, reading the original file."""
    config = workshop_config(settings_with(state=state)).model_copy(
        update={"store_url": "", "redis_url": ""}
    )
    media = OriginalFiles(state / "media", file, captions)
    return replace(
        open_workshop(config, _no_one_listens),
        media=media,
        resources_for=lambda lecture: resources_of(config, media, lecture),
    )


def _no_one_listens(job_id: str, event: Event) -> None:
    """Drop an event: `run_job_here` hands them to the bars."""


def remember(shop: Workshop, file: Path, captions: Path | None) -> Lecture:
    """Return the lecture of this file, with the captions of this call."""
    import hashlib

    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    own = {
        "captions": str(captions) if captions else None,
        "captions_name": captions.name if captions else "",
    }
    with shop.store.write() as con:
        if any(lecture.id == sha256 for lecture in list_lectures(con)):
            return update_lecture(con, sha256, **own)
        create_lecture(
            con,
            id=sha256,
            title=file.stem,
            media=str(file),
            sha256=sha256,
            size_bytes=file.stat().st_size,
            captions=own["captions"],
            captions_name=own["captions_name"] or "",
        )
        return get_lecture(con, sha256)


def read_findings(shop: Workshop, job: Job, file: Path) -> Findings:
    """Return the values of every stage of the job that is done."""
    with shop.store.read() as con:
        rows = [row for row in job_stages(con, job.id) if has_result(con, row.key)]
        return Findings(
            {
                row.name: load_result(con, shop.artifacts, row.name, row.key, upload=file)
                for row in rows
            }
        )


def write_results(
    shop: Workshop,
    job: Job,
    lecture: Lecture,
    found: Findings,
    out: Path,
    transcripts: Sequence[str] = (),
) -> dict[str, Any]:
    """Write everything that was found; each file appears whole, analysis.json last."""
    about = {"title": lecture.title, "file": Path(lecture.media).name, "run": when(job.created)}
    document = analysis(found, lecture=about, params=job.params)
    written = set()
    for clip in found.clips:
        stem = clip_name(clip.plan.rank, clip.plan.title)
        for source, suffix in (
            (clip.video, ".mp4"),
            (clip.srt, ".srt"),
            (clip.vtt, ".vtt"),
            (clip.poster, ".jpg"),
        ):
            _copy(source, out / f"{stem}{suffix}")
            written.add(f"{stem}{suffix}")
    if found.content is not None:
        _write(out / "chapters.vtt", to_vtt(chapter_cues(found.content.segments)))
    if found.transcript is not None:
        for suffix in transcripts:
            text = TRANSCRIPT_FORMATS[suffix].write(found.transcript, lecture.title)
            _write(out / f"transcript.{suffix}", text)
            written.add(f"transcript.{suffix}")
    store = shop.artifacts.root.parent / "lecture.duckdb"
    with shop.store.read():
        _copy(store, out / "lecture.duckdb")
    _write(out / "analysis.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    _forget_older(out, written)
    return document


def _forget_older(out: Path, written: set[str]) -> None:
    """Remove what an earlier run wrote and this one did not, and nothing else."""
    noted = out / WORK / WRITTEN
    older = set(json.loads(noted.read_text())) if noted.exists() else set[str]()
    _write(noted, json.dumps(sorted(written)))
    for name in older - written:
        (out / name).unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, atomic_file(target) as write:
        shutil.copyfileobj(read, write, 1 << 20)


def _write(target: Path, text: str) -> None:
    with atomic_file(target) as file:
        file.write(text.encode())
