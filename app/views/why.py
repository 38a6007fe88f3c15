"""Why a clip was chosen, as bars, and what would have to change for it to go, in words."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from agents.content.components import COMPONENTS
from app.views.text import clock

LEAST = 0.005
"""What would be shown as 0.00 explains nothing."""

LEAST_S = 0.05
"""Nor does what would be shown as 0.0 s."""

EXPLANATIONS = {component.name: component.explanation for component in COMPONENTS}


def contribution_bars(contributions: Mapping[str, float]) -> str:
    """Return one bar per component that moved the score, the largest on top, as an HTML table."""
    moved = [item for item in contributions.items() if abs(item[1]) >= LEAST]
    moved.sort(key=lambda item: (-abs(item[1]), item[0]))
    most = max((abs(value) for _, value in moved), default=1.0)
    rows = "".join(_bar(name, value, most) for name, value in moved)
    return f'<table class="lh-bars"><caption>What the score is made of</caption>{rows}</table>'


def _bar(name: str, value: float, most: float) -> str:
    why = html.escape(EXPLANATIONS.get(name, ""))
    against = " lh-bar-against" if value < 0 else ""
    bar = f'<div class="lh-bar{against}" style="width:{100 * abs(value) / most:.1f}%"></div>'
    label = html.escape(name.replace("_", " "))
    head = f'<th scope="row" title="{why}">{label}</th>'
    return f"<tr>{head}<td>{bar}</td><td>{value:+.2f}</td></tr>"


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
