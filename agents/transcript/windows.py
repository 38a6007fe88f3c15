"""What Whisper is given: the speech in windows of at most 30 s, without the longer pauses.

Our own speech mask decides what is speech, instead of faster-whisper's voice activity detection:
it is measured once for the whole product, and what it calls silence never reaches the model, which
would invent words there. Fuller windows are fewer: an empty second costs as much as a full one.
"""

from __future__ import annotations

import wave
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from agents.transcript.activity import measure_activity
from agents.types import Intake, Interval

WINDOW_S = 29.5
"""Whisper hears 30 s at a time."""
PAD_S = 0.2
"""What is kept around speech; a pause of twice this or less stays whole."""
FULL = 0.85
"""From this share of a window on it may end at a longer pause rather than at the last one."""
REACH_S = 5.0
"""Speech without a pause is cut at its softest place in the last seconds of a window."""
SOFT_S = 0.1
"""Length of the place that must be soft."""
RATE = 16_000


@dataclass(frozen=True, slots=True)
class Window:
    """Stretches of the lecture that are heard together, one right after the other."""

    pieces: tuple[Interval, ...]

    @property
    def duration(self) -> float:
        """Return the seconds that are heard."""
        return sum(piece.duration for piece in self.pieces)

    def place(self, start: float, end: float) -> tuple[float, float]:
        """Return where a stretch in seconds of the window lies in the lecture: in one piece."""
        ends = list(accumulate(piece.duration for piece in self.pieces))
        number = min(bisect_right(ends, (start + end) / 2), len(self.pieces) - 1)
        piece = self.pieces[number]
        shift = piece.start - (ends[number] - piece.duration)
        first = min(max(start + shift, piece.start), piece.end)
        return first, min(max(end + shift, first), piece.end)


def speech_windows(intake: Intake) -> tuple[Window, ...]:
    """Return windows that hold all of the speech."""
    spans = measure_activity(intake).spans(0.0, intake.media.duration)
    pieces: list[Interval] = []
    for piece in _padded(spans, intake.media.duration):
        pieces += _cut(piece, intake)
    windows: list[Window] = []
    begin = 0
    while begin < len(pieces):
        end = _last_together(pieces, begin)
        windows.append(Window(tuple(pieces[begin:end])))
        begin = end
    return tuple(windows)


def _padded(spans: Sequence[tuple[float, float]], duration: float) -> list[Interval]:
    """Return the spans with what is kept around them; those that meet become one."""
    pieces: list[Interval] = []
    for start, end in spans:
        start, end = max(0.0, start - PAD_S), min(duration, end + PAD_S)
        if pieces and start <= pieces[-1].end:
            pieces[-1] = Interval(pieces[-1].start, max(end, pieces[-1].end))
        elif end > start:
            pieces.append(Interval(start, end))
    return pieces


def _cut(piece: Interval, intake: Intake) -> list[Interval]:
    """Return speech that is longer than a window in parts, cut where it is softest."""
    levels, hop = intake.levels.rms_db, intake.levels.hop_s
    soft = max(1, round(SOFT_S / hop))
    parts: list[Interval] = []
    start = piece.start
    while piece.end - start > WINDOW_S:
        first = round((start + WINDOW_S - REACH_S) / hop)
        heard = levels[first : round((start + WINDOW_S) / hop)].astype(np.float64)
        smooth = np.convolve(heard, np.ones(soft) / soft, mode="same")
        at = (first + int(np.argmin(smooth[soft:-soft])) + soft) * hop
        parts.append(Interval(start, at))
        start = at
    return [*parts, Interval(start, piece.end)]


def _last_together(pieces: Sequence[Interval], begin: int) -> int:
    """Return the index after the last piece of the window that begins with piece `begin`."""
    best, longest, heard = begin + 1, -1.0, 0.0
    for end in range(begin + 1, len(pieces) + 1):
        heard += pieces[end - 1].duration
        if heard > WINDOW_S and end > begin + 1:
            return best
        pause = pieces[end].start - pieces[end - 1].end if end < len(pieces) else np.inf
        if heard < FULL * WINDOW_S or pause >= longest:
            best, longest = end, pause if heard >= FULL * WINDOW_S else -1.0
    return best


def read_window(audio: Path, window: Window) -> np.ndarray:
    """Return what is heard in the window: 16 kHz mono, float32 in [-1, 1], shape (n,)."""
    parts = [read_samples(audio, piece.start, piece.end) for piece in window.pieces]
    return np.concatenate(parts)


def read_samples(audio: Path, start: float, end: float) -> np.ndarray:
    """Return that stretch of the 16 kHz mono WAV: float32 in [-1, 1], shape (n,)."""
    with wave.open(str(audio), "rb") as wav:
        first = min(wav.getnframes(), round(start * RATE))
        wav.setpos(first)
        data = wav.readframes(max(0, round(end * RATE) - first))
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768
