"""What `lecture highlights` leaves in the results folder; each file appears whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.types import Film, Podcast
from app.exchange import Source, make_cutlist
from app.exports import Findings, analysis, clip_name
from app.offline import OfflineClip, extra_files, offline_page
from app.services.jobs import when
from app.texts import texts_of
from data.disk import atomic_file
from data.records import Job, Lecture
from jobs.extras import ExtraKind
from jobs.workshop import Workshop

WORK = ".lecture"
"""Folder beside the results that remembers finished stages; it may be deleted at any time."""
WRITTEN = "written.json"
"""Names in the results folder that are ours to remove, in the work folder."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which formats of the transcript and of the cut list are wanted, by suffix."""

    transcripts: Sequence[str] = ()
    cutlists: Sequence[str] = ()
    extras: Sequence[ExtraKind] = ()
    """What is made beside the clips."""


def write_results(
    shop: Workshop,
    job: Job,
    lecture: Lecture,
    found: Findings,
    out: Path,
    wanted: Wanted,
    extras: Sequence[Film | Podcast],
) -> dict[str, Any]:
    """Write everything that was found, analysis.json last; return what stands in that."""
    about = {"title": lecture.title, "file": Path(lecture.media).name, "run": when(job.created)}
    document = analysis(found, lecture=about, params=job.params)
    written = set()
    for name, source in [*_clip_files(found), *extra_files(extras)]:
        _copy(source, out / name)
        written.add(name)
    for name, text in _texts(found, lecture, wanted, extras):
        _write(out / name, text)
        written.add(name)
    store = shop.artifacts.root.parent / "lecture.duckdb"
    with shop.store.read():
        _copy(store, out / "lecture.duckdb")
    _write(out / "analysis.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    _forget_older(out, written)
    return document


def _clip_files(found: Findings) -> Iterator[tuple[str, Path]]:
    for clip in found.clips:
        stem = clip_name(clip.plan.rank, clip.plan.title)
        for file in (clip.video, clip.srt, clip.vtt, clip.poster, clip.moving):
            if file is not None:
                yield f"{stem}{file.suffix}", file


def _texts(
    found: Findings,
    lecture: Lecture,
    wanted: Wanted,
    extras: Sequence[Film | Podcast],
) -> Iterator[tuple[str, str]]:
    """Yield name and text of every file that is written as text."""
    cutlist = None
    if found.intake is not None and found.plans:
        file = Path(lecture.media)
        # the recording stays where it lies, so its whole address is written
        source = Source.of(found.intake.media, file.name, file.as_uri())
        cutlist = make_cutlist(
            source, [(plan.title, plan.reason, plan.parts) for plan in found.plans]
        )
    made = texts_of(
        found,
        lecture.title,
        cutlist,
        transcripts=wanted.transcripts,
        cutlists=wanted.cutlists,
    )
    yield from ((name, text) for name, _, text in made)
    if found.clips:
        clips = [OfflineClip.of(clip.plan, clip.duration, clip.vtt) for clip in found.clips]
        yield "index.html", offline_page(lecture.title, clips, extras=extras)


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
