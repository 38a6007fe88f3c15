"""Everything that the review page shows of one job, as JSON that browsers keep by its ETag."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic_core import to_json

from agents.errors import NotFound
from agents.types import ClipPlan, LayoutRegion, Notice
from app.chapters import CHAPTER_FORMATS, youtube_notices
from app.exports import Findings, plain, slug
from app.formats import FileFormat
from app.packed import Packed
from app.recent import Recent
from app.services.bundles import (
    clip_json,
    file_urls,
    lecture_json,
    media_urls,
    passage_json,
    silence_json,
    silences_json,
    slides_json,
    topics_json,
    transcript_cues,
    word_times,
)
from app.services.clips import Clips
from app.services.core import Core
from app.services.jobs import Jobs, when
from app.services.lectures import check_visible
from app.services.live import NEEDS, LivePlans, LiveSilences
from app.services.results import JobResults, Results
from app.transcripts import TRANSCRIPT_FORMATS
from data.artifacts import read_peaks
from data.lectures import get_lecture
from data.records import Job, Lecture
from data.restored import ordered_runs

KEPT_MADE = 24
"""Sentences and reels that stay in memory as they are shown: a clip's change keeps them."""
MOST_PAIRS = 110_000
"""Of a waveform, 220 kB: 90 minutes in steps of 50 ms."""
HOP_S = 0.01
"""The finest step in which intake measures."""


