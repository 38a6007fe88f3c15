"""Small copies of our own stills: sixty slides on a strip must not weigh twelve megabytes."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from agents.errors import NotFound

WIDTHS = (160, 320, 640)
"""Pixels that a copy may be wide: few, so that they are kept here and by browsers."""
QUALITY = 80
KEPT = 512
"""Copies that stay in memory, some 5 kB each; one that is gone is made again in about 5 ms."""


@lru_cache(maxsize=KEPT)
def small_picture(path: Path, changed: int, width: int) -> bytes:
    """Return a JPEG of a still, `width` pixels wide, never wider than the still itself.

    `changed` is when the file did (ns), so that a new picture under an old name is seen.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=("JPEG",)) as image:
            image.draft("RGB", (width, width))  # decodes at 1/2, 1/4 or 1/8 of the size
            image.thumbnail((width, image.height))
            copy = io.BytesIO()
            image.save(copy, "JPEG", quality=QUALITY)
    except OSError as error:
        raise NotFound("The picture cannot be read.") from error
    return copy.getvalue()
