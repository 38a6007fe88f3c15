"""Lectures that a page can be opened with."""

from __future__ import annotations

from collections.abc import Iterable

from app.services.lectures import LectureCard


def lecture_choices(cards: Iterable[LectureCard]) -> list[tuple[str, str]]:
    """Return (id, title) of the lectures that have clips."""
    return [(card.lecture.id, card.lecture.title) for card in cards if card.clips]
