"""Tell which pictures show a camera: by its look, its border, and whether anything moves there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.layout.borders import border_steps, free_sides
from agents.layout.boxes import Rect, snap_to_edges
from agents.layout.motion import Motion, measure_edges, moving_cells
from agents.layout.params import LayoutParams
from agents.layout.places import inner_cells
from agents.layout.votes import distance


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A place where a camera picture was seen; `rect` is in pixels of a 320x180 picture."""

    rect: Rect
    support: float
    """How much of its border is a straight edge, 0-1; 0 when it fills the picture."""
    look: np.ndarray
    """Usual mean luma of its cells, float32 (rows, columns)."""
    contrast: float
    """Standard deviation of `look` in levels."""
    voted: tuple[int, ...]
    """Numbers of the key frames after which motion showed it."""
    whole: bool
    """Whether it fills the picture."""

    @property
    def votes(self) -> int:
        """Return the number of moments in which motion showed it."""
        return len(self.voted)

    @property
    def cells(self) -> Rect:
        """Return the cells that lie wholly inside."""
        return inner_cells(self.rect)


def unlikeness(camera: Camera, cells: np.ndarray) -> np.ndarray:
    """Return how far pictures (n, 36, 64) are from the camera's usual look, in its contrasts."""
    return distance(camera.cells.inside(cells), camera.look, camera.contrast)


def shows(camera: Camera, cells: np.ndarray, luma: np.ndarray, params: LayoutParams) -> np.ndarray:
    """Return for each key frame how unlike the camera it is: at most 1 when it shows it.

    It shows it by its look, or, where the camera pans or cuts, by the straight border. Where a
    border that is always clear is gone, something else looks like it: a person at a white wall
    and a white slide do.
    """
    away = unlikeness(camera, cells) / params.camera_likeness
    if camera.whole:
        return away
    steps = border_steps(camera.rect, luma)
    usual = float(np.median(steps[list(camera.voted)]))
    if usual > CLEAR_BORDER:
        away[steps < GONE * usual] = np.inf
    for frame in np.flatnonzero((away > 1) & np.isfinite(away)):
        if keeps_border(camera, luma[frame], params):
            away[frame] = 1.0
    return away


def camera_costs(
    camera: Camera, motion: Motion, luma: np.ndarray, params: LayoutParams
) -> np.ndarray:
    """Return for each key frame how badly it fits what the camera shows, 0-MOST_COST.

    A camera of which it is known how often it moves when it is seen is less likely where nothing
    does: its place may merely be as dark as it is.
    """
    cost = np.minimum(shows(camera, motion.cells, luma, params), MOST_COST)
    voted = np.isin(np.arange(len(cost)), camera.voted)
    looked = motion.stir_index
    alike = voted[looked] | (cost[looked] <= 1)
    stirred = voted[looked] | stirs(camera, motion, params)
    rate = (alike & stirred).sum() / max(1, alike.sum())
    cost[looked[~stirred]] -= np.log(max(LEAST_STILL, 1 - rate))
    near = voted & (cost <= NEAR_COST)
    cost[near] = np.minimum(cost[near], VOTED_COST)
    return np.minimum(cost, MOST_COST)


MOST_COST = 4.0
"""Cost of the most unlike picture."""
NEAR_COST, VOTED_COST = 2.0, 0.5
"""Cost up to which a picture is rather like it, and the highest where its motion was seen too."""
LEAST_STILL = 0.2
"""Share of the moments at which even the liveliest camera may be still."""


def stirs(camera: Camera, motion: Motion, params: LayoutParams) -> np.ndarray:
    """Tell at which of the looked-at moments something moves inside the camera's box, bool (m,)."""
    inside = camera.cells.inside(moving_cells(motion.stir, params.motion_level))
    return inside.sum(axis=(1, 2)) >= LEAST_STIR


LEAST_STIR = 3
"""Cells that move even where only a mouth does."""


def keeps_border(camera: Camera, picture: np.ndarray, params: LayoutParams) -> bool:
    """Tell whether the camera's box has its straight border in a picture (180, 320)."""
    least = max(params.edge_support, BORDER_KEPT * camera.support)
    return not camera.whole and border_support(camera, picture) >= least


BORDER_KEPT = 0.8
"""How much of its usual straightness a camera's border must keep in a frame."""
CLEAR_BORDER, GONE = 0.5, 0.3
"""Usual step along a camera's border, in full ones, and the share of it that is none."""


def border_support(camera: Camera, picture: np.ndarray) -> float:
    """Return the mean straightness of the sides of the camera's box in one picture (h, w)."""
    edges = measure_edges(picture[None])
    whole = Rect(0, 0, picture.shape[1], picture.shape[0])
    sides = free_sides(snap_to_edges(edges, camera.rect, whole, reach=0.0, slack=1), whole)
    return min(sides, default=0.0)
