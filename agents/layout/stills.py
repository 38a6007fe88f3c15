"""Look at full pictures: exact boxes, a still of each slide, and faces as a vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.decoder import watch_frames
from agents.layout.boxes import Rect, snap_to_edges
from agents.layout.detector import Arrangement, Turn
from agents.layout.motion import measure_edges
from agents.layout.views import AFTER_KEY_S, FAR_S, SIZE, since_key
from agents.types import Box, Intake, LayoutRegion, Slide

if TYPE_CHECKING:
    import cv2

MOST_WIDTH = 1280
"""Pixels of the widest picture that is decoded or kept."""
LOOKS = 4
"""Full pictures per arrangement from which its boxes are measured: 0.9 MB each."""
FACE_VOTE = 0.1
"""What a face in the camera adds to the confidence; none takes nothing away."""
SETTLED_S = 0.4
"""A slide is complete this long after its change, and until this long before the next."""


def look_closely(
    intake: Intake,
    turns: Sequence[Turn],
    spans: Sequence[tuple[float, float]],
    workdir: Path,
) -> tuple[tuple[LayoutRegion, ...], tuple[Slide, ...]]:
    """Return regions and slides: boxes laid on the edges of full pictures, stills in `workdir`."""
    arrangements = list({id(turn.arrangement): turn.arrangement for turn in turns}.values())
    moments = _moments(intake, arrangements)
    pictures: list[list[np.ndarray]] = [[] for _ in arrangements]
    stills = _Stills(intake, spans, workdir / "slides")
    watch_frames(
        intake.media,
        ([time for time, _ in moments], lambda i, seen: pictures[moments[i][1]].append(seen)),
        (stills.times, stills.write),
        width=min(MOST_WIDTH, intake.media.width) // 2 * 2,
    )
    regions = [
        _measured(intake, a, np.stack(p)) for a, p in zip(arrangements, pictures, strict=True)
    ]
    return _in_turn(intake, turns, regions), tuple(stills.slides)


def _moments(intake: Intake, arrangements: Sequence[Arrangement]) -> list[tuple[float, int]]:
    """Return when to look at full pictures, and which arrangement each shows."""
    chosen = [_near_key(intake, arrangement.times) for arrangement in arrangements]
    last = intake.media.duration
    return [(min(t + AFTER_KEY_S, last), i) for i, part in enumerate(chosen) for t in part]


def _in_turn(
    intake: Intake, turns: Sequence[Turn], measured: Sequence[LayoutRegion]
) -> tuple[LayoutRegion, ...]:
    """Return for each turn the region measured of its arrangement, in order of appearance."""
    order = {key: i for i, key in enumerate(dict.fromkeys(id(t.arrangement) for t in turns))}
    ends = [*(turn.start for turn in turns[1:]), intake.media.duration]
    return tuple(
        replace(measured[order[id(turn.arrangement)]], start=turn.start, end=end)
        for turn, end in zip(turns, ends, strict=True)
    )


def _near_key(intake: Intake, times: tuple[float, ...]) -> tuple[float, ...]:
    """Return some of the times, those that cost little to decode, at least one."""
    cost = since_key(intake.packets, times)
    near = [t for t, c in zip(times, cost, strict=True) if c < FAR_S] or [times[cost.argmin()]]
    return tuple(near[:: max(1, len(near) // LOOKS)][:LOOKS])


def _measured(intake: Intake, arrangement: Arrangement, pictures: np.ndarray) -> LayoutRegion:
    """Return the arrangement with exact boxes, over the whole lecture."""
    edges = measure_edges(pictures)
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

    cascade = _face_finder()
    seen, least = 0, len(pictures) // 2 + 1
    for left, picture in zip(range(len(pictures), 0, -1), pictures, strict=True):
        if seen >= least or seen + left < least:
            break
        part = picture[camera.top : camera.bottom, camera.left : camera.right]
        scale = min(1.0, 320 / max(1, part.shape[1]))
        small = cv2.resize(part, None, fx=scale, fy=scale)
        side = max(16, small.shape[0] // 8)
        seen += len(cascade.detectMultiScale(small, 1.1, 5, minSize=(side, side))) > 0
    return seen >= least


@cache
def _face_finder() -> cv2.CascadeClassifier:
    """Return OpenCV's finder of frontal faces; reading it takes as long as using it."""
    import cv2

    folder = Path(cv2.__file__).parent / "data"
    return cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))


class _Stills:
    """The slides, each with a JPEG of its last complete state where that costs little."""

    def __init__(self, intake: Intake, spans: Sequence[tuple[float, float]], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.slides = [Slide(*span) for span in spans]
        every = np.array([still_time(*span, intake.key_frames.time) for span in spans])
        self.near = np.flatnonzero(since_key(intake.packets, every) < FAR_S).tolist()
        self.times: list[float] = every[self.near].tolist()
        """When to take the stills that can be had."""

    def write(self, number: int, content: bytes) -> None:
        """Keep the still taken at time `number`."""
        index = self.near[number]
        path = self.folder / f"slide-{index:04d}.jpg"
        path.write_bytes(content)
        self.slides[index] = replace(self.slides[index], still=path)


def still_time(start: float, end: float, key_times: np.ndarray) -> float:
    """Return when to take a slide's still: at its last key frame, which costs one frame."""
    settled = min(SETTLED_S, (end - start) / 4)
    inside = key_times[(key_times >= start + settled) & (key_times <= end - settled)]
    return min(float(inside[-1]) + AFTER_KEY_S, end) if len(inside) else end - settled
