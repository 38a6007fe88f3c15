"""The notebook's cells: the pipeline from silence to clips, each with its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from agents.params import Params
from agents.tuning import tuning_type
from app.views.tunables import tunable_fields


@dataclass(frozen=True, slots=True)
class Cell:
    """One step that a person can look at and turn."""

    name: str
    stage: str
    """The agent whose parameters it holds."""
    title: str
    says: str
    """What it does, in one sentence."""
    only: tuple[str, ...] = ()
    """Beginnings of the names of its parameters, where the agent's are split over cells."""
    live: bool = False
    """Whether a slider shows at once what it would give."""


CELLS = (
    Cell(
        "silence",
        "silence",
        "Silence",
        "Finds where nobody speaks: below the threshold, or where the speech model hears no voice.",
        live=True,
    ),
    Cell(
        "transcript",
        "transcript",
        "Transcript",
        "Turns speech into sentences with a time for every word, or takes the captions.",
    ),
    Cell(
        "layout",
        "layout",
        "Layout and slides",
        "Finds where screen and camera are in the picture, and when the slide changes.",
    ),
    Cell(
        "content",
        "content",
        "Topics",
        "Divides the lecture where its words, its pauses and its slides say that a topic begins.",
    ),
    Cell(
        "importance",
        "extract",
        "Importance",
        "Scores every sentence: the sum of what speaks for it, each times its weight.",
        only=("weights.",),
        live=True,
    ),
    Cell(
        "clips",
        "extract",
        "Clips",
        "Chooses the clips that together hold the most outstanding speech within the limits.",
        live=True,
    ),
    Cell(
        "compile",
        "compile",
        "Compile",
        "Renders each clip: screen, camera and captions in one picture, at one loudness.",
    ),
)
"""In the order of the pipeline."""


def cell_fields(tuning: Params, cell: Cell) -> list[dict[str, Any]]:
    """Return the parameters of a cell as fields of a form, under their dotted names."""
    fields = tunable_fields(getattr(tuning, cell.stage))
    others = [one for one in CELLS if one.stage == cell.stage and one is not cell]
    elsewhere = tuple(start for one in others for start in one.only)
    mine = [
        field
        for field in fields
        if (not cell.only or field["name"].startswith(cell.only))
        and not field["name"].startswith(elsewhere or ("\0",))
    ]
    return [{**field, "name": f"{cell.stage}.{field['name']}"} for field in mine]


def notebook_cells(tuning: Params) -> list[dict[str, Any]]:
    """Return every cell with its fields, for the component that draws them."""
    return [
        {
            "name": cell.name,
            "stage": cell.stage,
            "title": cell.title,
            "says": cell.says,
            "live": cell.live,
            "fields": cell_fields(tuning, cell),
        }
        for cell in CELLS
    ]


def setting_label(name: str) -> str:
    """Return `extract.reel.total_s` as "Clips: Total (reel)"; what no agent has stays as it is."""
    return _labels().get(name, name)


@cache
def _labels() -> dict[str, str]:
    cells = notebook_cells(tuning_type()())
    return {field["name"]: _label(cell, field) for cell in cells for field in cell["fields"]}


def _label(cell: dict[str, Any], field: dict[str, Any]) -> str:
    group = field["group"] if field["group"] != "weights" else ""
    return f"{cell['title']}: {field['label']}" + (f" ({group})" if group else "")
