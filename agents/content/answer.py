"""What Gemini may answer, and the door that every answer passes: strict, capped, cleaned."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from pydantic import BaseModel, Field, ValidationError

from agents.content.lexicon import split_words, stem
from agents.content.spoken import function_words
from agents.headings import clean_title

MAX_ANSWER_CHARS = 200_000
"""A longer answer is refused unread."""
MAX_TITLE_WORDS = 8
MAX_TITLE_CHARS = 80
COPIED_WORDS = 4
"""A title of so many words with which a cue begins is that cue, cut off."""
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_SAYS = re.compile(
    r"\b(is|are|was|were|has|have|been|does|did|i|we|you|he|she|they|(it|let|that)['\u2019]s"
    r"|ist|sind|haben|wird|werden|ich|wir|est|sont|nous|vous|está|están|è|sono|noi)\b",
    re.IGNORECASE,
)
"""Verbs and pronouns of several languages that make a sentence of any heading they stand in."""
_END = r"[.!?\u2026\u3002\uff01\uff1f]"
_ENDED = re.compile(rf"{_END}[\"'»”)]*\s*\Z|{_END}\s")


class BadAnswer(Exception):
    """The answer cannot be used; the message says why, without quoting it."""


class CutOff(BadAnswer):
    """The answer ended at the most tokens that it may have."""


class JudgedCue(BaseModel):
    """One cue that matters."""

    cue: int = Field(strict=True)
    score: float = Field(strict=True)


class NamedTopic(BaseModel):
    """What one topic is about."""

    topic: int = Field(strict=True)
    title: str = Field(strict=True)


class Answer(BaseModel):
    """What is asked of Gemini in one request."""

    titles: list[NamedTopic]
    cues: list[JudgedCue]


def read_answer(
    text: str | None, topics: int, cues: int
) -> tuple[dict[int, str], dict[int, float]]:
    """Return the titles as given, and the scores 0-1, of the topics and cues that were sent.

    They count from 1. What is said about others is dropped, and of two the first counts.
    """
    if not text or not text.strip():
        raise BadAnswer("it was empty")
    if len(text) > MAX_ANSWER_CHARS:
        raise BadAnswer(f"it had {len(text)} characters, more than {MAX_ANSWER_CHARS}")
    answer = _parse(text)
    scores: dict[int, float] = {}
    for judged in answer.cues:
        if 1 <= judged.cue <= cues:
            scores.setdefault(judged.cue, min(1.0, max(0.0, judged.score)))
    if answer.cues and not scores:
        raise BadAnswer("it named none of the cues that were sent")
    titles: dict[int, str] = {}
    for named in answer.titles:
        if 1 <= named.topic <= topics:
            titles.setdefault(named.topic, named.title)
    return titles, scores


def _parse(text: str) -> Answer:
    fenced = _FENCE.match(text)
    try:
        value = json.loads(
            fenced.group(1) if fenced else text,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_duplicates,
        )
        return Answer.model_validate(value)
    except (ValidationError, RecursionError, ValueError) as error:
        raise BadAnswer("it did not keep to the form that was asked for") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice")
    return value


def read_title(title: str, said: Sequence[str]) -> str:
    """Return a heading in plain characters, or "" if it is none for what was said in its topic.

    None is a sentence, whole or cut off, and words that name nothing. Of what it names something
    must have been said: so no title comes in another language, from another topic or from
    nowhere.
    """
    clean = clean_title(title)
    words = split_words(clean)
    naming = {stem(word) for word in words if word not in function_words()}
    too_long = len(title) > MAX_TITLE_CHARS or len(clean.split()) > MAX_TITLE_WORDS
    if too_long or _ENDED.search(title) or _SAYS.search(clean):
        return ""
    if len(naming) * 2 < len(set(words)) or any(_begins(text, words) for text in said):
        return ""
    return clean if naming & {stem(word) for text in said for word in split_words(text)} else ""


def _begins(text: str, words: Sequence[str]) -> bool:
    """Return whether a sentence begins with the words of a title that is long enough to tell."""
    return len(words) >= COPIED_WORDS and split_words(text)[: len(words)] == words
