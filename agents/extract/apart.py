"""A choice of clips none of which is like another, or like one that is kept."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import count

from agents.extract.choices import Candidates, Choice, Limits, choice_of
from agents.extract.selection import choose_clips
from agents.extract.similarity import Bag, alike_pairs
from agents.extract.skips import Span

MOST_BRANCHES = 3
"""So often it is weighed which of two alike clips gives way; in a lecture there is hardly one."""


def choose_apart(
    found: Candidates,
    limits: Limits,
    bag: Callable[[Span], Bag],
    kept: Sequence[Bag],
    limit: float,
    price: float = 0.0,
) -> Choice:
    """Return the choice in which no two clips are alike, nor one and something `kept`.

    Best first over which of two that are alike gives way (branch and bound, Land & Doig 1960): the
    first choice without such a pair is the best of all that these leave. Where everything is said
    again and again the later one gives way, in the end without another in its place. The bound is
    that of the choice in which clips may be alike, so `gap` covers what giving way has cost.
    """
    bags = _Bags(bag, kept, limit)
    root = choose_clips(found, limits, price)
    order = count()
    waiting = [(-root.bound, next(order), root, found)]
    choice, left = root, found
    for _ in range(MOST_BRANCHES):
        _, _, choice, left = heapq.heappop(waiting)
        pairs = bags.alike(choice)
        if not pairs:
            return replace(choice, bound=max(root.bound, choice.value))
        for at in (at for at in pairs[0] if at >= 0):
            fewer = left.without(*choice.spans[at], share=0.5)
            then = choose_clips(fewer, limits, choice.price)
            heapq.heappush(waiting, (-then.bound, next(order), then, fewer))
    _, _, choice, left = heapq.heappop(waiting)
    for _ in range(MOST_BRANCHES):
        again = bags.again(choice)
        if not again:
            break
        for at in again:
            left = left.without(*choice.spans[at])
        choice = choose_clips(left, limits, choice.price)
    gone = bags.again(choice)
    spans = tuple(span for at, span in enumerate(choice.spans) if at not in gone)
    return replace(choice_of(found, limits, spans), bound=root.bound, price=choice.price)


class _Bags:
    """Tells which chosen clips are alike, counting the words of each stretch once."""

    def __init__(self, bag: Callable[[Span], Bag], kept: Sequence[Bag], limit: float) -> None:
        self.bag, self.kept, self.limit = cache(bag), kept, limit

    def alike(self, choice: Choice) -> list[tuple[int, int]]:
        """Return the positions of two that are alike; below 0 is one of what is kept."""
        bags = [*self.kept, *map(self.bag, choice.spans)]
        before = len(self.kept)
        pairs = alike_pairs(bags, self.limit)
        return [(i - before, j - before) for i, j in pairs if j >= before]

    def again(self, choice: Choice) -> set[int]:
        """Return the positions of those that repeat something earlier."""
        return {later for _, later in self.alike(choice)}
