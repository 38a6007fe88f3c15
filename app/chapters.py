"""The topics as chapters: a WebVTT track, YouTube's list of times, JSON for podcast players."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from agents.subtitles import one_line, to_vtt
from agents.types import ContentSegment, Cue, Notice
from app.formats import FileFormat
from app.views.text import clock

TITLE_CHARS = 100
"""Players show a chapter's title on one line; a longer one is cut at a word."""
FEWEST, LEAST_S = 3, 10
"""YouTube shows no chapters when there are fewer, or when one of them is shorter.
https://support.google.com/youtube/answer/9884579"""


class _Stretch(NamedTuple):
    """A chapter of YouTube's, in whole seconds; unlike an Interval it may be empty."""

    start: int
    end: int
    title: str

    @property
    def length(self) -> int:
        return self.end - self.start


def make_chapters(
    segments: Iterable[ContentSegment], duration: float | None = None
) -> tuple[Cue, ...]:
    """Return a chapter per topic, from second 0 to the end, each until the next one begins.

    Topics that begin within the same millisecond share the first one's chapter.
    """
    topics = sorted(segments, key=lambda segment: (segment.start, segment.end))
    if not topics:
        return ()
    end = max(duration or 0.0, topics[-1].end)
    starts: dict[int, ContentSegment] = {}
    for topic in topics:
        starts.setdefault(round(topic.start * 1000), topic)
    kept = list(starts.values())
    edges = [0.0, *(topic.start for topic in kept[1:]), end]
    return tuple(
        Cue(start, after, _short_line(topic.title) or f"Topic {number}")
        for number, (start, after, topic) in enumerate(
            zip(edges, edges[1:], kept, strict=False), start=1
        )
    )


def _short_line(text: str) -> str:
    line = one_line(text)
    if len(line) <= TITLE_CHARS:
        return line
    cut = line[:TITLE_CHARS]
    return f"{(cut.rpartition(' ')[0] or cut[:-1]).rstrip(' ,;:')}…"


def youtube_chapters(chapters: Iterable[Cue]) -> list[tuple[int, str]]:
    """Return (second, title) as YouTube wants them; a short chapter goes with its neighbour."""
    return [(part.start, part.title) for part in _join_short(chapters)]


def youtube_notices(chapters: tuple[Cue, ...]) -> tuple[Notice, ...]:
    """Return what YouTube's rules made of the chapters, in plain sentences."""
    left = len(_join_short(chapters))
    notices = []
    if left < len(chapters):
        text = f"{len(chapters)} topics gave {left} of YouTube's chapters: those shorter than"
        notices.append(Notice("chapters_joined", f"{text} {LEAST_S} s were joined to another."))
    if 0 < left < FEWEST:
        text = f"YouTube shows chapters from {FEWEST} on; this lecture has {left}."
        notices.append(Notice("few_chapters", text))
    return tuple(notices)


def _join_short(chapters: Iterable[Cue]) -> list[_Stretch]:
    """Return the chapters on whole seconds, none shorter than `LEAST_S` while there are others.

    The shortest goes with the shorter of its neighbours; the longer of the two gives the title.
    """
    parts = [_Stretch(int(c.start), int(c.end), c.text) for c in chapters]
    while len(parts) > 1:
        at = min(range(len(parts)), key=lambda i: parts[i].length)
        if parts[at].length >= LEAST_S:
            break
        beside = [i for i in (at - 1, at + 1) if 0 <= i < len(parts)]
        first = min(at, min(beside, key=lambda i: parts[i].length))
        one, other = parts[first], parts[first + 1]
        title = max(one, other, key=lambda part: part.length).title
        parts[first : first + 2] = [_Stretch(one.start, other.end, title)]
    return parts


def _youtube_title(title: str) -> str:
    """Return a title that a description takes as text: no < >, no second time on its line."""
    title = title.translate({ord("<"): "\u2039", ord(">"): "\u203a"})
    return re.sub(r"(?<=\d):(?=\d)", "\u2236", title)


def _write_vtt(chapters: tuple[Cue, ...], title: str) -> str:
    return to_vtt(chapters)


def _write_youtube(chapters: tuple[Cue, ...], title: str) -> str:
    listed = youtube_chapters(chapters)
    return "".join(f"{clock(start)} {_youtube_title(name)}\n" for start, name in listed)


def podcast_document(chapters: tuple[Cue, ...], title: str) -> dict[str, Any]:
    """Return the JSON Chapters of the podcast namespace, version 1.2.

    https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/chapters/jsonChapters.md
    """
    listed = [
        {"startTime": round(c.start, 3), "title": c.text, "endTime": round(c.end, 3)}
        for c in chapters
    ]
    return {"version": "1.2.0", "title": _short_line(title), "chapters": listed}


def _write_podcast(chapters: tuple[Cue, ...], title: str) -> str:
    return json.dumps(podcast_document(chapters, title), ensure_ascii=False, indent=1) + "\n"


CHAPTER_FORMATS: Mapping[str, FileFormat[tuple[Cue, ...]]] = {
    "vtt": FileFormat("WebVTT", "text/vtt", _write_vtt),
    "txt": FileFormat("YouTube", "text/plain", _write_youtube),
    "json": FileFormat("Podcast JSON", "application/json+chapters", _write_podcast),
}
"""What chapters can be saved as, by the suffix of the file."""
