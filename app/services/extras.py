"""What can be made of a lecture's clips beside them: the reel as a film, and a podcast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from agents.errors import LectureError, NotFound
from agents.types import Film, Podcast
from app.exports import slug
from app.security.identity import acting
from app.services.core import Core, no_broker
from app.services.files import ServedFile, existing
from app.services.results import Results
from app.services.review import Review
from jobs.errands import cancel_errand, errand_state, run_errand
from jobs.extras import KINDS, Extra, ExtraKind, is_made, load_extra, plan_extra
from jobs.workshop import Workshop

MAKE = "jobs.worker.make_extra_of_job"
TITLES: Mapping[ExtraKind, str] = {
    "reel": "Highlight reel",
    "podcast": "Podcast of the clips",
}
FILES: Mapping[ExtraKind, tuple[str, ...]] = {
    "reel": ("mp4", "srt", "vtt", "jpg", "webp"),
    "podcast": ("mp3", "m4a"),
}
"""What each consists of, by suffix."""
SAVED = ("mp4", "srt", "vtt", "mp3", "m4a")
"""Of those, what people save."""
ACTIVE = ("queued", "running")


class Extras:
    """Says how the extras of a job stand, has them made, and finds their files."""

    def __init__(self, core: Core, review: Review, results: Results) -> None:
        self.core = core
        self.review = review
        self.results = results

    def states(self, lecture_id: str, job_id: str | None = None) -> list[dict[str, Any]]:
        """Return how each of them stands, in the order in which they are offered."""
        job = self.review.job_of(lecture_id, job_id)
        return [self._state(kind, lecture_id, job.id) for kind in KINDS]

    def _state(self, kind: ExtraKind, lecture_id: str, job_id: str) -> dict[str, Any]:
        """Return status (ready, none, queued, running, failed, cancelled, nothing) and files."""
        state: dict[str, Any] = {
            **{"kind": kind, "title": TITLES[kind], "status": "nothing", "percent": 0.0},
            **{"message": "", "eta_s": None, "files": [], "chapters": []},
            **{"width": None, "height": None},
        }
        try:
            extra = self._plan(kind, job_id)
        except NotFound as error:
            return {**state, "message": error.message}
        if is_made(self.core.workshop, extra):
            made = load_extra(self.core.workshop, extra)
            base = f"/api/v1/lectures/{lecture_id}/{kind}"
            files = [
                {
                    "suffix": suffix,
                    "url": f"{base}.{suffix}?job={job_id}",
                    "size_bytes": path.stat().st_size,
                }
                for suffix, path in _files(made).items()
            ]
            marks = [{"start": c.start, "end": c.end, "title": c.text} for c in made.chapters]
            done = {"status": "ready", "percent": 100.0, "files": files, "chapters": marks}
            size = (made.clip.width, made.clip.height) if isinstance(made, Film) else (None, None)
            return {**state, **done, "width": size[0], "height": size[1]}
        event = self._event(extra)
        live = {name: event[name] for name in ("status", "percent", "message", "eta_s")}
        return {**state, **live}

    def _event(self, extra: Extra) -> dict[str, Any]:
        none = {"status": "none", "percent": 0.0, "message": "", "eta_s": None}
        try:
            event = errand_state(self.core.redis, extra.key) or none
        except RedisError:
            return none
        # a file that is gone, or a result that was cleared away, is made anew
        return none if event["status"] == "done" else event

    def ask(self, kind: ExtraKind, lecture_id: str, job_id: str | None = None) -> dict[str, Any]:
        """Have one made unless it is there or on its way; return how it stands."""
        job = self.review.job_of(lecture_id, job_id)
        extra = self._plan(kind, job.id)
        if not is_made(self.core.workshop, extra):
            try:
                run_errand(self.core.redis, extra.key, MAKE, kind, job.id, owner=acting().id)
            except RedisError as error:
                raise no_broker(error) from error
        return self._state(kind, lecture_id, job.id)

    def cancel(self, kind: ExtraKind, lecture_id: str, job_id: str | None = None) -> dict[str, Any]:
        """Stop the making of one; return how it stands."""
        job = self.review.job_of(lecture_id, job_id)
        extra = self._plan(kind, job.id)
        try:
            if self._event(extra)["status"] in ACTIVE:
                cancel_errand(self.core.redis, extra.key)
        except RedisError as error:
            raise no_broker(error) from error
        return self._state(kind, lecture_id, job.id)

    def file(
        self, kind: ExtraKind, suffix: str, lecture_id: str, job_id: str | None = None
    ) -> ServedFile:
        """Return one file of one, with a name to save it under."""
        lecture, job = self.review.find(lecture_id, job_id)
        if suffix not in FILES[kind]:
            known = ", ".join(FILES[kind])
            raise NotFound(f"The {kind} is not made as {suffix[:20]!r}, but as {known}.")
        extra = self._plan(kind, job.id)
        if not is_made(self.core.workshop, extra):
            raise NotFound(f"The {kind} of this lecture is not made yet.")
        path = _files(load_extra(self.core.workshop, extra))[suffix]
        name = f"{slug(lecture.title) or 'lecture'}-{kind}.{suffix}"
        return existing(path, download_name=name)

    def made(self, job_id: str) -> list[Film | Podcast]:
        """Return those that are there, as values."""
        found: list[Film | Podcast] = []
        for kind in KINDS:
            with suppress(LectureError):
                found.append(load_extra(self.core.workshop, self._plan(kind, job_id)))
        return found

    def _plan(self, kind: ExtraKind, job_id: str) -> Extra:
        return plan_extra(self.core.workshop, kind, job_id, self._read)

    def _read(self, shop: Workshop, job_id: str, names: Sequence[str]) -> dict[str, Any]:
        """Return values as they are kept in memory."""
        keys = self.results.keys(job_id)
        found = self.results.values({name: keys[name] for name in names if name != "intake"})
        return {**found, "intake": self.results.intake(job_id)} if "intake" in names else found


def _files(made: Any) -> dict[str, Path]:  # noqa: ANN401
    """Return the files of a film or a podcast by suffix."""
    if isinstance(made, Film):
        clip = made.clip
        files = (clip.video, clip.srt, clip.vtt, clip.poster, clip.moving)
    else:
        files = (made.mp3, made.m4a)
    return {path.suffix[1:]: path for path in files if path is not None}
