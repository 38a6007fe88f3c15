"""Why a clip was chosen, as bars."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from agents.content.components import COMPONENTS

LEAST = 0.005
"""What would be shown as 0.00 explains nothing."""

EXPLANATIONS = {component.name: component.explanation for component in COMPONENTS}


def contribution_figure(contributions: Mapping[str, float]) -> go.Figure:
    """Return one bar per component that moved the score, the largest on top."""
    moved = ((value, name) for name, value in contributions.items() if abs(value) >= LEAST)
    items = sorted(moved, key=_size)
    names = [name.replace("_", " ") for _, name in items]
    figure = go.Figure(
        go.Bar(
            x=[value for value, _ in items],
            y=names,
            orientation="h",
            text=[f"{value:+.2f}" for value, _ in items],
            customdata=[EXPLANATIONS.get(name, "") for _, name in items],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_layout(
        height=60 + 26 * max(1, len(items)),
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        xaxis={"visible": False},
        dragmode=False,
    )
    return figure


def _size(item: tuple[float, str]) -> tuple[float, str]:
    return abs(item[0]), item[1]
