"""The upload as frames at times, read forwards in a sandboxed child; as a program, one of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from agents.canvas import MATRICES, Colour, Place, Source, View
from agents.container import first_video, frames_from, open_container, start_time
from agents.painting import Filters

if TYPE_CHECKING:
    import av
    import av.container
    import av.video

READ_ON_S = 5.0
"""A wanted time this close behind the last one is reached by decoding on, not by seeking."""


def main(args: list[str]) -> None:
    """Write the planes of the frame that the file `args[0]` asks for, and tell its colours."""
    request = json.loads(Path(args[0]).read_text())
    recording = Recording(**request["source"])
    source, frame = recording.source, recording.at(request["time"])
    whole = Place(0, 0, *request["size"])
    planes = Filters(frame, source, View(whole, whole)).run(frame)
    Path(request["path"]).write_bytes(b"".join(np.ascontiguousarray(p).tobytes() for p in planes))
    colour = source.colour
    sys.stdout.write(json.dumps([colour.matrix, colour.primaries, colour.transfer]))


class Recording:
    """The upload, read forwards from one wanted time to the next."""

    def __init__(
        self, path: str, demuxer: str, width: int, height: int, *, rough: bool = False
    ) -> None:
        """Open the upload; a rough reading leaves out frames on which no others build.

        It does not smooth the edges of blocks, either: small pictures hide them.
        """
        self.container = open_container(path, demuxer)
        stream = first_video(self.container)
        if stream is None:
            raise ValueError("no video stream")
        self.stream, self.rough = stream, rough
        stream.codec_context.thread_count = 1
        if rough:
            stream.codec_context.skip_frame = "NONREF"
            stream.codec_context.options = {"skip_loop_filter": "all"}
        self.source = Source(width, height, stream_colour(stream, height))
        self.frames: Iterator[av.VideoFrame] = iter(())
        self.shown: av.VideoFrame | None = None
        self.ahead: av.VideoFrame | None = None

    def at(self, time: float) -> av.VideoFrame:
        """Return the last frame at or before a time of the lecture, in seconds."""
        wanted = start_time(self.container) + time
        if self._is_far(wanted):
            self.frames = frames_from(self._sparing(wanted), self.stream, wanted)
            self.shown = self.ahead = next(self.frames, self.shown)
        while self.ahead is not None and self.ahead.time <= wanted:
            self.shown, self.ahead = self.ahead, next(self.frames, None)
        if self.shown is None:
            raise ValueError(f"no frame can be decoded near {time} s")
        return self.shown

    def _sparing(self, wanted: float) -> av.container.InputContainer:
        sparing = self.container if self.rough else Sparing(self.container, wanted)
        return cast("av.container.InputContainer", sparing)

    def _is_far(self, wanted: float) -> bool:
        if self.shown is None or wanted < self.shown.time:
            return True
        return self.ahead is not None and wanted - self.ahead.time > READ_ON_S


class Sparing:
    """A container that is read up to a wanted time: what is over by then is hardly decoded."""

    def __init__(self, container: av.container.InputContainer, wanted: float) -> None:
        """Take the wanted time in seconds of the container."""
        self.container, self.wanted = container, wanted

    def __getattr__(self, name: str) -> object:
        return getattr(self.container, name)

    def demux(self, stream: av.video.VideoStream) -> Iterator[av.Packet]:
        """Yield packets, the decoder told to leave out those on which no others build.

        That is when a frame that is shown later, but not after the wanted time, was read before.
        """
        tick, latest = float(stream.time_base or 0), float("-inf")
        for packet in self.container.demux(stream):
            if packet.pts is not None:
                time = packet.pts * tick
                stream.codec_context.skip_frame = "NONREF" if time < latest else "DEFAULT"
                latest = max(latest, time) if time <= self.wanted else latest
            yield packet


def stream_colour(stream: av.video.VideoStream, height: int) -> Colour:
    """Return what the recording says of its colours, else what its size makes likely."""
    names = {number: name for name, number in MATRICES.items()}
    context = stream.codec_context
    matrix = names.get(int(context.colorspace), "bt709" if height >= 720 else "smpte170m")
    primaries = names.get(int(context.color_primaries), matrix)
    return Colour(matrix, primaries, "bt709" if matrix == "bt709" else "smpte170m")
