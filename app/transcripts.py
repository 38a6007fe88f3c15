"""The whole transcript as a file: subtitles for the recording, text to read, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agents.subtitles import join_words, make_cues, one_line, to_srt, to_ttml, to_vtt
from agents.types import Cue, Interval, Notice, Transcript, TranscriptSegment, Word
from app.exports import plain, rounded
from app.formats import FileFormat

SCHEMA_VERSION = 1
"""Version of transcript.json; it changes when a field is renamed, removed or means another."""
PARAGRAPH_WORDS = 60
"""Words after which the next longer pause begins a new paragraph of the text."""
PARAGRAPH_PAUSE_S = 1.0
MOST_WORDS = 200
"""Words after which a paragraph ends even without a pause."""


def subtitle_cues(transcript: Transcript) -> tuple[Cue, ...]:
    """Return subtitles of the whole recording, in its own time."""
    words = [word for segment in transcript.segments for word in _words(segment)]
    if not words:
        return ()
    return make_cues(words, (Interval(0.0, max(word.end for word in words)),))


def _words(segment: TranscriptSegment) -> tuple[Word, ...]:
    return segment.words or (Word(segment.start, segment.end, segment.text),)


def transcript_text(transcript: Transcript) -> str:
    """Return running text in paragraphs, which end at pauses; a new speaker is named."""
    lines = []
    speaker = ""
    for paragraph in _paragraphs(transcript.segments):
        text = join_words(one_line(segment.text) for segment in paragraph)
        if paragraph[0].speaker not in ("", speaker):
            speaker = paragraph[0].speaker
            text = f"{one_line(speaker)}: {text}"
        lines.append(text)
    return "".join(f"{line}\n" for line in "\n\n".join(lines).split("\n")) if lines else ""


def _paragraphs(segments: tuple[TranscriptSegment, ...]) -> Iterator[list[TranscriptSegment]]:
    paragraph: list[TranscriptSegment] = []
    words = 0
    for segment in segments:
        if paragraph:
            pause = segment.start - paragraph[-1].end
            long = words >= PARAGRAPH_WORDS and pause >= PARAGRAPH_PAUSE_S
            if long or words >= MOST_WORDS or segment.speaker != paragraph[-1].speaker:
                yield paragraph
                paragraph, words = [], 0
        paragraph.append(segment)
        words += len(segment.words)
    if paragraph:
        yield paragraph


def transcript_document(transcript: Transcript, title: str) -> dict[str, Any]:
    """Return everything that is known about the words, as docs/transcript.md describes it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "title": title,
        "engine": transcript.engine,
        "language": transcript.language,
        "notices": plain(tuple[Notice, ...], transcript.notices),
        "segments": plain(tuple[TranscriptSegment, ...], transcript.segments),
    }
    return rounded(document)


def _write_srt(transcript: Transcript, title: str) -> str:
    return to_srt(subtitle_cues(transcript))


def _write_vtt(transcript: Transcript, title: str) -> str:
    return to_vtt(subtitle_cues(transcript))


def _write_text(transcript: Transcript, title: str) -> str:
    return transcript_text(transcript)


def _write_json(transcript: Transcript, title: str) -> str:
    return json.dumps(transcript_document(transcript, title), ensure_ascii=False, indent=1) + "\n"


def _write_ttml(transcript: Transcript, title: str) -> str:
    return to_ttml(subtitle_cues(transcript), language=transcript.language, title=title)


TRANSCRIPT_FORMATS: Mapping[str, FileFormat[Transcript]] = {
    "vtt": FileFormat("WebVTT", "text/vtt", _write_vtt),
    "srt": FileFormat("SubRip", "application/x-subrip", _write_srt),
    "txt": FileFormat("Text", "text/plain", _write_text),
    "json": FileFormat("JSON", "application/json", _write_json),
    "ttml": FileFormat("TTML", "application/ttml+xml", _write_ttml),
}
"""What a transcript can be saved as, by the suffix of the file."""
