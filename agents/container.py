"""An upload as a child opens it: forced demuxer, whitelists, its clock, and frames from a time on.

Time 0 is the start time that the container states, which is also what ffmpeg's `-ss` counts from.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from agents.ffmpeg import FORMATS, MAX_PIXELS, MAX_STREAMS

if TYPE_CHECKING:
    import av
    import av.container
    import av.video


def open_container(path: str | Path, demuxer: str) -> av.container.InputContainer:
    """Open an upload as nothing but `demuxer`, following no reference out of it."""
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    options |= {"max_streams": str(MAX_STREAMS), "max_pixels": str(MAX_PIXELS)}
    if demuxer == "mov":
        options["enable_drefs"] = "0"
    return av.open(f"file:{path}", format=demuxer, options=options, metadata_errors="replace")


def start_time(container: av.container.InputContainer) -> float:
    """Return what the container calls its start, in seconds of its own clock."""
    return (container.start_time or 0) / 1_000_000


def first_video(container: av.container.InputContainer) -> av.video.VideoStream | None:
    """Return the first moving picture; cover art is none."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def decoded(
    container: av.container.InputContainer, stream: av.video.VideoStream
) -> Iterator[av.VideoFrame]:
    """Yield the frames from here to the end, passing over packets that cannot be decoded."""
    from av.error import InvalidDataError

    for packet in container.demux(stream):
        try:
            yield from (frame for frame in packet.decode() if frame.time is not None)
        except InvalidDataError:
            continue


def frames_from(
    container: av.container.InputContainer, stream: av.video.VideoStream, time: float
) -> Iterator[av.VideoFrame]:
    """Yield frames from the last key frame at or before `time` (seconds of the container)."""
    # MPEG-TS has no index and is entered between key frames, so go back until it is early enough
    for back in (0, 2, 10, 60):
        container.seek(int(max(time - back, start_time(container)) * 1_000_000))
        frames = decoded(container, stream)
        first = next(frames, None)
        if first is not None and first.time <= time:
            yield first
            yield from frames
            return
    if container.format.name == "mpegts":
        container.seek(0, unsupported_byte_offset=True)
    else:
        container.seek(int(start_time(container) * 1_000_000))
    yield from decoded(container, stream)
