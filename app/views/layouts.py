"""What is seen over time, as a table for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.views.text import clock

KINDS = {
    "screen_only": "Screen only",
    "camera_only": "Camera only",
    "picture_in_picture": "Camera inside the screen",
    "side_by_side": "Screen and camera side by side",
}
"""Kind of a layout -> what it is called on pages."""


def layout_table(regions: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return columns for a table of the layouts over time."""
    rows = list(regions)
    return {
        "From": [clock(row["start"]) for row in rows],
        "To": [clock(row["end"]) for row in rows],
        "Layout": [KINDS[row["kind"]] for row in rows],
        "Sure": [f"{row['confidence'] * 100:.0f} %" for row in rows],
        "Screen": [_box(row["screen"]) for row in rows],
        "Camera": [_box(row["camera"]) for row in rows],
    }


def _box(box: list[int] | None) -> str:
    if box is None:
        return "none"
    x, y, width, height = box
    return f"{width} x {height} at {x}, {y}"


def missing_sights(layouts: list[dict[str, Any]], slides: list[dict[str, Any]]) -> list[str]:
    """Return a sentence for each thing that one may miss in what was seen."""
    if not layouts:
        return ["Where screen and camera are is not known yet."]
    said = []
    if all(row["camera"] is None for row in layouts):
        said.append("No camera was found in this lecture.")
    if all(row["screen"] is None for row in layouts):
        said.append("No screen was found in this lecture: it shows a camera only.")
    bare = sum(slide["still"] is None for slide in slides)
    if bare:
        said.append(f"{bare} of {len(slides)} slides have no picture.")
    return said
