"""The door to an upload: PyAV in a sandboxed child, with forced demuxer and whitelists.

The upper half runs in any process, the lower half only in the child. Times are seconds since the
start that the container states.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.children import LENGTH_BYTES, MAX_OUTPUT_BYTES
from agents.container import first_video, frames_from, open_container, start_time
from agents.errors import StageError
from agents.pictures import jpeg_encoder, key_frame, picture_bytes
from agents.sandbox import Ask, open_module

if TYPE_CHECKING:
    import av
    import av.container
    import av.video
    import numpy as np

    from agents.types import Media

NEAR_S = 2.0
"""A wanted time this close behind the last one is reached by decoding on, not by seeking."""
LUMA_SIZE = (320, 180)
"""Width and height of the small pictures in which motion and changes are looked for."""
MANY_FPS = 20.0
"""From here on a frame that is one or two too old is less than 0.1 s old."""
NUMBER_BYTES = 4
MOST_CPU_S = 3600.0
"""No child that decodes a recording may use more than this in all."""


def decode_frames(media: Media, times: Sequence[float], *, width: int | None = None) -> np.ndarray:
    """Return RGB frames, uint8 (n, h, w, 3), as shown: the last one at or before each time."""
    w, h = _scaled(media, width)
    return _pictures(media, times, "rgb", (h, w, 3))


def decode_luma(media: Media, times: Sequence[float]) -> np.ndarray:
    """Return small luma pictures, uint8 (n, 180, 320), of what is shown at about each time.

    The edges of blocks are not smoothed and, of many frames a second, those that no other refers
    to are passed over: together that takes two thirds off the cost.
    """
    return _pictures(media, times, "luma", LUMA_SIZE[::-1], rough=media.fps >= MANY_FPS)


def watch_frames(
    media: Media,
    luma: tuple[Sequence[float], Callable[[int, np.ndarray], None]],
    jpeg: tuple[Sequence[float], Callable[[int, bytes], None]],
    *,
    width: int,
) -> None:
    """Hand over full pictures as luma, uint8 (h, w), and as JPEGs of `width` pixels, in one pass.

    Each comes with the number of its time. A key frame up to 0.2 s older is taken for what is
    shown, as it can be decoded alone; these come first. On the way to the others, frames that no
    other refers to are passed over when there are many a second.
    """
    import numpy as np

    w, h = _scaled(media, width)
    looks = [(t, "grey", i) for i, t in enumerate(luma[0])]
    looks = sorted(looks + [(t, "jpeg", i) for i, t in enumerate(jpeg[0])])
    if not looks:
        return
    request = _request(media, w, h) | {"rough": media.fps >= MANY_FPS}
    request |= {"times": [float(look[0]) for look in looks], "kinds": [look[1] for look in looks]}

    def hear(blob: bytes) -> None:
        _, kind, index = looks[int.from_bytes(blob[:NUMBER_BYTES], "little")]
        if kind == "grey":
            luma[1](index, np.frombuffer(blob, np.uint8, offset=NUMBER_BYTES).reshape(h, w))
        else:
            jpeg[1](index, blob[NUMBER_BYTES:])

    _ask(media, request, len(looks), hear)


def _pictures(
    media: Media, times: Sequence[float], kind: str, shape: tuple[int, ...], *, rough: bool = False
) -> np.ndarray:
    """Return one picture per time, uint8 (n, *shape)."""
    import numpy as np

    _check_size(len(times) * math.prod(shape))
    frames = np.empty((len(times), *shape), np.uint8)
    if not len(times):
        return frames
    order = np.argsort(times, kind="stable")
    places = iter(order.tolist())

    def hear(blob: bytes) -> None:
        frames[next(places)] = np.frombuffer(blob, np.uint8).reshape(shape)

    request = _request(media, shape[1], shape[0]) | {"kind": kind, "rough": rough}
    _ask(media, request | {"times": [float(times[i]) for i in order]}, len(times), hear)
    if next(places, None) is not None:
        raise StageError("the process that read the recording left out pictures")
    return frames


def _scaled(media: Media, width: int | None) -> tuple[int, int]:
    if width is None:
        return media.width, media.height
    return width, max(2, round(media.height * width / media.width / 2) * 2)


def _check_size(size: int) -> None:
    if size > MAX_OUTPUT_BYTES:
        raise ValueError(f"{size} bytes of frames asked for, at most {MAX_OUTPUT_BYTES} at once")


def _request(media: Media, width: int, height: int) -> dict[str, Any]:
    path = str(media.path.absolute())
    return {"path": path, "demuxer": media.demuxer, "width": width, "height": height}


class _Decoding:
    """A child that decodes one recording, started when it is first asked."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path = path
        self._stack = stack
        self._child: Ask | None = None

    def ask(self, request: bytes, on_blob: Callable[[bytes], None], wall_s: float) -> None:
        """Hand over the parts of the answer to a request."""
        if self._child is None:
            child = open_module("agents.decoder", read=[self.path], cpu_s=MOST_CPU_S)
            self._child = self._stack.enter_context(child)
        self._child(request, on_blob, wall_s)


