"""What is asked: the lecture in requests of one topic each, as numbered cues that are marked data.

A request holds the cues of one topic only, or of a few short topics that lie side by side, and
takes back only their numbers, so that no part of the lecture can speak for another: whatever is
said in it, to the students or to the model, moves no cue of any other request. Cues that address
the model are not sent at all.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from agents.content.orders import addresses_model
from agents.types import Content, Sentence

MAX_CUES = 150
"""A longer topic is asked about in several requests."""
MAX_CHARS = 40_000
"""A topic with more text, too, even if it has few cues."""
OVERLAP = 15
"""So many cues at the seam of two requests stand in both, so that neither judges them blind."""
SHORT_TOPIC = 15
"""Topics of fewer cues are asked about together with their neighbours ..."""
MAX_JOINED = 45
"""... up to so many cues: a request per short topic would pay for the instructions each time."""
MAX_CUE_CHARS = 2000
"""What is said beyond this in one sentence is not sent."""
FEWEST_CUES = 8
"""A request of fewer is not halved any more when its answer is cut off."""
MARK = "\u2581"


@dataclass(frozen=True)
class Request:
    """The cues of one topic, of a stretch of a long one, or of several short ones."""

    cues: tuple[Sentence, ...]

    @cached_property
    def sent(self) -> tuple[Sentence, ...]:
        """Return the cues that are sent; the first one has number 1."""
        return tuple(cue for cue in self.cues if not addresses_model(cue.text))

    @property
    def topics(self) -> list[int]:
        """Return the topics of the cues that are sent; the first one has number 1."""
        return list(dict.fromkeys(cue.topic for cue in self.sent))

    def halves(self) -> tuple[Request, ...]:
        """Return two requests for the same cues, none if there are too few."""
        middle = len(self.cues) // 2
        parts = (self.cues[:middle], self.cues[middle:])
        return tuple(replace(self, cues=part) for part in parts) if middle >= FEWEST_CUES else ()

    def write(self) -> str:
        """Return the cues as JSON whose text is marked as data (Hines et al. 2024).

        Topics and cues are numbered within the request: the same words make the same request,
        wherever in the lecture they are said.
        """
        topics, number = [], 0
        for place, (_, group) in enumerate(groupby(self.sent, lambda cue: cue.topic), start=1):
            cues = []
            for cue in group:
                number += 1
                cues.append({"cue": number, "text": mark(cue.text)})
            topics.append({"topic": place, "cues": cues})
        return json.dumps({"topics": topics}, ensure_ascii=False)


def divide(content: Content) -> list[Request]:
    """Return the requests for all topics that have anything to send."""
    requests: list[Request] = []
    joined: list[Sentence] = []
    for _, group in groupby(content.sentences, lambda sentence: sentence.topic):
        cues = tuple(group)
        fits = len(cues) < SHORT_TOPIC and _size(cues) <= MAX_CHARS
        full = len(joined) + len(cues) > MAX_JOINED or _size((*joined, *cues)) > MAX_CHARS
        if joined and (full or not fits):
            requests.append(Request(tuple(joined)))
            joined = []
        if fits:
            joined.extend(cues)
        else:
            requests += map(Request, stretches(cues))
    if joined:
        requests.append(Request(tuple(joined)))
    return [request for request in requests if request.sent]


def stretches(cues: Sequence[Sentence]) -> Iterator[tuple[Sentence, ...]]:
    """Yield overlapping stretches that cover all cues, none beyond `MAX_CUES` or `MAX_CHARS`.

    The first cue of a stretch is sent however long it is, as `mark` cuts it.
    """
    first = 0
    while True:
        last, size = first, 0
        while last < len(cues) and last - first < MAX_CUES:
            size += len(mark(cues[last].text))
            if size > MAX_CHARS and last > first:
                break
            last += 1
        yield tuple(cues[first:last])
        if last == len(cues):
            return
        first = max(last - OVERLAP, (first + last + 1) // 2)


def _size(cues: Sequence[Sentence]) -> int:
    return sum(len(mark(cue.text)) for cue in cues)


def mark(text: str) -> str:
    """Return `text` with every space replaced, and no control or invisible characters."""
    plain = "".join(
        " " if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"} or c == MARK else c
        for c in text[:MAX_CUE_CHARS]
    )
    return MARK.join(plain.split())
