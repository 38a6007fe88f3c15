"""Everything that the review page shows of one job, as JSON that browsers keep by its ETag."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from agents.errors import NotFound
from agents.types import (
    ClipPlan,
    Content,
    DropOut,
    Layout,
    LayoutRegion,
    Notice,
    SilenceRegion,
    Transcript,
)
from app.chapters import CHAPTER_FORMATS, youtube_notices
from app.exports import plain, rounded, slug
from app.formats import FileFormat
from app.services.core import Core
from app.services.jobs import Jobs, when
from app.services.lectures import MEDIA, check_visible
from app.services.live import LivePlans, LiveSilence, LiveSilences
from app.services.recent import Recent
from app.services.results import JobResults, Results
from app.transcripts import TRANSCRIPT_FORMATS
from data.artifacts import read_peaks
from data.clips import list_clips
from data.lectures import get_lecture
from data.records import ClipRow, Job, Lecture
from data.restored import ordered_runs

KEPT_MADE = 64
"""Sentences, reels and texts that stay in memory as they are shown, up to 1 MB each."""


class Review:
    """What was found in a lecture, for people to look at."""

    def __init__(
        self, core: Core, jobs: Jobs, results: Results, live: LivePlans, silences: LiveSilences
    ) -> None:
        self.core = core
        self.jobs = jobs
        self.results = results
        self.live = live
        self.silences = silences
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

    def etag(self, lecture_id: str, job_id: str | None = None) -> str:
        """Return what changes whenever the bundle may have changed."""
        version = f"{self.core.store.version()} {lecture_id} {job_id}"
        return f'"{hashlib.sha256(version.encode()).hexdigest()[:24]}"'

    def bundle(self, lecture_id: str, job_id: str | None = None) -> dict[str, Any]:
        """Return topics, silences, slides, layouts, scored sentences, cues, clips and notices."""
        with self.core.store.read():  # what is asked for below is answered by one opening
            lecture, job = self.find(lecture_id, job_id)
            found = self.results.of(job)
            self.live.decisions(job.id)
            clips = self.clips(job.id, found.plans)
        return {
            "lecture": _lecture(lecture, found),
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
            "media": media_urls(lecture_id, found),
            "transcripts": _urls(
                lecture_id, "transcript", TRANSCRIPT_FORMATS, job, found.transcript
            ),
            "chapters": _urls(lecture_id, "chapters", CHAPTER_FORMATS, job, found.chapters),
            "chapter_notices": plain(tuple[Notice, ...], youtube_notices(found.chapters)),
            "engine": found.transcript and found.transcript.engine,
            "language": found.transcript and found.transcript.language,
            "analyzer": found.content and found.content.analyzer,
            "notices": plain(tuple[Notice, ...], found.notices),
            "topics": _topics(found.content),
            "silences": _silences(found.silence),
            "slides": _slides(lecture_id, job.id, found.layout),
            "layouts": plain(
                tuple[LayoutRegion, ...], found.layout.regions if found.layout else ()
            ),
            "sentences": self.sentences(job, found),
            "cues": transcript_cues(found.transcript),
            "clips": clips,
            "reel": self._reel(job, found),
        }

    def _reel(self, job: Job, found: JobResults) -> list[dict[str, Any]]:
        rejected = self.live.decisions(job.id).rejected
        key = f"reel {self._known(job, found)} {rejected}"
        made = self._made.get(key)
        if made is None:
            plans = self.live.reel(job.id, self.jobs.tuning(job))
            made = self._made.keep(key, [passage_json(plan) for plan in plans])
        return made

    def _known(self, job: Job, found: JobResults) -> str:
        """Return what changes with the results of a run and with its captions, not with clips."""
        keys = self.results.keys(job.id)
        there = [keys[name] for name in sorted(found.values)]
        return f"{job.id} {there} {self.captions_stamp(job.lecture_id)}"

    def sentences(self, job: Job, found: JobResults) -> list[dict[str, Any]]:
        """Return every sentence with its components and its score under the job's weights."""
        key = f"sentences {self._known(job, found)}"
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
                "words": _word_times(found.transcript, sentence.index),
            }
            for sentence, score in zip(found.content.sentences, scores, strict=True)
        ]

    def clips(self, job_id: str, plans: Sequence[ClipPlan] = ()) -> list[dict[str, Any]]:
        """Return the clips of a job with their addresses.

        What `plans` know beyond the rows is told of clips that are still as they were planned.
        """
        known = {plan.parts: plan for plan in plans}
        rows = self.core.kept(f"clips {job_id}", lambda con: list_clips(con, job_id))
        return [clip_json(clip, known.get(clip.parts)) for clip in rows]

    def captions_stamp(self, lecture_id: str) -> str:
        """Return what changes whenever somebody corrects a line."""
        said = repr(self.results.captions(lecture_id))
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def peaks(self, lecture_id: str, start: float, end: float | None, count: int) -> dict[str, Any]:
        """Return the waveform between two times as `count` pairs (lowest, highest), -127 to 127."""
        job = self.job_of(lecture_id)
        facts = self.results.of(job).facts
        if facts is None:
            raise NotFound("The waveform is not measured yet.")
        end = min(end if end is not None else facts.duration, facts.duration)
        if not 0 <= start < end:
            raise NotFound(f"from={start:g} must lie in [0, to={end:g}).")
        pairs = read_peaks(facts.folder, start, end, count)
        return {"from": start, "to": end, "peaks": pairs.tolist()}

    def silence(self, lecture_id: str, job_id: str | None, values: Mapping[str, Any]) -> dict:
        """Return the silences that other tunables would find, and the levels with the threshold."""
        found = self.silences.detect(self.job_of(lecture_id, job_id).id, values)
        return silence_json(found)

    def transcript(
        self, lecture_id: str, suffix: str, job_id: str | None = None
    ) -> tuple[str, str, str]:
        """Return name, media type and text of the whole lecture's transcript."""
        made = _format("A transcript is", TRANSCRIPT_FORMATS, suffix)
        lecture, job = self.find(lecture_id, job_id)
        found = self.results.of(job)
        if found.transcript is None:
            raise NotFound("There is no transcript yet.")
        name = f"{slug(lecture.title) or 'lecture'}.{suffix}"
        key = f"transcript {suffix} {self._known(job, found)} {lecture.title}"
        text = self._made.get(key)
        if text is None:
            text = self._made.keep(key, made.write(found.transcript, lecture.title))
        return name, made.media_type, text

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


