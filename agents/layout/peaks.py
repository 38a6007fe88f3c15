"""Read the packet table: which packets stand out, and where packets tell anything at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.layout.params import LayoutParams
from agents.types import PacketTable

NEAR_S = 5.0
"""Seconds on either side of a packet that are its neighbourhood."""
NEARLY_ALL = 92
"""Percentile of the sizes in a neighbourhood that a peak is held against."""
KEY_SHARE = 0.04
"""Share of a usual key frame's bytes that a packet with a new slide has at least."""
WEAK_SHARE = 0.012
"""The same for a packet with another word on the same slide."""
QUIET_SHARE = 0.06
"""Nearly all packets lie below this share of a key frame where nothing but a change makes them
large; with filler, grain or a large camera picture they do not, and peaks there prove nothing."""
EARLY = 0.97
"""A key frame sooner than this share of the usual interval was set by the encoder at a cut."""
ALONE_S = 1.0
"""A packet is alone when nothing within this..."""
ALONE_SHARE = 0.5
"""... has this share of its size: a pointer that moves, or a hand that writes, takes many."""
LEADS = 4.0
"""How many times larger than others the packet is that shows another arrangement or slide, where
the others may be but a quick move of the lecturer."""
COMPANY_S, COMPANY_SHARE = 2.0, 0.3
"""Seconds within which a packet of this share of another's size is its company."""
SPARSE_S = 0.5
"""Where packets are farther apart than this, the one that stands out may be a few too late."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A packet that stands out of its neighbourhood; `share` is of a usual key frame."""

    time: float
    share: float
    alone: bool = True
    """Whether it is the only large one around."""
    cut: bool = False
    """Whether it is a key frame that the encoder set because the whole picture changed."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """What the packets of a lecture tell; `weak` are smaller ones, each alone."""

    strong: tuple[Peak, ...]
    weak: tuple[Peak, ...]
    times: np.ndarray
    """Seconds of the packets that are no key frames, float64 (n,)."""
    shares: np.ndarray
    """Their sizes over a usual key frame's, float64 (n,)."""

    def inside(self, start: float, end: float) -> list[Peak]:
        """Return the strong peaks after `start`, up to `end` included."""
        return [peak for peak in self.strong if start + 1e-3 < peak.time <= end + 1e-3]

    def leading(self, start: float, end: float) -> Peak | None:
        """Return the one peak in a stretch that stands far above all others, if packets tell."""
        inside = sorted(self.inside(start, end), key=lambda peak: -peak.share)
        if not inside or not (inside[0].cut or self.tell(start, end)):
            return None
        alone = len(inside) == 1 or inside[1].share * LEADS <= inside[0].share
        return inside[0] if alone else None

    def small_inside(self, start: float, end: float) -> list[Peak]:
        """Return all peaks after `start` and before `end`, the weak ones too."""
        return [p for p in (*self.strong, *self.weak) if start + 1e-3 < p.time < end - 1e-3]

    def prominence(self, start: float, end: float) -> float:
        """Return how far the largest packet in a stretch is above nearly all around it."""
        low, high = np.searchsorted(self.times, (start, end))
        near = slice(*np.searchsorted(self.times, (start - NEAR_S, end + NEAR_S)))
        if high <= low:
            return 0.0
        usual = _nearly_all(self.shares[near])
        return float(self.shares[low:high].max() / max(usual, 1e-6))

    def has_company(self, time: float, within: float) -> bool:
        """Tell whether another packet some seconds around is as large as that at a time, or nearly.

        Lines that are printed one after another have; the step of a slide has none.
        """
        low, first, last, high = np.searchsorted(
            self.times, (time - COMPANY_S, time - within, time + within, time + COMPANY_S)
        )
        own = self.shares[first:last].max(initial=0.0)
        others = np.concatenate((self.shares[low:first], self.shares[last:high]))
        return bool(others.max(initial=0.0) >= COMPANY_SHARE * own)

    def tell(self, start: float, end: float) -> bool:
        """Tell whether packets in a stretch are so small that a change must stand out."""
        low, high = np.searchsorted(self.times, (start - NEAR_S, end + NEAR_S))
        part = self.shares[low:high]
        if len(part) < 8 or (end - start + 2 * NEAR_S) / len(part) > SPARSE_S:
            return False
        return _nearly_all(part) < QUIET_SHARE


