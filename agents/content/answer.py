"""What Gemini may answer, and the door that every answer passes: strict, capped, cleaned."""

from __future__ import annotations

import json
import re
from collections.abc import Container
from typing import Any, NoReturn

from pydantic import BaseModel, Field, ValidationError

from agents.headings import clean_title

MAX_ANSWER_CHARS = 200_000
"""A longer answer is refused unread."""
MAX_TITLE_WORDS = 8
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


class BadAnswer(Exception):
    """The answer cannot be used; the message says why, without quoting it."""


class JudgedCue(BaseModel):
    """One cue that matters."""

    cue: int = Field(strict=True)
    score: float = Field(strict=True)


class Answer(BaseModel):
    """What is asked of Gemini for one topic."""

    title: str = Field(strict=True)
    cues: list[JudgedCue]


def read_answer(text: str | None, known: Container[int]) -> tuple[str, dict[int, float]]:
    """Return the title ("" if it is none) and the score 0-1 of each known cue, the first counts."""
    if not text or not text.strip():
        raise BadAnswer("it was empty")
    if len(text) > MAX_ANSWER_CHARS:
        raise BadAnswer(f"it had {len(text)} characters, more than {MAX_ANSWER_CHARS}")
    answer = _parse(text)
    scores: dict[int, float] = {}
    for judged in answer.cues:
        if judged.cue in known:
            scores.setdefault(judged.cue, min(1.0, max(0.0, judged.score)))
    if answer.cues and not scores:
        raise BadAnswer("it named none of the cues that were sent")
    return read_title(answer.title), scores


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


def read_title(title: str) -> str:
    """Return a heading in plain characters, or "" if the answer gave a sentence or nothing."""
    clean = clean_title(title)
    return clean if len(clean.split()) <= MAX_TITLE_WORDS else ""
