"""Tell silence from speech by the recording's own levels and the speech model's vote.

A level counts as evidence of speech on a ramp around the threshold (`threshold.py`); the evidence
and the model's probability are averaged by `speech_weight`, and from 0.5 on a hop is speech. The
model sees 32 ms at once and believes in speech for a while after its end, so where speech begins
and ends within such a stretch is left to the levels.
"""

from __future__ import annotations

import numpy as np

from agents.registry import Context
from agents.silence.params import SilenceParams
from agents.silence.screen import blank_stretches
from agents.silence.threshold import INAUDIBLE_DB, measure_floor, place_threshold
from agents.types import Intake, Levels, SilenceRegion, SilenceType, SpeechProbability

RAMP_DB = 10.0
TRIM_S = 0.2
"""The model is believed to be late by at most this."""
MAJORITY = 0.5
NO_VOICE = 0.3
"""Sound in which the model, if it has the majority, never comes to this is not speech: the onset
of music or applause, which raises it a little while nobody speaks."""
EDGE_DB = 2.0
"""Speech begins and ends where it passes this far below the threshold: words fade."""
DEAF_SHARE = 0.005
CLEAR_SHARE = 0.1
CLEAR_DB = 12.0
LOUD_DB = -45.0
"""A model that hears speech in less than `DEAF_SHARE` of a recording is not believed if that is
loud, quiet and loud are `CLEAR_DB` apart, and less than `CLEAR_SHARE` lies in the middle third."""
_Spans = np.ndarray
"""Stretches as rows of first hop and end hop, int, shape (n, 2), in order and apart."""


def detect_silence(
    intake: Intake, *, params: SilenceParams, context: Context | None = None
) -> tuple[SilenceRegion, ...]:
    """Return the stretches without speech and those with a blank or frozen screen, in order, apart.

    `both` is a silence whose screen is mostly blank; under `blank_screen` there is speech.
    """
    duration = intake.media.duration
    silent = _silent_spans(intake.levels, intake.speech, duration, params)
    silences = _in_seconds(silent, intake.levels.hop_s, duration)
    blank = blank_stretches(intake.key_frames, intake.packets, duration, params)
    dark = [(a, b) for a, b in _subtract(blank, silences) if b - a >= params.min_blank_s]
    kinds: dict[tuple[float, float], SilenceType] = dict.fromkeys(dark, "blank_screen")
    kinds |= {span: _silence_type(span, blank) if blank else "audio_silence" for span in silences}
    stretches = sorted(kinds)
    levels = _mean_levels(intake.levels, stretches) if stretches else []
    return tuple(
        SilenceRegion(*span, level, kinds[span])
        for span, level in zip(stretches, levels, strict=True)
    )


def _silent_spans(
    levels: Levels, speech: SpeechProbability, duration: float, params: SilenceParams
) -> _Spans:
    hop = levels.hop_s
    total = max(1, round(duration / hop))
    spoken = np.minimum(_spoken_spans(levels, speech, params), total)
    spoken = spoken[spoken[:, 1] - spoken[:, 0] >= max(1, params.close_gaps_s / hop - 1e-6)]
    silent = np.column_stack((np.append(0, spoken[:, 1]), np.append(spoken[:, 0], total)))
    silent = silent[silent[:, 1] - silent[:, 0] >= params.min_silence_s / hop - 1e-6]
    padding = round(params.padding_s / hop)
    silent[:, 0] += np.where(silent[:, 0] > 0, padding, 0)
    silent[:, 1] -= np.where(silent[:, 1] < total, padding, 0)
    return silent[silent[:, 0] < silent[:, 1]]


def _spoken_spans(levels: Levels, speech: SpeechProbability, params: SilenceParams) -> _Spans:
    floor = measure_floor(levels)
    threshold = place_threshold(levels, floor, params)
    heard = floor.even(levels.rms_db)
    votes = speech if _votes_count(speech, levels, threshold, params) else None
    spoken = _spans(_is_speech(heard, threshold, votes, levels.hop_s, params.speech_weight))
    spoken = _join(spoken, params.close_gaps_s / levels.hop_s - 1e-6)
    if votes and params.speech_weight > MAJORITY:
        spoken = spoken[_highest(votes, spoken * (levels.hop_s / votes.hop_s)) >= NO_VOICE]
    if not threshold:
        return spoken
    return _trim(spoken, heard, threshold - EDGE_DB, round(TRIM_S / levels.hop_s))


def _votes_count(
    speech: SpeechProbability, levels: Levels, threshold: float, params: SilenceParams
) -> bool:
    if not len(speech.values) or not params.speech_weight:
        return False
    return params.speech_weight == 1 or not threshold or not _is_deaf(speech.values, levels.rms_db)


def _is_speech(
    heard: np.ndarray,
    threshold: float,
    speech: SpeechProbability | None,
    hop_s: float,
    weight: float,
) -> np.ndarray:
    """Return whether each hop is speech, bool, shape (n,); what is no number is silence."""
    if speech is None:
        return heard >= threshold
    needed = _needed_level(speech.values, threshold, weight)
    return heard >= _resample(needed, speech.hop_s / hop_s, len(heard))


