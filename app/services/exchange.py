"""What leaves as a whole: cut lists for other editors, and all clips as one zip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from agents.errors import NotFound
from app.chapters import CHAPTER_FORMATS
from app.exchange import EXCHANGE_FORMATS, Cutlist, Source, make_cutlist
from app.exports import clip_name, slug
from app.offline import OfflineClip, extra_files, offline_page
from app.services.clips import Clips
from app.services.extras import SAVED, Extras
from app.services.files import ClipFile, Files
from app.services.review import Review
from app.texts import texts_of
from app.transcripts import TRANSCRIPT_FORMATS
from app.zips import stream_zip
from data.records import ClipRow, Job, Lecture

CLIP_FILES: tuple[ClipFile, ...] = ("video", "srt", "vtt", "poster")
CUTLISTS = ("cutlist", EXCHANGE_FORMATS)
"""The address of a cut list, and what it is made as."""


class Exchange:
    """Makes cut lists and archives of the clips that nobody has rejected."""

    def __init__(self, clips: Clips, review: Review, files: Files, extras: Extras) -> None:
        self.clips = clips
        self.review = review
        self.files = files
        self.extras = extras

    def cutlist(
        self, lecture_id: str, suffix: str, job_id: str | None = None
    ) -> tuple[str, str, str]:
        """Return name, media type and text of the clips' cut list for an editor."""
        made = EXCHANGE_FORMATS.get(suffix)
        if made is None:
            known = ", ".join(EXCHANGE_FORMATS)
            raise NotFound(f"A cut list is not made as {suffix[:20]!r}, but as {known}.")
        lecture, job = self.review.find(lecture_id, job_id)
        text = made.write(self._cutlist(lecture, job, self._kept(job)), lecture.title)
        return f"{_stem(lecture)}-highlights.{suffix}", made.media_type, text

    def archive(self, lecture_id: str, job_id: str | None = None) -> tuple[str, Iterator[bytes]]:
        """Return a name and the bytes of a zip with every rendered clip and what goes with them."""
        lecture, job = self.review.find(lecture_id, job_id)
        clips = [clip for clip in self._kept(job) if clip.media is not None]
        if not clips:
            raise NotFound("There are no rendered clips to download.")
        files = [
            (f"{_name(clip)}{path.suffix}", path) for clip in clips for path in self._paths(clip)
        ]
        extras = self.extras.made(job.id)
        files += extra_files(extras)
        cutlist = self._cutlist(lecture, job, clips)
        texts = list(texts_of(self.review.results.of(job), lecture.title, cutlist))
        page = offline_page(
            lecture.title,
            [self._offline(clip) for clip in clips],
            [(name, about) for name, about, _ in texts],
            extras,
        )
        rest = [(name, text) for name, _, text in texts]
        entries = [("index.html", page), *files, *rest]
        return f"{_stem(lecture)}-clips.zip", stream_zip(entries)

    def downloads(self, lecture_id: str, job_id: str | None = None) -> list[dict[str, str]]:
        """Return group, name and address of every file that can be saved."""
        lecture, job = self.review.find(lecture_id, job_id)
        found, clips = self.review.results.of(job), self._kept(job)
        rendered = [clip for clip in clips if clip.media is not None]
        base = f"/api/v1/lectures/{lecture.id}"
        rows: list[tuple[str, str, str]] = []
        if rendered:
            what = "Everything as zip, with a page that plays offline"
            rows.append(("All at once", what, f"{base}/download.zip?job={job.id}"))
        for clip in rendered:
            names = {"video": "Video", "srt": "SRT", "vtt": "VTT", "poster": "Picture"}
            title = f"{clip.idx}. {clip.title}"
            rows += [(title, names[kind], f"/api/v1/clips/{clip.id}/{kind}") for kind in CLIP_FILES]
        for state in self.extras.states(lecture.id, job.id):
            saved = (file for file in state["files"] if file["suffix"] in SAVED)
            rows += [(state["title"], file["suffix"].upper(), file["url"]) for file in saved]
        for group, kind, formats, there in (
            ("Transcript of the lecture", "transcript", TRANSCRIPT_FORMATS, found.transcript),
            ("Chapters of the lecture", "chapters", CHAPTER_FORMATS, found.content),
            ("Cut lists for video editors: keep one beside the recording", *CUTLISTS, clips),
        ):
            rows += [
                (group, made.title, f"{base}/{kind}.{suffix}?job={job.id}")
                for suffix, made in formats.items()
                if there
            ]
        return [{"group": group, "name": name, "url": url} for group, name, url in rows]

    def _paths(self, clip: ClipRow) -> Iterator[Path]:
        for kind in CLIP_FILES:
            yield self.files.of_clip(clip, kind).path
        with suppress(NotFound):  # clips that were rendered by an earlier version have none
            yield self.files.of_clip(clip, "moving").path

    def _kept(self, job: Job) -> list[ClipRow]:
        return [clip for clip in self.clips.list(job.id) if clip.state != "rejected"]

    def _cutlist(self, lecture: Lecture, job: Job, clips: list[ClipRow]) -> Cutlist:
        if not clips:
            raise NotFound("There are no clips to make a cut list of.")
        media = self.review.results.intake(job.id).media
        name = Path(lecture.media).name
        source = Source.of(media, name, quote(name))
        return make_cutlist(source, [(clip.title, clip.reason, clip.parts) for clip in clips])

    def _offline(self, clip: ClipRow) -> OfflineClip:
        duration = clip.duration or sum(part.duration for part in clip.parts)
        return OfflineClip.of(clip, duration, self.files.of_clip(clip, "vtt").path)


def _stem(lecture: Lecture) -> str:
    return slug(lecture.title) or "lecture"


def _name(clip: ClipRow) -> str:
    return clip_name(clip.idx, clip.title)
