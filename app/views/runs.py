"""Runs of a lecture, beside each other: tables and figures for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from app.changes import ClipChange
from app.services.runs import Comparison, Run, RunCurve
from app.views.cells import setting_label
from app.views.text import STATES, clock, length
from data.records import ClipRow
from jobs.evaluation.labels import Figures

if TYPE_CHECKING:
    import plotly.graph_objects as go

FIGURES = {
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "topic_coverage": "Topics covered",
    "edge_error_s": "Edges off by (s)",
}
REFERENCES = {"marked": "what is marked", "accepted": "the accepted clips"}
CHANGES = {"kept": "= kept", "moved": "\u2194 moved", "new": "+ new", "lost": "\u2212 lost"}
COLOURS = {"kept": "#2563eb", "moved": "#b45309", "new": "#16803c", "lost": "#b91c1c"}
TICKS_S = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between the marks of a time axis, of which the first that gives at most 7 is taken."""
CURVES = ("#2563eb", "#d97706")


def value_text(value: Any) -> str:  # noqa: ANN401
    """Return a setting's value for people; None where a run does not know it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def settings_text(settings: dict[str, Any]) -> str:
    """Return what differs from the defaults in one line."""
    told = [f"{setting_label(name)} {value_text(value)}" for name, value in settings.items()]
    return ", ".join(told) or "all settings at their defaults"


def run_label(run: Run) -> str:
    """Return how a run is called where one is chosen."""
    return f"{run.job.created:%Y-%m-%d %H:%M:%S}, {settings_text(run.settings)}"[:120]


def run_table(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """Return columns for the list of a lecture's runs."""
    return {
        "Started (UTC)": [f"{run.job.created:%Y-%m-%d %H:%M:%S}" for run in runs],
        "State": [STATES[run.job.status][0] for run in runs],
        "Took": [length(run.seconds) if run.seconds is not None else "" for run in runs],
        "In review": ["yes" if run.shown else "" for run in runs],
        "Settings that differ from the defaults": [settings_text(run.settings) for run in runs],
    }


def settings_table(settings: Iterable[tuple[str, Any, Any]]) -> dict[str, list[str]]:
    """Return columns for the settings in which two runs differ."""
    rows = list(settings)
    return {
        "Setting": [setting_label(name) for name, _, _ in rows],
        "A": [value_text(before) for _, before, _ in rows],
        "B": [value_text(after) for _, _, after in rows],
    }


def figure_table(found: Comparison) -> dict[str, list[Any]]:
    """Return columns for the figures of two runs against each reference; empty without any."""
    rows = [
        (
            REFERENCES[name],
            FIGURES[figure],
            _figure_text(figure, _figure(found.a, name)[figure]),
            _figure_text(figure, value),
        )
        for name, figures in found.b.references.items()
        for figure, value in figures.items()
    ]
    names = ("Against", "Figure", "A", "B")
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _figure_text(name: str, value: float | None) -> str:
    """Return 0.3408 as "34 %", seconds with one decimal, and nothing for what is not known."""
    if value is None:
        return ""
    return f"{value:.1f}" if name.endswith("_s") else f"{100 * value:.0f} %"


def _figure(curve: RunCurve, name: str) -> Figures:
    return curve.references[name]


def change_table(found: Comparison) -> dict[str, list[str]]:
    """Return columns for what became of each clip from A to B, in the order of the lecture."""
    rows = sorted(found.changes, key=lambda change: _clips_of(found, change)[0].parts[0].start)
    return {
        "Change": [CHANGES[row.change] for row in rows],
        "Title": [_clips_of(found, row)[-1].title for row in rows],
        "In A": [_times(found.a.clips, row.before) for row in rows],
        "In B": [_times(found.b.clips, row.after) for row in rows],
    }


def _clips_of(found: Comparison, change: ClipChange) -> list[ClipRow]:
    """Return the clip of A, of B, or both."""
    both = ((found.a.clips, change.before), (found.b.clips, change.after))
    return [clips[at] for clips, at in both if at is not None]


def _times(clips: Sequence[ClipRow], at: int | None) -> str:
    if at is None:
        return ""
    parts = clips[at].parts
    kept = sum(part.duration for part in parts)
    return f"{clock(parts[0].start)} to {clock(parts[-1].end)}, {length(kept)}"


def comparison_figure(found: Comparison) -> go.Figure:
    """Return both importance curves over two lanes with the clips of each run."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, curve, colour in zip("AB", (found.a, found.b), CURVES, strict=True):
        figure.add_scatter(
            x=curve.times,
            y=curve.scores,
            name=f"Importance in {name}",
            line={"color": colour, "width": 1.5},
            text=[clock(time) for time in curve.times],
            hovertemplate="%{text}: %{y:.2f}",
        )
    became = (
        {c.before: c.change for c in found.changes},
        {c.after: c.change for c in found.changes},
    )
    for lane, curve, changes in zip("AB", (found.a, found.b), became, strict=True):
        figure.add_trace(_lane(lane, curve.clips, [changes[i] for i in range(len(curve.clips))]))
    most = max([*found.a.times, *found.b.times, 60.0])
    step = next((step for step in TICKS_S if most <= 7 * step), TICKS_S[-1])
    ticks = [step * n for n in range(int(most / step) + 1)]
    figure.update_layout(
        height=420,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        xaxis={"tickvals": ticks, "ticktext": [clock(tick) for tick in ticks], "range": [0, most]},
        yaxis={"title": "Importance", "domain": [0.34, 1]},
        yaxis2={"domain": [0, 0.26], "fixedrange": True, "autorange": "reversed"},
        legend={"orientation": "h", "y": 1.1},
        dragmode="pan",
        barmode="overlay",  # beside each other the bars would leave the middle of their lanes
    )
    return figure


def _lane(name: str, clips: Sequence[ClipRow], changes: Sequence[str]) -> go.Bar:
    import plotly.graph_objects as go

    return go.Bar(
        base=[clip.parts[0].start for clip in clips],
        x=[clip.parts[-1].end - clip.parts[0].start for clip in clips],
        y=[f"Clips of {name}"] * len(clips),
        orientation="h",
        yaxis="y2",
        showlegend=False,
        marker={"color": [COLOURS[change] for change in changes]},
        text=[CHANGES[change] for change in changes],
        textposition="inside",
        customdata=[_hover(clip) for clip in clips],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hover(clip: ClipRow) -> str:
    """Return times and title for Plotly, which reads tags in what it shows."""
    title = clip.title.replace("&", "&amp;").replace("<", "&lt;")
    return f"{clock(clip.parts[0].start)} to {clock(clip.parts[-1].end)}<br>{title}"
