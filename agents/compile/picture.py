"""The picture of a clip: which groups it is made of, and those that are missing encoded.

They are encoded in sandboxed children, so many at once as there are cores, and handed over one by
one as they are finished: what is done stays done, whatever ends the rest.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.compile.compositor import Composition, Panel
from agents.compile.drawings import Drawings
from agents.compile.groups import Group, cut_groups, encoder_settings, group_key
from agents.compile.layers import Layer
from agents.compile.overlays import draw_background, draw_disc
from agents.compile.params import CompileParams
from agents.compile.timeline import Timeline
from agents.errors import RenderFailed, StageError
from agents.sandbox import run_module
from agents.types import Box, Media

MODULE = "agents.encoding"
LEAST_FRAMES = {"full": 300, "draft": 1200}
"""A child of its own is started only for so many frames: it costs as much as 40, or 200 rough."""
CPU_S, WALL_S, MEMORY_BYTES = 1200.0, 3600.0, 2 << 30


@dataclass(frozen=True, slots=True)
class Picture:
    """A clip's groups with their keys, and what is drawn for them."""

    timeline: Timeline
    media: Media
    params: CompileParams
    groups: tuple[Group, ...]
    keys: tuple[str, ...]
    drawings: Drawings


def plan_picture(
    timeline: Timeline,
    media: Media,
    layers: Sequence[Layer],
    params: CompileParams,
    folder: Path,
) -> Picture:
    """Draw what lies over a clip and divide its picture into groups."""
    drawings = Drawings(folder / "drawn.raw")
    groups = cut_groups(timeline, [drawings.draw(layer, timeline.fps) for layer in layers])
    keys = tuple(group_key(group, timeline.fps, media, params) for group in groups)
    return Picture(timeline, media, params, groups, keys, drawings)


def encode_groups(
    picture: Picture,
    wanted: Sequence[int],
    folder: Path,
    *,
    sound: dict[str, Any] | None,
    threads: int,
    done: Callable[[int, Path], None],
    progress: Callable[[float], None],
) -> None:
    """Encode groups by their number; `done` gets each with its file, `progress` hears 0-100.

    The `sound` that is wanted, if any, is written by the first child before its groups.
    """
    shares = _shares(picture, wanted, threads) or [[]]
    request, described = described_for(picture, wanted)
    total = max(1, sum(picture.groups[number].frames for number in wanted))
    counts, lock, stopped = [0] * len(shares), threading.Lock(), threading.Event()

    def child(share: int) -> None:
        numbers = shares[share]
        paths = [folder / f"group{number}.packets" for number in numbers]

        def hear(line: str) -> None:
            if stopped.is_set():
                raise CancelledError
            said = json.loads(line)
            if "failed" in said:
                start = picture.timeline.stretches[0].origin
                raise RenderFailed(f"no {said['failed']} can be decoded from {start:.1f} s on")
            with lock:
                counts[share] = said["frames"]
                if "group" in said:
                    done(numbers[said["group"]], paths[said["group"]])
                progress(min(100.0, 100.0 * sum(counts) / total))

        groups = [{**described[n], "path": str(p)} for n, p in zip(numbers, paths, strict=True)]
        file = folder / f"request{share}.json"
        heard = None if share else sound
        file.write_text(json.dumps({**request, "groups": groups, "sound": heard}))
        _run(picture, file, folder, hear)

    with ThreadPoolExecutor(len(shares), thread_name_prefix="groups") as pool:
        futures = [pool.submit(child, share) for share in range(len(shares))]
        try:
            for future in futures:
                future.result()
        except BaseException:
            stopped.set()
            raise


def _run(picture: Picture, request: Path, folder: Path, hear: Callable[[str], None]) -> None:
    try:
        run_module(
            MODULE,
            [str(request)],
            read=[picture.media.path, folder],
            write=folder,
            cpu_s=CPU_S,
            wall_s=WALL_S,
            memory_bytes=MEMORY_BYTES,
            on_line=hear,
        )
    except StageError as error:
        if error.code != StageError.code:
            raise
        start = picture.timeline.stretches[0].origin
        raise RenderFailed(f"no picture can be decoded from {start:.1f} s on") from error


def _shares(picture: Picture, wanted: Sequence[int], threads: int) -> list[list[int]]:
    """Return the groups for each child: neighbours together, about as many frames for each."""
    frames = [picture.groups[number].frames for number in wanted]
    count = max(1, min(threads, sum(frames) // LEAST_FRAMES[picture.params.quality]))
    shares: list[list[int]] = [[] for _ in range(count)]
    before = 0
    for number, length in zip(wanted, frames, strict=True):
        shares[min(count - 1, count * before // sum(frames))].append(number)
        before += length
    return [share for share in shares if share]


def described_for(
    picture: Picture, wanted: Sequence[int]
) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """Return what all children are told, what is missing drawn, and each group by its number."""
    media, drawings = picture.media, picture.drawings
    runs = [run for number in wanted for run in picture.groups[number].runs]
    made = {each: i for i, each in enumerate(dict.fromkeys(run.composition for run in runs))}
    layers = [layer for number in wanted for layer in picture.groups[number].layers]
    digests = dict.fromkeys(digest for layer in layers for _, digest in layer if digest)
    images = {digest: i for i, digest in enumerate(digests)}
    told = {
        "source": described_source(media),
        "fps": [picture.timeline.fps.numerator, picture.timeline.fps.denominator],
        "encoder": encoder_settings(picture.params),
        "compositions": [_composition(composition, drawings) for composition in made],
        "stills": str(drawings.path),
        "images": [[list(place), at] for place, at in map(drawings.find, images)],
    }
    return told, {number: _described(picture.groups[number], made, images) for number in wanted}


def described_source(media: Media) -> dict[str, Any]:
    """Return what a child is told of the recording."""
    return {
        "path": str(media.path.absolute()),
        "demuxer": media.demuxer,
        "width": media.width,
        "height": media.height,
    }


def _described(
    group: Group, made: Mapping[Composition, int], images: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "runs": [[run.start, run.frames, made[run.composition]] for run in group.runs],
        "layers": [
            [[at, None if digest is None else images[digest]] for at, digest in layer]
            for layer in group.layers
        ],
    }


def _composition(composition: Composition, drawings: Drawings) -> dict[str, Any]:
    bubble, behind = composition.bubble, composition.behind
    whole = Box(0, 0, composition.width, composition.height)
    return {
        "size": [composition.width, composition.height],
        "ground": drawings.add(draw_background(composition)),
        "behind": behind and _view(Panel(behind, whole)),
        "views": [_view(panel) for panel in composition.panels],
        "bubble": bubble and _view(bubble),
        "disc": bubble and drawings.add(draw_disc(bubble.target.w)[..., 3]),
    }


def _view(panel: Panel) -> dict[str, Any]:
    patch = panel.patch and [list(panel.patch.place), list(panel.patch.beside)]
    return {"source": list(panel.source), "target": list(panel.target), "patch": patch}
