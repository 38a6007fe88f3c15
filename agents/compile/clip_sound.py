"""A clip's sound: its stretches read by the sandboxed child, then cut, joined and levelled.

Little more than the kept seconds is read, and sought before decoding.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from agents.compile.params import CompileParams
from agents.compile.sound import (
    BLOCK,
    MARGIN_S,
    SAMPLE_RATE,
    cut_sound,
    fade_ends,
    level_sound,
    read_sound,
)
from agents.compile.timeline import Stretch, Timeline
from agents.types import Media

READ_FROM_S = 30.0
"""Sound is read from multiples of this: AAC may hold noise that a decoder makes up as it goes on,
so the same samples come only of the same beginning. It costs a twentieth of a clip's sound."""


def raw_files(timeline: Timeline, folder: Path) -> list[Path]:
    """Return where the sound of each stretch is written; a recording without sound has none."""
    return [folder / f"sound{number}.f32" for number in range(len(timeline.stretches))]


def wanted_sound(timeline: Timeline, media: Media, folder: Path) -> dict[str, Any] | None:
    """Return what the child that reads the recording is to write, None where there is no sound."""
    if not media.has_audio:
        return None
    stretches = []
    files = raw_files(timeline, folder)
    for stretch, path in zip(timeline.stretches, files, strict=True):
        begin = sound_begin(stretch)
        length = stretch.origin + float(stretch.frames / timeline.fps) + MARGIN_S - begin
        stretches.append({"begin": begin, "length": length, "path": str(path)})
    return {"stream": media.audio_stream, "channel": media.audio_channel, "stretches": stretches}


def sound_begin(stretch: Stretch) -> float:
    """Return the lecture time of the first sample that is read for the stretch."""
    return max(0.0, stretch.origin - MARGIN_S) // READ_FROM_S * READ_FROM_S


def first_sample(timeline: Timeline) -> int:
    """Return with which of the recording's samples at 48 kHz a clip begins."""
    return round(timeline.stretches[0].pieces[0].start * SAMPLE_RATE)


def make_sound(timeline: Timeline, folder: Path, params: CompileParams) -> np.ndarray:
    """Return the clip's sound, float32 (n,) at 48 kHz, from what was written into a folder."""
    files = raw_files(timeline, folder)
    read = [
        (sound_begin(stretch), read_sound(path))
        for stretch, path in zip(timeline.stretches, files, strict=True)
    ]
    samples = cut_sound(timeline, read)
    if params.level_loudness:
        # Gains hold for milliseconds of the recording, so a moved edge leaves them where they are.
        early = first_sample(timeline) % BLOCK
        samples = level_sound(np.pad(samples, (early, 0)), params.loudness)[early:]
    fade_ends(samples, round(min(params.fade_s, timeline.duration / 2) * SAMPLE_RATE))
    return samples
