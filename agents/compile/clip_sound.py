"""A clip's sound: its stretches read by the bundled ffmpeg, then cut, joined and levelled.

ffmpeg runs in the sandbox; only the kept seconds are read, and sought before decoding.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agents.compile.params import CompileParams
from agents.compile.sound import (
    BLOCK,
    MARGIN_S,
    SAMPLE_RATE,
    cut_sound,
    extract_options,
    fade_ends,
    level_sound,
    read_sound,
)
from agents.compile.timeline import Stretch, Timeline
from agents.errors import RenderFailed, StageError
from agents.ffmpeg import input_options, run_ffmpeg
from agents.types import Media

FORGIVING = ("-max_error_rate", "1")
"""Damaged stretches of a recording are passed over; the checks see what is left."""
READ_FROM_S = 30.0
"""Sound is read from multiples of this: AAC may hold noise that a decoder makes up as it goes on,
so the same samples come only of the same beginning. It costs a twentieth of a clip's sound."""
MPEGTS_MARGIN_S = 3.0
"""MPEG-TS is entered late by up to this much, so its sound is read from earlier on."""


def take_sound(timeline: Timeline, media: Media, folder: Path) -> list[Path]:
    """Write each stretch's sound to a raw file; a stretch without sound has none."""
    raw = [folder / f"sound{i}.f32" for i in range(len(timeline.stretches))]
    if media.has_audio:
        for stretch, path in zip(timeline.stretches, raw, strict=True):
            begin = sound_begin(stretch, media)
            length = stretch.origin + float(stretch.frames / timeline.fps) + MARGIN_S - begin
            args = ["-t", f"{length:.6f}", *input_options(media, seek=begin)]
            args += [*extract_options(media), *FORGIVING, str(path)]
            if media.demuxer == "mpegts":
                # ffmpeg counts MPEG-TS from the first of the streams in use: use the picture too.
                args += ["-map", "0:V:0", "-c", "copy", "-f", "null", "-"]
            _read(stretch.origin, args, media, folder)
    return raw


def _read(time: float, args: list[str], media: Media, folder: Path) -> None:
    try:
        run_ffmpeg(args, read=[media.path], write=folder)
    except StageError as error:
        if error.code != StageError.code:
            raise
        raise RenderFailed(f"no sound can be decoded from {time:.1f} s on") from error


def sound_begin(stretch: Stretch, media: Media) -> float:
    """Return the lecture time of the first sample that is read for the stretch."""
    margin = MPEGTS_MARGIN_S if media.demuxer == "mpegts" else MARGIN_S
    return max(0.0, stretch.origin - margin) // READ_FROM_S * READ_FROM_S


def first_sample(timeline: Timeline) -> int:
    """Return with which of the recording's samples at 48 kHz a clip begins."""
    return round(timeline.stretches[0].pieces[0].start * SAMPLE_RATE)


def make_sound(
    timeline: Timeline, media: Media, raw: list[Path], params: CompileParams
) -> np.ndarray:
    """Return the clip's sound, float32 (n,) at 48 kHz."""
    read = [
        (sound_begin(stretch, media), read_sound(path))
        for stretch, path in zip(timeline.stretches, raw, strict=True)
    ]
    samples = cut_sound(timeline, read)
    if params.level_loudness:
        # Gains hold for milliseconds of the recording, so a moved edge leaves them where they are.
        early = first_sample(timeline) % BLOCK
        samples = level_sound(np.pad(samples, (early, 0)), params.loudness)[early:]
    fade_ends(samples, round(min(params.fade_s, timeline.duration / 2) * SAMPLE_RATE))
    return samples
