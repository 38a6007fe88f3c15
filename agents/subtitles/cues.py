"""Words into cues that people can read in time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from agents.subtitles.dividing import divide, held_until
from agents.subtitles.phrases import NEVER_FIRST
from agents.subtitles.text import (
    clean_text,
    fill_lines,
    join_words,
    line_pieces,
    split_words,
    text_width,
    wrap_text,
)
from agents.types import Cue, Interval, Word


def make_cues(
    words: Sequence[Word],
    parts: Sequence[Interval],
    *,
    max_chars: int = 42,
    max_lines: int = 2,
) -> tuple[Cue, ...]:
    """Return the words' cues in the time of a clip that plays only `parts`; words in order."""
    moved = _joined(
        piece for word in _move_words(words, parts) for piece in _split_word(word, max_chars)
    )
    duration = max(sum(part.duration for part in parts), moved[-1].end if moved else 0.0)
    groups = divide(moved, duration, max_chars=max_chars, max_lines=max_lines)
    return tuple(
        _cue(group, after[0].start if after else duration, max_chars)
        for group, after in zip_longest(groups, groups[1:])
    )


def _move_words(words: Sequence[Word], parts: Sequence[Interval]) -> Iterator[Word]:
    """Yield the words spoken in the parts, in clip time; none begins before the last."""
    offset = earliest = 0.0
    for part in parts:
        first = bisect_left(words, part.start, key=_middle)
        for word in words[first : bisect_left(words, part.end, lo=first, key=_middle)]:
            text = clean_text(word.text).replace("\n", " ")
            start = max(word.start - part.start, 0.0) + offset
            end = min(word.end, part.end) - part.start + offset
            start = max(0.0, min(max(start, earliest), end - 0.001))
            if text:
                yield Word(start, end, text, word.probability)
                earliest = start
        offset += part.duration


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


def _split_word(word: Word, max_chars: int) -> list[Word]:
    """Return a word as it is, but what is too wide for a line in pieces, each in its share."""
    if text_width(word.text) <= max_chars:
        return [word]
    tokens = [piece.strip() for piece in line_pieces(word.text, max_chars)]
    # Without spaces, letters are joined again: a piece of one letter would be no word.
    pieces = tokens if " " in word.text else fill_lines(tokens, max_chars)
    reached = [0]
    for piece in pieces:
        reached.append(reached[-1] + text_width(piece))
    times = [word.start + word.duration * width / reached[-1] for width in reached]
    return [
        Word(start, max(end, start + 1e-6), piece, word.probability)
        for start, end, piece in zip(times[:-1], times[1:], pieces, strict=True)
    ]


def _joined(words: Iterator[Word]) -> list[Word]:
    """Return the words with a mark that is none, such as a full stop, added to the one before."""
    joined: list[Word] = []
    for word in words:
        if joined and all(c in NEVER_FIRST for c in word.text):
            last = joined.pop()
            word = Word(last.start, max(last.end, word.end), last.text + word.text)
        joined.append(word)
    return joined


def _cue(words: Sequence[Word], following: float, max_chars: int) -> Cue:
    """Return the words as a cue that stays as long as its text needs and the next one allows."""
    text = join_words(word.text for word in words)
    start = words[0].start
    needed = held_until(start, words[-1].end, text_width(text), following)
    lines = "\n".join(wrap_text(text, max_chars))
    return Cue(start, max(needed, start + 0.001), lines, _spoken(words, text))


def _spoken(words: Sequence[Word], text: str) -> tuple[float, ...]:
    """Return when each of the text's words begins; empty where they cannot be told apart."""
    times: list[float] = []
    for word in words:
        count = len(split_words(word.text))
        times += [word.start + word.duration * i / count for i in range(count)]
    same = len(times) == len(split_words(text))
    return tuple(round(time, 3) for time in times) if same else ()
