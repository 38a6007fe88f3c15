"""How captions run against the voice: late or early as a whole, too fast, or from a cut version.

Cue and voice are two masks over time. One shift, or one shift and one rate, is where their
normalised cross-correlation peaks; several shifts are found by `cuts.find_pieces`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agents.transcript.activity import Activity
from agents.transcript.alignment import word_length
from agents.transcript.captions import Caption
from agents.transcript.cuts import STEP_S, Piece, find_pieces, measure_drift

MOST_S = 300.0
"""Captions further off belong to another recording."""
LEAST_S = 0.5
"""Captions are often this much early or late on purpose, for reading."""
LEAST_LIKENESS = 0.3
"""Correlation of cues and voice that is needed to believe a shift."""
LEAST_GAIN = 0.15
"""What the shift must add to the correlation without one, and to that of any other."""
RATE_GAIN, RATE_SIGMAS = 0.04, 4.0
"""What a rate must add to the best correlation: this, and so many deviations of chance."""
DRIFT_GAIN = 0.01
"""What a drift of less than a correlation's width must add to it, with its own proof."""
TIE = 0.9
"""From this share of the best correlation on, a shift is as good: the ends tilt the plateau."""
NEAR_S = 2.0
"""Shifts this near to the best one are no rivals of it."""
LEAST_CUES = 8
LETTER_S, SPARE_S = 0.08, 0.5
"""A cue that lasts until the next one is spoken for at most so long: per letter, and on top."""
HOUR_S = 3600.0

_FRAMES = (24 / 25, 23.976 / 25, 1 / 1.001, 1.001, 25 / 24, 25 / 23.976)
"""Rates between films and television, by which captions are often stretched."""
_FINE = 0.003
"""Clocks of recorders run apart by less than this share."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How captions lie on the recording: first their times x `rate`, then piece by piece."""

    rate: float = 1.0
    pieces: tuple[Piece, ...] = ()

    @property
    def shifts(self) -> bool:
        """Whether anything is to be moved."""
        return self.rate != 1.0 or any(piece.late_s for piece in self.pieces)


def measure_fit(captions: Sequence[Caption], activity: Activity) -> Fit:
    """Return rate and shifts that put the cues where the voice is; none of what is in doubt."""
    voice = _voice(activity)
    if len(captions) < LEAST_CUES or len(voice) * STEP_S < NEAR_S:
        return Fit()
    starts, ends = _spoken(captions)
    rate = _measure_rate(starts, ends, voice)
    starts, ends = starts * rate, ends * rate
    late = _measure_shift(starts, ends, voice)
    pieces = find_pieces(starts, ends, voice, late, _reach(len(voice)))
    if pieces:
        return Fit(rate, pieces)
    slope = _measure_drift(starts, ends, voice, late)
    if slope:
        rate *= 1 - slope
        late = _measure_shift(starts * (1 - slope), ends * (1 - slope), voice)
    return Fit(rate, (Piece(0, len(captions), late),) if late else ())


def fitted(captions: Sequence[Caption], fit: Fit) -> list[Caption]:
    """Return the captions where the fit puts them, without those outside its pieces."""
    scaled = [_scaled(caption, fit.rate) for caption in captions]
    pieces = fit.pieces or (Piece(0, len(captions), 0.0),)
    found = [c for p in pieces for c in moved(scaled[p.first : p.last], p.late_s)]
    for number, after in enumerate(found[1:]):
        if found[number].end > after.start > found[number].start:
            found[number] = replace(found[number], end=after.start)
    return found


def moved(captions: Sequence[Caption], late: float) -> list[Caption]:
    """Return the captions `late` seconds earlier, without those that end before the recording."""
    return [
        replace(
            caption,
            start=max(0.0, caption.start - late),
            end=caption.end - late,
            marks=tuple((i, max(0.0, time - late)) for i, time in caption.marks),
        )
        for caption in captions
        if caption.end - late > 0
    ]


def whole_hours(captions: Sequence[Caption], duration: float) -> float:
    """Return the hours, in seconds, at which broadcasters let the first second begin, else 0.0."""
    first = captions[0].start if captions else 0.0
    return first // HOUR_S * HOUR_S if first >= max(HOUR_S, duration) else 0.0


def describe_fit(fit: Fit, captions: Sequence[Caption], hours: float) -> str:
    """Return what was wrong with the captions' times, in one clause; nothing if they fit."""
    said = [f"began at {hours / HOUR_S:.0f} h"] if hours else []
    if fit.rate != 1.0:
        last = captions[-1].end
        faster = "slow" if fit.rate < 1 else "fast"
        percent = abs(fit.rate - 1) * 100
        said.append(
            f"ran {percent:.2f} % too {faster} ({abs(fit.rate - 1) * last:.1f} s at the end)"
        )
    if len(fit.pieces) == 1 and fit.pieces[0].late_s:
        said.append(f"came {_how_late(fit.pieces[0].late_s)}")
    elif fit.pieces:
        said.append(f"are of a version cut elsewhere: {_describe_pieces(fit, captions)}")
    return " and ".join(said)


def _describe_pieces(fit: Fit, captions: Sequence[Caption]) -> str:
    told = [f"{_how_late(fit.pieces[0].late_s)} at first"]
    for piece in fit.pieces[1:]:
        minutes, seconds = divmod(round(captions[piece.first].start * fit.rate), 60)
        told.append(f"{_how_late(piece.late_s)} from {minutes}:{seconds:02d} on")
    lost = len(captions) - sum(piece.last - piece.first for piece in fit.pieces)
    if lost:
        told.append(f"{lost} cues that the recording lacks were left out")
    return ", ".join(told)


