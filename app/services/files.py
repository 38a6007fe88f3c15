"""Files that leave by their own route: recording, clips, posters and stills."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agents.errors import NotFound
from app.exports import clip_name
from app.pictures import small_picture
from app.services.clips import Clips
from app.services.core import Core
from app.services.results import IntakeFacts
from app.services.review import Review
from data.records import ClipRow

ClipFile = Literal["video", "srt", "vtt", "poster", "moving"]

TYPE_OF_DEMUXER = {
    "mov": "video/mp4",
    "matroska": "video/x-matroska",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
}
TYPE_OF_SUFFIX = {
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
}


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file with the content type that it is served under, whatever its bytes pretend."""

    path: Path
    media_type: str
    download_name: str = ""


class Files:
    """Finds the file behind an address."""

    def __init__(self, core: Core, clips: Clips, review: Review) -> None:
        self.core = core
        self.clips = clips
        self.review = review

    def source(self, lecture_id: str) -> ServedFile:
        """Return what browsers play: the proxy where there is one, else the upload."""
        facts = self._facts(lecture_id)
        if facts.proxy is not None:
            return existing(facts.proxy)
        return existing(self.core.media.path(lecture_id), TYPE_OF_DEMUXER[facts.demuxer])

    def poster(self, lecture_id: str) -> ServedFile:
        """Return the lecture's representative frame."""
        return existing(self._facts(lecture_id).poster)

    def slide(self, lecture_id: str, job_id: str, index: int) -> ServedFile:
        """Return the still of one slide."""
        layout = self.review.results.of(self.review.job_of(lecture_id, job_id)).layout
        slides = layout.slides if layout else ()
        still = slides[index].still if 0 <= index < len(slides) else None
        if still is None:
            raise NotFound(f"There is no picture of slide {index}.")
        return existing(still)

    def small_slide(self, lecture_id: str, job_id: str, index: int, width: int) -> bytes:
        """Return the still of one slide as a JPEG `width` pixels wide."""
        still = self.slide(lecture_id, job_id, index).path
        return small_picture(still, still.stat().st_mtime_ns, width)

    def clip(self, clip_id: str, kind: ClipFile) -> ServedFile:
        """Return one file of a rendered clip, with a name to save it under."""
        return self.of_clip(self.clips.get(clip_id), kind)

    def of_clip(self, clip: ClipRow, kind: ClipFile) -> ServedFile:
        """Return the same of a clip that has been read already."""
        path = self._clip_path(clip, kind)
        return existing(path, download_name=f"{clip_name(clip.idx, clip.title)}{path.suffix}")

    def _facts(self, lecture_id: str) -> IntakeFacts:
        facts = self.review.results.of(self.review.job_of(lecture_id)).facts
        if facts is None:
            raise NotFound("The recording is not looked at yet.")
        return facts

    def _clip_path(self, clip: ClipRow, kind: ClipFile) -> Path:
        folder = self.core.artifacts.folder(clip.media_key) if clip.media_key else None
        if folder is None or not (clip.media and clip.subtitles and clip.poster):
            raise NotFound(f"The clip {clip.id} is not rendered.")
        names = {"video": clip.media, "srt": clip.subtitles, "poster": clip.poster}
        if kind == "vtt":
            return (folder / clip.subtitles).with_suffix(".vtt")
        if kind == "moving":
            return (folder / clip.poster).with_suffix(".webp")
        return folder / names[kind]


def existing(path: Path, media_type: str = "", download_name: str = "") -> ServedFile:
    if not path.is_file():
        raise NotFound("The file is gone.")
    return ServedFile(path, media_type or TYPE_OF_SUFFIX[path.suffix.lower()], download_name)
