"""Times of the words inside captions, from where in them there is a voice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from agents.subtitles import ends_sentence, split_words
from agents.transcript.activity import Activity
from agents.transcript.alignment import (
    CLAUSE_ENDS,
    LOUD_DB,
    CueWords,
    Edges,
    align_words,
    word_length,
)
from agents.transcript.captions import Caption
from agents.transcript.clock import CELL_S, LEAST_S, VoiceClock, join_spans, voice_clock
from agents.transcript.words import RawUtterance, RawWord
from agents.types import Levels

SAMPLE = 150
"""Cues that tell how exactly the cues of the file begin."""
ENOUGH = 8
"""As many of them must begin after a pause to be believed."""
LEAST_SIGMA_S = 0.08
LEAST_VOICE = 0.25
"""With less voice than this share of what its words need, a cue is left where the file has it."""
MOST_SLACK_S = 20.0
"""So is a cue that is so much longer or shorter than its words."""
MOST_WORDS = 60_000
PEAK_S = 0.15
"""A peak of loudness is the loudest within so many seconds."""

_Span = tuple[float, float]


def time_captions(
    captions: Sequence[Caption], activity: Activity, levels: Levels
) -> list[RawUtterance]:
    """Return the captions' words where they are said; times that the file gives words stay."""
    words = [split_words(caption.text) for caption in captions]
    timed = sum(
        1 for caption, texts in zip(captions, words, strict=True) if _is_timed(caption, texts)
    )
    spread = [_spread_caption(caption, activity) for caption in captions]
    clock = voice_clock(activity)
    if clock is None or 2 * timed >= len(captions) or sum(map(len, words)) > MOST_WORDS:
        return spread
    cues = [CueWords(c.start, c.end, texts) for c, texts in zip(captions, words, strict=True)]
    fit = [number for number, cue in enumerate(cues) if _can_align(cue, clock)]
    found = _aligned([cues[number] for number in fit], clock, _loudness(clock, levels))
    for number, raw in zip(fit, found, strict=False):
        spread[number] = RawUtterance(
            raw[0].start, raw[-1].end, raw, speaker=captions[number].speaker
        )
    return spread


def _is_timed(caption: Caption, texts: Sequence[str]) -> bool:
    return len(texts) <= 1 or 3 * len(caption.marks) >= len(texts)


def _can_align(cue: CueWords, clock: VoiceClock) -> bool:
    """Return whether the cue has words, and about the voice that they need."""
    first, last = clock.positions(np.array([cue.start - 0.5, cue.end + 0.5])) * CELL_S
    needed = 0.06 * sum(map(word_length, cue.texts))
    least = LEAST_VOICE * min(needed, cue.end - cue.start)
    return bool(cue.texts) and last - first >= least and abs(last - first - needed) < MOST_SLACK_S


def _aligned(
    cues: Sequence[CueWords], clock: VoiceClock, loudness: np.ndarray
) -> list[list[RawWord]]:
    """Return the words of each cue, none at all if they cannot be aligned."""
    if not cues:
        return []
    found = align_words(cues, clock, loudness, _measure_edges(cues, clock, loudness))
    if found is None:
        return []
    begins, ends = clock.begin_s[found[0]].tolist(), clock.end_s[found[1]].tolist()
    said = zip(begins, ends, (text for cue in cues for text in cue.texts), strict=True)
    words = (RawWord(start, end, text) for start, end, text in said)
    return [[next(words) for _ in cue.texts] for cue in cues]


