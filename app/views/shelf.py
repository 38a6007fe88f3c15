"""Which lectures the library shows, and in which order: plain functions over its cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.services.lectures import LectureCard
from app.services.search import titled, words_of
from app.views.text import ACTIVE

STATUS: Mapping[str, set[str] | None] = {
    "All": None,
    "Running": ACTIVE,
    "Ready": {"completed"},
    "Failed": {"failed", "cancelled"},
}
LENGTHS: Mapping[str, tuple[float, float]] = {
    "Any length": (0.0, float("inf")),
    "Under 20 min": (0.0, 1200.0),
    "20 to 60 min": (1200.0, 3600.0),
    "Over 60 min": (3600.0, float("inf")),
}
ADDED: Mapping[str, timedelta | None] = {
    "Any time": None,
    "Last 24 hours": timedelta(days=1),
    "Last 7 days": timedelta(days=7),
    "Last 30 days": timedelta(days=30),
}
ANY_LANGUAGE = "Any language"
ORDERS: Mapping[str, tuple[Callable[[LectureCard], Any], bool]] = {
    "Newest first": (lambda card: card.lecture.created, True),
    "Oldest first": (lambda card: card.lecture.created, False),
    "Title": (lambda card: card.lecture.title.casefold(), False),
    "Longest first": (lambda card: card.lecture.duration or 0.0, True),
    "Most clips first": (lambda card: card.clips, True),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person wants to see; the fields hold the names of the choices above."""

    text: str = ""
    status: str = "All"
    language: str = ANY_LANGUAGE
    length: str = "Any length"
    added: str = "Any time"
    order: str = "Newest first"


def chosen_cards(
    cards: Iterable[LectureCard], filters: Filters, said_in: Iterable[str], now: datetime
) -> list[LectureCard]:
    """Return the cards that pass every filter, in order; `said_in` are lectures with hits."""
    words, said_in = words_of(filters.text), set(said_in)
    key, backwards = ORDERS[filters.order]
    kept = (card for card in cards if _passes(card, filters, now))
    if words:
        kept = (
            card for card in kept if card.lecture.id in said_in or titled(card.lecture.title, words)
        )
    return sorted(kept, key=key, reverse=backwards)


def _passes(card: LectureCard, filters: Filters, now: datetime) -> bool:
    lecture, states, since = card.lecture, STATUS[filters.status], ADDED[filters.added]
    low, high = LENGTHS[filters.length]
    fits = filters.length == "Any length" or low <= (lecture.duration or -1.0) < high
    return (
        fits
        and (states is None or card.state in states)
        and filters.language in (ANY_LANGUAGE, lecture.language)
        and (since is None or lecture.created >= now - since)
    )


def languages(cards: Iterable[LectureCard]) -> list[str]:
    """Return the choices for the language: any, and those that occur."""
    return [ANY_LANGUAGE, *sorted({c.lecture.language for c in cards if c.lecture.language})]
