# ruff: noqa: RUF001 - other scripts' punctuation is meant
"""Subtitles: words into cues that people can read in time, and cues into safe SRT and VTT text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from agents.types import Cue, Interval, Word

MIN_CUE_S = 1.0
MAX_CUE_S = 7.0
CHARS_PER_S = 20.0
"""Reading speed that a cue is held on the screen for, where the next words leave the time."""
LINGER_S = 0.3
"""How long a cue stays after its last word."""
PAUSE_S = 1.0
"""A pause this long (in the clip) always begins a new cue."""

# Line and paragraph separators break lines in some readers; bidirectional overrides, zero-width
# spaces and byte order marks only serve to disguise text.
_DROPPED = dict.fromkeys(
    [0x200B, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFFF9, 0xFFFC)]
)
_BREAKS = {0x0D: "\n", 0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n", 0x09: " "}
_UNPRINTABLE = {"Cc", "Cs", "Cn", "Co"}
_SPACES = re.compile(r"[^\S\n]+")
# Scripts written without spaces: Thai to Myanmar, Khmer, kana, Han, full-width forms (not Hangul).
_UNSPACED = r"[\u0e00-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_IS_UNSPACED = re.compile(_UNSPACED)
_NEVER_FIRST = "、。，．！？：；）」』】〉》ー々"
_CLOSERS = "\"')]}»”’」』"
_ENDS = tuple(".!?…。！？؟।۔")
_CLAUSES = tuple(",;:，、；：،—–")
_ABBREVIATIONS = re.compile(
    "dr|mr|mrs|ms|prof|st|vs|figs?|nos?|vol|eqs?|sec|ch|pp|approx|dept|cf|gen|col|lt|sgt|capt|hon"
    "|rev|rep|sen|gov|pres|eds?|refs?|jan|feb|mar|apr|jun|jul|aug|sept|oct|nov|dec"
    "|bzw|usw|ca|evtl|ggf|vgl|nr|bd|str|hr|fr|mme|mlle|sra?|srta|dra|ing|[a-z]",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(r"etc|al|jr|inc|ltd|co|corp|(\w\.)+\w|\d{1,2}", re.IGNORECASE)
"""May or may not end a sentence: "etc.", "p.m.", "3." (an ordinal in many languages)."""


def clean_text(text: str) -> str:
    """Return NFC text without control characters; blank lines and doubled spaces are dropped."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = unicodedata.normalize("NFC", text.translate(_BREAKS).translate(_DROPPED))
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in _UNPRINTABLE)
    lines = (_SPACES.sub(" ", line).strip() for line in kept.split("\n"))
    return "\n".join(line for line in lines if line)


def join_words(texts: Iterable[str]) -> str:
    """Return the words as running text: no space between words of scripts that use none."""
    line = ""
    for text in texts:
        glued = line and text and _IS_UNSPACED.match(line[-1]) and _IS_UNSPACED.match(text[0])
        line += text if glued or not line else f" {text}"
    return line


def ends_sentence(text: str, following: str = "", pause_s: float = 0.0) -> bool:
    """Return whether a sentence ends after the word `text`; a pause decides doubtful cases."""
    bare = text.rstrip(_CLOSERS)
    if not bare.endswith(_ENDS):
        return False
    first = following.lstrip("\"'([{«“‘¿¡")[:1]
    if not bare.endswith(".") or bare.endswith(".."):
        return not (bare.endswith(("…", "..")) and first.islower())
    if first.islower():
        return False
    stem = bare[:-1].lstrip("\"'([{«“‘¿¡")
    if _ABBREVIATIONS.fullmatch(stem) and stem != "I":
        return False
    return pause_s >= 0.3 or not _DOUBTFUL.fullmatch(stem)


def format_time(seconds: float, decimal: str) -> str:
    """Return `HH:MM:SS` + `decimal` + milliseconds: rounded to whole ms first, then split."""
    return _format_ms(round(max(0.0, seconds) * 1000), decimal)