def _measure_edges(cues: Sequence[CueWords], clock: VoiceClock, loudness: np.ndarray) -> Edges:
    """Return how late and how exactly cues begin, from some that begin after a pause."""
    sample = cues[len(cues) // 3 :][:SAMPLE] if len(cues) > 2 * SAMPLE else cues[:SAMPLE]
    found = align_words(sample, clock, loudness, Edges())
    if found is None:
        return Edges()
    first = found[0][np.cumsum([0, *(len(cue.texts) for cue in sample[:-1])])]
    late = clock.begin_s[first] - np.array([cue.start for cue in sample])
    late = late[np.isin(first, clock.edges)]
    if len(late) < ENOUGH:
        return Edges()
    bias = float(np.median(late))
    # 1.48 median deviations are a standard deviation of what is normally distributed
    return Edges(bias, max(LEAST_SIGMA_S, 1.48 * float(np.median(np.abs(late - bias)))))


def _loudness(clock: VoiceClock, levels: Levels) -> np.ndarray:
    """Return how near to a peak of loudness each position of the clock is, 0-1."""
    heard = np.maximum(levels.rms_db.astype(np.float64), -90.0)
    window = np.hanning(9) / np.hanning(9).sum()
    smooth = np.convolve(np.pad(heard, 4, mode="edge"), window, "valid")
    reach = round(PEAK_S / levels.hop_s)
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(smooth, reach, mode="edge"), 2 * reach + 1
    )
    near = np.clip(1 - (around.max(axis=1) - smooth) / LOUD_DB, 0.0, 1.0)
    at = (clock.begin_s / levels.hop_s).astype(np.intp)
    return near[np.minimum(at, len(near) - 1)]


def _spread_caption(caption: Caption, activity: Activity) -> RawUtterance:
    """Return the caption's words spread over its voiced stretches, none across a pause."""
    words: list[RawWord] = []
    for start, end, text in _marked(caption):
        words += _spread(split_words(text), start, end, activity)
    return RawUtterance(caption.start, caption.end, words, speaker=caption.speaker)


def _marked(caption: Caption) -> list[tuple[float, float, str]]:
    """Return the pieces of the caption that the file itself gives times for."""
    edges = [(0, caption.start), *caption.marks, (len(caption.text), caption.end)]
    pieces = [
        (start, end, caption.text[i:j])
        for (i, start), (j, end) in pairwise(edges)
        if caption.text[i:j].strip()
    ]
    if all(start < end for start, end, _ in pieces):
        return pieces
    return [(caption.start, caption.end, caption.text)]


def _spread(texts: Sequence[str], start: float, end: float, activity: Activity) -> list[RawWord]:
    """Return the words one after another over the voice between `start` and `end`."""
    joined = join_spans(activity.spans(start, end))
    spans = [span for span in joined if span[1] - span[0] >= LEAST_S] or joined or [(start, end)]
    sizes = [word_length(text) for text in texts]
    words: list[RawWord] = []
    for (first, last), (i, j) in zip(spans, _shares(texts, sizes, spans), strict=True):
        total = sum(sizes[i:j])
        at = first
        for text, size in zip(texts[i:j], sizes[i:j], strict=True):
            following = at + (last - first) * size / total
            words.append(RawWord(at, following, text))
            at = following
    return words


def _shares(
    texts: Sequence[str], sizes: Sequence[float], spans: list[_Span]
) -> list[tuple[int, int]]:
    """Return which words each voiced stretch holds: by length, preferring ends of clauses."""
    pace = sum(sizes) / sum(end - start for start, end in spans)
    shares: list[tuple[int, int]] = []
    begin, spoken, wanted = 0, 0.0, 0.0
    for number, (start, end) in enumerate(spans):
        wanted += (end - start) * pace
        stop, total = begin, spoken
        best, best_cost = begin, abs(spoken - wanted)
        while stop < len(texts):
            total += sizes[stop]
            stop += 1
            cost = abs(total - wanted) - _bonus(texts, stop, pace)
            if cost < best_cost:
                best, best_cost = stop, cost
            if total > wanted + pace:
                break
        best = len(texts) if number == len(spans) - 1 else best
        spoken += sum(sizes[begin:best])
        shares.append((begin, best))
        begin = best
    return shares


def _bonus(texts: Sequence[str], stop: int, pace: float) -> float:
    """Return how much further off a pause may be after this word: 0.5 s after a sentence."""
    following = texts[stop] if stop < len(texts) else ""
    if ends_sentence(texts[stop - 1], following):
        return 0.5 * pace
    return 0.25 * pace if texts[stop - 1].endswith(CLAUSE_ENDS) else 0.0
