"""What people have corrected in a transcript: the new words on the clock of the old ones."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from agents.subtitles.text import one_line, split_words, text_width
from agents.types import CaptionFix, Interval, Sentence, TranscriptSegment, Word

SAME_SHARE = 0.5
"""A correction belongs to the sentence with which it shares more than this of both together."""


def fix_segments(
    segments: Sequence[TranscriptSegment], fixes: Sequence[CaptionFix]
) -> tuple[TranscriptSegment, ...]:
    """Return the sentences as corrected; a fix whose sentence is not there any more is left out."""
    fixed = list(segments)
    for fix in fixes:
        # of sentences in order, without overlap, these are all that the stretch touches
        first = bisect_right(segments, fix.start, key=lambda one: one.end)
        stop = bisect_left(segments, fix.end, key=lambda one: one.start)
        for at in range(first, stop):
            if _share(fix, segments[at]) > SAME_SHARE:
                fixed[at] = fix_segment(segments[at], fix.text)
    return tuple(fixed)


def fix_sentences(
    sentences: Sequence[Sentence], segments: Sequence[TranscriptSegment]
) -> tuple[Sentence, ...]:
    """Return the sentences with the texts of the corrected segments."""
    return tuple(replace(one, text=segments[one.index].text) for one in sentences)


def _share(one: Interval, other: Interval) -> float:
    common = one.overlap(other)
    return common / (one.duration + other.duration - common)


def fix_segment(segment: TranscriptSegment, text: str) -> TranscriptSegment:
    """Return a sentence with another text: words that stay keep their times.

    New ones share the time of those that they replace, or of the word beside them.
    """
    text = one_line(text)
    before = segment.words or (Word(segment.start, segment.end, segment.text),)
    old, new = [word.text.strip().casefold() for word in before], split_words(text)
    matcher = SequenceMatcher(None, old, [word.casefold() for word in new], autojunk=False)
    words: list[Word] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            words += [replace(before[i1 + n], text=new[j1 + n]) for n in range(i2 - i1)]
        elif tag == "replace":
            words += _spread(new[j1:j2], before[i1].start, before[i2 - 1].end)
        elif tag == "insert" and words:
            last = words.pop()
            words += _spread([last.text, *new[j1:j2]], last.start, last.end)
        elif tag == "insert":
            words += _spread(new[j1:j2], *_room(segment, before[0]))
    return replace(segment, text=text, words=tuple(words))


def _room(segment: TranscriptSegment, first: Word) -> tuple[float, float]:
    """Return the time before the first word, or as much of its own as there is none."""
    begin = min(segment.start, first.start)
    return begin, first.start if first.start - begin > 0.05 else (first.start + first.end) / 2


def _spread(texts: Sequence[str], start: float, end: float) -> list[Word]:
    """Return words that share a stretch by their widths."""
    widths = [text_width(text) + 1 for text in texts]
    step = (end - start) / sum(widths)
    words, at = list[Word](), start
    for text, width in zip(texts, widths, strict=True):
        words.append(Word(at, at + step * width, text))
        at += step * width
    return words