def to_srt(cues: Iterable[Cue]) -> str:
    """Return SubRip text with exactly one block per cue, whatever the cues contain."""
    blocks = (
        f"{number}\n{_times(cue, ',')}\n{_srt_text(cue.text)}\n"
        for number, cue in enumerate(cues, start=1)
    )
    return "\n".join(blocks)


def to_vtt(cues: Iterable[Cue]) -> str:
    """Return WebVTT text with exactly one block per cue, markup escaped."""
    blocks = (f"{_times(cue, '.')}\n{_vtt_text(cue.text)}\n" for cue in cues)
    return "\n".join(["WEBVTT\n", *blocks])


def make_cues(
    words: Sequence[Word],
    parts: Sequence[Interval],
    *,
    max_chars: int = 42,
    max_lines: int = 2,
) -> tuple[Cue, ...]:
    """Return the words' cues in the time of a clip that plays only `parts`, one after another."""
    moved = [
        piece for word in _move_words(words, parts) for piece in _split_long_word(word, max_chars)
    ]
    groups: list[list[Word]] = []
    for sentence in _runs(moved):
        groups += _divide(sentence, max_chars, max_lines)
    groups = _merge_short(groups, max_chars, max_lines)
    return tuple(_timed(groups, sum(part.duration for part in parts), max_chars))


def wrap_text(text: str, max_chars: int) -> list[str]:
    """Return the text in the fewest lines of at most `max_chars` columns, evenly filled."""
    tokens = _tokens(text, max_chars)
    lines = _fill(tokens, max_chars)
    # The narrowest width that needs no further line leaves the lines about equally long.
    low, high = text_width(text) // max(1, len(lines)), max_chars
    while low < high:
        middle = (low + high) // 2
        if len(_fill(tokens, middle)) <= len(lines):
            high = middle
        else:
            low = middle + 1
    return _fill(tokens, high)