class Review:
    """What was found in a lecture, for people to look at."""

    def __init__(
        self,
        core: Core,
        jobs: Jobs,
        results: Results,
        live: LivePlans,
        silences: LiveSilences,
        changed: Clips,
    ) -> None:
        self.core = core
        self.jobs = jobs
        self.results = results
        self.live = live
        self.silences = silences
        self.changed = changed
        self._made = Recent(KEPT_MADE)

    def find(self, lecture_id: str, job_id: str | None = None) -> tuple[Lecture, Job]:
        """Return a lecture and the job to show, in one read.

        That is the named one, else the newest completed one, else the newest; a run that was
        restored counts as new from then on.
        """
        lecture, jobs = self.core.kept(
            f"runs {lecture_id}",
            lambda con: (get_lecture(con, lecture_id), ordered_runs(con, lecture_id)),
        )
        check_visible(lecture)
        wanted = [job for job in jobs if job.id == job_id] if job_id else jobs
        if not wanted:
            raise NotFound(f"There is no such run of the lecture {lecture_id[:40]!r}.")
        return lecture, next((job for job in wanted if job.status == "completed"), wanted[0])

    def job_of(self, lecture_id: str, job_id: str | None = None) -> Job:
        """Return the job to show, as `find` does."""
        return self.find(lecture_id, job_id)[1]

    def head(self, lecture_id: str, job_id: str | None = None) -> dict[str, Any]:
        """Return what is said about a run as a whole, and its clips with their history."""
        with self.core.store.read():  # what is asked for below is answered by one opening
            lecture, job = self.find(lecture_id, job_id)
            return self._head(lecture, job, self.results.of(job))

    def _head(self, lecture: Lecture, job: Job, found: JobResults) -> dict[str, Any]:
        transcripts = file_urls(lecture.id, "transcript", TRANSCRIPT_FORMATS, job, found.transcript)
        return {
            "lecture": lecture_json(lecture, found),
            "job": {
                "id": job.id,
                "parent": job.parent,
                "status": job.status,
                "params": dict(job.params),
                "created": when(job.created),
                "error_code": job.error_code,
                "error": job.error,
            },
            "stages": sorted(found.values),
            "media": media_urls(lecture.id, found),
            "transcripts": transcripts,
            "chapters": file_urls(lecture.id, "chapters", CHAPTER_FORMATS, job, found.chapters),
            "chapter_notices": plain(tuple[Notice, ...], youtube_notices(found.chapters)),
            "engine": found.transcript and found.transcript.engine,
            "language": found.transcript and found.transcript.language,
            "analyzer": found.content and found.content.analyzer,
            "notices": plain(tuple[Notice, ...], found.notices),
            "clips": self.clips(job.id, found.plans),
        }

    def bundle(self, lecture_id: str, job_id: str | None = None) -> dict[str, Any]:
        """Return topics, silences, slides, layouts, scored sentences, cues, clips and notices."""
        with self.core.store.read():
            lecture, job = self.find(lecture_id, job_id)
            found = self.results.of(job)
            return {**self._head(lecture, job, found), **self._findings(job, found)}

    def encoded(self, lecture_id: str, job_id: str | None = None) -> Packed:
        """Return the bundle as JSON, with a tag that changes when the bundle does.

        What was made for one person is kept for the next; while nobody commits, no row is read.
        """
        name = f"told of bundle {lecture_id} {job_id}"
        return self.core.packed.get(
            lambda: self.core.kept(name, lambda _: self._told(lecture_id, job_id)),
            lambda: to_json(self.bundle(lecture_id, job_id), inf_nan_mode="null"),
        )

    def _told(self, lecture_id: str, job_id: str | None) -> str:
        """Return everything that a bundle depends on."""
        lecture, job = self.find(lecture_id, job_id)
        clips, rejected = self.changed.list(job.id), self.live.decisions(job.id).rejected
        return f"bundle {lecture} {job} {self.results.stamp(job)} {clips} {rejected}"

    def _findings(self, job: Job, found: JobResults) -> dict[str, Any]:
        """Return what does not change with the clips: it is as long as the lecture."""
        return {
            "topics": topics_json(found.content),
            "silences": silences_json(found.silence),
            "slides": slides_json(job.lecture_id, job.id, found.layout),
            "layouts": plain(
                tuple[LayoutRegion, ...], found.layout.regions if found.layout else ()
            ),
            "sentences": self.sentences(job, found),
            "cues": transcript_cues(found.transcript),
            "reel": self._reel(job, found),
        }

    def _reel(self, job: Job, found: JobResults) -> list[dict[str, Any]]:
        rejected = self.live.decisions(job.id).rejected
        key = f"reel {found.stamp(*NEEDS)} {rejected}"
        made = self._made.get(key)
        if made is None:
            params = self.jobs.tuning(job).extract  # pyright: ignore[reportAttributeAccessIssue]
            plans = found.reel(params, rejected)
            made = self._made.keep(key, [passage_json(plan) for plan in plans])
        return made

    def sentences(self, job: Job, found: JobResults) -> list[dict[str, Any]]:
        """Return every sentence with its components and its score under the job's weights."""
        key = f"sentences {found.stamp('transcript', 'content')}"
        made = self._made.get(key)
        return made if made is not None else self._made.keep(key, self._scored(job, found))

    def _scored(self, job: Job, found: JobResults) -> list[dict[str, Any]]:
        if found.content is None:
            return []
        scores = self.live.scores(found.content, self.jobs.tuning(job))
        return [
            {
                "start": sentence.start,
                "end": sentence.end,
                "topic": sentence.topic,
                "score": round(float(score), 4),
                "components": {k: round(v, 4) for k, v in sentence.components.items()},
                "text": sentence.text,
                "words": word_times(found.transcript, sentence.index),
            }
            for sentence, score in zip(found.content.sentences, scores, strict=True)
        ]

    def clips(self, job_id: str, plans: Sequence[ClipPlan] = ()) -> list[dict[str, Any]]:
        """Return the clips of a job with their addresses.

        What `plans` know beyond the rows is told of clips that are still as they were planned.
        """
        known = {plan.parts: plan for plan in plans}
        return [clip_json(clip, known.get(clip.parts)) for clip in self.changed.list(job_id)]

    def standing(self, job_id: str) -> list[dict[str, Any]]:
        """Return the clips of a job as they stand, with all that is known of them."""
        key = self.results.keys(job_id)["extract"]
        return self.clips(job_id, Findings(self.results.values({"extract": key})).plans)

    def captions_stamp(self, lecture_id: str) -> str:
        """Return what changes whenever somebody corrects a line."""
        said = repr(self.results.captions(lecture_id))
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def peaks(self, lecture_id: str, start: float, end: float | None, count: int) -> Packed:
        """Return the waveform between two times as `count` pairs (lowest, highest), -127 to 127."""
        job = self.job_of(lecture_id)

        def make() -> bytes:
            facts = self.results.of(job, "intake").facts
            if facts is None:
                raise NotFound("The waveform is not measured yet.")
            until = min(end if end is not None else facts.duration, facts.duration)
            if not 0 <= start < until:
                raise NotFound(f"from={start:g} must lie in [0, to={until:g}).")
            pairs = read_peaks(facts.folder, start, until, count)
            return to_json({"from": start, "to": until, "peaks": pairs.tolist()})

        told = ("peaks", start, end, count)
        return self.core.packed.get(
            lambda: repr((*told, self.results.done(job.id).get("intake"))), make
        )

    def wave(self, lecture_id: str) -> tuple[float, bytes]:
        """Return the waveform of the whole lecture, and how many seconds each pair of it covers.

        Pairs are (lowest, highest) as signed bytes, as many as a timeline can show.
        """
        facts = self.results.of(self.job_of(lecture_id), "intake").facts
        if facts is None:
            raise NotFound("The waveform is not measured yet.")
        count = min(MOST_PAIRS, max(1, round(facts.duration / HOP_S)))
        return facts.duration / count, read_peaks(
            facts.folder, 0.0, facts.duration, count
        ).tobytes()

    def silence(self, lecture_id: str, job_id: str | None, values: Mapping[str, Any]) -> dict:
        """Return the silences that other tunables would find, and the levels with the threshold."""
        found = self.silences.detect(self.job_of(lecture_id, job_id).id, values)
        return silence_json(found)

    def transcript(
        self, lecture_id: str, suffix: str, job_id: str | None = None
    ) -> tuple[str, str, Packed]:
        """Return name, media type and text of the whole lecture's transcript."""
        made = _format("A transcript is", TRANSCRIPT_FORMATS, suffix)
        lecture, job = self.find(lecture_id, job_id)

        def make() -> bytes:
            found = self.results.of(job, "transcript").transcript
            if found is None:
                raise NotFound("There is no transcript yet.")
            return made.write(found, lecture.title).encode()

        name = f"{slug(lecture.title) or 'lecture'}.{suffix}"
        told = f"transcript {suffix} {lecture.title!r}"
        found = self.core.packed.get(lambda: f"{told} {self.results.stamp(job)}", make)
        return name, made.media_type, found

    def chapters(
        self, lecture_id: str, suffix: str, job_id: str | None = None
    ) -> tuple[str, str, str]:
        """Return name, media type and text of the lecture's chapters."""
        made = _format("Chapters are", CHAPTER_FORMATS, suffix)
        lecture, job = self.find(lecture_id, job_id)
        found = self.results.of(job)
        if found.content is None:
            raise NotFound("There are no chapters yet.")
        name = f"{slug(lecture.title) or 'lecture'}-chapters.{suffix}"
        return name, made.media_type, made.write(found.chapters, lecture.title)


Made = TypeVar("Made")


def _format(what: str, formats: Mapping[str, FileFormat[Made]], suffix: str) -> FileFormat[Made]:
    if suffix not in formats:
        known = ", ".join(formats)
        raise NotFound(f"{what} not made as {suffix[:20]!r}, but as {known}.")
    return formats[suffix]
