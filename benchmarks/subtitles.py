"""How subtitles of real speech turn out: lines, times, reading speed, orphans, and how exact.

`uv run python -m benchmarks.subtitles WORDS...`, where WORDS are files of word times, one
"[00:00:15.850 --> 00:00:16.330] So" a line (MaViLS, words/*.srt), or NAME.truth.json of a rendered
lecture. Every lecture is divided into clips of about a minute at the ends of sentences, and their
long pauses are cut as the extractor cuts them, so the figures are those of clips.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np

from agents.extract.params import ExtractParams
from agents.extract.timing import find_cuts
from agents.subtitles import ends_sentence, make_cues, text_width
from agents.types import Cue, Interval, Word

CLIP_S = 60.0
CHARS_PER_S = 20.0
STEP_S = 0.08
"""How far an edge may be off the words."""
BLINK_S = 0.25
"""Between two cues, a gap shorter than this is a flash."""
LEANING = {"a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with"}
LEANING |= {"and", "or", "but", "that", "which", "is", "are", "as", "if"}
"""A line that ends with one of these breaks a phrase."""


@dataclass
class Tally:
    """Counts over cues."""

    clips: int = 0
    cues: int = 0
    over_two_lines: int = 0
    over_42: int = 0
    over_7s: int = 0
    under_1s: int = 0
    one_word: int = 0
    one_word_line: int = 0
    breaks: int = 0
    """Places at which a cue or a line ends inside a sentence."""
    leaning: int = 0
    """Of those, after a word that belongs to the next."""
    fast: int = 0
    """Over 20 characters a second though the time until the next words would allow less."""
    fast_speech: int = 0
    """Over 20 characters a second because so much is said."""
    flashes: int = 0
    overlaps: int = 0
    late_starts: int = 0
    early_ends: int = 0
    lost_words: int = 0

    def add(self, other: Tally) -> None:
        """Count the other's cues, too."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def read_words(path: Path) -> list[Word]:
    """Return the words of a file in order."""
    if path.suffix == ".json":
        said = json.loads(path.read_text("utf-8"))["words"]
        return [word for w in said for word in _single(w["t0"], w["t1"], w["text"])]
    words = []
    for line in path.read_text("utf-8").splitlines():
        found = re.match(r"\[([\d:.]+) --> ([\d:.]+)\]\s*(.+)", line)
        if found:
            start, end = _seconds(found[1]), _seconds(found[2])
            words.append(Word(start, max(end, start + 0.001), found[3]))
    return words


def _single(start: float, end: float, text: str) -> Iterator[Word]:
    """Yield the words of an entry that may hold several, each with its share of the time."""
    pieces = text.split()
    step = max(end - start, 0.001) / len(pieces)
    for number, piece in enumerate(pieces):
        yield Word(start + number * step, start + (number + 1) * step, piece)


def _seconds(text: str) -> float:
    hours, minutes, seconds = text.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def divide(words: Sequence[Word]) -> Iterator[tuple[list[Word], tuple[Interval, ...]]]:
    """Yield the words of clips and the parts that each keeps."""
    begun = 0
    for i, (word, after) in enumerate(pairwise(words), start=1):
        over = ends_sentence(word.text, after.text, after.start - word.end)
        if over and word.end - words[begun].start >= CLIP_S:
            yield list(words[begun:i]), keep(words[begun:i])
            begun = i


def keep(words: Sequence[Word]) -> tuple[Interval, ...]:
    """Return the parts of a clip of these words, its long pauses cut."""
    params = ExtractParams()
    starts, ends = (np.array([getattr(w, side) for w in words]) for side in ("start", "end"))
    quiet = np.array([[a.end, b.start] for a, b in pairwise(words) if b.start > a.end])
    cuts = find_cuts(starts, ends, quiet.reshape(-1, 2), params)
    pad = params.edge_pad_s
    edges = [max(0.0, words[0].start - pad), *cuts.ravel().tolist(), words[-1].end + pad]
    return tuple(Interval(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))


def clip_times(words: Sequence[Word], parts: Sequence[Interval]) -> list[tuple[float, float]]:
    """Return when each word is heard in the clip: worked out anew, apart from the product."""

    def heard(time: float) -> float:
        return sum(max(0.0, min(time, part.end) - part.start) for part in parts)

    return [(heard(word.start), heard(word.end)) for word in words]


def check(words: Sequence[Word], parts: Sequence[Interval], cues: Sequence[Cue]) -> Tally:
    """Return what is to be counted in one clip."""
    tally = Tally(clips=1, cues=len(cues))
    times = clip_times(words, parts)
    duration = sum(part.duration for part in parts)
    at = 0
    for number, cue in enumerate(cues):
        lines = cue.text.split("\n")
        count = len(cue.text.split())
        spoken, at = times[at : at + count], at + count
        following = cues[number + 1].start if number + 1 < len(cues) else duration
        tally.over_two_lines += len(lines) > 2
        tally.over_42 += any(text_width(line) > 42 for line in lines)
        tally.over_7s += cue.duration > 7.0005
        tally.under_1s += cue.duration < 0.9995
        tally.one_word += count == 1
        tally.one_word_line += any(len(line.split()) == 1 and count > 2 for line in lines)
        _check_breaks(tally, lines, words[at] if at < len(words) else None)
        chars = text_width(cue.text)
        if chars / cue.duration > CHARS_PER_S + 0.01:
            possible = min(7.0, following - cue.start)
            tally.fast_speech += chars / possible > CHARS_PER_S
            tally.fast += chars / possible <= CHARS_PER_S
        tally.flashes += 0.001 < following - cue.end < BLINK_S and number + 1 < len(cues)
        tally.overlaps += following < cue.end - 0.0011
        if spoken:
            tally.late_starts += abs(cue.start - spoken[0][0]) > STEP_S
            tally.early_ends += cue.end < spoken[-1][1] - STEP_S
    tally.lost_words += abs(at - len(words))
    return tally


def _check_breaks(tally: Tally, lines: list[str], after: Word | None) -> None:
    ends = [line.split()[-1] for line in lines]
    inner = ends[:-1] if after is None else ends
    for word in inner:
        if word[-1] in ".?!":
            continue
        tally.breaks += 1
        tally.leaning += word.lower() in LEANING


def measure(path: Path) -> Tally:
    """Return the counts of one lecture."""
    total = Tally()
    for words, parts in divide(read_words(path)):
        total.add(check(words, parts, make_cues(words, parts)))
    return total


def main() -> None:
    """Print one line per lecture and their sum."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("words", type=Path, nargs="+")
    names = [field.name for field in fields(Tally)]
    print("| lecture | " + " | ".join(names).replace("_", " ") + " |")
    print("|---" * (len(names) + 1) + "|")
    total = Tally()
    for path in parser.parse_args().words:
        tally = measure(path)
        total.add(tally)
        print(_row(path.name.split(".")[0][:32], tally))
    print(_row("all", total))


def _row(name: str, tally: Tally) -> str:
    return f"| {name} | " + " | ".join(str(getattr(tally, f.name)) for f in fields(tally)) + " |"


if __name__ == "__main__":
    main()
