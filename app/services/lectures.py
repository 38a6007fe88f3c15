"""Lectures: list, take in, rename, delete and bring back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.errors import MediaError, NotFound
from agents.intake.probe import check_extension, sniff
from app.security.access import visible_now
from app.security.identity import LOCAL, acting
from app.services.core import Core
from app.services.jobs import Jobs, checked_tuning
from app.services.uploads import Upload, Way
from data.clips import count_rendered
from data.jobs import jobs_past, newest_jobs
from data.lectures import (
    Visible,
    create_lecture,
    delete_lecture,
    get_lecture,
    list_lectures,
    page_lectures,
    restore_lecture,
    update_lecture,
)
from data.media import Stored
from data.presets import list_presets
from data.records import Job, Lecture

MEDIA = "/app/static/media"
"""Where `app.api.media` serves recordings, posters, slides and clips."""
SAMPLE_ID = "sample"
"""The lecture that the sample becomes, however often it is asked for."""


@dataclass(frozen=True, slots=True)
class LectureCard:
    """A lecture as the library shows it."""

    lecture: Lecture
    job: Job | None
    """Its newest job."""
    clips: int
    """Rendered clips of the newest job that is completed."""
    poster_url: str | None
    """Address of its poster, None before intake is done."""

    @property
    def state(self) -> str:
        """Return queued, running, completed, failed or cancelled."""
        return self.job.status if self.job else "queued"


class Lectures:
    """What pages, routes and commands do with lectures."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self.core = core
        self.jobs = jobs

    def list(self) -> list[LectureCard]:
        """Return every lecture with its newest job, newest first, by five queries in one read.

        While a lecture runs again, its clips are those of the run before.
        """
        visible = visible_now(self.core.access)
        with self.core.store.read() as con:
            lectures, newest = list_lectures(con, visible=visible), newest_jobs(con)
            done = newest_jobs(con, "completed")
            jobs = [newest[one.id].id for one in lectures if one.id in newest]
            seen = jobs_past(con, "intake", jobs)
            rendered = count_rendered(con, [job.id for job in done.values()])
        cards = []
        for lecture in lectures:
            job = newest.get(lecture.id)
            job_id = job.id if job else ""
            poster = f"{MEDIA}/lectures/{lecture.id}/poster" if job_id in seen else None
            clips = rendered.get(done[lecture.id].id, 0) if lecture.id in done else 0
            cards.append(LectureCard(lecture, job, clips, poster))
        return cards

    def page(self, *, after: tuple[datetime, str] | None, limit: int) -> list[Lecture]:
        """Return at most `limit` lectures, newest first, those after a moment and id."""
        visible = visible_now(self.core.access)
        rows = self.core.kept(
            f"page of lectures {after} {limit} {visible}",
            lambda con: page_lectures(con, after=after, limit=limit, visible=visible),
        )
        return [*rows]

    def get(self, lecture_id: str) -> Lecture:
        """Return a lecture that is not deleted, or raise NotFound."""
        found = self.core.kept(f"lecture {lecture_id}", lambda con: get_lecture(con, lecture_id))
        return check_visible(found)

    def rename(self, lecture_id: str, title: str) -> Lecture:
        """Give a lecture another title."""
        self.get(lecture_id)
        with self.core.store.write() as con:
            update_lecture(con, lecture_id, title=title.strip() or "Untitled")
            return get_lecture(con, lecture_id)

    def delete(self, lecture_id: str) -> None:
        """Hide a lecture; `restore` brings it back. Its running jobs are cancelled."""
        self.get(lecture_id)
        for job in self.jobs.list(lecture_id):
            if job.status in {"queued", "running"}:
                self.jobs.cancel(job.id)
        with self.core.store.write() as con:
            delete_lecture(con, lecture_id)

    def restore(self, lecture_id: str) -> Lecture:
        """Bring a deleted lecture back."""
        with self.core.store.write() as con:
            restore_lecture(con, lecture_id)
            return get_lecture(con, lecture_id)

    def deleted(self) -> list[Lecture]:
        """Return the lectures that can still be brought back, newest first."""
        visible = visible_now(self.core.access)
        mine = None if visible is None else Visible(visible.owner, [])
        with self.core.store.read() as con:
            return list_lectures(con, deleted=True, visible=mine)

    def recompile(self, lecture_ids: Iterable[str], preset: str | None) -> tuple[int, int]:
        """Start a run of each lecture and return how many, and how many had one under way.

        It has the settings of a preset, those by default if that is "", or of the run before.
        """
        params = None if preset is None else self._params_of(preset, {})
        started, waiting, lecture_ids = 0, 0, list(lecture_ids)
        self.jobs.quotas.check_jobs(lecture_ids)
        for lecture_id in lecture_ids:
            self.get(lecture_id)
            last = self.jobs.latest(lecture_id)
            if last is not None and last.status in {"queued", "running"}:
                waiting += 1
                continue
            before = self.jobs.tuning(last) if last else {}
            self.jobs.recompile(lecture_id, before if params is None else params)
            started += 1
        return started, waiting

    # --- taking in ------------------------------------------------------------------------------

    def reserve(
        self,
        *,
        name: str,
        size: int,
        title: str = "",
        preset: str = "",
        params: Mapping[str, Any] | None = None,
        way: Way = "tus",
        key: str = "",
    ) -> Upload:
        """Begin an upload, or refuse it by its name, size and tunables alone.

        Asked again with the same idempotency key, it returns the upload of the first time.
        """
        check_extension(name)
        checked_tuning(self._params_of(preset, params or {}))
        about = {"title": title, "preset": preset, "params": params, "owner": acting().id}
        begins = self.jobs.quotas.beginning(name, size)
        return self.core.uploads.create(
            name=name, size=size, way=way, key=key, begins=begins, **about
        )

    def judge(self, upload: Upload) -> None:
        """Refuse an upload whose first bytes are no recording, and drop what came."""
        try:
            sniff(self.core.uploads.head(upload), upload.name)
        except MediaError:
            self.core.uploads.delete(upload.id)
            raise

    def finish(self, upload: Upload) -> Upload:
        """Make the lecture and the job of a complete upload; calling it twice changes nothing."""
        upload = self.core.uploads.get(upload.id)
        if upload.job_id:
            return upload
        if not self._exists(upload.id):
            stored, captions = self._adopt(upload), upload.captions_name
            self._create(upload.id, upload.name, upload.title, stored, captions, upload.owner)
        params = self._params_of(upload.preset, upload.params)
        job = self.jobs.latest(upload.id) or self.jobs.submit(upload.id, params, counted=False)
        return self.core.uploads.finished(upload, job.id)

    def _adopt(self, upload: Upload) -> Stored:
        """Move the files of an upload to their place, also where a crash had moved one already."""
        captions = self.core.uploads.captions(upload)
        if captions is not None:
            self.core.media.adopt(upload.id, captions, "captions")
        part = self.core.uploads.part(upload)
        if not part.is_file():
            part = self.core.media.path(upload.id)
        return self.core.media.adopt(upload.id, part)

    def add_file(
        self, lecture_id: str, path: Path, *, title: str, captions: Path | None = None
    ) -> Lecture:
        """Take in a copy of a file of this machine, once per id."""
        if not self._exists(lecture_id):
            if captions is not None:
                with captions.open("rb") as file:
                    self.core.media.put(lecture_id, file, "captions")
            with path.open("rb") as file:
                stored = self.core.media.put(lecture_id, file, size_bytes=path.stat().st_size)
            name = captions.name if captions else ""
            self._create(lecture_id, path.name, title, stored, name, acting().id)
        return self.get(lecture_id)

    def add_sample(self) -> Job:
        """Take in the bundled sample lecture and return its newest job."""
        from data.samples import sample_paths

        sample_id = sample_id_of(acting().id)
        if self._is_deleted(sample_id):
            self.restore(sample_id)
        sample = sample_paths()
        lecture = self.add_file(
            sample_id, sample.video, title="Sample lecture", captions=sample.captions
        )
        return self.jobs.latest(lecture.id) or self.jobs.submit(lecture.id, {}, counted=False)

    def _create(
        self,
        lecture_id: str,
        name: str,
        title: str,
        stored: Stored,
        captions_name: str,
        owner: str,
    ) -> None:
        with self.core.store.write() as con:
            create_lecture(
                con,
                id=lecture_id,
                title=title,
                media=name,
                owner=owner,
                sha256=stored.sha256,
                size_bytes=stored.size_bytes,
                captions="captions" if captions_name else None,
                captions_name=captions_name,
            )

    def preset_names(self) -> tuple[str, ...]:
        """Return the names of the presets that an upload may begin with."""
        with self.core.store.read() as con:
            return tuple(preset.name for preset in list_presets(con, acting().id))

    def preset_params(self, name: str) -> dict:
        """Return the params of a preset, or raise NotFound."""
        with self.core.store.read() as con:
            for preset in list_presets(con, acting().id):
                if name in (preset.name, preset.id):
                    return dict(preset.params)
        raise NotFound(f"There is no preset {name[:60]!r}.")

    def _params_of(self, preset: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the params of a preset with those that were given laid over them."""
        params = self.preset_params(preset) if preset else {}
        return {**params, **{name: {**params.get(name, {}), **of} for name, of in given.items()}}

    def _is_deleted(self, lecture_id: str) -> bool:
        with self.core.store.read() as con:
            return any(lecture.id == lecture_id for lecture in list_lectures(con, deleted=True))

    def _exists(self, lecture_id: str) -> bool:
        try:
            self.get(lecture_id)
        except NotFound:
            return False
        return True


def sample_id_of(person: str) -> str:
    """Return the id of a person's own copy of the sample."""
    return SAMPLE_ID if person == LOCAL.id else f"{SAMPLE_ID}-{person}"


def check_visible(lecture: Lecture) -> Lecture:
    """Return a lecture that is not deleted, or raise NotFound."""
    if lecture.deleted is not None:
        raise NotFound(f"There is no lecture {lecture.id[:40]!r}.")
    return lecture
