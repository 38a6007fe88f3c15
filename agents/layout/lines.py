"""How straight lines are in pictures, where a camera hides a part of them."""

from __future__ import annotations

import numpy as np

STEP_LEVELS = 4
"""Step in luma that counts as a full border: even a faint one stays all along its line."""
BESIDE, BESIDE_PART = 4, 0.6
"""Distance in pixels at which a picture is rough, and how much of that is taken off a line."""


class Lines:
    """Strength 0-1 of straight lines in pictures, unknown pixels left out."""

    def __init__(self, pictures: np.ndarray, known: np.ndarray) -> None:
        values = pictures.astype(np.int16)
        self.known = (_summed(known), _summed(known.T))
        steps = []
        for axis in (2, 1):
            step = np.minimum(np.abs(np.diff(values, axis=axis)), STEP_LEVELS).mean(axis=0)
            full = np.zeros(known.shape, np.float32)
            full[(slice(None), slice(1, None)) if axis == 2 else slice(1, None)] = step
            steps.append(full * known / STEP_LEVELS)
        self.sums = (_summed(steps[0]), _summed(steps[1].T))

    def strength(self, side: int, at: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the mean of the lines `at` from a to b above the roughness beside them.

        Side 0 and 2 are upright.
        """
        beside = np.minimum(
            self._mean(side, at - BESIDE, a, b), self._mean(side, at + BESIDE, a, b)
        )
        return self._mean(side, at, a, b) - BESIDE_PART * beside

    def _mean(self, side: int, at: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        sums, known = self.sums[side % 2], self.known[side % 2]
        most = sums.shape[1] - 1
        a, b = (np.clip(end, 0, len(sums) - 1) for end in (a, b))
        inside = np.clip(at, 0, most)
        count = known[b, inside] - known[a, inside]
        return (sums[b, inside] - sums[a, inside]) / np.maximum(1, count)


def _summed(values: np.ndarray) -> np.ndarray:
    return np.vstack((np.zeros((1, values.shape[1])), values.cumsum(axis=0, dtype=np.float64)))
