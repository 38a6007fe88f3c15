"""Text in pictures by rapidocr, the optional extra [ocr]; its models lie in its wheel."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import numpy as np

from agents.layout.boxes import Rect

WIDTH = 640
"""Pixels to which a wider picture is reduced: text that is a headline stays 20 pixels high."""
_PARAMS = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Det.limit_type": "max",  # the default enlarges small pictures, at 40 times the cost
    "Det.limit_side_len": WIDTH,
}


class Reader(Protocol):
    """Finds lines of text in a picture, and reads those that are worth it."""

    def find(self, picture: np.ndarray) -> list[Rect]:
        """Return where text stands in a BGR picture (h, w, 3)."""
        ...

    def read(self, line: np.ndarray) -> tuple[str, float]:
        """Return the text of one line's picture (h, w, 3), and the confidence 0-1."""
        ...


def ocr_version() -> str:
    """Return the version of rapidocr that is installed, "" when none is."""
    try:
        return version("rapidocr")
    except PackageNotFoundError:
        return ""


@cache
def open_reader() -> Reader:
    """Load the models, about 2 CPU seconds and 150 MB; raises ImportError without the extra."""
    return _RapidReader()


class _RapidReader:
    """PP-OCR (PaddleOCR, Apache-2.0) on one thread.

    The models in the wheel know English and Chinese; of letters with accents they lose many.
    """

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self.engine: Any = RapidOCR(params=_PARAMS)

    def find(self, picture: np.ndarray) -> list[Rect]:
        found = self.engine(picture, use_det=True, use_cls=False, use_rec=False)
        corners = [] if found.boxes is None else np.asarray(found.boxes)
        return [_around(box) for box in corners]

    def read(self, line: np.ndarray) -> tuple[str, float]:
        found = self.engine(line, use_det=False, use_cls=False, use_rec=True)
        if not found.txts:
            return "", 0.0
        return str(found.txts[0]), float(found.scores[0])


def _around(corners: np.ndarray) -> Rect:
    """Return the upright rectangle around four corners (4, 2)."""
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    left, top, right, bottom = np.maximum([*low, *high], 0).astype(int).tolist()
    return Rect(left, top, right, bottom)
