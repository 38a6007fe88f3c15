"""The sound of an upload as raw samples, read in the sandboxed child."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.container import open_container, start_time

if TYPE_CHECKING:
    import av
    import av.audio
    import av.container
    import av.filter

RATE = 48_000
"""Samples a second of what is written."""
BACK_S = (0.5, 2.0, 10.0, 60.0)
"""So far before the wanted time a decoder is begun: it needs a moment, and an entry may be late."""


def write_sound(
    source: dict[str, Any], asked: dict[str, Any], opened: av.container.InputContainer
) -> None:
    """Write each of the stretches that are asked for as float32 samples of one channel.

    The first is read from the source as it was `opened`, nothing heard of it before.
    """
    for number, stretch in enumerate(asked["stretches"]):
        # Opened for each: a decoder of AAC makes up noise, which goes on from where it was.
        with ExitStack() as stack:
            container = opened
            if number:
                container = stack.enter_context(open_container(source["path"], source["demuxer"]))
            stream = container.streams.audio[asked["stream"]]
            wanted = asked["channel"], stretch["begin"], stretch["length"]
            samples = _read(container, stream, *wanted)
        Path(stretch["path"]).write_bytes(samples.astype("<f4", copy=False).tobytes())


def _read(
    container: av.container.InputContainer,
    stream: av.audio.AudioStream,
    channel: int,
    begin: float,
    length: float,
) -> np.ndarray:
    """Return a stretch, float32 (n,): silence where there is none, up to the last that is there."""
    zero, tick = start_time(container) + begin, float(stream.time_base or 0)
    chain, kind = None, None
    found = np.zeros(0, np.float32)
    for frame in _frames_from(container, stream, zero):
        at = (frame.pts or 0) * tick - zero
        if at >= length:
            break
        if at + frame.samples / frame.sample_rate <= 0:
            continue
        if chain is None or kind != _kind(frame):
            found = _added(found, chain)
            chain, kind = _Chain(frame, tick, channel, length), _kind(frame)
        chain.add(frame, zero)
    return _added(found, chain)


def _added(found: np.ndarray, chain: _Chain | None) -> np.ndarray:
    """Return what was found with what a chain adds, which counts from the same beginning."""
    return found if chain is None else np.concatenate([found, chain.end()[len(found) :]])


def _kind(frame: av.AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name


def _frames_from(
    container: av.container.InputContainer, stream: av.audio.AudioStream, time: float
) -> Iterator[av.AudioFrame]:
    """Yield frames from one at or before a time of the container, or from the first one, on."""
    frames: Iterator[av.AudioFrame] = iter(())
    first = None
    for back in BACK_S:
        early = max(time - back, start_time(container))
        container.seek(int(early * 1_000_000))
        frames = _decoded(container, stream)
        first = next(frames, None)
        if first is not None and (first.time or 0.0) <= time:
            break
    if first is not None:
        yield first
    yield from frames


def _decoded(
    container: av.container.InputContainer, stream: av.audio.AudioStream
) -> Iterator[av.AudioFrame]:
    """Yield the frames that have a time, passing over packets that cannot be decoded."""
    from av.error import FFmpegError

    for packet in container.demux(stream):
        try:
            yield from (frame for frame in packet.decode() if frame.pts is not None)
        except FFmpegError:
            continue


class _Chain:
    """Filters from frames of one kind to samples of one channel, from the wanted time on."""

    def __init__(self, frame: av.AudioFrame, tick: float, channel: int, length: float) -> None:
        from av.filter import Graph

        self.tick, self.parts, self.held = tick, list[np.ndarray](), 0
        self.rate, self.base = frame.sample_rate, Fraction(1, frame.sample_rate)
        self.graph = Graph()
        self.graph.threads = 1
        self.source = self.graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=self.base,
        )
        heard = min(channel, frame.layout.nb_channels - 1)
        self.graph.link_nodes(
            self.source,
            self.graph.add("atrim", f"start=0:end={length:.6f}"),
            self.graph.add("pan", f"mono|c0=c{heard}"),
            self.graph.add("aresample", f"{RATE}:async=1:first_pts=0"),
            self.graph.add("aformat", "sample_fmts=flt"),
            # A frame costs as much to hand on as a thousand samples.
            self.graph.add("asetnsamples", f"n={RATE}:p=0"),
            self.graph.add("abuffersink"),
        ).configure()

    def add(self, frame: av.AudioFrame, zero: float) -> None:
        """Take in a frame; `zero` is the wanted time in seconds of the container."""
        assert frame.pts is not None
        frame.pts = round((frame.pts * self.tick - zero) * self.rate)
        frame.time_base = self.base
        self.source.push(frame)
        self.held += frame.samples
        if self.held >= self.rate:
            self._drain()

    def end(self) -> np.ndarray:
        """Return all samples, float32 (n,)."""
        self.source.push(None)
        self._drain()
        return np.concatenate([np.zeros(0, np.float32), *self.parts])

    def _drain(self) -> None:
        from av.error import BlockingIOError, EOFError

        self.held = 0
        while True:
            try:
                frame = self.graph.pull()
            except (BlockingIOError, EOFError):
                return
            self.parts.append(frame.to_ndarray().ravel())  # type: ignore[union-attr]