def _lecture(lecture: Lecture, found: JobResults) -> dict[str, Any]:
    facts = found.facts
    return {
        "id": lecture.id,
        "title": lecture.title,
        "duration": facts.duration if facts else lecture.duration,
        "width": facts.width if facts else lecture.width,
        "height": facts.height if facts else lecture.height,
        "fps": facts.fps if facts else lecture.fps,
        "created": when(lecture.created),
    }


def media_urls(lecture_id: str, found: JobResults) -> dict[str, str | None]:
    """Return where the player finds the recording; None before intake is done."""
    if found.facts is None:
        return {"source": None, "poster": None, "transcript": None}
    return {
        "source": f"{MEDIA}/lectures/{lecture_id}/source",
        "poster": f"{MEDIA}/lectures/{lecture_id}/poster",
        "transcript": found.transcript and f"/api/v1/lectures/{lecture_id}/transcript.vtt",
    }


def _urls(
    lecture_id: str, what: str, formats: Iterable[str], job: Job, found: object
) -> dict[str, str]:
    """Return where this run's files of one kind are saved from, by suffix; none before `found`."""
    base = f"/api/v1/lectures/{lecture_id}/{what}"
    return {suffix: f"{base}.{suffix}?job={job.id}" for suffix in formats if found}


def _word_times(transcript: Transcript | None, index: int) -> list[float]:
    """Return [start, end, start, end, ...] of a sentence's words, for who selects among them."""
    words = transcript.segments[index].words if transcript else ()
    return [round(time, 2) for word in words for time in (word.start, word.end)]


