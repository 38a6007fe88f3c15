"""Subtitles: words into cues that people can read in time, and cues into safe SRT, VTT and TTML."""

from agents.subtitles.cues import make_cues
from agents.subtitles.files import format_time, to_srt, to_vtt
from agents.subtitles.fixes import fix_segments, fix_sentences
from agents.subtitles.sentences import ends_sentence
from agents.subtitles.text import (
    clean_text,
    join_words,
    one_line,
    split_words,
    text_width,
    wrap_text,
)
from agents.subtitles.ttml import to_ttml

__all__ = [
    "clean_text",
    "ends_sentence",
    "fix_segments",
    "fix_sentences",
    "format_time",
    "join_words",
    "make_cues",
    "one_line",
    "split_words",
    "text_width",
    "to_srt",
    "to_ttml",
    "to_vtt",
    "wrap_text",
]
