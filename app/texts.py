"""What goes with a lecture's clips as text: chapters, transcript and cut lists, with file names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.chapters import CHAPTER_FORMATS
from app.exchange import EXCHANGE_FORMATS, Cutlist
from app.exports import Findings
from app.transcripts import TRANSCRIPT_FORMATS


def texts_of(
    found: Findings,
    title: str,
    cutlist: Cutlist | None,
    *,
    transcripts: Iterable[str] = TRANSCRIPT_FORMATS,
    cutlists: Iterable[str] = EXCHANGE_FORMATS,
) -> Iterator[tuple[str, str, str]]:
    """Yield (file name, what it is, text) of all that is found; the rest names suffixes."""
    if found.content is not None:
        for suffix, made in CHAPTER_FORMATS.items():
            about = f"Chapters of the lecture ({made.title})"
            yield f"chapters.{suffix}", about, made.write(found.chapters, title)
    if found.transcript is not None:
        for suffix in transcripts:
            made = TRANSCRIPT_FORMATS[suffix]
            about = f"Transcript of the lecture ({made.title})"
            yield f"transcript.{suffix}", about, made.write(found.transcript, title)
    if cutlist is not None:
        for suffix in cutlists:
            made = EXCHANGE_FORMATS[suffix]
            yield f"highlights.{suffix}", f"Cut list: {made.title}", made.write(cutlist, title)
