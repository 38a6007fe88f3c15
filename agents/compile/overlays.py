"""What stands still in a clip, drawn once: the background (MoviePy), and all that lies over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.compile.captions import Place, caption_layers
from agents.compile.compositor import Composition
from agents.compile.dressing import PLAIN, Dressing
from agents.compile.layers import Layer
from agents.compile.marks import bar_layer, fade_layer, logo_layer
from agents.compile.params import CompileParams
from agents.compile.timeline import Timeline
from agents.compile.titles import card_layer, topic_layer
from agents.types import ClipPlan

if TYPE_CHECKING:
    from moviepy import CompositeVideoClip

# Neutral greys look the same under every YUV matrix, so the stills fit any source.
GROUND = (18, 18, 18)
EDGE = (58, 58, 58)


def draw_background(composition: Composition) -> np.ndarray:
    """Return the picture behind the panels, uint8 RGB (h, w, 3).

    All sides are even, so it is composed at half the size and enlarged: a quarter of the work.
    """
    with _describe(composition) as clip:
        half = np.asarray(clip.get_frame(0), np.uint8)
    return half.repeat(2, axis=0).repeat(2, axis=1)


def _describe(composition: Composition) -> CompositeVideoClip:
    """Describe the background at half its size."""
    from moviepy import ColorClip, CompositeVideoClip

    size = (composition.width // 2, composition.height // 2)
    layers = [ColorClip(size, color=GROUND, duration=1)]
    for panel in composition.panels:
        x, y, w, h = (side // 2 for side in panel.target)
        edge = ColorClip((w + 2, h + 2), color=EDGE, duration=1)
        layers.append(edge.with_position((x - 1, y - 1)))
    return CompositeVideoClip(layers, size=size)


def draw_disc(size: int) -> np.ndarray:
    """Return a white disc with a smooth edge, straight RGBA, uint8 (size, size, 4)."""
    at = (np.arange(size) + 0.5) - size / 2
    from_middle = np.hypot(at[:, None], at[None, :])
    disc = np.full((size, size, 4), 255, np.uint8)
    disc[..., 3] = np.clip(size / 2 - from_middle, 0, 1) * 255
    return disc


def picture_layers(
    plan: ClipPlan, timeline: Timeline, params: CompileParams, dressing: Dressing = PLAIN
) -> tuple[Layer, ...]:
    """Return what lies over the composed picture of a clip, in order."""
    duration, places = timeline.duration, caption_places(timeline)
    floor = places[0].strip.y if places else None
    layers: list[Layer | None] = []
    if dressing.logo is not None and params.logo_place != "none":
        layers.append(logo_layer(dressing.logo, params))
    if params.title_card_s > 0:
        layers.append(card_layer(plan.title, dressing.lecture, duration, floor, params))
    if params.topic_s > 0:
        layers.append(topic_layer(plan.subject, duration, _topic_floor(timeline, floor), params))
    if places:
        layers += caption_layers(plan.cues, places, params)
    if params.progress_bar:
        layers.append(bar_layer(duration, params))
    if params.fade_s > 0:
        layers.append(fade_layer(duration, float(timeline.fps), params))
    return tuple(layer for layer in layers if layer is not None)


def _topic_floor(timeline: Timeline, floor: int | None) -> int | None:
    """Return above which line the topic stands: never over the face below a screen."""
    panels = timeline.stretches[0].shots[0].composition.panels
    above, below = panels[0].target, panels[-1].target
    if len(panels) == 2 and above.y + above.h <= below.y:
        return min(above.y + above.h, floor or above.y + above.h)
    return floor


def caption_places(timeline: Timeline) -> list[Place]:
    """Return where captions stand in the course of a clip; none where they are not burned in."""
    places: list[Place] = []
    done = 0
    for stretch in timeline.stretches:
        for shot in stretch.shots:
            start, done = float(done / timeline.fps), done + shot.frames
            if shot.composition.captions is not None:
                end = float(done / timeline.fps)
                places.append(Place(start, end, shot.composition.captions))
    return places