def _topics(content: Content | None) -> list[dict[str, Any]]:
    return [
        {
            "start": segment.start,
            "end": segment.end,
            "topic": segment.topic,
            "title": segment.title,
            "summary": segment.summary,
            "keywords": list(segment.keywords),
        }
        for segment in (content.segments if content else ())
    ]


def _silences(regions: tuple[SilenceRegion, ...]) -> list[dict[str, Any]]:
    return [
        {
            "start": region.start,
            "end": region.end,
            "db": round(region.level_db, 1),
            "type": region.silence_type,
        }
        for region in regions
    ]


def silence_json(found: LiveSilence) -> dict[str, Any]:
    """Return the levels, the threshold and the silences, with what they amount to."""
    quiet = [region for region in found.regions if region.silence_type != "blank_screen"]
    counts, edges, threshold = found.levels
    return {
        "counts": counts.tolist(),
        "edges": edges.tolist(),
        "threshold_db": round(threshold, 1) if threshold else None,
        "quieter": round(found.quieter, 4),
        "count": len(quiet),
        "total_s": round(sum(region.duration for region in quiet), 2),
        "longest_s": round(max((region.duration for region in quiet), default=0.0), 2),
        "silences": _silences(found.regions),
    }


def _slides(lecture_id: str, job_id: str, layout: Layout | None) -> list[dict[str, Any]]:
    return [
        {
            "start": slide.start,
            "end": slide.end,
            "title": slide.title,
            "still": slide.still and f"{MEDIA}/lectures/{lecture_id}/slides/{job_id}/{index}",
        }
        for index, slide in enumerate(layout.slides if layout else ())
    ]


def transcript_cues(transcript: Transcript | None) -> list[list[Any]]:
    """Return [start, end, text] per sentence."""
    return [[s.start, s.end, s.text] for s in (transcript.segments if transcript else ())]


def passage_json(plan: ClipPlan) -> dict[str, Any]:
    """Return a passage of the highlight reel for pages and components."""
    return {
        "start": plan.start,
        "end": plan.end,
        "parts": [[part.start, part.end] for part in plan.parts],
        "duration": plan.duration,
        "title": plan.title,
        "score": round(plan.score, 4),
        "contributions": {k: round(v, 4) for k, v in plan.contributions.items()},
        "reason": plan.reason,
        "quote": plan.quote,
        "topic": plan.topic,
    }


def clip_json(clip: ClipRow, plan: ClipPlan | None = None) -> dict[str, Any]:
    """Return a clip for pages and components; why it may drop out is known from its plan."""
    rendered = clip.media is not None
    base = f"{MEDIA}/clips/{clip.id}"
    return {
        "id": clip.id,
        "rank": clip.idx,
        "revision": clip.revision,
        "start": clip.parts[0].start,
        "end": clip.parts[-1].end,
        "parts": [[part.start, part.end] for part in clip.parts],
        "duration": (rendered and clip.duration) or sum(part.duration for part in clip.parts),
        "title": clip.title,
        "score": rounded(clip.score),
        "contributions": rounded(clip.contributions),
        "kept": plan is not None and plan.kept,
        "source": clip.source,
        "drop_out": rounded(plain(DropOut | None, plan and plan.drop_out)),
        "reason": clip.reason,
        "quote": clip.quote,
        "topic": clip.topic,
        "state": clip.state,
        "locked": clip.locked,
        "rating": clip.rating,
        "width": clip.width,
        "height": clip.height,
        "size_bytes": clip.size_bytes,
        "video": f"{base}/video" if rendered else None,
        "poster": f"{base}/poster" if rendered else None,
        "moving": f"{base}/moving" if rendered else None,
        "vtt": f"{base}/vtt" if rendered else None,
        "download": f"/api/v1/clips/{clip.id}/video" if rendered else None,
    }
