"""Look at full pictures: exact boxes, a still of each slide, and faces as a vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from agents.decoder import decode_frames, watch_frames
from agents.layout.boxes import Rect, snap_to_edges
from agents.layout.detector import Arrangement, Turn
from agents.layout.motion import measure_edges
from agents.layout.views import AFTER_KEY_S, FAR_S, SIZE, since_key
from agents.types import Box, Intake, LayoutRegion, Slide

MOST_WIDTH = 1280
"""Pixels of the widest picture that is decoded or kept."""
LOOKS = 4
"""Full pictures per arrangement from which its boxes are measured."""
AT_ONCE = 8
"""Full pictures in memory together: each has 2.7 MB, and is held three times on its way here."""
FACE_VOTE = 0.1
"""What a face in the camera adds to the confidence; none takes nothing away."""
SETTLED_S = 0.4
"""A slide is complete this long after its change, and until this long before the next."""
JPEG_QUALITY = 88


def measure_regions(intake: Intake, turns: Sequence[Turn]) -> tuple[LayoutRegion, ...]:
    """Return the regions, their boxes laid on the edges of full pictures."""
    arrangements = list({id(turn.arrangement): turn.arrangement for turn in turns}.values())
    measured: dict[int, LayoutRegion] = {}
    for first in range(0, len(arrangements), AT_ONCE // LOOKS):
        part = arrangements[first : first + AT_ONCE // LOOKS]
        for arrangement, pictures in zip(part, _full_pictures(intake, part), strict=True):
            measured[id(arrangement)] = _measured(intake, arrangement, pictures)
    ends = [*(turn.start for turn in turns[1:]), intake.media.duration]
    return tuple(
        replace(measured[id(turn.arrangement)], start=turn.start, end=end)
        for turn, end in zip(turns, ends, strict=True)
    )


def _full_pictures(intake: Intake, arrangements: Sequence[Arrangement]) -> list[np.ndarray]:
    """Return RGB pictures (n, h, w, 3) of some moments of each arrangement."""
    chosen = [_near_key(intake, a.times) for a in arrangements]
    last = intake.media.duration
    times = [min(time + AFTER_KEY_S, last) for part in chosen for time in part]
    pictures = decode_frames(intake.media, times, width=_width(intake))
    return np.split(pictures, np.cumsum([len(part) for part in chosen])[:-1])


def _near_key(intake: Intake, times: tuple[float, ...]) -> tuple[float, ...]:
    """Return some of the times, those that cost little to decode, at least one."""
    cost = since_key(intake.packets, times)
    near = [t for t, c in zip(times, cost, strict=True) if c < FAR_S] or [times[cost.argmin()]]
    return tuple(near[:: max(1, len(near) // LOOKS)][:LOOKS])


def _measured(intake: Intake, arrangement: Arrangement, pictures: np.ndarray) -> LayoutRegion:
    """Return the arrangement with exact boxes, over the whole lecture."""
    edges = measure_edges(_grey(pictures))
    confidence = arrangement.confidence
    camera = _exact(arrangement.camera, edges)
    if camera is not None and _shows_face(pictures, camera):
        confidence = min(1.0, confidence + FACE_VOTE)
    return LayoutRegion(
        0.0,
        intake.media.duration,
        arrangement.kind,
        _to_source(_exact(arrangement.screen, edges), pictures, intake),
        _to_source(camera, pictures, intake),
        round(confidence, 3),
    )


def _width(intake: Intake) -> int:
    return min(MOST_WIDTH, intake.media.width)


def _grey(pictures: np.ndarray) -> np.ndarray:
    import cv2

    return np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures])


def _exact(rect: Rect | None, edges: tuple[np.ndarray, np.ndarray]) -> Rect | None:
    """Return a rectangle of the small picture in the full one, laid on the nearest edges."""
    if rect is None:
        return None
    height, width = edges[0].shape
    x, y = width / SIZE[0], height / SIZE[1]
    whole = Rect(0, 0, width, height)
    rough = rect.scaled(x, y)
    snapped = snap_to_edges(edges, rough, whole, reach=0.0, slack=round(max(x, y)) + 2)
    border = Rect(0, 0, *SIZE)
    sides = []
    for side, limit, coarse, exact, support in zip(
        rect, border, rough, snapped.rect, snapped.support, strict=True
    ):
        sides.append(coarse if side == limit or support < WEAK else exact)
    return Rect(*sides)


WEAK = 0.25
"""Support below which an edge of the full picture does not correct the rough one."""


def _to_source(rect: Rect | None, pictures: np.ndarray, intake: Intake) -> Box | None:
    if rect is None:
        return None
    height, width = pictures.shape[1:3]
    return rect.scaled(intake.media.width / width, intake.media.height / height).to_box()


def _shows_face(pictures: np.ndarray, camera: Rect) -> bool:
    """Tell whether a frontal face is found in the camera's part of most pictures."""
    import cv2

    folder = Path(cv2.__file__).parent / "data"
    cascade = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
    seen = 0
    for picture in pictures:
        part = picture[camera.top : camera.bottom, camera.left : camera.right]
        scale = min(1.0, 320 / max(1, part.shape[1]))
        small = cv2.resize(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale)
        least = max(16, small.shape[0] // 8)
        seen += len(cascade.detectMultiScale(small, 1.1, 5, minSize=(least, least))) > 0
    return seen * 2 > len(pictures)


def write_stills(
    intake: Intake, spans: Sequence[tuple[float, float]], workdir: Path
) -> tuple[Slide, ...]:
    """Return the slides, each with a JPEG of its last complete state in `workdir`/slides."""
    import cv2

    folder = workdir / "slides"
    folder.mkdir(parents=True, exist_ok=True)
    times = [still_time(*span, intake.key_frames.time) for span in spans]
    near = np.flatnonzero(since_key(intake.packets, times) < FAR_S).tolist()
    slides = [Slide(*span) for span in spans]

    def write(number: int, picture: np.ndarray) -> None:
        index = near[number]
        path = folder / f"slide-{index:04d}.jpg"
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), quality)
        path.write_bytes(data.tobytes())
        slides[index] = replace(slides[index], still=path)

    if near:
        wanted = [times[index] for index in near]
        watch_frames(intake.media, wanted, write, width=_width(intake))
    return tuple(slides)


def still_time(start: float, end: float, key_times: np.ndarray) -> float:
    """Return when to take a slide's still: at its last key frame, which costs one frame."""
    settled = min(SETTLED_S, (end - start) / 4)
    inside = key_times[(key_times >= start + settled) & (key_times <= end - settled)]
    return min(float(inside[-1]) + AFTER_KEY_S, end) if len(inside) else end - settled
