"""Search over all lectures: in their titles and in what was said."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.recent import Recent
from app.security.access import visible_now
from app.services.core import Core
from data.lectures import Visible
from data.search import search_said

WORDS = re.compile(r'"([^"]*)"?|([^\s"]+)')
MOST_WORDS = 8
MOST_CHARACTERS = 200
PER_LECTURE = 5
"""Places of one lecture that are shown."""
MOST_HITS = 2_000
KEPT_ANSWERS = 64
"""Answers that stay in memory until somebody commits, each for whoever sees the same lectures."""
AROUND = 90
"""Characters before and after the first word that are shown."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a lecture where the words were said; `text` is untrusted."""

    lecture_id: str
    title: str
    job_id: str
    start: float
    text: str
    found: int
    """Places in the lecture, also those that are not shown."""


class Search:
    """Finds lectures by words; words in quotes belong together."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._said = Recent(KEPT_ANSWERS)

    def said(self, text: str) -> list[Hit]:
        """Return where the words were said, a few places of each lecture, newest first."""
        words = words_of(text)
        if not words:
            return []
        visible = visible_now(self.core.access)
        asked = f"{self.core.store.version()} {words} {visible}"
        found = self._said.get(asked)
        return [
            *(found if found is not None else self._said.keep(asked, self._find(words, visible)))
        ]

    def _find(self, words: list[str], visible: Visible | None) -> list[Hit]:
        with self.core.store.read() as con:
            rows = search_said(
                con, words, per_lecture=PER_LECTURE, limit=MOST_HITS, visible=visible
            )
        return [
            Hit(
                *(row.lecture_id, row.title, row.job_id, row.t0),
                *(words_around(row.txt, words), row.found),
            )
            for row in rows
        ]


def words_of(text: str) -> list[str]:
    """Return the words and quoted phrases of a question, at most a few."""
    printable = (c if unicodedata.category(c)[0] != "C" else " " for c in text[:MOST_CHARACTERS])
    cleaned = unicodedata.normalize("NFC", "".join(printable))
    words = (quoted.strip() or word for quoted, word in WORDS.findall(cleaned))
    return [word for word in words if word][:MOST_WORDS]


def titled(title: str, words: list[str]) -> bool:
    """Return whether all the words occur in a title."""
    return all(word.casefold() in title.casefold() for word in words)


def words_around(text: str, words: list[str]) -> str:
    """Return the text around the first of the words, cut at blanks, with … where it goes on."""
    line = " ".join(text.split())
    at = min((p for word in words if (p := line.casefold().find(word.casefold())) >= 0), default=0)
    start = 0 if at <= AROUND else max(0, line.rfind(" ", 0, at - AROUND) + 1, at - 2 * AROUND)
    end = min(len(line), at + 2 * AROUND)
    if end < len(line):
        end = max(line.rfind(" ", at + AROUND, end), at + AROUND)
    return f"{'… ' if start else ''}{line[start:end]}{' …' if end < len(line) else ''}"
