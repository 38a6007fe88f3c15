"""The bundled ffmpeg: it meets an upload only with a forced demuxer, whitelists and a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agents.sandbox import run_sandboxed

if TYPE_CHECKING:
    from agents.types import Intake, Media

MAX_PIXELS = 4096 * 2304
MAX_STREAMS = 64
FORMATS = "mov,matroska,avi,mpegts"


@cache
def ffmpeg_path() -> str:
    """Return the absolute path of the ffmpeg that imageio-ffmpeg carries."""
    from imageio_ffmpeg import get_ffmpeg_exe

    return str(Path(get_ffmpeg_exe()).resolve())


def rendering_source(intake: Intake) -> Media:
    """Return the media that ffmpeg can seek in: MPEG-TS has no index, so its proxy stands in."""
    if intake.media.demuxer != "mpegts" or intake.proxy is None:
        return intake.media
    channel = min(intake.media.audio_channel, 1)  # a proxy has two at most
    return replace(
        intake.media, path=intake.proxy, demuxer="mov", audio_stream=0, audio_channel=channel
    )


def input_options(media: Media, *, seek: float | None = None) -> list[str]:
    """Return the arguments that open the upload, `-i` included, from `seek` seconds on."""
    options = ["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS]
    options += ["-max_streams", str(MAX_STREAMS), "-max_pixels", str(MAX_PIXELS)]
    if media.demuxer == "mov":
        options += ["-enable_drefs", "0"]
    options += ["-f", media.demuxer]
    if seek is not None:
        options += ["-ss", f"{seek:.6f}"]
    # "file:" because a bare name may be read as an option or as another protocol
    return [*options, "-i", f"file:{media.path.absolute()}"]


def run_ffmpeg(
    args: Sequence[str],
    *,
    read: Sequence[Path],
    write: Path,
    duration: float | None = None,
    progress: Callable[[float], None] | None = None,
    cpu_s: float = 600,
    wall_s: float = 1800,
    memory_bytes: int = 2 << 30,
) -> None:
    """Run ffmpeg with `args`; `progress` hears 0-100 of the output's `duration` in seconds."""
    hear = _listener(duration, progress) if duration and progress else None
    report = ["-progress", "pipe:1"] if hear else []
    run_sandboxed(
        [ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *report, *args],
        read=read,
        write=write,
        cpu_s=cpu_s,
        wall_s=wall_s,
        memory_bytes=memory_bytes,
        on_line=hear,
    )


def _listener(duration: float, progress: Callable[[float], None]) -> Callable[[str], None]:
    def hear(line: str) -> None:
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.lstrip("-").isdigit():
            progress(min(100.0, max(0.0, int(value) / 1e4 / duration)))

    return hear
