"""Words where the voice is: no word in a silence, and its edges where the sound begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from agents.subtitles import text_width
from agents.transcript.activity import Activity
from agents.types import Word

MIN_WORD_S = 0.02
MAX_WORD_S = 4.0
"""Nobody speaks one word for longer; such a word has a pause in it that the engine missed."""
INNER_PAUSE_S = 0.3
"""A word with a pause this long in it belongs to one side; a plosive is silent for up to 0.15 s."""
NEAR_S = 0.5
"""A word in a silence was said by the voice this near, or by nobody."""
SNAP_S = 0.4
"""A word reaches to where its voice begins or ends, up to this far."""


def settle_words(words: Sequence[Word], activity: Activity, *, invents: bool) -> list[Word]:
    """Return the words within the voice; those far from it are dropped if the engine `invents`."""
    settled: list[Word] = []
    waiting: list[Word] = []
    for word in words:
        tight = _tighten(word, activity)
        if tight is None:
            host = settled[-1] if settled and not waiting else None
            if host is not None and word.start - host.end <= NEAR_S and _is_voiced(host, activity):
                settled[-1:] = _share([host, word], host)
            else:
                waiting.append(word)
            continue
        joined = [w for w in waiting if tight.start - w.end <= NEAR_S]
        if not invents:
            settled += [w for w in waiting if w not in joined]
        settled += _share([*joined, tight], tight)
        waiting = []
    return _snap([*settled, *([] if invents else waiting)], activity)


def _is_voiced(word: Word, activity: Activity) -> bool:
    return activity.share(word.start, word.end) > 0


def _tighten(word: Word, activity: Activity) -> Word | None:
    """Return the word without the silence at its ends, None if all of it is silent."""
    spans = activity.spans(word.start, word.end)
    if not spans:
        return None
    start, end = spans[0][0], spans[-1][1]
    pauses = [after[0] - before[1] for before, after in pairwise(spans)]
    if end - start > MAX_WORD_S or max(pauses, default=0.0) >= INNER_PAUSE_S:
        start, end = max(spans, key=lambda span: span[1] - span[0])
    if end - start < MIN_WORD_S:
        return word if word.duration <= MIN_WORD_S * 2 else replace(word, start=start, end=end)
    return replace(word, start=start, end=min(end, start + MAX_WORD_S))


def _share(words: Sequence[Word], host: Word) -> list[Word]:
    """Return the words one after another in the time of `host`, by their lengths."""
    sizes = [text_width(word.text) + 1 for word in words]
    shared: list[Word] = []
    at = host.start
    for number, (word, size) in enumerate(zip(words, sizes, strict=True), start=1):
        following = at + host.duration * size / sum(sizes)
        shared.append(replace(word, start=at, end=host.end if number == len(words) else following))
        at = following
    return shared


def _snap(words: Sequence[Word], activity: Activity) -> list[Word]:
    """Return the words with the first after a pause, and the last before one, at its edge."""
    snapped: list[Word] = []
    for i, word in enumerate(words):
        free = snapped[-1].end if snapped else 0.0
        until = words[i + 1].start if i + 1 < len(words) else word.end + SNAP_S
        start = _onset(max(free, word.start - SNAP_S), word.start, activity)
        end = _offset(word.end, min(until, word.end + SNAP_S), activity)
        snapped.append(replace(word, start=start, end=end))
    return snapped


def _onset(earliest: float, start: float, activity: Activity) -> float:
    """Return where the voice that is heard at `start` begins, `start` if before `earliest`."""
    spans = activity.spans(earliest, start)
    touches = spans and spans[-1][1] >= start - activity.hop_s
    return spans[-1][0] if touches and spans[-1][0] > earliest + activity.hop_s else start


def _offset(end: float, latest: float, activity: Activity) -> float:
    """Return where the voice that is heard at `end` stops, `end` if after `latest`."""
    spans = activity.spans(end, latest)
    touches = spans and spans[0][0] <= end + activity.hop_s
    return spans[0][1] if touches and spans[0][1] < latest - activity.hop_s else end
