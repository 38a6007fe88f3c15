"""A logo that somebody gave: a PNG or JPEG, decoded in the sandbox like any upload."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from agents.errors import LectureError, RenderFailed, UnsupportedMedia
from agents.ffmpeg import run_ffmpeg

MAX_BYTES = 5 << 20
MAX_PIXELS = 4096 * 4096
KINDS = {b"\x89PNG\r\n\x1a\n": "png_pipe", b"\xff\xd8\xff": "jpeg_pipe"}
"""The demuxer for what a file begins with."""
CPU_S, WALL_S = 10.0, 20.0


def logo_kind(path: Path) -> str:
    """Return the demuxer of a logo, or raise UnsupportedMedia with what is wrong with the file."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        message = f"The logo {path.name!r} cannot be read: {error.strerror}."
        raise UnsupportedMedia(message) from error
    if size > MAX_BYTES:
        most = MAX_BYTES >> 20
        message = f"The logo {path.name!r} has {size / 1e6:.1f} MB; it may have {most}."
        raise UnsupportedMedia(message)
    for begin, kind in KINDS.items():
        if head.startswith(begin):
            return kind
    raise UnsupportedMedia(f"The logo {path.name!r} is neither a PNG nor a JPEG.")


def read_logo(path: Path, most: tuple[int, int]) -> np.ndarray:
    """Return the logo within `most` (width, height) pixels: straight RGBA, even sides."""
    kind = logo_kind(path)
    width, height = most
    fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    with tempfile.TemporaryDirectory(prefix="lecture-logo-") as name:
        made = Path(name) / "logo.mkv"
        opened = ["-protocol_whitelist", "file,pipe", "-max_pixels", str(MAX_PIXELS), "-f", kind]
        args = [*opened, "-i", f"file:{path.absolute()}", "-frames:v", "1"]
        args += ["-vf", f"format=rgba,{fit},setsar=1", "-c:v", "ffv1", "-pix_fmt", "bgra"]
        try:
            run_ffmpeg(
                [*args, "-map_metadata", "-1", str(made)],
                read=[path],
                write=Path(name),
                cpu_s=CPU_S,
                wall_s=WALL_S,
                memory_bytes=1 << 30,
            )
            return _decode(made)
        except LectureError as error:
            message = f"The logo {path.name!r} cannot be decoded; save it anew as a PNG."
            raise RenderFailed(message) from error


def _decode(path: Path) -> np.ndarray:
    """Read back what ffmpeg wrote here."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            return next(container.decode(video=0)).to_ndarray(format="rgba")
    except (FFmpegError, StopIteration) as error:
        raise RenderFailed("there is no picture in it") from error
