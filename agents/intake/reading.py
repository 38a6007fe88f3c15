"""The one pass over an upload, run in a sandboxed child: demux all, decode sound and key frames.

Reads a request on stdin, prints the percent done, and leaves `summary.json` and arrays in a
folder. A refusal is a code with values; the sentence is made by the parent.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.container import first_video, frames_from, open_container, start_time
from agents.intake.audio import RATE, Track, choose_channel, measure_levels, write_wav
from agents.intake.demux import Demux
from agents.intake.probe import MAX_S, MIN_S, SILENT_DB
from agents.intake.refused import Refused, check_frame, check_streams
from agents.intake.silero import measure_speech
from agents.intake.video import (
    SPREAD,
    Pictures,
    choose_poster,
    poster_size,
    spread_frames,
)
from agents.intake.voice import measure_prosody
from agents.pictures import jpeg_encoder

if TYPE_CHECKING:
    import av
    import av.container
    import av.video
    import numpy as np

PROSODY = ("level", "pitch", "spread")
READ = 75.0
"""Percent at which the upload is read; the rest is listening for speech."""


def main(args: list[str]) -> None:
    """Read the upload named on stdin and leave the summary in its folder."""
    request = json.loads(sys.stdin.buffer.read())

    def report(percent: float) -> None:
        print(f"{percent:.0f}", flush=True)  # noqa: T201

    path, voice, folder = (Path(request[name]) for name in ("path", "voice", "folder"))
    summary = read_upload(path, request["demuxer"], voice, folder, report)
    Path(folder, "summary.json").write_text(json.dumps(summary))


def read_upload(
    path: Path, demuxer: str, voice: Path, folder: Path, report: Callable[[float], None]
) -> dict[str, Any]:
    """Measure the upload into `folder`; return the summary, or the refusal, as JSON.

    `voice` holds the weights of the network that hears speech.
    """
    from av.error import FFmpegError

    try:
        container = open_container(path, demuxer)
    except (FFmpegError, ValueError, OverflowError):
        return Refused("corrupt", what="its header cannot be read").summary
    try:
        with container:
            reopen = partial(open_container, path, demuxer)
            return Reading(container, voice, folder, report, reopen).run()
    except Refused as refused:
        return refused.summary


class Reading:
    """One pass over an open container."""

    def __init__(
        self,
        container: av.container.InputContainer,
        voice: Path,
        folder: Path,
        report: Callable[[float], None],
        reopen: Callable[[], av.container.InputContainer],
    ) -> None:
        self.container, self.folder, self.report, self.reopen = container, folder, report, reopen
        self.voice = voice
        self.video = check_streams(container)
        self.zero = start_time(container)
        self.pictures = Pictures(self.video, folder / "luma.raw", self.zero)
        streams = [stream for stream in container.streams.audio if stream.codec_context]
        self.tracks = [
            Track(stream, folder / f"track{i}.wav", self.zero, MAX_S)
            for i, stream in enumerate(streams)
        ]
        self.end = 0.0
        self.broken_off = False

    def run(self) -> dict[str, Any]:
        """Return the summary of the whole file."""
        demux = Demux(self.container, self.pictures, self.tracks, self.report_read)
        demux.run()
        self.end, self.broken_off = demux.end, demux.broken_off
        self.check_amount()
        summary = self.choose_sound() | self.describe()
        self.listen()
        self.write_arrays()
        return summary

    def report_read(self, percent: float) -> None:
        """Report how much of the upload has been read."""
        self.report(percent * READ / 100)

    def check_amount(self) -> None:
        """Refuse what turned out to be empty, too short, or not decodable at all."""
        if not self.pictures.time:
            raise Refused("no_video")
        if self.pictures.shown is None and self.pictures.hidden >= len(self.pictures.time) - 1:
            raise Refused("duration_mismatch", claimed=(self.container.duration or 0) / 1e6)
        if self.pictures.shown is None:
            raise Refused("corrupt", what="none of its pictures can be decoded")
        check_frame(*self.pictures.shown)
        if not any(track.frames for track in self.tracks):
            if any(track.bad for track in self.tracks):
                raise Refused("corrupt", what="none of its sound can be decoded")
            raise Refused("no_audio")
        self.end = max(self.end, self.pictures.time[-1] + self.frame_s())
        if self.end < MIN_S:
            raise Refused("too_short", seconds=self.end)

    def frame_s(self) -> float:
        """Return how long the last frame is shown when its packet does not say."""
        rate = self.video.average_rate
        return 1 / float(rate) if rate else 0.0

    def choose_sound(self) -> dict[str, Any]:
        """Write the channel that carries the speech as audio.wav, with its levels."""
        import numpy as np

        length = round(self.end * RATE)
        levels = [measure_levels(track.path, track.channels, length) for track in self.tracks]
        track, channel = choose_channel(levels)
        chosen = levels[track][channel]
        if chosen.loudest_second_db < SILENT_DB:
            raise Refused("no_speech", level=chosen.loudest_second_db)
        np.save(self.folder / "peak_db.npy", chosen.peak_db)
        np.save(self.folder / "rms_db.npy", chosen.rms_db)
        source = self.tracks[track]
        write_wav(source.path, source.channels, channel, self.folder / "audio.wav", length)
        return {"audio_stream": track, "audio_channel": channel}

    def listen(self) -> None:
        """Measure how the voice moves, and where somebody speaks.

        Here rather than in the parent, where idle threads of BLAS would double the cost.
        """
        import numpy as np

        audio = self.folder / "audio.wav"
        for name, column in zip(PROSODY, measure_prosody(audio), strict=True):
            np.save(self.folder / f"{name}.npy", column)

        def report(percent: float) -> None:
            self.report(READ + percent * (100 - READ) / 100)

        np.save(self.folder / "speech.npy", measure_speech(audio, self.voice, self.end, report))

    def describe(self) -> dict[str, Any]:
        """Return what is to be known about the recording, after a look at a few spread frames."""
        pictures, codec = self.pictures, self.video.codec_context
        time = sorted(pictures.time)
        span = time[-1] - time[0]
        assert pictures.shown is not None
        self.write_poster()
        return {
            "duration": self.end,
            "width": pictures.shown[0],
            "height": pictures.shown[1],
            "fps": (len(time) - 1) / span if span > 0 else 1 / (self.frame_s() or self.end),
            "packets": len(time),
            "bad_video": pictures.bad + self.check_spread(),
            "bad_audio": sum(track.bad for track in self.tracks),
            "broken_off": self.broken_off,
            "claimed_s": (self.container.duration or 0) / 1e6,
            "video_codec": codec.name,
            "pixel_format": codec.pix_fmt,
            "audio_codecs": [track.stream.codec_context.name for track in self.tracks],
        }

    @contextmanager
    def again(self) -> Iterator[tuple[av.container.InputContainer, av.video.VideoStream]]:
        """Open the upload anew: its first decoder leaves out what large pictures need."""
        with self.reopen() as container:
            stream = first_video(container)
            assert stream is not None
            yield container, stream

    def write_poster(self) -> None:
        """Write a representative frame as poster.jpg."""
        assert self.pictures.shown is not None
        wanted = self.zero + choose_poster(self.pictures.luma_time, self.pictures.looks)
        with self.again() as (container, stream):
            frame = next(frames_from(container, stream, wanted + 1e-6))
            content = jpeg_encoder(*poster_size(self.pictures.shown))(frame)
        (self.folder / "poster.jpg").write_bytes(content)

    def check_spread(self) -> int:
        """Return how many of six spread frames fail; many key frames are check enough."""
        if len(self.pictures.luma_time) >= SPREAD:
            return 0
        last = max(self.pictures.time)
        times = [self.zero + last * i / (SPREAD - 1) for i in range(SPREAD)]
        with self.again() as (container, stream):
            return sum(frame is None for frame in spread_frames(container, stream, times))

    def write_arrays(self) -> None:
        """Leave the packet table in order of presentation and the times of the key frames."""
        import numpy as np

        time = np.asarray(self.pictures.time)
        order = np.argsort(time, kind="stable")
        columns = {
            "packet_time": time,
            "packet_size": np.asarray(self.pictures.size, np.int32),
            "packet_key": np.frombuffer(bytes(self.pictures.key), np.bool_),
        }
        for name, column in columns.items():
            np.save(self.folder / f"{name}.npy", column[order])
        np.save(self.folder / "luma_time.npy", _times(self.pictures.luma_time))


def _times(values: array[float]) -> np.ndarray:
    import numpy as np

    return np.asarray(values, np.float64)
