"""What is asked about each topic, and how the answers join the local analysis.

Every request holds the cues of one topic only and takes back only their numbers, so that no topic
can speak for another: whatever is said in it, to the students or to the model, moves no cue of any
other.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.content.titles import unique_title
from agents.types import Content, ContentSegment, Notice, Sentence

MAX_CUES = 300
"""A longer topic is asked about in several requests."""
MAX_CUE_CHARS = 2000
"""What is said beyond this in one sentence is not sent."""
MARK = "\u2581"


@dataclass(frozen=True, slots=True)
class Request:
    """The cues of one topic, or of a piece of a long one."""

    topic: int
    cues: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came back for a request: title, score per cue, tokens, or why it cannot be used."""

    title: str = ""
    scores: dict[int, float] | None = None
    tokens: int = 0
    problem: str = ""


def divide(content: Content) -> list[Request]:
    """Return the requests for all topics, none with more than `MAX_CUES` cues."""
    requests = []
    for segment in content.segments:
        cues = [sentence for sentence in content.sentences if sentence.topic == segment.topic]
        for first in range(0, len(cues), MAX_CUES):
            requests.append(Request(segment.topic, tuple(cues[first : first + MAX_CUES])))
    return requests


def write_cues(request: Request) -> str:
    """Return the cues as JSON whose text is marked as data by its spaces (Hines et al. 2024)."""
    cues = [{"cue": cue.index, "text": mark(cue.text)} for cue in request.cues]
    return json.dumps({"topic": request.topic, "cues": cues}, ensure_ascii=False)


def mark(text: str) -> str:
    """Return `text` with every space replaced, and no control or invisible characters."""
    plain = "".join(
        " " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Zs"} or c == MARK else c
        for c in text[:MAX_CUE_CHARS]
    )
    return MARK.join(plain.split())


def merge(
    content: Content, requests: Sequence[Request], judged: Sequence[Judgement], model: str
) -> Content:
    """Return `content` with scores and titles from the answers that could be used."""
    scores: dict[int, float] = {}
    titles: dict[int, str] = {}
    for request, judgement in zip(requests, judged, strict=True):
        scores.update(judgement.scores or {})
        if judgement.title:
            titles.setdefault(request.topic, judgement.title)
    notices = _notices(requests, judged, model)
    if all(judgement.problem for judgement in judged):
        return replace(content, notices=(*content.notices, *notices))
    sentences = tuple(
        replace(s, components={**s.components, "judgement": round(scores.get(s.index, 0.0), 4)})
        for s in content.sentences
    )
    return Content(
        _retitle(content.segments, sentences, titles),
        sentences,
        f"{content.analyzer} + {model}",
        (*content.notices, *notices),
    )


def _retitle(
    segments: Sequence[ContentSegment], sentences: Sequence[Sentence], titles: dict[int, str]
) -> tuple[ContentSegment, ...]:
    changed = []
    taken: set[str] = set()
    for segment in segments:
        inside = [s.components["judgement"] for s in sentences if s.topic == segment.topic]
        judgement = round(sum(inside) / max(1, len(inside)), 4)
        title = unique_title(titles.get(segment.topic, segment.title), taken)
        taken.add(title.casefold())
        components = {**segment.components, "judgement": judgement}
        changed.append(replace(segment, title=title, components=components))
    return tuple(changed)


def _notices(
    requests: Sequence[Request], judged: Sequence[Judgement], model: str
) -> tuple[Notice, ...]:
    tokens = sum(judgement.tokens for judgement in judged)
    useless = [
        f"topic {request.topic + 1} ({judgement.problem})"
        for request, judgement in zip(requests, judged, strict=True)
        if judgement.problem
    ]
    found = []
    if tokens:
        found.append(
            Notice("gemini_tokens", f"{model} took {tokens} tokens in {len(judged)} requests.")
        )
    if useless:
        text = f"{model} gave no usable answer on {', '.join(useless)}: judged locally there."
        found.append(Notice("gemini_answer", text))
    return tuple(found)
