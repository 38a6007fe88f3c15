"""Where one cue ends and the next begins: the division whose breaks and times cost least.

All divisions of the words are compared at once (dynamic programming over the place of the last
break, as Knuth & Plass 1981 do it for lines). Two lines, 42 characters, 7 s are limits; that a
cue can be read, is no single word and ends with a phrase is weighed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agents.subtitles.phrases import break_cost
from agents.subtitles.sentences import ends_sentence
from agents.subtitles.text import join_words, text_width
from agents.types import Word

MIN_CUE_S = 1.0
MAX_CUE_S = 7.0
CHARS_PER_S = 20.0
"""Reading speed that a cue is held on the screen for, where the next words leave the time."""
LINGER_S = 0.08
"""How long a cue stays after its last word, if it has been long enough on the screen."""
BLINK_S = 0.25
"""A shorter gap before the next cue would be a flash: the cue stays until then."""
APART_S = 2.0
"""Words with a pause this long between them, in the clip, are never in one cue."""
PAUSE_S = 0.25
"""A pause from which on a break costs less."""

CUE = 4.0
"""What every cue costs: of two divisions with equal breaks, the one with fewer cues is better."""
SHORT, ONE_WORD, FAST, EMPTY = 40.0, 25.0, 0.6, 6.0
"""Costs per second that lacks to a cue's least, of a cue of one word, per character a second too
many, and of a cue without letters (by the square of the share that is empty)."""
OVER_END, OVER_PAUSE = 6.0, 8.0
"""Costs of a cue that goes on over the end of a sentence; per second of a pause inside."""


def held_until(start: float, spoken: float, width: int, following: float) -> float:
    """Return when a cue ends whose words end at `spoken`, before one that begins at `following`."""
    needed = max(start + MIN_CUE_S, start + width / CHARS_PER_S, spoken + LINGER_S)
    end = min(needed, start + MAX_CUE_S, following)
    return min(following, start + MAX_CUE_S) if following - end < BLINK_S else end


def divide(
    words: Sequence[Word], duration: float, *, max_chars: int, max_lines: int
) -> list[Sequence[Word]]:
    """Return the words in groups, each of them a cue of a clip of that duration."""
    if not words:
        return []
    begins, ends = _places(words)
    furthest = _furthest(begins, ends, max_chars, max_lines)
    breaks, joins = _costs(words)
    starts = [word.start for word in words]
    room = max_chars * max_lines
    best, cheapest = [0.0] * (len(words) + 1), [0] * (len(words) + 1)
    for end in range(1, len(words) + 1):
        following = starts[end] if end < len(words) else duration
        spoken = words[end - 1].end
        least, choice = float("inf"), end - 1
        inside = 0.0
        for first in range(end - 1, -1, -1):
            start = starts[first]
            alone = first == end - 1
            if not alone:
                inside += joins[first + 1]
                if furthest[first] < end or spoken - start > MAX_CUE_S - BLINK_S:
                    break
                if inside >= least:
                    break
            # comparisons: calls of min and max were half of the time
            width, shown = ends[end - 1] - begins[first], following - start
            shown = MAX_CUE_S if shown > MAX_CUE_S else 1e-3 if shown < 1e-3 else shown
            cost = best[first] + inside + CUE
            if width < room:
                cost += EMPTY * (1 - width / room) ** 2
            if width > CHARS_PER_S * shown:
                cost += FAST * (width / shown - CHARS_PER_S)
            if alone or shown < MIN_CUE_S:
                cost += SHORT * max(0.0, MIN_CUE_S - shown) + ONE_WORD * alone
            if cost < least:
                least, choice = cost, first
        best[end], cheapest[end] = least + breaks[end], choice
    return _groups(words, cheapest)


def _groups(words: Sequence[Word], cheapest: Sequence[int]) -> list[Sequence[Word]]:
    """Return the groups whose last breaks were found."""
    edges = [len(words)]
    while edges[-1]:
        edges.append(cheapest[edges[-1]])
    return [words[a:b] for a, b in pairwise(reversed(edges))]


def _places(words: Sequence[Word]) -> tuple[list[int], list[int]]:
    """Return the columns at which each word begins and ends in the running text."""
    begins, ends, reached = [], [], 0
    for number, word in enumerate(words):
        if number:
            spaced = join_words([words[number - 1].text[-1:], word.text[:1]])
            reached += len(spaced) - 2
        begins.append(reached)
        reached += text_width(word.text)
        ends.append(reached)
    return begins, ends


def _furthest(
    begins: Sequence[int], ends: Sequence[int], max_chars: int, max_lines: int
) -> list[int]:
    """Return per word how far full lines reach that begin with it: the first word they lack."""
    line, after = [], 0
    for first, begin in enumerate(begins):
        after = max(after, first + 1)
        while after < len(ends) and ends[after] - begin <= max_chars:
            after += 1
        line.append(after)
    line.append(len(begins))
    furthest = list(range(len(begins) + 1))
    for _ in range(max_lines):
        furthest = [line[reached] for reached in furthest]
    return furthest


def _costs(words: Sequence[Word]) -> tuple[list[float], list[float]]:
    """Return what it costs to break before each word, and what to go on; also after the last."""
    breaks, joins = [0.0], [0.0]
    for word, after in pairwise(words):
        gap = after.start - word.end
        cost = break_cost(word.text, after.text)
        if gap >= PAUSE_S:
            cost /= 1 + 2 * gap
        breaks.append(cost)
        over = OVER_END if ends_sentence(word.text, after.text, gap) else 0.0
        joins.append(float("inf") if gap > APART_S else over + OVER_PAUSE * max(0.0, gap - PAUSE_S))
    return [*breaks, 0.0], [*joins, 0.0]
