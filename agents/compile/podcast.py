"""The clips of a lecture as sound alone: MP3 and M4A with a chapter for each and a cover."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from agents.compile.chapters import to_ffmetadata
from agents.compile.checks import MAX_LENGTH_ERROR_S
from agents.compile.clip_file import hear_clip
from agents.compile.id3 import id3_tag
from agents.compile.sound import SAMPLE_RATE
from agents.errors import RenderFailed
from agents.ffmpeg import run_ffmpeg
from agents.subtitles import one_line
from agents.types import Cue, Podcast

PODCAST = 1
"""Raised when the same clips would be made into other files."""
BREATH_S = 0.8
"""Silence between two clips; each ends in its own pause."""
KBPS = 96
MP3, M4A = "podcast.mp3", "podcast.m4a"
BIT_EXACT = ("-fflags", "+bitexact", "-flags:a", "+bitexact")


@dataclass(frozen=True, slots=True)
class Talk:
    """A rendered clip as it is heard."""

    key: str
    """What its sound depends on."""
    title: str
    video: Path


def podcast_key(talks: Sequence[Talk], title: str) -> str:
    """Return the hash of all that the podcast's files depend on."""
    body = json.dumps([PODCAST, title, [[talk.key, talk.title] for talk in talks]])
    return "podcast-" + hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def make_podcast(
    talks: Sequence[Talk],
    title: str,
    cover: Path,
    *,
    folder: Path,
    progress: Callable[[float, str], None],
) -> Podcast:
    """Write both files into `folder`; `cover` is a JPEG, `progress` hears percent and a message."""
    sound, chapters = _join(talks)
    raw, marks = folder / "podcast.f32", folder / "marks.txt"
    sound.astype("<f4").tofile(raw)
    title = one_line(title)
    marks.write_text(to_ffmetadata(chapters, [("title", title)]), encoding="utf-8")
    source = ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", f"file:{raw}"]
    length = len(sound) / SAMPLE_RATE
    progress(10, "Encoding MP3")
    bare = folder / "bare.mp3"
    untagged = ["-id3v2_version", "0", "-write_id3v1", "0", "-f", "mp3", str(bare)]
    _encode([*source, "-c:a", "libmp3lame", "-b:a", f"{KBPS}k", *untagged], folder)
    with (folder / MP3).open("wb") as file:
        file.write(id3_tag(title, chapters, cover.read_bytes()))
        file.write(bare.read_bytes())
    progress(55, "Encoding M4A")
    tagged = ["-f", "ffmetadata", "-i", f"file:{marks}", "-f", "jpeg_pipe", "-i", f"file:{cover}"]
    tagged += ["-map", "0:a", "-map", "2:v", "-c:v", "copy", "-disposition:v", "attached_pic"]
    tagged += ["-map_metadata", "1", "-map_chapters", "1", "-c:a", "aac", "-b:a", f"{KBPS}k"]
    tagged += ["-movflags", "+faststart", "-f", "ipod", str(folder / M4A)]
    _encode([*source, *tagged], folder, cover.parent)
    for left in (raw, marks, bare):
        left.unlink()
    for made in (folder / MP3, folder / M4A):
        _check(made, length)
    return Podcast(folder / MP3, folder / M4A, chapters, length)


def _join(talks: Sequence[Talk]) -> tuple[np.ndarray, tuple[Cue, ...]]:
    """Return the sound of all clips one after another, and where each lies."""
    pause = np.zeros(round(BREATH_S * SAMPLE_RATE), np.float32)
    parts = [np.concatenate([hear_clip(talk.video), pause]) for talk in talks]
    edges = list(accumulate((len(part) / SAMPLE_RATE for part in parts), initial=0.0))
    chapters = tuple(
        Cue(start, end, one_line(talk.title) or f"Clip {number}")
        for number, (talk, start, end) in enumerate(
            zip(talks, edges, edges[1:], strict=False), start=1
        )
    )
    return np.concatenate(parts), chapters


def _encode(args: Sequence[str], folder: Path, *read: Path) -> None:
    run_ffmpeg([*args[:-1], *BIT_EXACT, args[-1]], read=[folder, *read], write=folder)


def _check(path: Path, length: float) -> None:
    """Refuse a file that does not decode to its end."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            heard = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    except FFmpegError as error:
        raise RenderFailed(f"{path.name} does not decode to its end: {error}") from error
    if abs(heard - length) > MAX_LENGTH_ERROR_S:
        raise RenderFailed(f"{path.name} lasts {heard:.2f} s; its clips last {length:.2f}")
