"""What `lecture evaluate` prints: a row per recording and one for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.evaluation.evaluating import Evaluation
from jobs.evaluation.labels import Figures

NAME_WIDTH = 44


def to_json(found: Evaluation) -> dict[str, Any]:
    """Return everything as JSON: figures by name, None where there was nothing to measure."""
    rows = [
        {
            "name": row.name,
            "figures": dict(row.figures),
            **({"engine": row.engine} if row.engine else {}),
            **({"error": row.error.message, "code": row.error.code} if row.error else {}),
        }
        for row in found.rows
    ]
    return {"measure": found.measure, "rows": rows, "overall": dict(found.overall)}


def print_scores(found: Evaluation) -> None:
    """Print a table; a recording that could not be scored has its sentence in place of figures."""
    rows: list[tuple[str, Figures, str]] = [
        (row.name, row.figures, row.error.message if row.error else "") for row in found.rows
    ]
    if len(rows) > 1 and found.overall:
        rows.append((f"all {len(found.rows) - len(found.errors)}", found.overall, ""))
    names = list(found.overall)
    body = [[figure(name, figures[name]) for name in names] for _, figures, _ in rows if figures]
    heads = [name.split("_") for name in names]
    widths = [
        max(*map(len, head), *(len(row[i]) for row in body), 5) for i, head in enumerate(heads)
    ]
    width = min(NAME_WIDTH, max(len(name) for name, _, _ in rows))
    for line in stacked(heads):
        print(_line("", line, width, widths))
    for name, figures, error in rows:
        values = [figure(key, figures[key]) for key in names] if figures else []
        print(_line(name, values, width, widths) if values else f"{name:<{width}}  {error}")
    for engine in dict.fromkeys(row.engine for row in found.rows if row.engine):
        print(f"words from {engine}")


def stacked(heads: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the lines of headings of several words, standing on the last line."""
    # [["pause", "f1"], ["pauses"]] -> [["pause", ""], ["f1", "pauses"]]
    height = max(map(len, heads), default=0)
    full = [[""] * (height - len(head)) + list(head) for head in heads]
    return [[head[i] for head in full] for i in range(height)]


def figure(name: str, value: float | None) -> str:
    """Return a figure as people read it: counts whole, times with a tenth, shares with three."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    if name.endswith("_ms"):
        return f"{value:.0f}"
    return f"{value:.1f}" if name.endswith("_s") else f"{value:.3f}"


def _line(name: str, values: Sequence[str], width: int, widths: Sequence[int]) -> str:
    cells = [f"{value:>{space}}" for value, space in zip(values, widths, strict=True)]
    return "  ".join([f"{name[-width:]:<{width}}", *cells]).rstrip()
