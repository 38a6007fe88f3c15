# ruff: noqa: RUF001 - other scripts' punctuation is meant
"""Where a sentence ends: told from abbreviations, numbers and names by what follows."""

from __future__ import annotations

import re

CLOSERS = "\"')]}»”’」』"
OPENERS = "\"'([{«“‘¿¡"
ENDS = tuple(".!?…。！？؟।۔")
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


def ends_sentence(text: str, following: str = "", pause_s: float = 0.0) -> bool:
    """Return whether a sentence ends after the word `text`; a pause decides doubtful cases."""
    bare = text.rstrip(CLOSERS)
    if not bare.endswith(ENDS):
        return False
    first = following.lstrip(OPENERS)[:1]
    if not bare.endswith(".") or bare.endswith(".."):
        # "Yahoo! is": the mark belongs to a name, unless the speaker stops there.
        goes_on = bare.endswith(("…", "..")) or (bare[0].isupper() and pause_s < BRIEF_S)
        return not (goes_on and first.islower())
    stem = bare[:-1].lstrip(OPENERS)
    if _ABBREVIATIONS.fullmatch(stem) and stem != "I":
        return False
    if first.islower() and (pause_s < CLEAR_S or not stem.isalpha()):
        return False
    if _NUMBERED.fullmatch(stem) and first.isdecimal():
        return False
    return pause_s >= CLEAR_S or not _DOUBTFUL.fullmatch(stem)
