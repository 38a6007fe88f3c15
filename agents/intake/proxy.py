"""A copy that browsers play, made only when they cannot play the upload, and cheaply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.ffmpeg import input_options, run_ffmpeg

if TYPE_CHECKING:
    from agents.types import Media

PLAIN = ("yuv420p", "yuvj420p")
MAX_HEIGHT = 720
GOP_S = 2


def plays_in_browsers(facts: Mapping[str, Any], *, is_webm: bool, fragmented: bool) -> bool:
    """Tell whether Chromium, Firefox and Safari all play, and seek in, the upload itself."""
    if facts["audio_stream"] != 0 or facts["bad_video"] or facts["broken_off"]:
        return False  # a browser plays the first track, and may stop at damage
    sound, video = facts["audio_codecs"][0], facts["video_codec"]
    plain = facts["pixel_format"] in PLAIN
    if facts["demuxer"] == "mov":
        return video == "h264" and plain and sound in ("aac", "mp3", "mp3float") and not fragmented
    if facts["demuxer"] == "matroska" and is_webm:
        known_length = facts["claimed_s"] > 0
        picture = video in ("vp8", "vp9", "libvpx", "libvpx-vp9")
        return picture and plain and sound in ("opus", "vorbis", "libopus") and known_length
    return False


def make_proxy(
    media: Media, facts: Mapping[str, Any], target: Path, progress: Callable[[float], None]
) -> None:
    """Write an H.264/AAC MP4 on the lecture's clock; what already fits is copied."""
    start = ["-map", "0:V:0", "-map", f"0:a:{media.audio_stream}", "-sn", "-dn"]
    tidy = ["-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart"]
    run_ffmpeg(
        [*input_options(media), *start, *_picture(facts), *_sound(facts), *tidy, str(target)],
        read=[media.path],
        write=target.parent,
        duration=media.duration,
        progress=progress,
        cpu_s=600 + 4 * media.duration,
        wall_s=600 + 4 * media.duration,
    )


def _picture(facts: Mapping[str, Any]) -> list[str]:
    if facts["video_codec"] == "h264" and facts["pixel_format"] in PLAIN and not facts["bad_video"]:
        return ["-c:v", "copy"]
    scale = f"scale=trunc(iw*sar/2)*2:trunc(ih/2)*2,setsar=1,scale=-2:'min({MAX_HEIGHT},ih)'"
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-pix_fmt", "yuv420p"]
    return ["-vf", scale, *encoder, "-force_key_frames", f"expr:gte(t,n_forced*{GOP_S})"]


def _sound(facts: Mapping[str, Any]) -> list[str]:
    if facts["audio_codecs"][facts["audio_stream"]] == "aac" and not facts["bad_audio"]:
        return ["-c:a", "copy"]
    return ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-af", "aresample=async=1"]
