# ruff: noqa: RUF001 - other scripts' punctuation is meant
"""Words into cues that people can read in time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from agents.subtitles.text import (
    clean_text,
    ends_sentence,
    fill_lines,
    join_words,
    line_pieces,
    text_width,
    wrap_text,
)
from agents.types import Cue, Interval, Word

MIN_CUE_S = 1.0
MAX_CUE_S = 7.0
CHARS_PER_S = 20.0
"""Reading speed that a cue is held on the screen for, where the next words leave the time."""
LINGER_S = 0.3
"""How long a cue stays after its last word."""
PAUSE_S = 1.0
"""A pause this long (in the clip) always begins a new cue."""
_CLAUSES = tuple(",;:，、；：،—–")


def make_cues(
    words: Sequence[Word],
    parts: Sequence[Interval],
    *,
    max_chars: int = 42,
    max_lines: int = 2,
) -> tuple[Cue, ...]:
    """Return the words' cues in the time of a clip that plays only `parts`; words in order."""
    moved = [
        piece for word in _move_words(words, parts) for piece in _split_long_word(word, max_chars)
    ]
    groups: list[list[Word]] = []
    for sentence in _runs(moved):
        groups += _divide(sentence, max_chars, max_lines)
    groups = _merge_short(groups, max_chars, max_lines)
    return tuple(_timed(groups, sum(part.duration for part in parts), max_chars))


def _move_words(words: Sequence[Word], parts: Sequence[Interval]) -> list[Word]:
    """Return the words spoken in the parts, in clip time; none begins before the last."""
    moved: list[Word] = []
    offset = earliest = 0.0
    for part in parts:
        first = bisect_left(words, part.start, key=_middle)
        for word in words[first : bisect_left(words, part.end, lo=first, key=_middle)]:
            text = clean_text(word.text).replace("\n", " ")
            start = max(word.start - part.start, 0.0) + offset
            end = min(word.end, part.end) - part.start + offset
            start = max(0.0, min(max(start, earliest), end - 0.001))
            if text:
                moved.append(Word(start, end, text, word.probability))
                earliest = start
        offset += part.duration
    return moved


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


def _split_long_word(word: Word, max_chars: int) -> list[Word]:
    if text_width(word.text) <= max_chars:
        return [word]
    pieces = fill_lines(line_pieces(word.text, max_chars), max_chars)
    step = word.duration / len(pieces)
    return [
        Word(word.start + i * step, word.start + (i + 1) * step, piece, word.probability)
        for i, piece in enumerate(pieces)
    ]


def _runs(words: Sequence[Word]) -> list[list[Word]]:
    """Return the words in stretches that no sentence end and no long pause divides."""
    runs: list[list[Word]] = []
    run: list[Word] = []
    for word, after in zip_longest(words, words[1:]):
        run.append(word)
        gap = after.start - word.end if after else 0.0
        if after is None or gap >= PAUSE_S or ends_sentence(word.text, after.text, gap):
            runs.append(run)
            run = []
    return runs


def _divide(words: list[Word], max_chars: int, max_lines: int) -> list[list[Word]]:
    """Return one run as cues of about equal length, broken at commas and pauses where possible."""
    groups: list[list[Word]] = []
    widths = [text_width(word.text) + 1 for word in words]
    begin = 0
    while not _fits(words[begin:], max_chars, max_lines):
        rest = sum(widths[begin:])
        span = words[-1].end - words[begin].start
        pieces = max(2, -(-rest // (max_chars * max_lines)), -(-span // MAX_CUE_S))
        end = _best_break(words, widths, begin, rest / pieces)
        while end - begin > 1 and not _fits(words[begin:end], max_chars, max_lines):
            end -= 1
        groups.append(words[begin:end])
        begin = end
    groups.append(words[begin:])
    return groups


def _best_break(words: list[Word], widths: list[int], begin: int, target: float) -> int:
    best, best_cost, width = begin + 1, float("inf"), 0
    for end in range(begin + 1, len(words)):
        width += widths[end - 1]
        cost = abs(width - target) / target
        if words[end - 1].text.endswith(_CLAUSES):
            cost -= 0.3
        elif words[end].start - words[end - 1].end >= 0.25:
            cost -= 0.2
        if cost < best_cost:
            best, best_cost = end, cost
        if width > 1.6 * target:
            break
    return best


def _fits(words: list[Word], max_chars: int, max_lines: int) -> bool:
    if len(words) == 1:
        return True
    if words[-1].end - words[0].start > MAX_CUE_S or len(words) > max_chars * max_lines:
        return False
    return len(fill_lines(line_pieces(_text(words), max_chars), max_chars)) <= max_lines


def _text(words: Iterable[Word]) -> str:
    return join_words(word.text for word in words)


def _merge_short(groups: list[list[Word]], max_chars: int, max_lines: int) -> list[list[Word]]:
    """Return the cues with those too short to read, or of one word, joined to a neighbour."""
    merged: list[list[Word]] = []
    for group in groups:
        near = merged and group[0].start - merged[-1][-1].end < PAUSE_S
        short = near and (_is_short(group) or _is_short(merged[-1]))
        if short and _fits(merged[-1] + group, max_chars, max_lines):
            merged[-1] = merged[-1] + group
        else:
            merged.append(group)
    return merged


def _is_short(words: list[Word]) -> bool:
    return len(words) == 1 or words[-1].end - words[0].start < MIN_CUE_S


def _timed(groups: list[list[Word]], duration: float, max_chars: int) -> Iterator[Cue]:
    """Yield the cues, each held as long as its text needs and the next one allows."""
    for group, after in zip_longest(groups, groups[1:]):
        text = _text(group)
        start = group[0].start
        needed = max(MIN_CUE_S, text_width(text) / CHARS_PER_S, group[-1].end - start + LINGER_S)
        limit = after[0].start if after else max(duration, group[-1].end)
        end = min(start + min(needed, MAX_CUE_S), limit)
        yield Cue(start, max(end, start + 0.001), "\n".join(wrap_text(text, max_chars)))
