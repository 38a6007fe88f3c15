"""Words into sentences, in any language, with or without punctuation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from agents.subtitles import ends_sentence, join_words
from agents.transcript.clauses import clause_weight
from agents.transcript.words import Utterance
from agents.types import TranscriptSegment, Word

UNPUNCTUATED = 60
"""From this many words to a sentence end on, the text counts as one without punctuation."""
CASED = 50
"""One capital in this many words is enough to count on them."""
LONG_PAUSE_S = 2.0
"""A pause that ends a sentence even where the text has punctuation."""
FEW_WORDS = 3
"""Without punctuation, fewer words are no sentence unless the pause is twice as long."""
_CLAUSE_ENDS = (",", ";", ":", "、", "，", "；", "،", "–", "—")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class _Said:
    """A word and the utterance that it is from."""

    word: Word
    of: Utterance


def split_sentences(
    utterances: Sequence[Utterance], *, pause_s: float = 0.6, max_words: int = 40
) -> tuple[TranscriptSegment, ...]:
    """Return the sentences; where punctuation is missing, pauses of `pause_s` divide them."""
    said = [_Said(word, utterance) for utterance in utterances for word in utterance.words]
    cased = CASED * sum(one.word.text[:1].isupper() for one in said) >= len(said)
    ends = [False, *(_ends_text(a, b, cased) for a, b in pairwise(said))]
    punctuated = sum(ends) * UNPUNCTUATED >= len(said)
    sentences: list[TranscriptSegment] = []
    begin = 0
    for i in range(1, len(said) + 1):
        if i == len(said) or ends[i] or _ends(said, begin, i, punctuated, pause_s):
            for piece in _shorten(said[begin:i], max_words):
                sentences.append(_segment(piece))
            begin = i
    return tuple(sentences)


def _ends_text(last: _Said, following: _Said, cased: bool) -> bool:
    """Return whether the text itself ends a sentence; without capitals none can speak against."""
    text = following.word.text if cased else following.word.text.capitalize()
    return ends_sentence(last.word.text, text, following.word.start - last.word.end)


def _ends(said: list[_Said], begin: int, i: int, punctuated: bool, pause_s: float) -> bool:
    """Return whether a sentence that began at `begin` ends before word `i`."""
    last, following = said[i - 1], said[i]
    if last.of.speaker != following.of.speaker:
        return True
    pause = following.word.start - last.word.end
    if punctuated:
        return pause >= max(LONG_PAUSE_S, pause_s)
    least = pause_s * clause_weight(last.word.text, following.word.text)
    return pause >= (least if i - begin > FEW_WORDS else 2 * least)


def _shorten(said: list[_Said], max_words: int) -> list[list[_Said]]:
    """Return the sentence in pieces of at most `max_words`, cut at its best pauses."""
    if len(said) <= max_words:
        return [said]
    margin = len(said) // 4 if len(said) > 2 * max_words else max(1, max_words // 4)
    cut = max(range(margin, len(said) - margin + 1), key=lambda i: _cut_value(said, i))
    return _shorten(said[:cut], max_words) + _shorten(said[cut:], max_words)


def _cut_value(said: list[_Said], i: int) -> tuple[float, float]:
    before, after = said[i - 1].word, said[i].word
    value = max(0.0, after.start - before.end)
    if before.text.endswith(_CLAUSE_ENDS):
        value += 0.3
    value += 0.1 * (1.0 - clause_weight(before.text, after.text))
    # Of two equally good places the one nearer to the middle is taken.
    return (round(value, 1), -abs(i - len(said) / 2))


def _segment(said: list[_Said]) -> TranscriptSegment:
    words = tuple(one.word for one in said)
    return TranscriptSegment(
        words[0].start,
        words[-1].end,
        join_words(word.text for word in words),
        words,
        avg_logprob=math.fsum(one.of.avg_logprob for one in said) / len(said),
        no_speech_prob=math.fsum(one.of.no_speech_prob for one in said) / len(said),
        speaker=said[0].of.speaker,
    )
