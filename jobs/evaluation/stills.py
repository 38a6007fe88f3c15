"""Key frames of real lectures with measured boxes (M3AV): pictures, no motion, no packets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from agents.types import Box, KeyFrames, LayoutKind, LayoutRegion
from jobs.evaluation.labels import BadLabels

LABELS = "layout_truth.json"
SIZE = (320, 180)
KINDS: dict[str, LayoutKind] = {
    "picture-in-picture": "picture_in_picture",
    "side-by-side": "side_by_side",
    "slide only": "screen_only",
    "camera only": "camera_only",
}
"""Words in a description of a lecture, and the kind of layout that they mean."""


class _Boxes(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    size: tuple[int, int]
    screen: tuple[int, int, int, int] | None = None
    camera: tuple[int, int, int, int] | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Stills:
    """A folder of frames NAME-MILLISECONDS.jpg; labels are corners x0, y0, x1, y1 in pixels."""

    name: str
    folder: Path
    labels_file: Path

    def labels(self) -> tuple[tuple[int, int], LayoutRegion, bool]:
        """Return the size of the pictures, their one region, and whether its kind is known."""
        try:
            read = json.loads(self.labels_file.read_bytes())
            boxes = _Boxes.model_validate(read.get(self.folder.name))
        except (ValidationError, ValueError, AttributeError) as error:
            text = (
                f"{self.labels_file.name!r} does not say where {self.folder.name!r} has its boxes"
            )
            raise BadLabels(text) from error
        kind: LayoutKind | None = next(
            (kind for words, kind in KINDS.items() if words in boxes.kind), None
        )
        screen, camera = _box(boxes.screen), _box(boxes.camera)
        region = LayoutRegion(0.0, self.duration, kind or "screen_only", screen, camera, 1.0)
        return boxes.size, region, kind is not None

    @property
    def pictures(self) -> list[tuple[float, Path]]:
        """Return the seconds and files of the frames in order of time."""
        found = ((re.search(r"-(\d+)$", p.stem), p) for p in self.folder.glob("*.jpg"))
        return sorted((int(match[1]) / 1000, path) for match, path in found if match)

    @property
    def duration(self) -> float:
        """Return the seconds to a moment after the last frame, as long as frames lie apart."""
        times = [time for time, _ in self.pictures]
        return times[-1] + float(np.median(np.diff(times))) if len(times) > 1 else times[0] + 1

    def key_frames(self) -> KeyFrames:
        """Return the frames as intake keeps key frames."""
        import cv2

        pictures = self.pictures
        luma = np.empty((len(pictures), SIZE[1], SIZE[0]), np.uint8)
        for index, (_, path) in enumerate(pictures):
            # read by numpy: OpenCV cannot open a name that is not ASCII everywhere
            full = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
            if full is None:
                raise BadLabels(f"{path.name!r} is no picture")
            luma[index] = cv2.resize(full, SIZE, interpolation=cv2.INTER_AREA)
        return KeyFrames(np.array([time for time, _ in pictures]), luma)


def _box(corners: tuple[int, int, int, int] | None) -> Box | None:
    if corners is None:
        return None
    x0, y0, x1, y1 = corners
    return Box(x0, y0, x1 - x0, y1 - y0)


def find_stills(path: Path, root: Path) -> Iterator[Stills]:
    """Yield the folders of frames beside the labels of a data set, or the one that is named."""
    if path.is_file():
        return
    for folder in [path, *sorted(one for one in path.iterdir() if one.is_dir())]:
        labels = folder.parent / LABELS
        named = folder is path and path == root
        if labels.is_file() and (named or folder is not path) and any(folder.glob("*.jpg")):
            yield Stills(str(folder.relative_to(root.parent if named else root)), folder, labels)
