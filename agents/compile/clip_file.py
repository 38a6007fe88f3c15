"""A finished clip as it lies on the disk, read once: its packets, and what they decode to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from agents.errors import RenderFailed

if TYPE_CHECKING:
    import av
    import av.container


class ClipFile:
    """The packets of a clip's picture and sound; its container stays open meanwhile."""

    def __init__(self, container: av.container.InputContainer) -> None:
        """Read all packets of a container that has both."""
        self.picture, self.sound = container.streams.video[0], container.streams.audio[0]
        packets = list(container.demux(self.picture, self.sound))
        self.pictures = cast(
            "list[av.Packet[av.VideoStream]]", [p for p in packets if p.stream is self.picture]
        )
        self.sounds = cast(
            "list[av.Packet[av.AudioStream]]", [p for p in packets if p.stream is self.sound]
        )

    def times(self) -> np.ndarray:
        """Return when each picture is shown, in seconds, in order."""
        tick = float(self.picture.time_base or 0)
        return np.sort([p.pts * tick for p in self.pictures if p.pts is not None])

    def keys(self) -> list[int]:
        """Return the time stamps of the key frames, the first of them 0."""
        keys = [0]
        for packet in self.pictures:
            if packet.is_keyframe and packet.pts is not None and packet.pts > keys[-1]:
                keys.append(packet.pts)
        return keys

    def sound_s(self) -> float:
        """Return how long the sound lasts by what the file says."""
        return float((self.sound.duration or 0) * (self.sound.time_base or 0))

    def heard(self) -> tuple[float, np.ndarray]:
        """Return when the sound begins, in seconds, and its samples, float32 (n,) at 48 kHz."""
        return decode_sound(self.sounds)

    def key_frames(self, keys: Collection[int]) -> Iterator[av.VideoFrame]:
        """Yield the key frames with these time stamps, decoded without anything between them."""
        decoder = self.picture.codec_context
        decoder.flush_buffers()
        decoder.skip_frame = "NONKEY"
        for packet in self.pictures:
            if packet.pts is None or packet.pts in keys:
                yield from (frame for frame in packet.decode() if frame.time is not None)

    def frames_from(self, key: int) -> Iterator[av.VideoFrame]:
        """Yield all frames from the key frame with a time stamp to the end."""
        decoder = self.picture.codec_context
        decoder.flush_buffers()
        decoder.skip_frame = "DEFAULT"
        begin = next((n for n, p in enumerate(self.pictures) if p.pts == key), 0)
        for packet in self.pictures[begin:]:
            yield from (frame for frame in packet.decode() if frame.time is not None)


def hear_clip(path: Path) -> np.ndarray:
    """Return the sound of a clip of ours, float32 (n,) at 48 kHz."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            return decode_sound(list(container.demux(audio=0)))[1]
    except (FFmpegError, IndexError) as error:
        raise RenderFailed(f"the clip {path.name} has no sound that can be decoded") from error


def decode_sound(packets: Sequence[av.Packet[av.AudioStream]]) -> tuple[float, np.ndarray]:
    """Return when the sound of AAC packets begins, and its samples, float32 (n,)."""
    begin, parts = 0.0, list[bytes]()
    for packet in packets:
        for frame in packet.decode():
            if not parts:
                begin = frame.time or 0.0
            # fltp, as AAC is decoded: the first plane is the first channel
            parts.append(memoryview(frame.planes[0])[: 4 * frame.samples].tobytes())
    return begin, np.frombuffer(bytearray().join(parts), np.float32)
