"""A recording with a circle on its screen and one in its camera: what is squeezed is seen."""

from __future__ import annotations

from pathlib import Path

from agents.types import Box
from tests.recordings import ffmpeg

SIZE, FPS = (640, 360), 10
SCREEN, CAMERA = Box(0, 45, 480, 270), Box(480, 45, 160, 120)
COLOURS = ((40, 200, 60), (210, 60, 200))
"""Of the circle on the screen and of the one in the camera."""
PAPER, WALL = (245, 245, 240), (70, 80, 90)


def make_circles(path: Path, *, seconds: int) -> Path:
    """Write the recording, with a hum."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(picture)
    for box, ground, colour in zip((SCREEN, CAMERA), (PAPER, WALL), COLOURS, strict=True):
        x, y, w, h = box
        pen.rectangle((x, y, x + w - 1, y + h - 1), fill=ground)
        radius, middle, down = 0.2 * h, x + w / 2, y + 0.42 * h
        at = (middle - radius, down - radius, middle + radius, down + radius)
        pen.ellipse(at, fill=colour)
    still = path.with_suffix(".png")
    picture.save(still)
    seen = ("-loop", "1", "-framerate", FPS, "-i", still)
    heard = ("-f", "lavfi", "-i", "sine=300:r=48000")
    ffmpeg(*seen, *heard, "-t", seconds, "-c:v", "libx264", "-pix_fmt", "yuv420p", path)
    return path
