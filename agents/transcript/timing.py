"""Times of the words inside a caption, from where in it there is a voice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agents.subtitles import ends_sentence, split_words
from agents.transcript.activity import Activity
from agents.transcript.captions import Caption
from agents.transcript.words import RawUtterance, RawWord

PAUSE_S = 0.15
"""A shorter gap in the voice does not part two words."""
_CLAUSE_ENDS = (",", ";", ":")

_Span = tuple[float, float]


def time_words(caption: Caption, activity: Activity) -> RawUtterance:
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
    spans = _joined(activity.spans(start, end)) or [(start, end)]
    sizes = [len(text) + 1.5 for text in texts]
    words: list[RawWord] = []
    for (first, last), (i, j) in zip(spans, _shares(texts, sizes, spans), strict=True):
        total = sum(sizes[i:j])
        at = first
        for text, size in zip(texts[i:j], sizes[i:j], strict=True):
            following = at + (last - first) * size / total
            words.append(RawWord(at, following, text))
            at = following
    return words


def _joined(spans: list[_Span]) -> list[_Span]:
    """Return the spans with gaps too short to part words closed, and those too short left out."""
    joined: list[_Span] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < PAUSE_S:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return [span for span in joined if span[1] - span[0] >= 0.08] or joined


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
    return 0.25 * pace if texts[stop - 1].endswith(_CLAUSE_ENDS) else 0.0
