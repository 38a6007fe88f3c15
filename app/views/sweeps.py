"""Sweeps for people: heat map, figures by name, and the best cell in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.services.sweeps import Grid
from app.views.cells import setting_label
from app.views.runs import FIGURES, REFERENCES, value_text

if TYPE_CHECKING:
    import plotly.graph_objects as go

PLAIN = {
    "clips": "Number of clips",
    "total_s": "Length of all clips (s)",
    "topics": "Topics with a clip",
    "mean_score": "Mean score of the clips",
}


def figure_name(name: str) -> str:
    """Return `marked.f1` as "F1 against what is marked"."""
    reference, _, figure = name.rpartition(".")
    return f"{FIGURES[figure]} against {REFERENCES[reference]}" if reference else PLAIN[name]


def values_text(values: Mapping[str, Any]) -> str:
    """Return settings in one line."""
    return ", ".join(f"{setting_label(name)} {value_text(v)}" for name, v in values.items())


def best_line(grid: Grid, name: str) -> str | None:
    """Return which cell is best by a figure, None before any is tried."""
    best = grid.best(name)
    if best is None:
        return None
    return f"Best: {values_text(grid.cells[best])}, with {grid.figures[best][name]:.3g}."


def sweep_figure(grid: Grid, name: str) -> go.Figure:
    """Return a heat map over two parameters, or bars over one; the best cell stands out."""
    import plotly.graph_objects as go

    values = [figures.get(name) for figures in grid.figures]
    best = grid.best(name)
    columns = grid.axes[-1]
    x = [value_text(value) for value in columns.values]
    width = len(columns.values)
    rows = grid.axes[0].values if len(grid.axes) == 2 else ("",)
    y = [value_text(value) for value in rows]
    text = ["" if value is None else f"{value:.3g}" for value in values]
    if best is not None:
        text[best] += " best"
    heat = go.Heatmap(
        x=x,
        y=y,
        z=[values[at : at + width] for at in range(0, len(values), width)],
        text=[text[at : at + width] for at in range(0, len(text), width)],
        texttemplate="%{text}",
        hovertemplate="%{x}, %{y}: %{z:.3g}<extra></extra>",
        colorscale="Blues",
        colorbar={"thickness": 12},
        xgap=1,
        ygap=1,
    )
    figure = go.Figure(heat)
    figure.update_layout(
        height=110 + 34 * max(2, len(y)),
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        xaxis={"title": setting_label(columns.name), "type": "category", "fixedrange": True},
        yaxis={"type": "category", "fixedrange": True, "visible": len(grid.axes) == 2},
        dragmode=False,
    )
    if len(grid.axes) == 2:
        figure.update_yaxes(title=setting_label(grid.axes[0].name))
    return figure


def grid_table(grid: Grid) -> dict[str, list[Any]]:
    """Return columns for every cell that is tried: the heat map's alternative."""
    tried = [at for at, figures in enumerate(grid.figures) if figures]
    table: dict[str, list[Any]] = {
        setting_label(axis.name): [value_text(grid.cells[at][axis.name]) for at in tried]
        for axis in grid.axes
    }
    for name in grid.names:
        table[figure_name(name)] = [grid.figures[at].get(name) for at in tried]
    return table
