"""Points and stretches of time found against those labelled, matched one to one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

Span = tuple[float, float]
"""Start and end in seconds."""
FRAME_S = 0.01


@dataclass(frozen=True, slots=True)
class Counts:
    """Hits among what was found and among what is labelled; counts of files may be added."""

    hits: int = 0
    found: int = 0
    labelled: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.hits + other.hits, self.found + other.found, self.labelled + other.labelled
        )

    @property
    def precision(self) -> float | None:
        """Return the share of what was found that is labelled, None where nothing was found."""
        return self.hits / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Return the share of what is labelled that was found, None where nothing is labelled."""
        return self.hits / self.labelled if self.labelled else None

    @property
    def f1(self) -> float | None:
        """Return 2 hits / (found + labelled), the harmonic mean of precision and recall.

        None where nothing is labelled and nothing was found (van Rijsbergen 1979).
        """
        both = self.found + self.labelled
        return 2 * self.hits / both if both else None


def total(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts: figures of several files weigh every labelled thing alike."""
    return sum(counts, Counts())


def match_points(
    found: Sequence[float], labelled: Sequence[float], *, within: float
) -> list[tuple[float, float]]:
    """Return pairs (found, labelled) at most `within` apart, each point in one pair at most.

    Taking the earliest pair that fits gives the largest number of pairs, because every point
    reaches equally far; so a change reported twice is one hit and one false alarm.
    """
    pairs = []
    mine, theirs = sorted(found), sorted(labelled)
    i = j = 0
    while i < len(mine) and j < len(theirs):
        if abs(mine[i] - theirs[j]) <= within + 1e-9:
            pairs.append((mine[i], theirs[j]))
            i, j = i + 1, j + 1
        elif mine[i] < theirs[j]:
            i += 1
        else:
            j += 1
    return pairs


def count_points(found: Sequence[float], labelled: Sequence[float], *, within: float) -> Counts:
    """Return how many points match one to one within a tolerance."""
    pairs = match_points(found, labelled, within=within)
    return Counts(len(pairs), len(found), len(labelled))


def overlap_ratio(a: Span, b: Span) -> float:
    """Return intersection over union of two stretches (Jaccard index)."""
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    union = (a[1] - a[0]) + (b[1] - b[0]) - shared
    return shared / union if union > 0 else 0.0


def match_spans(
    found: Sequence[Span], labelled: Sequence[Span], *, least: float
) -> list[tuple[Span, Span]]:
    """Return pairs (found, labelled) with an overlap ratio of at least `least`, one to one.

    Both are free of overlaps among themselves, so from 0.5 on the pairs in order of time are the
    largest possible number of pairs.
    """
    pairs = []
    mine, theirs = sorted(found), sorted(labelled)
    i = j = 0
    while i < len(mine) and j < len(theirs):
        if overlap_ratio(mine[i], theirs[j]) >= least - 1e-9:
            pairs.append((mine[i], theirs[j]))
            i, j = i + 1, j + 1
        elif mine[i][1] <= theirs[j][1]:
            i += 1
        else:
            j += 1
    return pairs


def lasting(spans: Iterable[Span], least_s: float) -> list[Span]:
    """Return the spans of at least `least_s`."""
    return [span for span in spans if span[1] - span[0] >= least_s - 1e-9]


def joined(spans: Iterable[Span], gap_s: float) -> list[Span]:
    """Return the union of spans that may overlap, with gaps shorter than `gap_s` closed."""
    union: list[Span] = []
    for start, end in sorted(spans):
        if union and start - union[-1][1] < gap_s - 1e-9:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def outside(spans: Iterable[Span], duration: float) -> list[Span]:
    """Return what of 0..duration the spans, in order and apart, leave free."""
    edges = [0.0, *(edge for span in spans for edge in span), duration]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def frame_flags(spans: Iterable[Span], duration: float) -> np.ndarray:
    """Return whether the middle of each 10 ms frame lies in a span, bool, shape (n,)."""
    flags = np.zeros(round(duration / FRAME_S), bool)
    for start, end in spans:
        # a frame belongs to the span that holds its middle
        flags[max(0, round(start / FRAME_S)) : max(0, round(end / FRAME_S))] = True
    return flags


def count_frames(found: np.ndarray, labelled: np.ndarray) -> Counts:
    """Return how many frames are flagged in both, in `found` and in `labelled`."""
    return Counts(int((found & labelled).sum()), int(found.sum()), int(labelled.sum()))