def _highest(speech: SpeechProbability, spans: np.ndarray) -> np.ndarray:
    """Return the highest probability within each of the spans, given in its hops, shape (n,)."""
    votes = np.append(speech.values, np.float32(0))
    first = np.minimum(spans[:, 0].astype(np.intp), len(votes) - 1)
    end = np.clip(np.ceil(spans[:, 1]).astype(np.intp), first + 1, len(votes))
    padded = np.append(votes, np.float32(0))  # reduceat takes no index past the end
    return np.maximum.reduceat(padded, np.column_stack((first, end)).ravel())[::2]


def _needed_level(votes: np.ndarray, threshold: float, weight: float) -> np.ndarray:
    """Return the level in dB from which sound is speech where the model votes so, shape (n,).

    That is where the mean of evidence and vote reaches one half, solved for the level.
    """
    if threshold == 0:  # hum, or a constant offset: the levels tell nothing, the model decides
        return np.where(votes >= 0.5, np.float32(INAUDIBLE_DB), np.float32(np.inf))
    evidence = (np.float32(0.5) - np.float32(weight) * votes) / np.float32(max(1 - weight, 1e-6))
    level = np.float32(threshold) + np.float32(RAMP_DB) * (evidence - np.float32(0.5))
    level[evidence <= 0] = -np.inf
    level[evidence > 1] = np.inf
    return level


def _trim(spans: _Spans, heard: np.ndarray, quiet_db: float, most: int) -> _Spans:
    """Return the spans without ends below `quiet_db`, at most `most` hops of each.

    An end that is quiet for longer is soft speech that the model alone hears, and stays.
    """
    starts, ends = spans[:, 0].copy(), spans[:, 1].copy()
    for _ in range(most + 1):
        starts += heard[np.minimum(starts, len(heard) - 1)] < quiet_db
        ends -= heard[ends - 1] < quiet_db
    starts = np.where(starts - spans[:, 0] > most, spans[:, 0], starts)
    ends = np.where(spans[:, 1] - ends > most, spans[:, 1], ends)
    return np.where((starts < ends)[:, None], np.column_stack((starts, ends)), spans)


def _is_deaf(votes: np.ndarray, levels: np.ndarray) -> bool:
    """Return whether the model hears nothing where something is clearly switched on and off."""
    if np.count_nonzero(votes >= 0.5) > DEAF_SHARE * len(votes):
        return False
    low, high = np.percentile(np.nan_to_num(levels, nan=-120.0), (5, 95))
    middle = (low + high) / 2
    between = np.count_nonzero(np.abs(levels - middle) < (high - low) / 6)
    return bool(high > LOUD_DB and high - low > CLEAR_DB and between < CLEAR_SHARE * len(levels))


def _resample(needed: np.ndarray, hops: float, count: int) -> np.ndarray:
    """Return the level needed in each of `count` hops; after the last vote, there is no speech."""
    edges = np.rint(np.arange(len(needed) + 1) * hops).astype(np.intp)
    edges = np.minimum(edges, count)
    lengths = np.append(np.diff(edges), count - edges[-1])
    return np.repeat(np.append(needed, np.float32(np.inf)), lengths)


def _spans(mask: np.ndarray) -> _Spans:
    # [0, 1, 1, 0, 1] -> [[1, 3], [4, 5]]
    padded = np.pad(mask, 1)
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)


def _join(spans: _Spans, gap: float) -> _Spans:
    """Return the spans with gaps shorter than `gap` hops closed."""
    if not len(spans):
        return spans
    apart = spans[1:, 0] - spans[:-1, 1] >= gap
    starts = spans[np.append(True, apart), 0]
    return np.column_stack((starts, spans[np.append(apart, True), 1]))


def _in_seconds(spans: _Spans, hop_s: float, duration: float) -> list[tuple[float, float]]:
    total = round(duration / hop_s)
    return [
        (a * hop_s, duration if b >= total else b * hop_s)
        for a, b in spans.tolist()
        if a * hop_s < duration
    ]


def _mean_levels(levels: Levels, stretches: list[tuple[float, float]]) -> list[float]:
    """Return the mean level in dB of each stretch; where there is no sound at all, -120."""
    edges = np.rint(np.array(stretches).reshape(-1, 2) / levels.hop_s).astype(np.intp)
    edges[:, 1] = np.maximum(edges[:, 1], edges[:, 0] + 1)
    sounds = np.append(levels.rms_db, np.float32(-120.0))
    # reduceat refuses an index past the end; the padded hop stands for what has no sound.
    sums = np.add.reduceat(sounds, np.minimum(edges, len(sounds) - 1).ravel())[::2]
    counts = np.maximum(1, np.minimum(edges[:, 1], len(sounds) - 1) - edges[:, 0])
    return np.nan_to_num(np.maximum(sums / counts, -120.0), nan=-120.0).round(2).tolist()


def _silence_type(span: tuple[float, float], blank: list[tuple[float, float]]) -> SilenceType:
    start, end = span
    covered = sum(max(0.0, min(end, b) - max(start, a)) for a, b in blank)
    return "both" if covered >= (end - start) / 2 else "audio_silence"


def _subtract(
    stretches: list[tuple[float, float]], taken: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Return what of the stretches is left outside of those taken."""
    left: list[tuple[float, float]] = []
    for start, end in stretches:
        for a, b in taken:
            if a >= end or b <= start:
                continue
            left.append((start, a))
            start = b
        left.append((start, end))
    return left
