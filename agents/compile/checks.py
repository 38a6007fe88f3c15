"""What a clip must pass before it is published, and the poster that is taken on the way."""

from __future__ import annotations

from collections.abc import Iterator
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
POSTER_CANDIDATES = 12
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
    """Decode the whole clip, raise RenderFailed when it is not as planned, write the poster."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            _check_streams(container, size)
            seen = _decode_picture(container, frames, source_is_black, poster)
        with av.open(path) as container:
            heard = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    except FFmpegError as error:
        raise RenderFailed(f"the clip does not decode to its end: {error}") from error
    for what, found in (("picture", seen / fps), ("sound", heard)):
        if abs(found - frames / fps) > MAX_LENGTH_ERROR_S:
            message = f"the clip's {what} lasts {found:.2f} s; the plan asks for {frames / fps:.2f}"
            raise RenderFailed(message)


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


def _decode_picture(
    container: av.container.InputContainer, frames: int, source_is_black: bool, poster: Path
) -> int:
    """Return the number of frames, having seen the first one and written the poster."""
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    step = max(1, frames // POSTER_CANDIDATES)
    best, best_detail, count = None, -1.0, 0
    for count, frame in enumerate(_frames(container), start=1):
        if count == 1 and not source_is_black and is_black(_luma(frame)):
            raise RenderFailed("the clip begins with a black picture; the recording does not")
        if (count - 1) % step == 0 and (best is None or count >= frames * POSTER_FROM):
            detail = float(_luma(frame)[::4, ::4].std())
            if detail > best_detail or count <= frames * POSTER_FROM + step:
                best, best_detail = frame, detail
    if best is None:
        raise RenderFailed("the clip has no picture that can be decoded")
    best.to_image().save(poster, quality=POSTER_QUALITY)
    return count


def _frames(container: av.container.InputContainer) -> Iterator[av.video.VideoFrame]:
    yield from container.decode(video=0)


def _luma(frame: av.video.VideoFrame) -> np.ndarray:
    return frame.to_ndarray()[: frame.height]  # yuv420p: the luma rows come first
