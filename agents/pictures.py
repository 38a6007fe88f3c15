"""Single pictures in the child: upright arrays, JPEGs, and key frames decoded alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av
    import av.container
    import av.video
    import numpy as np
    from av.video.reformatter import VideoReformatter

KEY_SLACK_S = 0.2
"""A key frame this much older than a wanted time will do for a full picture."""
JPEG_OPTIONS = {"qmin": "3", "qmax": "3", "huffman": "default", "threads": "1"}


def picture(frame: av.VideoFrame, width: int, height: int, pixel_format: str) -> np.ndarray:
    """Return the frame turned upright, `width` x `height` pixels as shown."""
    import numpy as np

    turns = _turns(frame)
    if turns % 2:
        width, height = height, width
    scaled = _scaler().reformat(frame, width, height, pixel_format, interpolation="AREA")
    return np.ascontiguousarray(np.rot90(scaled.to_ndarray(), turns))


def picture_bytes(frame: av.VideoFrame, width: int, height: int, pixel_format: str) -> bytes:
    """Return the bytes of `picture`; numpy, which takes long to load, only turns frames."""
    if _turns(frame):
        return picture(frame, width, height, pixel_format).tobytes()
    scaled = _scaler().reformat(frame, width, height, pixel_format, interpolation="AREA")
    (plane,) = scaled.planes
    row, step = width * (scaled.format.padded_bits_per_pixel // 8), plane.line_size
    seen = memoryview(plane)
    if row == step:
        return bytes(seen[: row * height])
    return b"".join(seen[line * step : line * step + row] for line in range(height))


def _turns(frame: av.VideoFrame) -> int:
    """Return the quarter turns that bring a frame upright."""
    return round(frame.rotation / 90) % 4


@cache
def _scaler() -> VideoReformatter:
    """Return one scaler for all frames: a frame's own is set up anew for each, at half the cost."""
    from av.video.reformatter import VideoReformatter

    return VideoReformatter()


def jpeg_encoder(width: int, height: int) -> Callable[[av.VideoFrame], bytes]:
    """Return what turns frames into upright JPEGs of `width` x `height`, both even."""
    from fractions import Fraction

    import av
    from av.video.codeccontext import VideoCodecContext
    from av.video.reformatter import Colorspace, VideoReformatter

    codec, reformatter = av.CodecContext.create("mjpeg", "w"), VideoReformatter()
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuvj420p"
    codec.time_base = Fraction(1, 25)
    codec.options = JPEG_OPTIONS
    numbers = count()

    def encode(frame: av.VideoFrame) -> bytes:
        if frame.rotation:
            frame = av.VideoFrame.from_ndarray(picture(frame, width, height, "rgb24"), "rgb24")
        full = reformatter.reformat(
            frame,
            width,
            height,
            "yuvj420p",
            interpolation="AREA",
            dst_colorspace=Colorspace.ITU601,
            dst_color_range="JPEG",
        )
        full.pts, full.time_base = next(numbers), codec.time_base
        return b"".join(bytes(packet) for packet in codec.encode(full))

    return encode


def key_frame(
    container: av.container.InputContainer, stream: av.video.VideoStream, wanted: float
) -> av.VideoFrame | None:
    """Return a key frame shown shortly before `wanted`, decoded alone, if there is one."""
    from av.error import FFmpegError

    base, codec = float(stream.time_base or 0), stream.codec_context
    container.seek(int(max(wanted, 0) * 1_000_000))
    for packet in container.demux(stream):
        order = packet.dts if packet.dts is not None else packet.pts
        if order is None or order * base > wanted:
            return None
        if packet.is_keyframe and packet.pts is not None:
            if not 0 <= wanted - packet.pts * base <= KEY_SLACK_S:
                continue
            try:
                # without the flush it would come after those that follow it
                frames = codec.decode(packet) or codec.decode(None)
            except FFmpegError:
                return None
            return next((frame for frame in frames if not frame.is_corrupt), None)
    return None
