"""What all measures share: the error of bad labels, and figures that files add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np

from agents.errors import LectureError

Figures = Mapping[str, float | None]
"""Figures by name, which tells the unit; None where there is nothing to divide by."""


class BadLabels(LectureError):
    """Labels that are not there or cannot be read."""

    code = "bad_labels"


class Labelled(Protocol):
    """One thing that can be scored: a recording, or a text, with what people say about it."""

    @property
    def name(self) -> str:
        """Return what a table calls it."""
        ...


def median(values: Iterable[float], scale: float = 1.0) -> float | None:
    """Return the median times `scale`, None of nothing."""
    found = list(values)
    return float(np.median(found)) * scale if found else None


def share(part: float, whole: float) -> float | None:
    """Return part / whole, None where the whole is nothing."""
    return part / whole if whole else None


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are there, None of nothing."""
    found = [value for value in values if value is not None]
    return float(np.mean(found)) if found else None
