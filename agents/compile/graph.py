"""The filter graph of a clip: crop, scale, tile, join; only numbers made here ever enter it.

Panels and the pieces of the background around them are put side by side like tiles (a plain
copy of each pixel), because blending whole panels over a background costs several times more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from agents.compile.compositor import Composition, Panel, Patch
from agents.compile.layers import Layer
from agents.compile.timeline import Shot, Stretch, Timeline
from agents.types import Box, Media

PATCH_ROWS = 6
"""Rows that the strip beside a covered place is averaged to: streaks vanish, shades stay."""


@dataclass(frozen=True, slots=True)
class Colour:
    """How the source's numbers mean colours; one matrix through the graph means no conversion."""

    matrix: str
    primaries: str
    transfer: str

    @property
    def tags(self) -> str:
        """Return the filter that writes these colours, at limited range, on every frame."""
        return (
            f"setparams=colorspace={self.matrix}:color_primaries={self.primaries}"
            f":color_trc={self.transfer}:range=tv"
        )


@dataclass(frozen=True, slots=True)
class Stills:
    """At which inputs the graph finds what stands still."""

    backgrounds: Mapping[Composition, int]
    disc: int | None = None
    """The shape of a bubble, in its alpha."""
    layers: tuple[tuple[int, Layer], ...] = ()
    """The pictures over the composed one, from the lowest to the topmost."""


class _Graph:
    """Filter chains under construction, with fresh names for their pads."""

    def __init__(self) -> None:
        self.chains: list[str] = []
        self.names = 0

    def add(self, inputs: list[str], filters: str, outputs: int = 1) -> list[str]:
        """Add a chain and return its outputs' names."""
        made = [f"p{self.names + i}" for i in range(outputs)]
        self.names += outputs
        self.chains.append("".join(map(_pad, inputs)) + filters + "".join(map(_pad, made)))
        return made

    def fan(self, name: str, count: int) -> list[str]:
        """Return `count` names that carry the same frames."""
        return [name] if count == 1 else self.add([name], f"split={count}", count)


def _pad(name: str) -> str:
    return f"[{name}]"


def build_graph(
    timeline: Timeline,
    media: Media,
    colour: Colour,
    stills: Stills,
) -> str:
    """Return the graph whose output is `[video]`; the stretches are inputs 0, 1, ..."""
    graph = _Graph()
    shots = [shot for stretch in timeline.stretches for shot in stretch.shots]
    tiles = _background_tiles(graph, shots, stills.backgrounds, colour)
    discs = _discs(graph, shots, stills)
    joined: list[str] = []
    for number, stretch in enumerate(timeline.stretches):
        steady = graph.add([f"{number}:V:0"], _steady(stretch, timeline, media, colour))[0]
        for shot, name in zip(stretch.shots, graph.fan(steady, len(stretch.shots)), strict=True):
            joined.append(_shot(graph, name, shot, tiles, discs))
    name = joined[0]
    if len(joined) > 1:
        name = graph.add(joined, f"concat=n={len(joined)}:v=1:a=0")[0]
    for index, layer in stills.layers:
        drawn = graph.add([f"{index}:v:0"], colour.tags)[0]
        name = graph.add([name, drawn], _overlay(layer))[0]
    graph.chains.append(f"[{name}]format=yuv420p,{colour.tags}[video]")
    return ";".join(graph.chains)


def _overlay(layer: Layer) -> str:
    """Return the filter that lays the second input over the first, while it is to be seen."""
    overlay = f"overlay={layer.place.x}:{layer.place.y}:eof_action=repeat:format=yuv420"
    # Half a millisecond early: frames come at exact times, which are written in few digits here.
    seen = "+".join(f"gte(t,{a - 5e-4:.4f})*lt(t,{b - 5e-4:.4f})" for a, b in layer.spans)
    return f"{overlay}:enable='{seen}'" if seen else overlay


def _steady(stretch: Stretch, timeline: Timeline, media: Media, colour: Colour) -> str:
    """Return the filters that give frames of one size, shape and rate, without end."""
    ahead = stretch.origin - stretch.seek
    return ",".join(
        [
            first_on_grid(ahead, timeline.fps),
            f"scale={media.width}:{media.height}:out_range=tv",
            "format=yuv420p,setsar=1",
            colour.tags,
            # A source whose pictures end early keeps showing the last one.
            "tpad=stop=-1:stop_mode=clone",
        ]
    )


def first_on_grid(ahead: float, fps: Fraction) -> str:
    """Return the filters that put frames on a grid which begins `ahead` seconds after them."""
    return ",".join(
        [
            # All that comes before the grid is its first frame, the last of them winning.
            f"setpts='max(0,PTS-{ahead:.6f}/TB)'",
            # "fps" drops a last frame that ends where the grid begins; a copy keeps it.
            "tpad=stop=1:stop_mode=clone",
            f"fps={fps}:start_time=0",
        ]
    )


