"""What a clip wears beside its pictures and captions: titles, a bar, a logo, a fade."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from agents.compile.params import CompileParams
from agents.registry import Resources
from agents.types import ClipPlan


@dataclass(frozen=True, slots=True)
class Dressing:
    """What is shown in a clip and comes neither from its plan nor from its tunables."""

    lecture: str = ""
    """The lecture's title, as a person wrote it."""
    logo: Path | None = None
    """A PNG or JPEG that a person gave."""


PLAIN = Dressing()


def dressing_of(resources: Resources) -> Dressing:
    """Return what is at hand to dress the clips of a lecture with."""
    return Dressing(resources.lecture_title, resources.logo)


def dressing_used(resources: Resources, params: CompileParams) -> Mapping[str, Any]:
    """Return what of it is seen in the clips under these tunables: part of the stage key."""
    return _used(dressing_of(resources), params)


def worn(plan: ClipPlan, dressing: Dressing, params: CompileParams) -> Mapping[str, Any]:
    """Return all that is seen in a clip beside pictures and captions: part of its key."""
    seen = dict(_used(dressing, params))
    if params.title_card_s > 0:
        seen["title"] = plan.title
    if params.topic_s > 0:
        seen["subject"] = plan.subject
    if params.captions and params.caption_highlight:
        seen["spoken"] = [[round(time * 1000) for time in cue.spoken] for cue in plan.cues]
    return seen


def _used(dressing: Dressing, params: CompileParams) -> Mapping[str, Any]:
    used: dict[str, Any] = {}
    if params.title_card_s > 0:
        used["lecture"] = dressing.lecture
    if params.logo_place != "none" and dressing.logo is not None:
        changed = dressing.logo.stat() if dressing.logo.is_file() else None
        used["logo"] = changed and _digest(dressing.logo, changed.st_mtime_ns, changed.st_size)
    return used


@lru_cache(16)
def _digest(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