def _how_late(late_s: float) -> str:
    if abs(late_s) < LEAST_S:
        return "in time"
    return f"{abs(late_s):.1f} s too {'late' if late_s > 0 else 'early'}"


def _scaled(caption: Caption, rate: float) -> Caption:
    marks = tuple((i, time * rate) for i, time in caption.marks)
    return replace(caption, start=caption.start * rate, end=caption.end * rate, marks=marks)


def _voice(activity: Activity) -> np.ndarray:
    """Return the voice per step, 1 or 0, float64."""
    length = int(len(activity.active) * activity.hop_s / STEP_S)
    at = (np.arange(length) * (STEP_S / activity.hop_s)).astype(np.intp)
    return activity.active[np.minimum(at, len(activity.active) - 1)].astype(np.float64)


def _spoken(captions: Sequence[Caption]) -> tuple[np.ndarray, np.ndarray]:
    """Return begin and end of what is said in each cue, in seconds."""
    starts = np.array([caption.start for caption in captions])
    longest = np.array([LETTER_S * word_length(caption.text) + SPARE_S for caption in captions])
    return starts, np.minimum([caption.end for caption in captions], starts + longest)


def _measure_rate(starts: np.ndarray, ends: np.ndarray, voice: np.ndarray) -> float:
    """Return what the times must be multiplied by, 1.0 if that is in doubt."""
    fine = LEAST_S / max(60.0, float(ends[-1]))
    steps = min(40, int(_FINE / fine))
    rates = [*_FRAMES, *(1 + fine * n for n in range(-steps, steps + 1) if n)]
    plain = _correlate(starts, ends, voice)
    chance = float(plain.std())
    best, likeness = 1.0, float(plain.max())
    least = likeness + max(RATE_GAIN, RATE_SIGMAS * chance)
    for rate in rates:
        found = float(_correlate(starts * rate, ends * rate, voice).max())
        if found > likeness and found >= max(least, LEAST_LIKENESS):
            best, likeness = rate, found
    return best


def _measure_drift(starts: np.ndarray, ends: np.ndarray, voice: np.ndarray, late_s: float) -> float:
    """Return by how much a second of the captions is too long, 0.0 if that is in doubt."""
    slope, sure = measure_drift(starts, ends, voice, late_s)
    if sure < RATE_SIGMAS or abs(slope) * float(ends[-1]) < LEAST_S or abs(slope) > _FINE:
        return 0.0
    before = float(_correlate(starts, ends, voice).max())
    after = float(_correlate(starts * (1 - slope), ends * (1 - slope), voice).max())
    return slope if after >= LEAST_LIKENESS and after > before + DRIFT_GAIN else 0.0


def _measure_shift(starts: np.ndarray, ends: np.ndarray, voice: np.ndarray) -> float:
    """Return by how many seconds the cues come late (early if negative), 0.0 if in doubt."""
    likeness = _correlate(starts, ends, voice)
    reach = len(likeness) // 2
    best = _first_best(likeness)
    rivals = np.abs(np.arange(len(likeness)) - best) * STEP_S > NEAR_S
    rival = max(likeness[reach], likeness[rivals].max(initial=0.0))
    late = (best - reach) * STEP_S
    sure = likeness[best] >= LEAST_LIKENESS and likeness[best] - rival >= LEAST_GAIN
    return round(late, 2) if sure and abs(late) >= LEAST_S else 0.0


def _first_best(likeness: np.ndarray) -> int:
    """Return the earliest of the shifts around the best that are nearly as good.

    Cues end later than the voice, so that several shifts cover it; at the first they begin with it.
    """
    best = int(np.argmax(likeness))
    first = max(0, best - round(LEAST_S / STEP_S))
    return first + int(np.argmax(likeness[first : best + 1] >= TIE * likeness[best]))


def _reach(length: int) -> int:
    """Return the steps of the largest shift: at most half of the recording."""
    return min(round(MOST_S / STEP_S), length // 2)


def _mask(starts: np.ndarray, ends: np.ndarray, length: int) -> np.ndarray:
    """Return 1 where a cue is spoken, float64, to the end of recording and cues."""
    reach = _reach(length)
    size = int(max(length, min(round(float(ends.max()) / STEP_S), length + reach)))
    edges = np.zeros(size + 1)
    np.add.at(edges, np.minimum(np.round(starts / STEP_S).astype(np.intp), size), 1.0)
    np.add.at(edges, np.minimum(np.round(ends / STEP_S).astype(np.intp), size), -1.0)
    return (np.cumsum(edges[:-1]) > 0).astype(np.float64)


def _correlate(starts: np.ndarray, ends: np.ndarray, voice: np.ndarray) -> np.ndarray:
    """Return the correlation for cues early to late by at most the reach, in steps."""
    shown = _mask(starts, ends, len(voice))
    reach = _reach(len(voice))
    size = 1 << int(2 * (len(shown) + reach) - 1).bit_length()
    a, b = shown - shown.mean(), voice - voice.mean()
    scale = len(b) * a.std() * b.std()
    if scale == 0:
        return np.zeros(2 * reach + 1)
    product = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    return np.concatenate([product[-reach:], product[: reach + 1]]) / scale