_decoding: ContextVar[_Decoding | None] = ContextVar("decoding", default=None)


@contextmanager
def decoding(media: Media) -> Iterator[None]:
    """Have one child decode all that is asked of a recording within.

    Starting one costs as much as 15 s of a lecture, and opening the recording something too.
    """
    with ExitStack() as stack:
        token = _decoding.set(_Decoding(media.path, stack))
        try:
            yield
        finally:
            _decoding.reset(token)


def _ask(
    media: Media, request: dict[str, Any], count: int, on_blob: Callable[[bytes], None]
) -> None:
    """Hand over the parts of the answer to a request for `count` pictures."""
    child = _decoding.get()
    if child is None or child.path != media.path:
        with decoding(media):
            _ask(media, request, count, on_blob)
        return
    child.ask(json.dumps(request).encode(), on_blob, 120.0 + 6 * count)


# --- in the child ---------------------------------------------------------------------------------


def main(args: list[str]) -> None:
    """Answer each request on stdin with pictures on stdout, as `open_module` wants it."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while len(prefix := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        request = json.loads(source.read(int.from_bytes(prefix, "little")))
        frames = full_pictures if "kinds" in request else wanted_frames
        for block in chain(frames(request), [b""]):
            target.write(len(block).to_bytes(LENGTH_BYTES, "little"))
            target.write(block)
        target.flush()


@cache
def _opened(
    path: str, demuxer: str, smoothing: str
) -> tuple[av.container.InputContainer, av.video.VideoStream]:
    """Open a recording once for all requests; `smoothing` tells which block edges are left."""
    container = open_container(path, demuxer)
    stream = first_video(container)
    if stream is None:
        raise ValueError("no video stream")
    stream.codec_context.thread_count = 1
    stream.codec_context.options = {"skip_loop_filter": smoothing}
    return container, stream


def wanted_frames(request: dict[str, Any]) -> Iterator[bytes]:
    """Yield, for each of the ascending times, the frame shown then in the `kind` asked for."""
    luma = request["kind"] == "luma"
    container, stream = _opened(request["path"], request["demuxer"], "all" if luma else "default")
    layout = "gray" if luma else "rgb24"
    for frame in _shown(container, stream, request["times"], rough=request["rough"]):
        yield picture_bytes(frame, request["width"], request["height"], layout)


def _shown(
    container: av.container.InputContainer,
    stream: av.video.VideoStream,
    times: Sequence[float],
    *,
    rough: bool,
) -> Iterator[av.VideoFrame]:
    """Yield the frame shown at each of the ascending times."""
    stream.codec_context.skip_frame = "NONREF" if rough else "DEFAULT"
    zero = start_time(container)
    frames: Iterator[av.VideoFrame] = iter(())
    shown = ahead = None
    for time in times:
        wanted = zero + time + 1e-6
        if shown is None or (ahead is not None and wanted - ahead.time > NEAR_S):
            frames = frames_from(container, stream, wanted)
            shown = ahead = next(frames, shown)
        while ahead is not None and ahead.time <= wanted:
            shown, ahead = ahead, next(frames, None)
        if shown is None:
            raise ValueError(f"no frame can be decoded near {time} s")
        yield shown


def full_pictures(request: dict[str, Any]) -> Iterator[bytes]:
    """Yield, each after the number of its time, luma pictures and JPEGs."""
    # edges of blocks are smoothed in key frames only: what changes after them is sharp enough
    container, stream = _opened(request["path"], request["demuxer"], "nokey")
    size, times = (request["width"], request["height"]), request["times"]
    jpeg = jpeg_encoder(*size)

    def blob(number: int, frame: av.VideoFrame) -> bytes:
        grey = request["kinds"][number] == "grey"
        content = picture_bytes(frame, *size, "gray") if grey else jpeg(frame)
        return number.to_bytes(NUMBER_BYTES, "little") + content

    others = []
    for number, time in enumerate(times):
        frame = key_frame(container, stream, start_time(container) + time + 1e-6)
        if frame is None:
            others.append(number)
        else:
            yield blob(number, frame)
    frames = _shown(container, stream, [times[i] for i in others], rough=request["rough"])
    for number, frame in zip(others, frames, strict=True):
        yield blob(number, frame)
