"""Pictures made of numbers, 320x180 luma: slides, a camera on them, and what moves in it."""

import numpy as np

from agents.layout.boxes import Rect
from agents.layout.motion import Motion, measure_motion, measure_stir
from agents.types import KeyFrames


def slide_pictures(count: int, seed: int = 1) -> np.ndarray:
    """Return slides (n, 180, 320): a bar, and lines of words that differ on each."""
    rng = np.random.default_rng(seed)
    luma = np.full((count, 180, 320), 245, np.uint8)
    luma[:, :24] = 80
    for picture in luma:
        for top in rng.choice(np.arange(34, 160, 14), 4, replace=False):
            for left in range(20, int(rng.integers(100, 240)), 24):
                word = rng.random((9, int(rng.integers(8, 20)))) < 0.4
                picture[top : top + 9, left : left + word.shape[1]][word] = 30
    return luma


def add_camera(luma: np.ndarray, rect: Rect, *, seed: int = 2, sway: int = 12) -> np.ndarray:
    """Draw a wall and a head, which moves by 1/sway of the width, into `rect` of every picture."""
    rng = np.random.default_rng(seed)
    part = rect.inside(luma)
    height, width = part.shape[1:]
    part[:] = np.linspace(60, 150, width).astype(np.uint8)
    size = height // 2
    for picture in part:
        x = int(width * 0.45 + rng.integers(0, width // sway))
        y = int(height * 0.2 + rng.integers(0, height // sway))
        rows, columns = np.mgrid[:height, :width]
        head = ((columns - x) / size) ** 2 * 4 + ((rows - y - size / 2) / size) ** 2 * 4 < 1
        picture[head] = rng.integers(100, 140, head.sum())
    return luma


def motion_of(luma: np.ndarray, camera: Rect | None = None) -> Motion:
    """Return the motion of key frames 8 s apart, with a camera that moves in every moment."""
    frames = KeyFrames(np.arange(len(luma)) * 8.0, luma)
    moments = [luma.copy() for _ in range(4)]
    if camera is not None:
        moments = [add_camera(m, camera, seed=10 + i, sway=4) for i, m in enumerate(moments)]
    return measure_motion(frames, range(len(luma)), measure_stir(moments))


CAMERA = Rect(232, 118, 312, 172)
