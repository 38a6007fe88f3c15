"""Pictures in the child: the packet table, the luma of key frames, and a poster."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from agents.container import frames_from
from agents.decoder import LUMA_SIZE
from agents.pictures import picture

if TYPE_CHECKING:
    import av
    import av.container
    import av.video
    import numpy as np

KEY_STEP_S = 1.9
"""Key frames closer than this are left out: files of nothing but key frames stay cheap."""
LONG_GOP_S = 60.0
"""Without a key frame for this long, the frames between are decoded, and one is taken."""
MAX_PENDING_BYTES = 64 << 20
POSTER_WIDTH = 640
DARK = 24
"""Mean luma below which a frame shows next to nothing."""
SPREAD = 6
MAX_CHECKED = 300


class Pictures:
    """Collects what is known of each packet, and the luma of the key frames in a file."""

    def __init__(self, stream: av.video.VideoStream, path: Path, zero: float) -> None:
        self.stream = stream
        self.zero = zero
        self.time, self.size, self.key = array("d"), array("i"), bytearray()
        self.luma_time = array("d")
        self.looks: list[np.ndarray] = []
        """A 16x9 thumbnail of each stored key frame."""
        self.shown: tuple[int, int] | None = None
        self.bad = 0
        self.hidden = 0
        """Packets that the header's edit list leaves out."""
        self._file = path.open("wb")
        self._pending: list[av.Packet] = []
        self._pending_bytes = 0
        self._following = False
        self._last = float("-inf")
        stream.codec_context.thread_count = 1
        # nothing but key frames goes in, so none need wait for its successors
        stream.codec_context.flags |= 1 << 19  # low_delay
        # smooth edges of blocks take a third of the time and are lost in pictures this small
        stream.codec_context.options = {"skip_loop_filter": "all"}

    def add(self, packet: av.Packet, time: float) -> None:
        """Note a packet presented at `time`, and decode it when it is a key frame of interest."""
        self.time.append(time)
        self.size.append(packet.size)
        self.key.append(packet.is_keyframe)
        self.hidden += packet.is_discard
        if packet.is_keyframe or len(self.time) == 1:  # a damaged index may flag none
            self._pending, self._pending_bytes, self._following = [packet], packet.size, False
            if time - self._last >= KEY_STEP_S:
                self._keep(self._decode_key(packet, time))
        elif self._following:
            self._follow([packet], time)
        elif self._pending_bytes < MAX_PENDING_BYTES:
            self._pending.append(packet)
            self._pending_bytes += packet.size
            if time - self._last > LONG_GOP_S:
                self._following = True
                self.stream.codec_context.flush_buffers()
                self._follow(self._pending, time)

    def close(self) -> None:
        """Take what the decoder still holds."""
        self._keep(self._decode(None))
        self._file.close()

    def _follow(self, packets: list[av.Packet], time: float) -> None:
        for packet in packets:
            frames = self._decode(packet)
            if time - self._last > LONG_GOP_S:
                self._keep(frames[-1:])
        self._pending = []

    def _decode_key(self, packet: av.Packet, time: float) -> list[av.VideoFrame]:
        frames = self._decode(packet)
        if not frames and time - self._last > LONG_GOP_S:
            # the decoder holds it back, and all that follow would be decoded to get it
            frames = self._decode(None)
            self.stream.codec_context.flush_buffers()
        return frames

    def _decode(self, packet: av.Packet | None) -> list[av.VideoFrame]:
        from av.error import FFmpegError

        try:
            return self.stream.codec_context.decode(packet)  # type: ignore[arg-type]
        except (FFmpegError, ValueError):
            self.bad += 1
            return []

    def _keep(self, frames: list[av.VideoFrame]) -> None:
        for frame in frames:
            if frame.pts is None:
                continue
            if self.shown is None:
                self.shown = shown_size(self.stream, frame)
            luma = picture(frame, *LUMA_SIZE, "gray")
            # not frame.time: a frame that the flush brings out has lost its time base
            self._last = frame.pts * float(self.stream.time_base or 0) - self.zero
            self.luma_time.append(self._last)
            self._file.write(luma.tobytes())
            self.looks.append(luma.reshape(9, 20, 16, 20).mean((1, 3)))


def shown_size(stream: av.video.VideoStream, frame: av.VideoFrame) -> tuple[int, int]:
    """Return width and height with square pixels, upright."""
    ratio = float(stream.sample_aspect_ratio or 1) or 1.0
    width, height = max(1, round(frame.width * ratio)), frame.height
    return (height, width) if round(frame.rotation / 90) % 2 else (width, height)


def choose_poster(times: array[float], looks: list[np.ndarray]) -> float:
    """Return the time of the frame most like the others, among those that show something."""
    import numpy as np

    every = np.stack(looks)
    visible = np.flatnonzero((every.mean((1, 2)) > DARK) & (every.std((1, 2)) > 4))
    candidates = visible if len(visible) else np.arange(len(looks))
    middle = np.median(every[candidates], axis=0)
    distance = np.abs(every[candidates] - middle).mean((1, 2))
    return times[int(candidates[distance.argmin()])]


def poster_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size in which a picture of `size` becomes the poster, both sides even."""
    width = min(POSTER_WIDTH, size[0]) // 2 * 2
    return width, max(2, round(size[1] * width / size[0] / 2) * 2)


def spread_frames(
    container: av.container.InputContainer, stream: av.video.VideoStream, times: list[float]
) -> Iterator[av.VideoFrame | None]:
    """Yield for each time the frame there, None when it cannot be reached by decoding."""
    budget = MAX_CHECKED
    for time in times:
        reached = None
        for frame in frames_from(container, stream, time):
            if frame.time > time + 1e-6 and reached is not None:
                break
            reached = None if frame.is_corrupt else frame
            budget -= 1
            if budget <= 0:
                return
        yield reached