def _discs(graph: _Graph, shots: list[Shot], stills: Stills) -> list[str]:
    """Return the mask of a bubble for every shot that has one."""
    uses = sum(shot.composition.bubble is not None for shot in shots)
    if not uses or stills.disc is None:
        return []
    return graph.fan(graph.add([f"{stills.disc}:v:0"], "alphaextract,format=gray")[0], uses)


def _shot(
    graph: _Graph,
    name: str,
    shot: Shot,
    tiles: dict[Composition, list[list[tuple[Box, str]]]],
    discs: list[str],
) -> str:
    """Return the name of the shot's composed frames."""
    last = shot.first + shot.frames
    cut = f"trim=start_frame={shot.first}:end_frame={last},setpts=PTS-STARTPTS"
    composition = shot.composition
    cut_name = graph.add([name], cut)[0]
    bubble = composition.bubble
    sources = graph.fan(cut_name, len(composition.panels) + (bubble is not None))
    placed = [
        (panel.target, _panel(graph, source, panel))
        for panel, source in zip(composition.panels, sources, strict=False)
    ]
    placed += tiles[composition].pop()
    name = _tiled(graph, placed)
    if bubble is None:
        return name
    disc = graph.add([_panel(graph, sources[-1], bubble), discs.pop()], "alphamerge")[0]
    at = f"overlay={bubble.target.x}:{bubble.target.y}:format=yuv420"
    return graph.add([name, disc], at)[0]


def _tiled(graph: _Graph, placed: list[tuple[Box, str]]) -> str:
    """Return the pictures in their places, which fill the frame without overlap."""
    if len(placed) == 1:
        return placed[0][1]
    layout = "|".join(f"{box.x}_{box.y}" for box, _ in placed)
    stack = f"xstack=inputs={len(placed)}:layout={layout}"
    return graph.add([part for _, part in placed], stack)[0]


def _panel(graph: _Graph, name: str, panel: Panel) -> str:
    """Return the name of the panel's frames."""
    x, y, w, h = panel.source
    name = graph.add([name], f"crop={w}:{h}:{x}:{y}")[0]
    if panel.patch:
        name = _cover(graph, name, panel.patch)
    return graph.add([name], f"scale={panel.target.w}:{panel.target.h},setsar=1")[0]


def _cover(graph: _Graph, name: str, patch: Patch) -> str:
    """Return the frames with a place covered by the blurred strip that lies beside it."""
    under, beside = graph.fan(name, 2)
    (x, y, w, h), strip = patch.place, patch.beside
    blurred = f"scale=2:{PATCH_ROWS}:flags=area,scale={w}:{h}:flags=bilinear"
    cut = f"crop={strip.w}:{strip.h}:{strip.x}:{strip.y}"
    cover = graph.add([beside], f"{cut},{blurred},setsar=1")[0]
    return graph.add([under, cover], f"overlay={x}:{y}:format=yuv420")[0]


def _background_tiles(
    graph: _Graph, shots: list[Shot], backgrounds: Mapping[Composition, int], colour: Colour
) -> dict[Composition, list[list[tuple[Box, str]]]]:
    """Return for every composition the background's tiles, once per shot that shows it."""
    tiles: dict[Composition, list[list[tuple[Box, str]]]] = {}
    for composition, index in backgrounds.items():
        rest = uncovered(composition)
        uses = sum(shot.composition == composition for shot in shots)
        tiles[composition] = [[] for _ in range(uses)]
        if not rest:
            continue
        still = graph.add([f"{index}:v:0"], f"setsar=1,{colour.tags}")[0]
        names = iter(graph.fan(still, len(rest) * uses))
        for use in tiles[composition]:
            for box in rest:
                crop = f"crop={box.w}:{box.h}:{box.x}:{box.y}"
                use.append((box, graph.add([next(names)], crop)[0]))
    return tiles


def uncovered(composition: Composition) -> list[Box]:
    """Return the rectangles of the frame that no panel covers."""
    targets = [panel.target for panel in composition.panels]
    rows = sorted({0, composition.height, *(t.y for t in targets), *(t.y + t.h for t in targets)})
    found: list[Box] = []
    for y0, y1 in pairwise(rows):
        x = 0
        for target in sorted(t for t in targets if t.y < y1 and t.y + t.h > y0):
            if target.x > x:
                found.append(Box(x, y0, target.x - x, y1 - y0))
            x = target.x + target.w
        if x < composition.width:
            found.append(Box(x, y0, composition.width - x, y1 - y0))
    return found
