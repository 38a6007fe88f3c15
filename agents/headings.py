# ruff: noqa: RUF001 - the typographic apostrophe is meant
"""Headings out of text that nobody vouches for: one line of plain characters."""

from __future__ import annotations

import re

_CLEAN = re.compile(r"[^\w\s,.:;'’\-+&/()]|_")


def clean_title(text: str, limit: int = 80) -> str:
    """Return `text` as one line of plain characters, cut at a word if it is too long."""
    line = " ".join(_CLEAN.sub(" ", text).split()).strip(" ,.:;-+/&'’")
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0].rstrip(" ,.:;-+/&")
