"""What the child refuses, and what of it the header alone shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.container import first_video
from agents.intake.probe import MAX_AREA, MAX_STREAMS, MIN_SIDE

if TYPE_CHECKING:
    import av.container
    import av.video


class Refused(Exception):
    """The upload breaks a rule: a code, and the values that its sentence names."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.summary = {"refused": code, "values": values}


def check_streams(container: av.container.InputContainer) -> av.video.VideoStream:
    """Return the video stream, or refuse what can be told from the header alone."""
    if len(container.streams) > MAX_STREAMS:
        raise Refused("too_many_streams", count=len(container.streams))
    video = first_video(container)
    if video is None:
        raise Refused("no_video")
    if video.codec_context is None:
        raise Refused("corrupt", what="its picture is in a format that cannot be read")
    check_frame(video.codec_context.width, video.codec_context.height)
    if not any(stream.codec_context for stream in container.streams.audio):
        raise Refused("no_audio")
    return video


def check_frame(width: int, height: int) -> None:
    """Refuse pictures that are too large to hold or too small to show anything."""
    if width * height > MAX_AREA:
        raise Refused("too_large_frame", width=width, height=height)
    if 0 < min(width, height) < MIN_SIDE:
        raise Refused("too_small", width=width, height=height)
