"""The layout of a lecture as people correct it, and how a clip of it would look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.compile.params import CompileParams
from agents.errors import LectureError, NotFound
from agents.extract.corrections import correct_layout
from agents.params import Params
from agents.tuning import parse_tuning
from agents.types import Box, Layout, LayoutKind, LayoutRegion, Media
from app.exports import plain
from app.services.clips import Clips
from app.services.jobs import Jobs
from app.services.results import Results
from app.services.review import Review
from data.decisions import read_decisions
from data.overrides import layout_corrections, put_layout_corrections
from data.records import ClipRow, Job

MOST_REGIONS = 500
"""Stretches that a person may correct in one lecture."""
LEAST_PX = 16
"""A smaller box shows no picture."""
LEAST_S = 0.04
"""A shorter stretch has no frame of its own."""
SHAPED = ("template", "main_share", "camera_side", "camera_crop", "inset")
"""Tunables of `compile` that say how screen and camera are arranged."""
NEEDED: Mapping[LayoutKind, tuple[str, ...]] = {
    "screen_only": ("screen",),
    "camera_only": ("camera",),
    "picture_in_picture": ("screen", "camera"),
    "side_by_side": ("screen", "camera"),
}
"""Kind of a layout -> the boxes that it has."""


class RefusedLayout(LectureError):
    """A box or a stretch that cannot be."""

    code = "bad_request"


class StaleLayout(LectureError):
    """Somebody else corrected the layout meanwhile."""

    code = "conflict"


Seconds = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Sides = tuple[int, int, int, int]


class GivenRegion(BaseModel):
    """A stretch as a page sends it."""

    model_config = ConfigDict(extra="forbid")

    start: Seconds
    end: Seconds
    kind: LayoutKind
    screen: Sides | None = None
    camera: Sides | None = None


class Layouts:
    """Corrections of what was found to be seen."""

    def __init__(self, jobs: Jobs, results: Results, review: Review, clips: Clips) -> None:
        self.core = jobs.core
        self.jobs = jobs
        self.results = results
        self.review = review
        self.clips = clips

    def view(self, lecture_id: str, job_id: str | None = None) -> dict[str, Any]:
        """Return the stretches as they are now, which of them a person set, and what follows.

        `clips` are those of the run that would be rendered anew.
        """
        job = self.review.job_of(lecture_id, job_id)
        found, media = self._found(job), self._media(job)
        with self.core.store.read() as con:
            mine = layout_corrections(con, lecture_id)
        now, before = (
            correct_layout(found, corrections)
            for corrections in (mine, read_decisions(job.params).layout)
        )
        begun = {region.start for region in mine}
        return {
            "job": job.id,
            "duration": media.duration,
            "width": media.width,
            "height": media.height,
            "fps": media.fps,
            "version": _version(mine),
            "regions": [
                {**region, "mine": region["start"] in begun}
                for region in plain(tuple[LayoutRegion, ...], now.regions)
            ],
            "clips": [
                {"rank": clip.idx, "title": clip.title}
                for clip in self.clips.list(job.id)
                if _seen(clip, now) != _seen(clip, before)
            ],
        }

    def save(
        self, lecture_id: str, job_id: str | None, given: object, version: str
    ) -> dict[str, Any]:
        """Replace the corrections of a lecture; `version` names those that they were made from."""
        job = self.review.job_of(lecture_id, job_id)
        regions = read_regions(given, self._media(job))
        with self.core.store.write() as con:
            if _version(layout_corrections(con, lecture_id)) != version:
                raise StaleLayout("The layout was corrected elsewhere; this is how it is now.")
            put_layout_corrections(con, lecture_id, regions)
        return self.view(lecture_id, job.id)

    def composed(
        self, lecture_id: str, job_id: str | None, given: object, shape: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return where a clip would show the parts of the frame in a stretch."""
        from agents.compile.compositor import compose
        from agents.compile.people import find_people

        job = self.review.job_of(lecture_id, job_id)
        intake = self.results.intake(job.id)
        (region,) = read_regions([given], intake.media)
        params: CompileParams = self.tuning(job, shape).compile  # pyright: ignore[reportAttributeAccessIssue]
        people = find_people(intake.key_frames, [region], intake.media)
        return asdict(compose(region, intake.media, params, people))

    def corrected(self, job: Job, given: object) -> tuple[LayoutRegion, ...]:
        """Return what is seen over the lecture with corrections that are not stored yet."""
        return correct_layout(self._found(job), read_regions(given, self._media(job))).regions

    def tuning(self, job: Job, shape: Mapping[str, Any]) -> Params:
        """Return the tuning of a job with another arrangement, or raise TuningError."""
        tuning = self.jobs.tuning(job).model_dump()
        known = {name: value for name, value in shape.items() if name in SHAPED}
        return parse_tuning({**tuning, "compile": {**tuning["compile"], **known}})

    def shape(self, job_id: str) -> CompileParams:
        """Return how the clips of a job are rendered."""
        return self.jobs.tuning(self.jobs.get(job_id)).compile  # pyright: ignore[reportAttributeAccessIssue]

    def render(self, lecture_id: str, job_id: str, shape: Mapping[str, Any]) -> Job:
        """Start a run that takes the corrections up; clips that they leave alone stay."""
        job = self.review.job_of(lecture_id, job_id)
        tuning = self.tuning(job, shape)
        return self.jobs.submit(lecture_id, tuning, parent=job.id)

    def _found(self, job: Job) -> Layout:
        keys = self.results.keys(job.id)
        layout = self.results.values({"layout": keys["layout"]}).get("layout")
        if layout is None:
            raise NotFound("What is seen in this lecture is not known yet.")
        return layout

    def _media(self, job: Job) -> Media:
        return self.results.intake(job.id).media


