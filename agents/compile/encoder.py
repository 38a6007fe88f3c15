"""What is taken from the recording by the bundled ffmpeg: a clip's sound, and single pictures.

It runs in the sandbox; only the kept seconds of the upload are read, and sought before decoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.compile.graph import Colour, Stills
from agents.compile.layers import Layer, on_frames
from agents.compile.overlays import draw_background, draw_disc
from agents.compile.params import CompileParams
from agents.compile.sound import (
    MARGIN_S,
    SAMPLE_RATE,
    cut_sound,
    extract_options,
    fade_ends,
    level_sound,
    read_sound,
)
from agents.compile.stills import PixelFormat, write_stills
from agents.compile.timeline import Stretch, Timeline
from agents.errors import RenderFailed, StageError
from agents.ffmpeg import input_options, run_ffmpeg
from agents.types import Media

# FFmpeg's numbers for the colours that cameras and screen recorders write.
MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m"}
PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m"}
FORGIVING = ("-max_error_rate", "1")
"""Damaged stretches of a recording are passed over; the checks see what is left."""
MPEGTS_MARGIN_S = 3.0
"""MPEG-TS is entered late by up to this much, so its sound is read from earlier on."""


@dataclass(frozen=True, slots=True)
class First:
    """The source frame that a clip begins with."""

    colour: Colour
    luma: np.ndarray
    """uint8 (h, w)."""


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
            _read("sound", stretch.origin, args, media, folder)
    return raw


def _read(what: str, time: float, args: list[str], media: Media, folder: Path) -> None:
    try:
        run_ffmpeg(args, read=[media.path], write=folder)
    except StageError as error:
        if error.code != StageError.code:
            raise
        raise RenderFailed(f"no {what} can be decoded from {time:.1f} s on") from error


def sound_begin(stretch: Stretch, media: Media) -> float:
    """Return the lecture time of the first sample that is read for the stretch."""
    margin = MPEGTS_MARGIN_S if media.demuxer == "mpegts" else MARGIN_S
    return max(0.0, stretch.origin - margin)


def look_at(path: Path, media: Media, time: float) -> First:
    """Read back the frame that ffmpeg wrote here; its colour tags came along."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            frame = next(container.decode(video=0))
    except (FFmpegError, StopIteration) as error:
        raise RenderFailed(f"no picture can be decoded from {time:.1f} s on") from error
    matrix = MATRICES.get(int(frame.colorspace), "bt709" if media.height >= 720 else "smpte170m")
    colour = Colour(
        matrix=matrix,
        primaries=PRIMARIES.get(int(frame.color_primaries), matrix),
        transfer="bt709" if matrix == "bt709" else "smpte170m",
    )
    return First(colour, frame.reformat(format="gray").to_ndarray())


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
        samples = level_sound(samples, params.loudness)
    fade_ends(samples, round(min(params.fade_s, timeline.duration / 2) * SAMPLE_RATE))
    return samples


def draw_stills(
    timeline: Timeline, layers: Sequence[Layer], colour: Colour, folder: Path
) -> tuple[Stills, list[Path]]:
    """Draw what stands still into files, which are the inputs after the stretches."""
    paths: list[Path] = []

    def add(images: Iterable[tuple[float, np.ndarray]], pixels: PixelFormat) -> int:
        path = folder / f"still{len(paths)}.mkv"
        write_stills(path, images, pixels=pixels, matrix=colour.matrix)
        paths.append(path)
        return len(timeline.stretches) + len(paths) - 1

    shots = [shot for stretch in timeline.stretches for shot in stretch.shots]
    shown = dict.fromkeys(shot.composition for shot in shots)
    backgrounds = {made: add([(0.0, draw_background(made))], "yuv420p") for made in shown}
    bubble = next((made.bubble for made in shown if made.bubble), None)
    disc = add([(0.0, draw_disc(bubble.target.w))], "yuva420p") if bubble else None
    over = tuple(
        (add(on_frames(layer, timeline.fps).images, "yuva420p"), layer) for layer in layers
    )
    return Stills(backgrounds, disc, over), paths