def text_width(text: str) -> int:
    """Return the columns that the text takes: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _format_ms(ms: int, decimal: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{decimal}{ms:03d}"


def _times(cue: Cue, decimal: str) -> str:
    start = round(cue.start * 1000)
    end = max(round(cue.end * 1000), start + 1)  # a reader drops a cue that ends when it begins
    return f"{_format_ms(start, decimal)} --> {_format_ms(end, decimal)}"


def _srt_text(text: str) -> str:
    # SubRip has no escapes: an invisible space stops "<b>" and "{\an8}" from acting as markup.
    text = re.sub(r"-{2,}>", "→", clean_text(text))
    return re.sub(r"<(?=[A-Za-z/!])|\{(?=\\)", "\\g<0>\u200b", text) or "…"


def _vtt_text(text: str) -> str:
    text = clean_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text or "…"


def _move_words(words: Sequence[Word], parts: Sequence[Interval]) -> list[Word]:
    """Return the words spoken in the parts, in clip time; none begins before the last."""
    moved: list[Word] = []
    offset = earliest = 0.0
    for part in parts:
        for word in words:
            if not part.start <= (word.start + word.end) / 2 < part.end:
                continue
            text = clean_text(word.text).replace("\n", " ")
            start = max(word.start - part.start, 0.0) + offset
            end = min(word.end, part.end) - part.start + offset
            start = min(max(start, earliest), end - 0.001)
            if text and start >= 0:
                moved.append(Word(start, end, text, word.probability))
                earliest = start
        offset += part.duration
    return moved


def _split_long_word(word: Word, max_chars: int) -> list[Word]:
    if text_width(word.text) <= max_chars:
        return [word]
    pieces = _fill(_tokens(word.text, max_chars), max_chars)
    step = word.duration / len(pieces)
    return [
        Word(word.start + i * step, word.start + (i + 1) * step, piece, word.probability)
        for i, piece in enumerate(pieces)
    ]


def _runs(words: Sequence[Word]) -> list[list[Word]]:
    """Return the words in stretches that no sentence end and no long pause divides."""
    runs: list[list[Word]] = []
    run: list[Word] = []
    for word, after in zip(words, [*words[1:], None], strict=True):
        run.append(word)
        gap = after.start - word.end if after else 0.0
        if after is None or gap >= PAUSE_S or ends_sentence(word.text, after.text, gap):
            runs.append(run)
            run = []
    return runs


def _divide(words: list[Word], max_chars: int, max_lines: int) -> list[list[Word]]:
    """Return one run as cues of about equal length, broken at commas and pauses where possible."""
    groups: list[list[Word]] = []
    widths = [text_width(word.text) + 1 for word in words]
    begin = 0
    while not _fits(words[begin:], max_chars, max_lines):
        rest = sum(widths[begin:])
        span = words[-1].end - words[begin].start
        pieces = max(2, -(-rest // (max_chars * max_lines)), -(-span // MAX_CUE_S))
        end = _best_break(words, widths, begin, rest / pieces)
        while end - begin > 1 and not _fits(words[begin:end], max_chars, max_lines):
            end -= 1
        groups.append(words[begin:end])
        begin = end
    groups.append(words[begin:])
    return groups


def _best_break(words: list[Word], widths: list[int], begin: int, target: float) -> int:
    best, best_cost, width = begin + 1, float("inf"), 0
    for end in range(begin + 1, len(words)):
        width += widths[end - 1]
        cost = abs(width - target) / target
        if words[end - 1].text.endswith(_CLAUSES):
            cost -= 0.3
        elif words[end].start - words[end - 1].end >= 0.25:
            cost -= 0.2
        if cost < best_cost:
            best, best_cost = end, cost
        if width > 1.6 * target:
            break
    return best


def _fits(words: list[Word], max_chars: int, max_lines: int) -> bool:
    if len(words) == 1:
        return True
    if words[-1].end - words[0].start > MAX_CUE_S or len(words) > max_chars * max_lines:
        return False
    return len(_fill(_tokens(_text(words), max_chars), max_chars)) <= max_lines


def _text(words: Iterable[Word]) -> str:
    return join_words(word.text for word in words)


def _tokens(text: str, max_chars: int) -> list[str]:
    """Return the pieces between which a line may break; a piece keeps the space before it."""
    if text.isascii():
        return re.findall(rf"\s*\S{{1,{max_chars}}}", text)
    rest = rf"(?:(?!{_UNSPACED})\S){{1,{max_chars}}}"
    return re.findall(rf"\s*(?:(?![{_NEVER_FIRST}]){_UNSPACED}[{_NEVER_FIRST}]*|{rest}|\S)", text)


def _fill(tokens: Sequence[str], max_chars: int) -> list[str]:
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


def _merge_short(groups: list[list[Word]], max_chars: int, max_lines: int) -> list[list[Word]]:
    """Return the cues with those too short to read, or of one word, joined to a neighbour."""
    merged: list[list[Word]] = []
    for group in groups:
        near = merged and group[0].start - merged[-1][-1].end < PAUSE_S
        short = near and (_is_short(group) or _is_short(merged[-1]))
        if short and _fits(merged[-1] + group, max_chars, max_lines):
            merged[-1] = merged[-1] + group
        else:
            merged.append(group)
    return merged


def _is_short(words: list[Word]) -> bool:
    return len(words) == 1 or words[-1].end - words[0].start < MIN_CUE_S


def _timed(groups: list[list[Word]], duration: float, max_chars: int) -> Iterator[Cue]:
    """Yield the cues, each held as long as its text needs and the next one allows."""
    for group, after in zip(groups, [*groups[1:], None], strict=True):
        text = _text(group)
        start = group[0].start
        needed = max(MIN_CUE_S, text_width(text) / CHARS_PER_S, group[-1].end - start + LINGER_S)
        limit = after[0].start if after else max(duration, group[-1].end)
        end = min(start + min(needed, MAX_CUE_S), limit)
        yield Cue(start, max(end, start + 0.001), "\n".join(wrap_text(text, max_chars)))
