"""What a clip must pass before it is published, and the poster that is taken on the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.errors import RenderFailed

if TYPE_CHECKING:
    import av.container
    import av.video

MAX_LENGTH_ERROR_S = 0.1
BLACK_LUMA = 24
"""A pixel at most this bright (0-255, limited range) is black."""
POSTER_FROM = 0.15
"""The poster is chosen after this part of the clip: beginnings are seldom representative."""
POSTER_QUALITY = 85


def check_clip(
    path: Path,
    *,
    frames: int,
    fps: float,
    size: tuple[int, int],
    source_is_black: bool,
    poster: Path,
) -> None:
    """Raise RenderFailed unless the clip is as planned, and write its poster.

    All packets are read, all sound, every key frame and the whole last group of pictures are
    decoded. That finds a clip cut short, and costs a tenth of decoding what x264 has just made.
    """
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            _check_streams(container, size)
            seen, last_key = _check_packets(container)
        with av.open(path) as container:
            heard = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
        _check_length(seen / fps, heard, frames / fps)
        with av.open(path) as container:
            still = _best_key_frame(container, frames / fps, source_is_black)
        with av.open(path) as container:
            _decode_end(container, last_key, frames, fps)
    except FFmpegError as error:
        raise RenderFailed(f"the clip does not decode to its end: {error}") from error
    still.to_image().save(poster, quality=POSTER_QUALITY)


def is_black(luma: np.ndarray) -> bool:
    """Return whether a picture, uint8 (h, w), shows nothing: 99 % of it is black."""
    return bool((luma <= BLACK_LUMA).mean() >= 0.99)


def _check_streams(container: av.container.InputContainer, size: tuple[int, int]) -> None:
    if not container.streams.video or not container.streams.audio:
        found = [stream.type for stream in container.streams]
        raise RenderFailed(f"the clip has the streams {found}; it needs picture and sound")
    context = container.streams.video[0].codec_context
    if (context.width, context.height) != size or size[0] % 2 or size[1] % 2:
        message = f"the clip is {context.width}x{context.height}, not {size[0]}x{size[1]}"
        raise RenderFailed(message)
    if context.pix_fmt != "yuv420p":
        raise RenderFailed(f"the clip's pixels are {context.pix_fmt}, not yuv420p")


def _check_packets(container: av.container.InputContainer) -> tuple[int, int]:
    """Return the number of pictures and the time stamp of the last key frame."""
    count = last_key = 0
    for packet in container.demux(video=0):
        if packet.pts is not None:
            count += 1
            last_key = packet.pts if packet.is_keyframe else last_key
    return count, last_key


def _check_length(picture: float, sound: float, wanted: float) -> None:
    for what, found in (("picture", picture), ("sound", sound)):
        if abs(found - wanted) > MAX_LENGTH_ERROR_S:
            message = f"the clip's {what} lasts {found:.2f} s; the plan asks for {wanted:.2f}"
            raise RenderFailed(message)


def _best_key_frame(
    container: av.container.InputContainer, duration: float, source_is_black: bool
) -> av.video.VideoFrame:
    """Return the key frame with the most to see, the first ones only if there is no other."""
    container.streams.video[0].codec_context.skip_frame = "NONKEY"
    best, most = None, (False, -1.0)
    for frame in container.decode(video=0):
        luma = _luma(frame)
        if best is None and not source_is_black and is_black(luma):
            raise RenderFailed("the clip begins with a black picture; the recording does not")
        worth = frame.time >= POSTER_FROM * duration, float(luma[::4, ::4].std())
        if best is None or worth > most:
            best, most = frame, worth
    if best is None:
        raise RenderFailed("the clip has no picture that can be decoded")
    return best


def _decode_end(
    container: av.container.InputContainer, last_key: int, frames: int, fps: float
) -> None:
    stream = container.streams.video[0]
    container.seek(last_key, stream=stream)
    last = max((frame.time for frame in container.decode(video=0)), default=-1.0)
    end, wanted = last + 1 / fps, frames / fps
    # At 10 frames a second and less, one frame is as long as the whole tolerance.
    if wanted - end > max(MAX_LENGTH_ERROR_S, 1.5 / fps):
        raise RenderFailed(f"the clip's picture decodes to {end:.2f} of {wanted:.2f} s")


def _luma(frame: av.video.VideoFrame) -> np.ndarray:
    return frame.to_ndarray()[: frame.height]  # yuv420p: the luma rows come first
