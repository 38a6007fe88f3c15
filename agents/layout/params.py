"""What a person may tune about layouts and slide changes."""

from __future__ import annotations

from typing import Annotated

from agents.params import Params, Tunable


class LayoutParams(Params):
    """Thresholds of the layout and the slide detector."""

    motion_level: Annotated[float, Tunable(1, 20, step=0.5, unit="levels")] = 3.0
    """A part of the picture moves when its luma changes by more than this on average."""
    camera_min_share: Annotated[float, Tunable(0.2, 10, step=0.1, unit="%")] = 0.5
    """Smallest part of the picture that must keep moving for a camera to be looked for there."""
    edge_support: Annotated[float, Tunable(0.2, 0.95, step=0.05)] = 0.45
    """How much of a camera's border must be a straight edge that stays while slides change."""
    camera_likeness: Annotated[float, Tunable(0.1, 1, step=0.05)] = 0.6
    """How far a camera picture may differ from its usual look, as a share of its contrast."""
    bar_level: Annotated[float, Tunable(4, 60, step=1, unit="levels")] = 8.0
    """A margin whose luma stays within this of its usual value is cut off the screen."""
    min_layout_s: Annotated[float, Tunable(1, 60, step=1, unit="s")] = 6.0
    """An arrangement of screen and camera that lasts shorter than this is ignored."""
    slide_level: Annotated[float, Tunable(2, 40, step=1, unit="levels")] = 7.0
    """A part of a slide has changed when its luma differs by more than this on average."""
    slide_change_share: Annotated[float, Tunable(0.1, 10, step=0.1, unit="%")] = 0.5
    """A slide has changed when more than this share of the screen has; pointers stay below it."""
    packet_ratio: Annotated[float, Tunable(1.5, 10, step=0.25)] = 2.25
    """A change is placed at a packet this many times larger than nearly all around it."""
    min_slide_s: Annotated[float, Tunable(0.2, 10, step=0.1, unit="s")] = 0.8
    """Changes closer together than this are one."""
    headlines: Annotated[int, Tunable(0, 400, step=10)] = 100
    """Of so many slides, those shown longest, the headline is read if rapidocr is installed."""
