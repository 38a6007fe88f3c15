"""How well words are heard, and when.

The word error rate is (substitutions + insertions + deletions) / words said, from the Levenshtein
alignment of words without case and punctuation, as NIST scores speech recognition; several files
are pooled. Word times are compared for the words that the alignment finds equal on both sides:
`start_error_ms`, `end_error_ms` and, of both together, `time_error_ms` are medians of the absolute
distances. `in_silence` is the share of the words found whose middle lies in a labelled silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.types import Transcript, Word
from jobs.evaluation.labels import Figures, median, share
from jobs.evaluation.lectures import RenderedLecture, said_words
from jobs.evaluation.matching import Span
from jobs.evaluation.running import Bench
from jobs.evaluation.speech import SpokenText, with_picture
from jobs.evaluation.wording import align, plain_words

STAGES = ("transcript",)


@dataclass(frozen=True, slots=True)
class WordScore:
    """What one recording adds to the figures."""

    wrong: int
    said: int
    found: int
    starts: tuple[float, ...]
    """Seconds between the starts of words found and said, where both have times."""
    ends: tuple[float, ...]
    in_silence: int | None
    engine: str
    duration: float
    cpu_s: float


def figures(scores: Sequence[WordScore]) -> Figures:
    """Return the figures of one or several recordings."""
    starts = [error for s in scores for error in s.starts]
    ends = [error for s in scores for error in s.ends]
    quiet = [s for s in scores if s.in_silence is not None]
    return {
        "word_error_rate": share(sum(s.wrong for s in scores), sum(s.said for s in scores)),
        "words": sum(s.said for s in scores),
        "found": sum(s.found for s in scores),
        "start_error_ms": median(starts, 1000),
        "end_error_ms": median(ends, 1000),
        "time_error_ms": median(starts + ends, 1000),
        "in_silence": share(sum(s.in_silence or 0 for s in quiet), sum(s.found for s in quiet)),
        "duration_s": sum(s.duration for s in scores),
        "cpu_s": sum(s.cpu_s for s in scores),
    }


def score_lecture(lecture: RenderedLecture, bench: Bench) -> WordScore:
    """Run the transcript agent over a rendered lecture, with its captions if it has some."""
    said, silence = said_words(lecture), lecture.truth().silence
    values, cpu_s = bench.run(lecture.media, "transcript", captions=lecture.captions)
    return compare(
        values["transcript"], said, silence, values["intake"].media.duration, cpu_s, timed=True
    )


def compare(
    transcript: Transcript,
    said: Sequence[Word],
    silence: Sequence[Span] | None,
    duration: float,
    cpu_s: float,
    *,
    timed: bool,
) -> WordScore:
    """Compare the words of a transcript with those said; `timed` if those have times."""
    found = [word for segment in transcript.segments for word in segment.words]
    mine, theirs = _split(found), _split(said)
    wrong, pairs = align([text for text, _ in mine], [text for text, _ in theirs])
    timed_pairs = [(mine[i][1], theirs[j][1]) for i, j in pairs] if timed else []
    return WordScore(
        wrong,
        len(theirs),
        len(mine),
        tuple(abs(a.start - b.start) for a, b in timed_pairs),
        tuple(abs(a.end - b.end) for a, b in timed_pairs),
        None if silence is None else _in_silence(mine, silence),
        transcript.engine,
        duration,
        cpu_s,
    )


def _split(words: Sequence[Word]) -> list[tuple[str, Word]]:
    """Return each plain word with the word whose times it has: "log2(n)" is two."""
    return [(plain, word) for word in words for plain in plain_words(word.text)]


def _in_silence(words: Sequence[tuple[str, Word]], silence: Sequence[Span]) -> int:
    middles = [(word.start + word.end) / 2 for _, word in words]
    return sum(any(a <= middle < b for a, b in silence) for middle in middles)


def score_text(spoken: SpokenText, bench: Bench) -> WordScore:
    """Run the transcript agent over sound whose words are known, but not their times."""
    said = [Word(0.0, 1.0, word) for word in spoken.text().split()]
    media = with_picture(spoken.sound, bench.folder)
    values, cpu_s = bench.run(media, "transcript", name=spoken.name)
    duration = values["intake"].media.duration
    return compare(values["transcript"], said, None, duration, cpu_s, timed=False)


SCORERS = {RenderedLecture: score_lecture, SpokenText: score_text}