def find_peaks(packets: PacketTable, params: LayoutParams) -> Peaks:
    """Return the packets far above nearly all around them, and the key frames set at a cut."""
    time, size = packets.time[~packets.key], packets.size[~packets.key].astype(np.float64)
    if not len(size) or not packets.key.any():
        return Peaks((), (), np.zeros(0), np.zeros(0))
    share = size / max(1.0, float(np.median(packets.size[packets.key])))
    found = [Peak(time, 1.0, cut=True) for time in _cuts(packets)]
    for at in _candidates(time, share, params.packet_ratio):
        low, high = np.searchsorted(time, (time[at] - NEAR_S, time[at] + NEAR_S))
        if share[at] > params.packet_ratio * _nearly_all(share[low:high]):
            found.append(Peak(float(time[at]), float(share[at]), _is_alone(int(at), time, share)))
    found = _one_of_each(sorted(found, key=lambda peak: peak.time), params.min_slide_s)
    strong = tuple(peak for peak in found if peak.share > KEY_SHARE)
    weak = tuple(peak for peak in found if peak.share <= KEY_SHARE)
    return Peaks(strong, weak, time, share)


def _nearly_all(shares: np.ndarray) -> float:
    """Return the percentile NEARLY_ALL, as numpy does at ten times the cost."""
    place = (len(shares) - 1) * NEARLY_ALL / 100
    below, above = int(place), min(int(place) + 1, len(shares) - 1)
    ordered = np.partition(shares, (below, above))
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def _candidates(time: np.ndarray, share: np.ndarray, ratio: float) -> np.ndarray:
    """Return the numbers of the packets that may stand out, int64 (n,): few, and none is missed.

    All packets of a second have the 9 s around it in their neighbourhoods. A packet does not stand
    out when more of those than may lie above the percentile are as large as it is over `ratio`.
    """
    large = np.flatnonzero(share > WEAK_SHARE)
    second, owner = np.unique(np.floor(time[large]), return_inverse=True)
    inner = np.searchsorted(time, (second - NEAR_S + 1, second + NEAR_S))
    outer = np.searchsorted(time, (second - NEAR_S, second + NEAR_S + 1))
    most = np.diff(outer, axis=0)[0]
    above = most - np.floor((most - 1) * NEARLY_ALL / 100).astype(np.int64)
    least = np.zeros(len(second))
    for index, (low, high, rank) in enumerate(zip(*inner, above, strict=True)):
        if high - low >= rank:
            least[index] = np.partition(share[low:high], high - low - rank)[high - low - rank]
    return large[share[large] >= ratio * least[owner]]


def _is_alone(at: int, time: np.ndarray, share: np.ndarray) -> bool:
    low, high = np.searchsorted(time, (time[at] - ALONE_S, time[at] + ALONE_S))
    others = np.delete(share[low:high], at - low)
    return not len(others) or bool(others.max() < ALONE_SHARE * share[at])


def _cuts(packets: PacketTable) -> list[float]:
    """Return the key frames that come sooner after the one before than they usually do.

    Sooner both in seconds and in frames: some encoders count these, some those.
    """
    at = np.flatnonzero(packets.key)
    if len(at) < 3:
        return []
    sooner = np.ones(len(at) - 1, bool)
    for gaps in (np.diff(at), np.diff(packets.time[at])):
        sooner &= gaps < EARLY * np.percentile(gaps, 90)
    return packets.time[at[1:]][sooner].tolist()


def _one_of_each(peaks: list[Peak], gap_s: float) -> list[Peak]:
    """Return the largest peak of each group with gaps below `gap_s`."""
    groups: list[list[Peak]] = []
    for peak in peaks:
        if groups and peak.time - groups[-1][-1].time < gap_s:
            groups[-1].append(peak)
        else:
            groups.append([peak])
    return [max(group, key=lambda peak: peak.share) for group in groups]
