"""The door to an upload: PyAV in a sandboxed child, with forced demuxer and whitelists.

The upper half runs in any process, the lower half only in the child. Time 0 is the start time
that the container states, which is also what ffmpeg's `-ss` counts from.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
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


def decode_frames(media: Media, times: Sequence[float], *, width: int | None = None) -> np.ndarray:
    """Return RGB frames, uint8 (n, h, w, 3), as shown: the last one at or before each time."""
    import numpy as np

    w, h = _scaled(media, width)
    _check_size(len(times) * w * h * 3)
    order = np.argsort(times, kind="stable")
    request = _request(media, w, h) | {"times": [float(times[i]) for i in order]}
    out = _ask(media, request, cpu_s=60 + 3 * len(times))
    frames = np.frombuffer(out, np.uint8).reshape(len(times), h, w, 3)
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


def _ask(media: Media, request: dict[str, Any], cpu_s: float) -> bytes:
    return run_module(
        "agents.decoder",
        [],
        stdin=json.dumps(request).encode(),
        read=[media.path],
        write=None,
        cpu_s=cpu_s,
        wall_s=2 * cpu_s,
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
    """Yield, for each of the ascending times, the RGB bytes of the frame shown then."""
    container, stream = _opened(request, threads=1)
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
        yield picture(shown, request["width"], request["height"], "rgb24").tobytes()


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
