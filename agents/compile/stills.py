"""Stills for the encoder: lossless pictures with times in one small Matroska file."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

TICK = Fraction(1, 1000)
PixelFormat = Literal["yuv420p", "yuva420p"]


def write_stills(
    path: Path,
    images: Iterable[tuple[float, np.ndarray]],
    *,
    pixels: PixelFormat,
    matrix: str = "smpte170m",
) -> None:
    """Write images (RGB or RGBA, even sides, all of one size), each with its time in seconds.

    `matrix` is how their colours become luma and chroma: that of the graph they are for.
    """
    import av
    from av.video.reformatter import ColorRange, Colorspace
    from av.video.stream import VideoStream

    with av.open(path, "w", format="matroska") as container:
        stream: VideoStream | None = None
        for time, image in images:
            if stream is None:
                stream = container.add_stream("ffv1", rate=1000)
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = pixels
                stream.codec_context.time_base = TICK
            kind = "rgba" if image.shape[2] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(image, format=kind).reformat(
                format=pixels,
                dst_colorspace=Colorspace.ITU709 if matrix == "bt709" else Colorspace.ITU601,
                dst_color_range=ColorRange.MPEG,
            )
            # Early, never late: an image must be there when the frame it belongs to comes, whose
            # own time is rounded down to microseconds where shots are joined.
            frame.pts, frame.time_base = max(0, int(time * 1000) - 1), TICK
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
