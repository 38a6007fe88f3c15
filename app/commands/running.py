"""One recording through all stages in this process, and its results as files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from os.path import isfile
from pathlib import Path
from typing import Any, BinaryIO

from agents.errors import LectureError, MediaError, NotFound, TuningError
from agents.intake.probe import HEAD_BYTES, SENTENCES, sniff
from agents.params import Params
from agents.types import ClipPlan, Decisions, Usage
from app.commands.bars import StageBars
from app.commands.options import settings_with
from app.commands.writing import WORK, Wanted, write_results
from app.exports import Findings
from app.services.core import workshop_config
from app.services.uploads import CAPTION_SUFFIXES
from data.artifacts import has_result, load_result
from data.disk import remove
from data.jobs import job_stages
from data.lectures import create_lecture, get_lecture, list_lectures, update_lecture
from data.media import FolderStore, Kind
from data.records import Job, Lecture
from data.spending import job_spending
from jobs.broker import hold_state
from jobs.extras import ExtraKind, make_extra, plan_extra
from jobs.local import run_job_here
from jobs.progress import Event, Reporter, make_event
from jobs.runs import create_run
from jobs.workshop import Workshop, open_workshop, resources_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one recording."""

    file: Path
    out: Path
    captions: Path | None
    findings: Findings
    reel: tuple[ClipPlan, ...]
    document: dict[str, Any]
    spent: tuple[Usage, ...] = ()
    """What this run itself has spent on outside models."""

    @property
    def told(self) -> str:
        """Return which transcript was used, in one line."""
        transcript = self.findings.transcript
        if transcript is None:
            return "no transcript made"
        if not transcript.segments:
            return "no speech was heard, so there are no clips"
        return f"transcript from {transcript.engine}"

    def summary(self) -> dict[str, Any]:
        """Return what `--json` prints: the analysis without its long lists."""
        kept = ("schema_version", "lecture", "notices", "chapters", "reel", "clips")
        transcript = self.findings.transcript
        return {
            "file": str(self.file),
            "out": str(self.out),
            "captions": self.captions and str(self.captions),
            "engine": transcript and transcript.engine,
            "spent": [asdict(usage) for usage in self.spent],
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
    logo: Path | None = None,
    wanted: Wanted,
    only: str | None = None,
    start: str | None = None,
    quiet: bool = False,
    decisions: Decisions | None = None,
) -> Outcome:
    """Run the stages over one recording and write what was found into `out`."""
    file = file.absolute()
    check_file(file)
    captions = find_captions(file, captions)
    with work_folder(out.absolute()) as state:
        shop = open_shop(state, file, captions, logo)
        shop.store.migrate()
        lecture = remember(shop, file, captions)
        job, _ = create_run(shop, lecture.id, tuning, decisions=decisions)
        titles = {name: stage.title for name, stage in shop.table.items()}
        titles |= {kind: kind.title() for kind in wanted.extras}
        with StageBars(titles, quiet=quiet) as bars:
            _run(shop, job.id, bars, only, start)
            extras = [_make_extra(shop, job.id, kind, bars) for kind in wanted.extras]
        findings = read_findings(shop, job, file)
        document = write_results(shop, job, lecture, findings, out.absolute(), wanted, extras)
        with shop.store.read() as con:
            spent = tuple(each.usage for each in job_spending(con, job.id))
    params = tuning.extract  # pyright: ignore[reportAttributeAccessIssue]
    reel = findings.reel(params, decisions.rejected if decisions else ())
    return Outcome(file, out.absolute(), captions, findings, reel, document, spent)


def _make_extra(shop: Workshop, job_id: str, kind: ExtraKind, bars: StageBars) -> Any:  # noqa: ANN401
    """Make the reel or the podcast, shown like a stage."""
    value = make_extra(shop, plan_extra(shop, kind, job_id), Reporter(bars, kind))
    bars(make_event(kind, "done", percent=100.0))
    return value


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
        text = f"{file.name!r} is a folder; name the recordings in it."
        raise MediaError(text, code="not_media")
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
    # with a longer suffix a name may be too long for a file, of which Path.is_file raises
    return next((path for path in beside if isfile(path)), None)  # noqa: PTH113


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


def open_shop(state: Path, file: Path, captions: Path | None, logo: Path | None = None) -> Workshop:
    """Return a workshop whose store and results lie in `state`, reading the original file."""
    config = workshop_config(settings_with(state=state)).model_copy(
        update={"store_url": "", "redis_url": ""}
    )
    if logo is not None:
        config = config.model_copy(update={"logo": logo.absolute()})
    media = OriginalFiles(state / "media", file, captions)
    shop = open_workshop(config, _no_one_listens)
    return replace(
        shop,
        media=media,
        resources_for=lambda lecture: resources_of(config, shop.store, media, lecture),
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
        before = list_lectures(con)
        if any(lecture.id == sha256 for lecture in before):
            return update_lecture(con, sha256, **own)
        _check_owner(file, shop.artifacts.root.parents[1], before)
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


def _check_owner(file: Path, out: Path, before: list[Lecture]) -> None:
    """Refuse a folder of another recording: its clips would be replaced."""
    if before and not any(lecture.media == str(file) for lecture in before):
        other = Path(before[0].media).name
        text = f"{out} holds the clips of {other!r}; name another folder, such as {out / file.stem}"
        raise TuningError(f"{text}, for {file.name!r}.", code="bad_folder")


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
