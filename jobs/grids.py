"""Grids of parameters as text: `silence.top_db=20:60:5;extract.max_clips=3,5,8`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from agents.errors import TuningError
from agents.tuning import Scalar, flatten, tuning_type, with_values
from jobs.pipeline import stage_table, with_followers

MOST_AXES = 2
MOST_CELLS = 400
"""A grid with more cells is a mistake more often than a wish."""
SWEPT = "extract"
"""The stage whose plans are judged: what comes after it changes none of them."""
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter and the values that it takes."""

    name: str
    values: tuple[Scalar, ...]


def parse_axes(text: str) -> tuple[Axis, ...]:
    """Return the axes that a text names, or raise TuningError in one sentence."""
    axes = tuple(_parse_axis(part.strip()) for part in text.split(";") if part.strip())
    return check_axes(axes)


def check_axes(axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """Return axes that can be swept, or raise TuningError."""
    if not 1 <= len(axes) <= MOST_AXES:
        raise TuningError(f"A sweep goes over 1 or 2 parameters, not {len(axes)}.")
    if len({axis.name for axis in axes}) < len(axes):
        raise TuningError(f"{axes[0].name} is named twice.")
    usual = flatten(tuning_type()())
    for axis in axes:
        if axis.name not in usual:
            raise TuningError(f"There is no parameter {axis.name[:80]!r}.")
        if SWEPT not in with_followers(axis.name.split(".")[0], stage_table()):
            raise TuningError(f"{axis.name} changes nothing of which clips are chosen.")
        if not axis.values:
            raise TuningError(f"{axis.name} has no values.")
        for value in axis.values:
            _check_value(axis.name, value)
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_CELLS:
        raise TuningError(f"The grid has {count} cells; {MOST_CELLS} are the most.")
    return tuple(axes)


def _check_value(name: str, value: Scalar) -> None:
    """Refuse a value out of bounds; that it does not go with another is no fault of its own."""
    try:
        with_values(tuning_type()(), {name: value})
    except TuningError as error:
        if "must not exceed" not in error.message:
            raise


def _parse_axis(text: str) -> Axis:
    name, equals, values = text.partition("=")
    if not equals:
        raise TuningError(f"{text[:80]!r} must be NAME=FROM:TO:STEP or NAME=VALUE,VALUE,...")
    name = name.strip().replace("-", "_")
    if ":" in values:
        return Axis(name, steps(name, *(_number(name, part) for part in values.split(":"))))
    return Axis(name, tuple(_value(part.strip()) for part in values.split(",") if part.strip()))


def steps(name: str, *given: float) -> tuple[Scalar, ...]:
    """Return the numbers from the first to the last, both included, a step apart."""
    # (20, 60, 20) -> (20, 40, 60)
    if len(given) != 3 or given[2] <= 0 or given[1] < given[0]:
        raise TuningError(f"{name} needs FROM:TO:STEP with FROM <= TO and STEP > 0.")
    low, high, step = given
    count = math.floor((high - low) / step + 1e-9) + 1
    if count > MOST_CELLS:
        raise TuningError(f"{name} has {count} values; {MOST_CELLS} cells are the most.")
    return tuple(_tidy(low + n * step) for n in range(count))


def _tidy(value: float) -> float | int:
    """Return a number without the dust of binary sums, whole ones as int."""
    value = round(value, DIGITS)
    return int(value) if value == int(value) else value


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise TuningError(f"{name}: {text.strip()[:40]!r} is no number.")
    return value


def _value(text: str) -> Scalar:
    """Return a value as it is typed: number, truth value or word."""
    if text in {"true", "false"}:
        return text == "true"
    try:
        return _tidy(float(text))
    except ValueError:
        return text


def cells_of(axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """Return the values of every cell by dotted name, row by row."""
    names = [axis.name for axis in axes]
    return [dict(zip(names, values, strict=True)) for values in product(*(a.values for a in axes))]


def axes_json(axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """Return axes as they are stored."""
    return [{"name": axis.name, "values": list(axis.values)} for axis in axes]


def read_axes(stored: Sequence[Mapping[str, Any]]) -> tuple[Axis, ...]:
    """Return the axes that are stored."""
    return tuple(Axis(axis["name"], tuple(axis["values"])) for axis in stored)
