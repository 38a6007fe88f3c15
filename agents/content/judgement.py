"""How the answers join the local analysis: as one more component, and as titles."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.content.answer import read_title
from agents.content.orders import addresses_model
from agents.content.requests import Request
from agents.content.titles import unique_title
from agents.types import Content, ContentSegment, Notice, Sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came back for a request: titles by topic, scores by sentence, or why there are none."""

    request: Request
    titles: Mapping[int, str] = field(default_factory=dict)
    scores: Mapping[int, float] | None = None
    problem: str = ""


def merge(content: Content, judged: Sequence[Judgement], model: str) -> Content:
    """Return `content` with scores and titles from the answers that could be used.

    A cue in several requests gets the mean of their scores. One that no answer judges, as it was
    not sent or its request was blocked, gets the mean of all that were judged: its topic is
    neither favoured nor put behind, and its local components decide.
    """
    given: defaultdict[int, list[float]] = defaultdict(list)
    titles: defaultdict[int, list[str]] = defaultdict(list)
    for judgement in judged:
        for cue in judgement.request.sent if judgement.scores is not None else ():
            given[cue.index].append((judgement.scores or {}).get(cue.index, 0.0))
        for topic, title in judgement.titles.items():
            titles[topic].append(title)
    scores = {index: sum(found) / len(found) for index, found in given.items()}
    middle = sum(scores.values()) / max(1, len(scores))
    sentences = tuple(
        replace(s, components={**s.components, "judgement": round(scores.get(s.index, middle), 4)})
        for s in content.sentences
    )
    return Content(
        _retitle(content.segments, sentences, titles),
        sentences,
        f"{content.analyzer} + {model}",
        (*content.notices, *_notices(judged, model)),
    )


def _retitle(
    segments: Sequence[ContentSegment],
    sentences: Sequence[Sentence],
    titles: Mapping[int, Sequence[str]],
) -> tuple[ContentSegment, ...]:
    changed = []
    taken: set[str] = set()
    for segment in segments:
        inside = [s for s in sentences if s.topic == segment.topic]
        judgement = sum(s.components["judgement"] for s in inside) / max(1, len(inside))
        said = [s.text for s in inside if not addresses_model(s.text)]
        title = _choose_title(titles.get(segment.topic, ()), said)
        title = unique_title(title or segment.title, taken)
        taken.add(title.casefold())
        components = {**segment.components, "judgement": round(judgement, 4)}
        changed.append(replace(segment, title=title, components=components))
    return tuple(changed)


def _choose_title(given: Sequence[str], said: Sequence[str]) -> str:
    """Return the title that most requests gave, the first of equals, "" if none is one."""
    usable = [title for title in (read_title(text, said) for text in given) if title]
    return Counter(usable).most_common(1)[0][0] if usable else ""


def _notices(judged: Sequence[Judgement], model: str) -> tuple[Notice, ...]:
    found = {
        topic + 1: judgement.problem
        for judgement in judged
        for topic in judgement.request.topics
        if judgement.problem
    }
    if not found:
        return ()
    useless = ", ".join(f"topic {topic} ({problem})" for topic, problem in sorted(found.items()))
    text = f"{model} gave no usable answer on {useless}: judged locally there."
    return (Notice("gemini_answer", text),)
