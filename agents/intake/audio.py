"""Sound in the child: every track to 16 kHz on the lecture's clock, then the one with speech."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av
    import av.audio
    import av.filter
    import numpy as np

RATE = 16_000
RESAMPLE = f"{RATE}:filter_size=24:kaiser_beta=6"
"""A quarter fewer taps than usual under a steeper window: -0.5 dB at 7 kHz, below -60 dB from 9."""
HOP = 160
"""Samples of one step of the level envelope: 10 ms."""
HEADER_BYTES = 44
BLOCK_S = 1
"""Seconds of sound that are resampled at once."""
FLOOR_DB = -120.0
MAX_GAP_S = 0.1
"""A frame this far from where the last one ended begins a new run; less is jitter."""
TIE_DB = 1.0
"""Of channels this close in loudness the first one is taken."""


class Track:
    """One audio stream written as interleaved s16 at 16 kHz; gaps in it stay silent."""

    def __init__(self, stream: av.audio.AudioStream, path: Path, zero: float, max_s: float) -> None:
        from av.error import FFmpegError

        self.stream = stream
        self.path = path
        self.zero = zero
        self.max_s = max_s
        self.channels = max(1, stream.codec_context.channels)
        self.base = float(stream.time_base or 0)
        self.frames = 0
        self.bad = 0
        self.length = 0
        """Samples from the lecture's start to the end of what was written."""
        self._file = path.open("wb")
        self._graph: av.filter.Graph | None = None
        self._source: av.filter.FilterContext | None = None
        self._format: tuple[int, str, str] | None = None
        self._next_s = 0.0
        self._skip = 0
        self._fifo: av.AudioFifo | None = None
        # looked up once: an import per packet is noticed in an hour's file
        self._damage = (FFmpegError, ValueError)
        self._decode = stream.codec_context.decode

    def add(self, packet: av.Packet) -> None:
        """Decode a packet of this stream; an empty one brings out what the decoder still holds."""
        try:
            frames = self._decode(packet)
        except self._damage:
            self.bad += 1
            return
        for frame in frames:
            self._place(frame)  # type: ignore[arg-type]

    def close(self) -> None:
        """Write what is still on its way."""
        self._end_run()
        self._file.close()

    def _place(self, frame: av.AudioFrame) -> None:
        samples, rate = frame.samples, frame.sample_rate
        start = self._next_s if frame.pts is None else frame.pts * self.base - self.zero
        if start + samples / rate <= 0 or start > self.max_s:
            return
        self.frames += 1
        sound = (rate, frame.format.name, frame.layout.name)
        if sound != self._format or abs(start - self._next_s) > MAX_GAP_S:
            self._end_run()
            self._begin_run(frame, start)
            self._format, self._next_s = sound, start
        self._next_s += samples / rate
        assert self._fifo is not None
        frame.pts = None
        self._fifo.write(frame)
        if self._fifo.samples >= BLOCK_S * rate:
            self._hand_on()

    def _begin_run(self, frame: av.AudioFrame, start: float) -> None:
        from fractions import Fraction

        from av import AudioFifo
        from av.filter import Graph

        first = round(start * RATE)
        self._skip = max(0, self.length - first)
        self.length = max(self.length, first)
        graph = Graph()
        graph.threads = 1  # a second one costs more to wake than it saves
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        )
        graph.link_nodes(
            source,
            graph.add("aresample", RESAMPLE),
            graph.add("aformat", self._sample_format(frame)),
            graph.add("highpass", "f=60"),
            graph.add("aformat", "sample_fmts=s16"),
            graph.add("abuffersink"),
        ).configure()
        self._graph, self._source, self._fifo = graph, source, AudioFifo()

    def _sample_format(self, frame: av.AudioFrame) -> str:
        if frame.layout.nb_channels == self.channels:
            return "sample_fmts=fltp"
        # the stream changed its mind; the file keeps the number it began with
        return f"sample_fmts=fltp:channel_layouts={self.stream.codec_context.layout.name}"

    def _end_run(self) -> None:
        if self._graph is not None:
            self._hand_on()
            self._graph.push(None)
            self._drain()
            self._graph = None

    def _hand_on(self) -> None:
        """Resample what was gathered: a frame costs as much to hand on as a thousand samples."""
        assert self._fifo is not None
        assert self._source is not None
        block = self._fifo.read()
        if block is not None:
            block.pts = None
            self._source.push(block)
            self._drain()

    def _drain(self) -> None:
        from av.error import BlockingIOError, EOFError

        assert self._graph is not None
        while True:
            try:
                frame = self._graph.pull()
            except (BlockingIOError, EOFError):
                return
            self._write(frame.to_ndarray())  # type: ignore[union-attr]

    def _write(self, block: np.ndarray) -> None:
        samples = block.reshape(-1, self.channels)
        dropped = min(self._skip, len(samples))
        self._skip -= dropped
        self._file.seek(HEADER_BYTES + self.length * 2 * self.channels)
        self._file.write(samples[dropped:].astype("<i2", copy=False).tobytes())
        self.length += len(samples) - dropped


