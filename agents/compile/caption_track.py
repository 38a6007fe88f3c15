"""Subtitles as a track of the clip's file (3GPP timed text), which players show and hide."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from agents.packets import Packet
from agents.subtitles import clean_text
from agents.types import Cue

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.subtitles.stream import SubtitleStream

MS = Fraction(1, 1000)
STYLE = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour
Style: Default,Sans,18,&Hffffff

[Events]
Format: Layer, Start, End, Style, Text
"""
"""What ffmpeg's encoder of timed text makes the track's head of; players use their own style."""


def add_caption_stream(container: OutputContainer) -> SubtitleStream:
    """Return a new track of a file that is about to be written."""
    from av.subtitles.stream import SubtitleStream

    stream = container.add_stream("mov_text")
    assert isinstance(stream, SubtitleStream)
    stream.time_base = stream.codec_context.time_base = MS
    stream.codec_context.subtitle_header = STYLE
    stream.codec_context.open()
    return stream


def timed_texts(cues: Sequence[Cue], seconds: float) -> list[tuple[Packet, int]]:
    """Return the samples of a clip of so many seconds, each with its length, in ms.

    They do not overlap; FFmpeg's writer of MP4 puts empty ones between them.
    """
    found: list[tuple[Packet, int]] = []
    end, done = round(1000 * seconds), 0
    for cue in cues:
        begins, ends = max(done, round(1000 * cue.start)), min(end, round(1000 * cue.end))
        if begins < ends:
            content = clean_text(cue.text).encode("utf-8", "replace")
            sample = len(content).to_bytes(2, "big") + content
            found.append((Packet(begins, begins, True, sample), ends - begins))
            done = ends
    return found


def write_caption_track(path: Path, cues: Sequence[Cue], seconds: float) -> None:
    """Write an MP4 that holds nothing but the track of subtitles."""
    import av

    with av.open(path, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = add_caption_stream(container)
        container.start_encoding()
        for one, lasts in timed_texts(cues, seconds):
            packet = av.Packet(one.content)
            packet.stream, packet.time_base = stream, MS
            packet.pts = packet.dts = one.pts
            packet.duration, packet.is_keyframe = lasts, True
            container.mux(packet)
