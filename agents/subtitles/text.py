"""Text for people, whatever came in: cleaned, joined, divided into sentences and lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from agents.subtitles.phrases import NEVER_FIRST, break_cost

# Bidirectional overrides, zero-width spaces and byte order marks only serve to disguise text.
_DROPPED: dict[int, None] = dict.fromkeys((0x200B, 0xFEFF, 0xFFFE, 0xFFFF))
_DROPPED |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFFF9, 0xFFFC)))
_BREAKS = {0x0D: "\n", 0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n", 0x09: " "}
_UNPRINTABLE = {"Cc", "Cs"}
_SPACES = re.compile(r"[^\S\n]+")
# Scripts written without spaces: Thai to Myanmar, Khmer, kana, Han, full-width forms (not Hangul).
_UNSPACED = r"[\u0e00-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_IS_UNSPACED = re.compile(_UNSPACED)
# What stays with the letter before it (Thai, Lao, Myanmar, Khmer, kana) or after it (Thai, Lao).
_MARKS = (
    r"[\u0e31\u0e33-\u0e3a\u0e45-\u0e4e\u0eb1\u0eb3-\u0ebc\u0ec8-\u0ece"
    r"\u102b-\u103e\u1056-\u1060\u17b4-\u17d3\u17dd\u3099\u309a]"
)
_LEADING = r"[\u0e40-\u0e44\u0ec0-\u0ec4]"

UNEVEN = 30.0
"""Cost of a line that is a whole line too short or too long; goes by the square."""
ORPHAN = 12.0
"""Cost of a line of one short word."""
ORPHAN_WIDTH = 0.4
"""A word that takes less of the line than this is short."""


def clean_text(text: str) -> str:
    """Return NFC text without control characters; blank lines and doubled spaces are dropped."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = unicodedata.normalize("NFC", text.translate(_BREAKS).translate(_DROPPED))
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in _UNPRINTABLE)
    lines = (_SPACES.sub(" ", line).strip() for line in kept.split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Return clean text on one line, its words one space apart."""
    return " ".join(clean_text(text).split())


def join_words(texts: Iterable[str]) -> str:
    """Return the words as running text: no space between words of scripts that use none."""
    line = ""
    for text in texts:
        glued = line and text and _IS_UNSPACED.match(line[-1]) and _IS_UNSPACED.match(text[0])
        line += text if glued or not line else f" {text}"
    return line


def split_words(text: str) -> list[str]:
    """Return the words of the text; of scripts without spaces, the characters."""
    return text.split() if text.isascii() else [p.strip() for p in line_pieces(text, 1000)]


def wrap_text(text: str, max_chars: int) -> list[str]:
    """Return the text in the fewest lines of at most `max_chars` columns.

    They end where phrases end, and are about equally long.
    """
    tokens = line_pieces(text, max_chars)
    lines = fill_lines(tokens, max_chars)
    if len(lines) < 2:
        return lines
    wanted = text_width(text) / len(lines)
    costs = [break_cost(a, b) for a, b in pairwise(tokens)] + [0.0]
    # Per number of tokens: the fewest lines that hold them, what their breaks cost, the last break.
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for end in range(1, len(tokens) + 1):
        found, width = (len(tokens) + 1, 0.0, 0), 0
        for first in range(end - 1, -1, -1):
            width += text_width(tokens[first])
            shown = width - (len(tokens[first]) - len(tokens[first].lstrip()))
            if shown > max_chars:
                break
            count, cost, _ = best[first]
            cost += costs[end - 1] + UNEVEN * ((shown - wanted) / max_chars) ** 2
            cost += ORPHAN * (end - first == 1 and shown < ORPHAN_WIDTH * max_chars)
            found = min(found, (count + 1, cost, first))
        best.append(found)
    ends = [len(tokens)]
    while best[ends[-1]][2]:
        ends.append(best[ends[-1]][2])
    return ["".join(tokens[a:b]).strip() for a, b in pairwise([0, *reversed(ends)])]


def text_width(text: str) -> int:
    """Return the columns that the text takes: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def line_pieces(text: str, max_chars: int) -> list[str]:
    """Return the pieces between which a line may break; a piece keeps the space before it."""
    if text.isascii():
        return re.findall(rf"\s*\S{{1,{max_chars}}}", text)
    rest = rf"(?:(?!{_UNSPACED})\S){{1,{max_chars}}}"
    alone = rf"{_LEADING}?(?![{NEVER_FIRST}]){_UNSPACED}{_MARKS}*[{NEVER_FIRST}]*"
    return re.findall(rf"\s*(?:{alone}|{rest}|\S)", text)


def fill_lines(tokens: Sequence[str], max_chars: int) -> list[str]:
    """Return the tokens in lines, each as full as possible."""
    lines: list[str] = []
    line, width = "", 0
    for token in tokens:
        added = text_width(token)
        if line and width + added > max_chars:
            lines.append(line)
            line = ""
        if not line:
            token = token.lstrip()
            width, added = 0, text_width(token)
        line += token
        width += added
    return [*lines, line] if line else lines
