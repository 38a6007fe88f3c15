"""The animated poster: a few moments of a clip, one after another, in a small WebP file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import av.video

T = TypeVar("T")

WIDTH = 320
MOMENTS = 12
FEWEST = 4
"""A clip with fewer key frames is decoded whole: it is short."""
SHOWN_MS = 500
MAX_BYTES = 400_000
QUALITIES = (60, 40, 20, 5)
"""The best is taken that fits."""


def small_picture(frame: av.video.VideoFrame) -> np.ndarray:
    """Return the frame `WIDTH` pixels wide as RGB, uint8 (h, w, 3)."""
    height = round(WIDTH * frame.height / frame.width / 2) * 2
    return frame.reformat(WIDTH, height, format="rgb24").to_ndarray()


def spread(found: Sequence[T]) -> list[T]:
    """Return up to `MOMENTS` of what was found, evenly spread, the first one among them."""
    count = min(MOMENTS, len(found))
    return [found[i * len(found) // count] for i in range(count)]


def moments_of(video: Path) -> list[np.ndarray]:
    """Return moments of a clip of ours that has too few key frames, by decoding all of it."""
    import av

    with av.open(video) as container:
        stream = container.streams.video[0]
        step = max(1, (stream.frames or 0) // MOMENTS)
        shown = enumerate(container.decode(video=0))
        return [small_picture(frame) for number, frame in shown if number % step == 0]


def save_moving(pictures: Sequence[np.ndarray], path: Path) -> None:
    """Write the pictures as an endless animation of at most `MAX_BYTES`."""
    from PIL import Image

    first, *rest = [Image.fromarray(picture) for picture in spread(pictures)]
    made = io.BytesIO()
    for quality in QUALITIES:
        made = io.BytesIO()
        options = {"duration": SHOWN_MS, "loop": 0, "quality": quality, "method": 2}
        first.save(made, "WEBP", save_all=True, append_images=rest, **options)
        if made.tell() <= MAX_BYTES:
            break
    path.write_bytes(made.getvalue())
