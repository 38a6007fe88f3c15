"""What is made of a finished job when somebody asks for it: the reel as a film, the podcast.

Each is named by the key of all that it depends on, what people have rejected and renamed included,
and kept as a result like that of a stage. No job names it, so it goes when it is old; it can be
made again at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from agents.compile.params import CompileParams
from agents.compile.podcast import Talk, make_podcast, podcast_key
from agents.compile.reel import film_key, render_film
from agents.errors import NotFound
from agents.extract.params import ExtractParams
from agents.extract.reel import plan_reel
from agents.registry import Context
from agents.types import ClipPlan, Intake
from data.artifacts import has_result, load_result, save_result, write_files
from data.clips import list_clips
from data.decisions import gather_decisions
from data.jobs import get_job, job_stages
from data.lectures import get_lecture
from data.records import ClipRow, Job, Lecture
from jobs.pipeline import stage_params
from jobs.workshop import Workshop

ExtraKind = Literal["reel", "podcast"]
KINDS: tuple[ExtraKind, ...] = get_args(ExtraKind)
NEEDS = ("transcript", "silence", "layout", "content")
"""The stages that the passages of the reel are chosen from."""

Progress = Callable[[float, str], None]
ReadValues = Callable[[Workshop, str, Sequence[str]], Mapping[str, Any]]
"""Takes a workshop, a job's id and names of stages, and returns the values that are there."""


@dataclass(frozen=True, slots=True)
class Extra:
    """One thing that can be made of a job, with all that it is made of."""

    kind: ExtraKind
    key: str
    job: Job
    lecture: Lecture
    intake: Intake | None = None
    """Of the reel."""
    passages: tuple[ClipPlan, ...] = ()
    clips: tuple[ClipRow, ...] = ()
    """In the order of the lecture."""


def read_values(shop: Workshop, job_id: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the values of those stages of a job that are done."""
    with shop.store.read() as con:
        upload = shop.media.path(get_job(con, job_id).lecture_id)
        keys = {row.name: row.key for row in job_stages(con, job_id) if row.name in names}
        return {
            name: load_result(con, shop.artifacts, name, key, upload=upload)
            for name, key in keys.items()
            if has_result(con, key)
        }


def plan_extra(
    shop: Workshop, kind: ExtraKind, job_id: str, read: ReadValues = read_values
) -> Extra:
    """Return what would be made as things stand now, or raise NotFound where there is nothing."""
    with shop.store.read() as con:
        job = get_job(con, job_id)
        lecture = get_lecture(con, job.lecture_id)
        rejected = gather_decisions(con, job_id).rejected
        clips = [clip for clip in list_clips(con, job_id) if _is_offered(clip)]
    if kind == "reel":
        found = read(shop, job_id, ("intake", *NEEDS))
        if len(found) <= len(NEEDS):
            raise NotFound("The lecture is not analysed yet.")
        intake = found["intake"]
        extract = stage_params(shop.table["extract"], job.params)
        assert isinstance(extract, ExtractParams)
        values = (found[name] for name in NEEDS)
        passages = plan_reel(*values, params=extract, rejected=rejected)
        if not passages:
            raise NotFound("The lecture has no passages for a reel.")
        key = film_key(passages, intake, _look(shop, job))
        return Extra(kind, key, job, lecture, intake=intake, passages=passages)
    if not clips:
        raise NotFound("There are no rendered clips to make a podcast of.")
    clips.sort(key=lambda clip: clip.parts[0].start)
    key = podcast_key(_talks(shop, clips), lecture.title)
    return Extra(kind, key, job, lecture, clips=tuple(clips))


def is_made(shop: Workshop, extra: Extra) -> bool:
    """Say whether it is there already."""
    with shop.store.read() as con:
        return has_result(con, extra.key)


def load_extra(shop: Workshop, extra: Extra) -> Any:  # noqa: ANN401
    """Return the film or the podcast; NotFound before it is made."""
    with shop.store.read() as con:
        return load_result(con, shop.artifacts, extra.kind, extra.key)


def make_extra(shop: Workshop, extra: Extra, progress: Progress) -> Any:  # noqa: ANN401
    """Make it unless it is there, and return it."""
    if not is_made(shop, extra):
        with shop.store.read() as con:
            made_of = [row.key for row in job_stages(con, extra.job.id)]
        with shop.artifacts.workdir(extra.key) as folder:
            context = Context(
                workdir=folder,
                resources=shop.resources_with(extra.lecture, extra.job.params),
                progress=progress,
                once=shop.artifacts.once,
                find=shop.artifacts.find,
            )
            value = _make(shop, extra, context)
            write_files(value, folder)
            shop.artifacts.send(folder, extra.key)
            with shop.store.write() as con:
                save_result(con, extra.kind, extra.key, value, folder, inputs=made_of)
                shop.artifacts.publish(folder, extra.key)
    return load_extra(shop, extra)


def _make(shop: Workshop, extra: Extra, context: Context) -> Any:  # noqa: ANN401
    if extra.intake is not None:
        params = _look(shop, extra.job)
        return render_film(extra.intake, extra.passages, params=params, context=context)
    best = min(extra.clips, key=lambda clip: clip.idx)
    cover = _folder(shop, best) / (best.poster or "")
    return make_podcast(
        _talks(shop, extra.clips),
        extra.lecture.title,
        cover,
        folder=context.workdir,
        progress=context.progress,
    )


def _look(shop: Workshop, job: Job) -> CompileParams:
    params = stage_params(shop.table["compile"], job.params)
    assert isinstance(params, CompileParams)
    return params


def _is_offered(clip: ClipRow) -> bool:
    return clip.state != "rejected" and clip.media_key is not None and clip.media is not None


def _talks(shop: Workshop, clips: list[ClipRow] | tuple[ClipRow, ...]) -> list[Talk]:
    return [
        Talk(
            clip.media_key or "",
            clip.title,
            _folder(shop, clip) / (clip.media or ""),
        )
        for clip in clips
    ]


def _folder(shop: Workshop, clip: ClipRow) -> Path:
    """Return where the files of a clip are, or would be."""
    key = clip.media_key or ""
    return shop.artifacts.folder(key) or shop.artifacts.path(key)