def read_regions(given: object, media: Media) -> tuple[LayoutRegion, ...]:
    """Return what a page sent as stretches in order, or raise RefusedLayout in one sentence."""
    if not isinstance(given, Sequence) or len(given) > MOST_REGIONS:
        raise RefusedLayout(f"A lecture has at most {MOST_REGIONS} corrected stretches.")
    regions = sorted((_read_region(one, media) for one in given), key=lambda one: one.start)
    for before, after in pairwise(regions):
        if before.end > after.start + 1e-6:
            raise RefusedLayout(
                f"The stretch that begins at {after.start:g} s overlaps the one before it."
            )
    return tuple(regions)


def _read_region(given: object, media: Media) -> LayoutRegion:
    try:
        one = GivenRegion.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RefusedLayout(f"{where}: {first['msg']}") from error
    end = min(one.end, media.duration)
    if end - one.start < LEAST_S:
        raise RefusedLayout(
            f"A stretch from {one.start:g} s to {one.end:g} s is too short, or not in the "
            f"recording's {media.duration:g} s."
        )
    boxes = {name: _box(name, getattr(one, name), media) for name in NEEDED[one.kind]}
    return LayoutRegion(
        one.start, end, one.kind, boxes.get("screen"), boxes.get("camera"), confidence=1.0
    )


def _box(name: str, sides: Sides | None, media: Media) -> Box:
    if sides is None:
        raise RefusedLayout(f"This kind of layout needs a box for the {name}.")
    box = Box(*sides)
    inside = box.x >= 0 and box.y >= 0 and box.x + box.w <= media.width
    if not inside or box.y + box.h > media.height:
        raise RefusedLayout(
            f"The {name} box {box.w} x {box.h} at {box.x}, {box.y} leaves the picture of "
            f"{media.width} x {media.height} pixels."
        )
    if min(box.w, box.h) < LEAST_PX:
        raise RefusedLayout(f"The {name} box needs at least {LEAST_PX} pixels on each side.")
    return box


def _version(regions: Sequence[LayoutRegion]) -> str:
    body = json.dumps(plain(tuple[LayoutRegion, ...], tuple(regions)))
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _seen(clip: ClipRow, layout: Layout) -> tuple[LayoutRegion, ...]:
    """Return what a clip shows, for comparing: how sure anybody is does not matter."""
    from agents.extract.reasons import crop_layout

    return tuple(replace(region, confidence=1.0) for region in crop_layout(layout, clip.parts))
