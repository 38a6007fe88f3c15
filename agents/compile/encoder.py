"""The two runs of the bundled ffmpeg that make a clip: take its sound, then encode it in one pass.

Both run in the sandbox; only the kept seconds of the upload are read, and sought before decoding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.compile.graph import Colour, Stills, build_graph
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

MEMORY_BYTES = 2 << 30
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


def take_sound(timeline: Timeline, media: Media, folder: Path) -> tuple[First, list[Path]]:
    """Write each stretch's sound to a raw file, and look at the clip's first source frame.

    A stretch without sound has no file.
    """
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
    first = folder / "first.mkv"
    args = ["-threads", "1", *input_options(media, seek=timeline.stretches[0].seek)]
    still = ["-map", "0:V:0", "-an", "-sn", "-dn", "-frames:v", "1", "-c:v", "ffv1"]
    still += ["-map_metadata", "-1", *FORGIVING, str(first)]
    _read("picture", timeline.stretches[0].origin, [*args, *still], media, folder)
    return look_at(first, media, timeline.stretches[0].origin), raw


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
    timeline: Timeline, media: Media, raw: list[Path], params: CompileParams, folder: Path
) -> Path:
    """Write the clip's sound as raw float32 samples and return the file."""
    read = [
        (sound_begin(stretch, media), read_sound(path))
        for stretch, path in zip(timeline.stretches, raw, strict=True)
    ]
    samples = cut_sound(timeline, read)
    if params.level_loudness:
        samples = level_sound(samples, params.loudness)
    fade_ends(samples, round(min(params.fade_s, timeline.duration / 2) * SAMPLE_RATE))
    path = folder / "clip.f32"
    samples.astype("<f4").tofile(path)
    return path


def encode(
    timeline: Timeline,
    media: Media,
    colour: Colour,
    layers: Sequence[Layer],
    sound: Path,
    out: Path,
    *,
    params: CompileParams,
    threads: int,
    progress: Callable[[float], None],
) -> None:
    """Compose and encode the clip into `out` in one pass over its pixels."""
    folder = sound.parent
    inputs = [arg for s in timeline.stretches for arg in _stretch_input(s, timeline, media)]
    stills, paths = draw_stills(timeline, layers, colour, folder)
    for path in paths:
        inputs += ["-f", "matroska", "-i", f"file:{path}"]
    count = len(timeline.stretches) + len(paths)
    inputs += ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", f"file:{sound}"]
    graph = build_graph(timeline, media, colour, stills)
    run_ffmpeg(
        [
            *["-filter_complex_threads", str(threads), *inputs, "-filter_complex", graph],
            *["-map", "[video]", "-map", f"{count}:a:0"],
            *_output(timeline, params, threads),
            *FORGIVING,
            str(out),
        ],
        read=[media.path, folder],
        write=folder,
        duration=timeline.duration,
        progress=progress,
        memory_bytes=MEMORY_BYTES,
    )


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


def _stretch_input(stretch: Stretch, timeline: Timeline, media: Media) -> list[str]:
    length = stretch.origin - stretch.seek + float((stretch.frames + 2) / timeline.fps)
    # A size that changes within the recording is scaled as it comes; the graph is not set up anew.
    options = ["-t", f"{length:.6f}", "-threads", "1", "-reinit_filter", "0"]
    return [*options, *input_options(media, seek=stretch.seek)]


def _output(timeline: Timeline, params: CompileParams, threads: int) -> list[str]:
    video = ["-c:v", "libx264", "-preset", params.preset, "-crf", f"{params.crf:g}"]
    video += ["-threads", str(threads), "-pix_fmt", "yuv420p", "-r", str(timeline.fps)]
    video += ["-frames:v", str(timeline.frames)]
    audio = ["-c:a", "aac", "-b:a", f"{params.audio_kbps}k"]
    # bitexact: the same clip has the same bytes, and no program's name or time is written in it
    clean = ["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"]
    clean += ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
    return [*video, *audio, *clean, "-movflags", "+faststart", "-f", "mp4"]
