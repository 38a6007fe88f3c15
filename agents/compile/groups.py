"""A clip's picture as closed groups of pictures, each with the key of all that is in it.

Groups begin at fixed frames of the recording, not of the clip: where an edge moves or a caption
changes, the groups that show it are new and all others are the ones that are stored already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib.metadata import version
from typing import Any

from agents.compile.compositor import Composition
from agents.compile.drawings import Shown
from agents.compile.params import CompileParams
from agents.compile.timeline import Timeline
from agents.types import Media

RENDERER = 9
"""Raised when the same plan would be rendered into other pixels, sound or subtitles."""
GROUP_S = 2.0
"""Length of a group in seconds: short ones are cheap to make anew, long ones make small files."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive frames of the recording in one composition, from `start` in seconds on."""

    start: float
    index: int
    """Number of the first frame on the grid of the recording."""
    frames: int
    composition: Composition


@dataclass(frozen=True, slots=True)
class Group:
    """What is encoded, stored and joined as one: runs, and what the layers over them show."""

    runs: tuple[Run, ...]
    first: int
    """The clip's frame with which it begins."""
    layers: tuple[Shown, ...] = ()
    """What each layer shows, counted from the group's first frame."""

    @property
    def frames(self) -> int:
        """Return its length in frames."""
        return sum(run.frames for run in self.runs)


@cache
def maker() -> tuple[int, str]:
    """Return what of the program the bytes of a group or a sound depend on."""
    return RENDERER, version("av")


def cut_groups(timeline: Timeline, shown: Sequence[Shown]) -> tuple[Group, ...]:
    """Return the groups of a clip, in order, with what each layer shows in them."""
    length = max(1, round(GROUP_S * timeline.fps))
    bare: list[Group] = []
    runs: list[Run] = []
    first = 0
    for run in [*_cut_runs(timeline, length), None]:
        if runs and (run is None or run.index % length == 0):
            bare.append(Group(tuple(runs), first))
            runs, first = [], first + bare[-1].frames
        if run is not None:
            runs.append(run)
    return tuple(replace(group, layers=_over(group, shown)) for group in bare)


def _cut_runs(timeline: Timeline, length: int) -> Iterator[Run]:
    """Yield the clip's runs, cut where a group of `length` frames may begin."""
    for stretch in timeline.stretches:
        for shot in stretch.shots:
            at = shot.first
            while at < shot.first + shot.frames:
                index = stretch.index + at
                frames = min(length - index % length, shot.first + shot.frames - at)
                start = stretch.origin + float(at / timeline.fps)
                yield Run(start, index, frames, shot.composition)
                at += frames


def _over(group: Group, shown: Sequence[Shown]) -> tuple[Shown, ...]:
    """Return what each layer shows within the group, the clear images left out."""
    found = []
    for layer in shown:
        changes = dict[int, str | None]()
        for frame, digest in layer:
            if frame < group.first + group.frames:
                changes[max(0, frame - group.first)] = digest
        kept: list[tuple[int, str | None]] = []
        for frame, digest in changes.items():
            if digest != (kept[-1][1] if kept else None):
                kept.append((frame, digest))
        found.append(tuple(kept))
    return tuple(found)


def encoder_settings(params: CompileParams) -> dict[str, Any]:
    """Return what the encoder is told, and whether frames may be left out of decoding."""
    preset, rough = params.x264_preset, params.quality == "draft"
    return {"size": params.canvas, "preset": preset, "crf": f"{params.crf:g}", "rough": rough}


def group_key(group: Group, fps: Fraction, media: Media, params: CompileParams) -> str:
    """Return the hash of all that the group's bytes depend on."""
    body = {
        "renderer": maker(),
        "media": [media.sha256, media.demuxer, media.width, media.height],
        "fps": [fps.numerator, fps.denominator],
        "runs": [
            [round(run.start * 1_000_000), run.frames, _described(run.composition)]
            for run in group.runs
        ],
        "layers": [changes for changes in group.layers if changes],
        "encoder": encoder_settings(params),
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _described(composition: Composition) -> list[Any]:
    panels = [
        [panel.source, panel.target, panel.patch and [panel.patch.place, panel.patch.beside]]
        for panel in (*composition.panels, *([composition.bubble] if composition.bubble else []))
    ]
    size = [composition.width, composition.height]
    return [*size, composition.behind, composition.bubble is not None, panels]
