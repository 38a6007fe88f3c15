"""The door to an upload: PyAV in a sandboxed child, with forced demuxer and whitelists.

The upper half runs in any process, the lower half only in the child. Time 0 is the start time
that the container states, which is also what ffmpeg's `-ss` counts from.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.ffmpeg import FORMATS, MAX_PIXELS, MAX_STREAMS
from agents.sandbox import MAX_OUTPUT_BYTES, run_module

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
JPEG_QUALITY = {"qmin": "3", "qmax": "5"}


def decode_frames(media: Media, times: Sequence[float], *, width: int | None = None) -> np.ndarray:
    """Return RGB frames, uint8 (n, h, w, 3), as shown: the last one at or before each time."""
    w, h = _scaled(media, width)
    return _pictures(media, times, "rgb", (h, w, 3))


def decode_luma(media: Media, times: Sequence[float]) -> np.ndarray:
    """Return small luma pictures, uint8 (n, 180, 320), of what is shown at about each time.

    The edges of blocks are not smoothed and, of many frames a second, those that no other refers
    to are passed over: together that takes two thirds off the cost.
    """
    kind = "luma" if media.fps < MANY_FPS else "rough luma"
    return _pictures(media, times, kind, LUMA_SIZE[::-1])


def watch_frames(
    media: Media,
    times: Sequence[float],
    see: Callable[[int, np.ndarray], None],
    *,
    width: int | None = None,
) -> None:
    """Hand over, for each of the ascending times, its number and the RGB frame (h, w, 3) shown.

    One child decodes them all and no more than a few are in memory.
    """
    import numpy as np

    w, h = _scaled(media, width)
    request = _request(media, w, h) | {"kind": "rgb", "times": [float(time) for time in times]}
    numbers = count()

    def hear(block: bytes) -> None:
        see(next(numbers), np.frombuffer(block, np.uint8).reshape(h, w, 3))

    _ask(media, request, cpu_s=60 + 3 * len(times), on_block=(h * w * 3, hear))


def _pictures(
    media: Media, times: Sequence[float], kind: str, shape: tuple[int, ...]
) -> np.ndarray:
    """Return one picture per time, uint8 (n, *shape)."""
    import numpy as np

    _check_size(len(times) * math.prod(shape))
    order = np.argsort(times, kind="stable")
    ascending = [float(times[i]) for i in order]
    request = _request(media, shape[1], shape[0]) | {"kind": kind, "times": ascending}
    out = _ask(media, request, cpu_s=60 + 3 * len(times))
    frames = np.frombuffer(out, np.uint8).reshape(len(times), *shape)
    # Times mostly come in order, and a copy of large frames would double the memory.
    return frames if (np.diff(order) == 1).all() else frames[np.argsort(order, kind="stable")]


def decode_stretch(
    media: Media, start: float, end: float, *, width: int = 320, height: int = 180
) -> tuple[np.ndarray, np.ndarray]:
    """Return times (n,) and luma (n, h, w) of every frame in [start, end), as shown."""
    import numpy as np

    request = _request(media, width, height) | {"start": float(start), "end": float(end)}
    out = _ask(media, request, cpu_s=60 + 2 * (end - start))
    rows = np.frombuffer(out, np.dtype([("time", "<f8"), ("luma", "u1", (height, width))]))
    return rows["time"].copy(), rows["luma"].copy()


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


def _ask(
    media: Media,
    request: dict[str, Any],
    cpu_s: float,
    on_block: tuple[int, Callable[[bytes], None]] | None = None,
) -> bytes:
    return run_module(
        "agents.decoder",
        [],
        stdin=json.dumps(request).encode(),
        read=[media.path],
        write=None,
        cpu_s=cpu_s,
        wall_s=2 * cpu_s,
        on_block=on_block,
    )


# --- in the child ---------------------------------------------------------------------------------


def main(args: list[str]) -> None:
    """Answer the request on stdin with raw frames on stdout."""
    request = json.loads(sys.stdin.buffer.read())
    frames = wanted_frames if "times" in request else stretch_frames
    for block in frames(request):
        sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()


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


def picture(frame: av.VideoFrame, width: int, height: int, pixel_format: str) -> np.ndarray:
    """Return the frame turned upright, `width` x `height` pixels as shown."""
    import numpy as np

    turns = round(frame.rotation / 90) % 4
    if turns % 2:
        width, height = height, width
    scaled = frame.reformat(width, height, pixel_format, interpolation="AREA")
    return np.ascontiguousarray(np.rot90(scaled.to_ndarray(), turns))


def encode_jpeg(frame: av.VideoFrame, width: int, height: int) -> bytes:
    """Return the frame upright as a JPEG of `width` x `height`, both even."""
    from fractions import Fraction

    import av
    from av.video.codeccontext import VideoCodecContext

    if frame.rotation:
        frame = av.VideoFrame.from_ndarray(picture(frame, width, height, "rgb24"), "rgb24")
    full = frame.reformat(width, height, "yuvj420p", interpolation="AREA", dst_color_range="JPEG")
    codec = av.CodecContext.create("mjpeg", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuvj420p"
    codec.time_base = Fraction(1, 25)
    codec.options = JPEG_QUALITY
    full.pts = 0
    return b"".join(bytes(packet) for packet in [*codec.encode(full), *codec.encode(None)])


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


def _opened(
    request: dict[str, Any], threads: int
) -> tuple[av.container.InputContainer, av.video.VideoStream]:
    container = open_container(request["path"], request["demuxer"])
    stream = first_video(container)
    if stream is None:
        raise ValueError("no video stream")
    stream.codec_context.thread_count = threads
    return container, stream


def wanted_frames(request: dict[str, Any]) -> Iterator[bytes]:
    """Yield, for each of the ascending times, the frame shown then in the `kind` asked for."""
    container, stream = _opened(request, threads=1)
    if request["kind"] == "rough luma":
        stream.codec_context.skip_frame = "NONREF"
    if "luma" in request["kind"]:
        stream.codec_context.options = {"skip_loop_filter": "all"}
    zero = start_time(container)
    frames: Iterator[av.VideoFrame] = iter(())
    shown = ahead = None
    for time in request["times"]:
        wanted = zero + time + 1e-6
        if shown is None or (ahead is not None and wanted - ahead.time > NEAR_S):
            frames = frames_from(container, stream, wanted)
            shown = ahead = next(frames, shown)
        while ahead is not None and ahead.time <= wanted:
            shown, ahead = ahead, next(frames, None)
        if shown is None:
            raise ValueError(f"no frame can be decoded near {time} s")
        yield _content(shown, request)


def _content(frame: av.VideoFrame, request: dict[str, Any]) -> bytes:
    width, height = request["width"], request["height"]
    layout = "gray" if "luma" in request["kind"] else "rgb24"
    return picture(frame, width, height, layout).tobytes()


def stretch_frames(request: dict[str, Any]) -> Iterator[bytes]:
    """Yield the time, then the luma of every frame in [start, end)."""
    import numpy as np

    container, stream = _opened(request, threads=2)
    zero = start_time(container)
    for frame in frames_from(container, stream, zero + request["start"]):
        time = frame.time - zero
        if time >= request["end"]:
            return
        if time >= request["start"]:
            luma = picture(frame, request["width"], request["height"], "gray")
            yield np.float64(time).tobytes() + luma.tobytes()
