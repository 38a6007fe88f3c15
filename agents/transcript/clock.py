"""A clock that runs only while there is a voice: words are laid on it, pauses take no time."""

from __future__ import annotations

import numpy as np

from agents.transcript.activity import Activity

CELL_S = 0.02
PAUSE_S = 0.15
"""A shorter gap in the voice does not part two words."""
LEAST_S = 0.08
"""A shorter sound is a click, not a word."""


class VoiceClock:
    """Positions are cells of about `CELL_S` of voice; stretches begin and end on whole ones."""

    def __init__(self, spans: list[tuple[float, float]]) -> None:
        self.starts = np.array([start for start, _ in spans])
        self.ends = np.array([end for _, end in spans])
        cells = np.maximum(1, np.round((self.ends - self.starts) / CELL_S)).astype(np.intp)
        self.edges = np.concatenate([[0], np.cumsum(cells)])
        """Where the stretches begin and end, n + 1 positions."""
        self.size = int(self.edges[-1])
        at = np.arange(self.size + 1)
        self.begin_s = self._seconds(at, "right")
        """Seconds of each position if something begins there."""
        self.end_s = self._seconds(at, "left")
        """Seconds of each position if something ends there: before the pause, not after it."""

    def _seconds(self, at: np.ndarray, side: str) -> np.ndarray:
        found = np.searchsorted(self.edges, at, "right" if side == "right" else "left") - 1
        k = np.clip(found, 0, len(self.starts) - 1)
        share = (at - self.edges[k]) / (self.edges[k + 1] - self.edges[k])
        return self.starts[k] + share * (self.ends[k] - self.starts[k])

    def positions(self, seconds: np.ndarray) -> np.ndarray:
        """Return the position of each time, float64; times in a pause are at its edge."""
        found = np.searchsorted(self.starts, seconds, "right") - 1
        k = np.clip(found, 0, len(self.starts) - 1)
        share = (seconds - self.starts[k]) / (self.ends[k] - self.starts[k])
        return self.edges[k] + np.clip(share, 0, 1) * (self.edges[k + 1] - self.edges[k])

    def pauses(self) -> np.ndarray:
        """Return the seconds of silence at each edge but the first and the last, shape (n - 1,)."""
        return self.starts[1:] - self.ends[:-1]


def voice_clock(activity: Activity) -> VoiceClock | None:
    """Return the clock of a recording, None if it has no voice."""
    spans = join_spans(activity.spans(0.0, len(activity.active) * activity.hop_s))
    spans = [span for span in spans if span[1] - span[0] >= LEAST_S]
    return VoiceClock(spans) if spans else None


def join_spans(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the stretches with gaps too short to part words closed."""
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < PAUSE_S:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