@dataclass(frozen=True, slots=True)
class Loudness:
    """The 10 ms envelope of one channel in dB, and how loud its speech is."""

    peak_db: np.ndarray
    rms_db: np.ndarray
    speech_db: float
    """95th percentile of the RMS."""
    loudest_second_db: float


def blocks(path: Path, channels: int) -> Iterator[np.ndarray]:
    """Yield the s16 samples behind the header, (n, channels), a minute at a time."""
    import numpy as np

    with path.open("rb") as file:
        file.seek(HEADER_BYTES)
        while content := file.read(60 * RATE * 2 * channels):
            yield np.frombuffer(content, "<i2").reshape(-1, channels)


def measure_levels(path: Path, channels: int, length: int) -> list[Loudness]:
    """Return peak and RMS per 10 ms of each channel, over `length` samples at least."""
    import numpy as np

    hops = -(-length // HOP)
    peak = np.zeros((channels, hops), np.float32)
    power = np.zeros((channels, hops), np.float32)
    at = 0
    for block in blocks(path, channels):
        n = min(-(-len(block) // HOP), hops - at)
        for channel in range(channels):
            # one channel after the other: sums over every other sample are forty times slower
            sound = np.pad(block[:, channel], (0, -len(block) % HOP)).reshape(-1, HOP)[:n]
            steps = sound.astype(np.float32) / np.float32(32768)
            highest, lowest = sound.max(1).astype(np.float32), sound.min(1).astype(np.float32)
            peak[channel, at : at + n] = np.maximum(highest, -lowest) / 32768
            power[channel, at : at + n] = np.einsum("nh,nh->n", steps, steps) / HOP
        at += n
    return [_loudness(peak[c], power[c]) for c in range(channels)]


def _loudness(peak: np.ndarray, power: np.ndarray) -> Loudness:
    import numpy as np

    rms_db = to_db(np.sqrt(power))
    whole = len(power) // 100 * 100
    seconds = power[:whole].reshape(-1, 100).mean(1) if whole else power[:1]
    loudest = float(to_db(np.sqrt(seconds.max(initial=0.0, keepdims=True)))[0])
    return Loudness(to_db(peak), rms_db, float(np.percentile(rms_db, 95)), loudest)


def to_db(amplitude: np.ndarray) -> np.ndarray:
    """Return 20 log10 of amplitudes relative to full scale, float32, never below the floor."""
    import numpy as np

    level = 20 * np.log10(np.maximum(amplitude, 1e-9))
    return np.maximum(level, FLOOR_DB).astype(np.float32)


def choose_channel(tracks: list[list[Loudness]]) -> tuple[int, int]:
    """Return track and channel with the loudest speech: a mix could cancel or bury it."""
    ranked = [
        (t, c, loud.speech_db) for t, track in enumerate(tracks) for c, loud in enumerate(track)
    ]
    best = max(level for _, _, level in ranked)
    return next((t, c) for t, c, level in ranked if level >= best - TIE_DB)


def write_wav(source: Path, channels: int, channel: int, target: Path, length: int) -> None:
    """Write one channel of a track as a mono WAV of exactly `length` samples."""
    if channels == 1:
        source.rename(target)
    else:
        with target.open("wb") as file:
            file.seek(HEADER_BYTES)
            for block in blocks(source, channels):
                file.write(block[:, channel].tobytes())
    with target.open("r+b") as file:
        file.truncate(HEADER_BYTES + 2 * length)  # what is added reads as silence
        file.write(_wav_header(length))


def _wav_header(samples: int) -> bytes:
    size = 2 * samples
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE")
        + form
        + struct.pack("<4sI", b"data", size)
    )
