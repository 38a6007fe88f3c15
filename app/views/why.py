"""Why a clip was chosen, as bars, and what would have to change for it to go, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from agents.content.components import COMPONENTS
from app.views.text import clock

LEAST = 0.005
"""What would be shown as 0.00 explains nothing."""

LEAST_S = 0.05
"""Nor does what would be shown as 0.0 s."""

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


def topic_contributions(
    sentences: Sequence[Mapping[str, Any]], topic: int, weights: Mapping[str, float]
) -> dict[str, float]:
    """Return each component's mean over the seconds of a topic's sentences, times its weight."""
    inside = [sentence for sentence in sentences if sentence["topic"] == topic]
    seconds = sum(sentence["end"] - sentence["start"] for sentence in inside)
    return {
        name: weight
        * sum((s["end"] - s["start"]) * s["components"].get(name, 0.0) for s in inside)
        / (seconds or 1.0)
        for name, weight in weights.items()
    }


def _size(item: tuple[float, str]) -> tuple[float, str]:
    return abs(item[0]), item[1]


def drop_out_lines(clip: Mapping[str, Any]) -> list[str]:
    """Return what would have to change for a clip to drop out, one sentence each; plain text."""
    if clip["kept"]:
        return ["It was kept by hand: no weight and no limit makes it drop out."]
    found = clip["drop_out"]
    if found is None:
        return []
    if not (found["weight"] or found["limit"] or found["rival"]):
        return ["It is all there is to choose from: no weight and no limit makes it drop out."]
    return [
        _by_weight(found["weight"]),
        *([_by_limit(found["limit"])] if found["limit"] else []),
        *([_by_rival(found["rival"])] if found["rival"] else []),
        f"The best plan without it is worth {_less(found['margin'])}.",
    ]


def _by_weight(change: Mapping[str, Any] | None) -> str:
    if change is None:
        return "No single weight makes it drop out."
    name = change["tunable"].removeprefix("weights.").replace("_", " ")
    way = "rises" if change["after"] > change["before"] else "falls"
    moved = f"from {change['before']:.2f} to {change['after']:.2f}"
    return f"It drops out when the weight of {name} {way} {moved}."


def _by_limit(change: Mapping[str, Any]) -> str:
    if change["tunable"] == "max_clips":
        wanted = f"{change['after']:.0f} instead of {change['before']:.0f}"
        return f"It drops out when no more than {wanted} clips are wanted."
    total = f"{change['after']:.0f} s instead of {change['before']:.0f} s"
    return f"It drops out when all clips together may last {total}."


def _by_rival(rival: Mapping[str, Any]) -> str:
    times = f"{clock(rival['start'])}–{clock(rival['end'])}"  # noqa: RUF001
    named = f"“{rival['title']}” (score {rival['score']:.2f})"
    behind = _less(rival["behind"])
    return f"Next in line is {times}, {named}: with it the plan would be worth {behind}."


def _less(seconds: float) -> str:
    return f"{seconds:.1f} s of outstanding speech less" if seconds >= LEAST_S else "as much"
