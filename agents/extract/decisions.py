"""What a person has decided, and what of it binds the choice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from agents.errors import TuningError
from agents.extract.params import ExtractParams
from agents.registry import Context, Resources
from agents.types import Decisions, Layout


def decide(decisions: Decisions | None, context: Context | None, layout: Layout) -> Decisions:
    """Return what binds the choice: what is named, else what the context brings along."""
    found = decisions or (context.resources.decisions if context else Decisions())
    over = layout.regions[-1].end if layout.regions else math.inf
    for clip in found.kept:
        if clip.parts[-1].end > over + 0.5:
            end = clip.parts[-1].end
            raise TuningError(f"A clip cannot be kept until {end:g} s: the lecture has {over:g} s.")
    return found


def decisions_used(resources: Resources, params: ExtractParams) -> Mapping[str, Any]:
    """Return the decisions that bind the choice, for the stage key; empty without any."""
    decided = resources.decisions
    if decided == Decisions():
        return {}
    used: dict[str, Any] = {
        "kept": [[clip.title, *([p.start, p.end] for p in clip.parts)] for clip in decided.kept],
        "rejected": [[one.start, one.end] for one in decided.rejected],
    }
    if decided.captions:
        used["captions"] = [[fix.start, fix.end, fix.text] for fix in decided.captions]
    if decided.closed:
        used["closed"] = [at for at, clip in enumerate(decided.kept) if clip.proposed]
    if decided.layout:
        used["layout"] = [[r.start, r.end, r.kind, r.screen, r.camera] for r in decided.layout]
    return used
