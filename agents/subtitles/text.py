# ruff: noqa: RUF001 - other scripts' punctuation is meant
"""Text for people, whatever came in: cleaned, joined, divided into sentences and lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

# Bidirectional overrides, zero-width spaces and byte order marks only serve to disguise text.
_DROPPED: dict[int, None] = dict.fromkeys((0x200B, 0xFEFF, 0xFFFE, 0xFFFF))
_DROPPED |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFFF9, 0xFFFC)))
_BREAKS = {0x0D: "\n", 0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n", 0x09: " "}
_UNPRINTABLE = {"Cc", "Cs"}
_SPACES = re.compile(r"[^\S\n]+")
# Scripts written without spaces: Thai to Myanmar, Khmer, kana, Han, full-width forms (not Hangul).
_UNSPACED = r"[\u0e00-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_IS_UNSPACED = re.compile(_UNSPACED)
_NEVER_FIRST = "、。，．！？：；）」』】〉》ー々"
_CLOSERS = "\"')]}»”’」』"
_ENDS = tuple(".!?…。！？؟।۔")
_ABBREVIATIONS = re.compile(
    "dr|mr|mrs|ms|prof|st|vs|approx|dept|cf|gen|lt|sgt|capt|hon|rev|sen|gov|pres|eds?"
    "|jan|feb|mar|apr|jun|jul|aug|sept|oct|nov|dec"
    "|resp|mt|ft|viz|ibid|approx|incl|excl|inkl|exkl|mio|mrd|bzgl|sog|zit"
    "|bzw|usw|ca|evtl|ggf|vgl|str|hr|fr|mme|mlle|sra?|srta|dra|ing|[a-z]",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    "no|nos|nr|figs?|vol|eqs?|sec|ch|pp?|pg|refs?|bd|art|para?|abb|abs|kap|tab|lit|exp?",
    re.IGNORECASE,
)
"""Abbreviations before a number: "Fig. 3"."""
_DOUBTFUL = re.compile(r"etc|al|jr|inc|ltd|co|corp|min|max|(\w\.)+\w|\d{1,2}", re.IGNORECASE)
"""May or may not end a sentence: "etc.", "p.m.", "3." (an ordinal in many languages)."""


BRIEF_S, CLEAR_S = 0.15, 0.3
"""Pauses, in seconds, from which on they speak for the end of a sentence in a doubtful case."""


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


def ends_sentence(text: str, following: str = "", pause_s: float = 0.0) -> bool:
    """Return whether a sentence ends after the word `text`; a pause decides doubtful cases."""
    bare = text.rstrip(_CLOSERS)
    if not bare.endswith(_ENDS):
        return False
    first = following.lstrip("\"'([{«“‘¿¡")[:1]
    if not bare.endswith(".") or bare.endswith(".."):
        # "Yahoo! is": the mark belongs to a name, unless the speaker stops there.
        goes_on = bare.endswith(("…", "..")) or (bare[0].isupper() and pause_s < BRIEF_S)
        return not (goes_on and first.islower())
    stem = bare[:-1].lstrip("\"'([{«“‘¿¡")
    if _ABBREVIATIONS.fullmatch(stem) and stem != "I":
        return False
    if first.islower() and (pause_s < CLEAR_S or not stem.isalpha()):
        return False
    if _NUMBERED.fullmatch(stem) and first.isdecimal():
        return False
    return pause_s >= CLEAR_S or not _DOUBTFUL.fullmatch(stem)


def wrap_text(text: str, max_chars: int) -> list[str]:
    """Return the text in the fewest lines of at most `max_chars` columns, evenly filled."""
    tokens = line_pieces(text, max_chars)
    lines = fill_lines(tokens, max_chars)
    # The narrowest width that needs no further line leaves the lines about equally long.
    low, high = text_width(text) // max(1, len(lines)), max_chars
    while low < high:
        middle = (low + high) // 2
        if len(fill_lines(tokens, middle)) <= len(lines):
            high = middle
        else:
            low = middle + 1
    return fill_lines(tokens, high)


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
    return re.findall(rf"\s*(?:(?![{_NEVER_FIRST}]){_UNSPACED}[{_NEVER_FIRST}]*|{rest}|\S)", text)


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
