"""The composed picture of a clip at one time, without rendering it: the same graph, one frame.

What is on the screen at that time is decoded once (`take_picture`); other templates, captions and
titles over the same picture then cost a tenth of a second each.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from agents.compile.dressing import PLAIN, Dressing
from agents.compile.encoder import FORGIVING, draw_stills, look_at
from agents.compile.graph import build_graph, first_on_grid
from agents.compile.layers import Layer, at_time, on_frames
from agents.compile.moved_cues import move_cues
from agents.compile.overlays import picture_layers
from agents.compile.params import CompileParams
from agents.compile.people import find_people
from agents.compile.timeline import Timeline, lay_out, single_frame
from agents.errors import RenderFailed, StageError
from agents.ffmpeg import input_options, rendering_source, run_ffmpeg
from agents.types import ClipPlan, Intake, Media

StillFormat = Literal["jpeg", "png"]
CPU_S, WALL_S = 60.0, 30.0
"""A picture that takes longer to decode or to compose is given up."""
CONVERTED = {
    "jpeg": "scale=out_color_matrix=bt601:out_range=pc:flags=accurate_rnd,format=yuvj420p",
    "png": "scale=flags=accurate_rnd+full_chroma_int,format=rgb24",
}
"""The pixels that each format holds: a JPEG knows one matrix and full range only."""
ENCODED = {"jpeg": ("-c:v", "mjpeg", "-q:v", "3"), "png": ("-c:v", "png")}


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """A frame of the recording as it is, and which one."""

    origin: float
    """The time in the lecture at which it is shown, in seconds."""
    content: bytes
    """FFV1 in Matroska, with the colours of the recording."""


def draw_still(
    intake: Intake,
    plan: ClipPlan,
    time: float,
    *,
    params: CompileParams,
    dressing: Dressing = PLAIN,
    picture: SourcePicture | None = None,
    kind: StillFormat = "jpeg",
) -> bytes:
    """Return the clip's picture `time` seconds after its beginning, as it would be rendered.

    A `picture` taken at the same time saves decoding it again; another one is not used.
    """
    media, moment = rendering_source(intake), _find(intake, plan, time, params)
    fps, at = moment.whole.fps, moment.time
    # One frame more on either side: times move to the nearest frame.
    step = 1 / float(fps)
    heard = move_cues(plan, moment.whole)
    cues = tuple(cue for cue in heard.cues if cue.start - step <= at < cue.end + step)
    layers = picture_layers(replace(heard, cues=cues), moment.whole, params, dressing)
    shown = at_time((on_frames(layer, fps) for layer in layers), at)
    with _folder() as folder:
        if picture is None or picture.origin != moment.origin:
            picture = _take(media, moment, folder)
        return _compose(picture, moment, media, shown, kind, folder)


def take_picture(
    intake: Intake, plan: ClipPlan, time: float, *, params: CompileParams
) -> SourcePicture:
    """Return the frame of the recording that the clip shows `time` seconds after its beginning."""
    with _folder() as folder:
        return _take(rendering_source(intake), _find(intake, plan, time, params), folder)


@dataclass(frozen=True, slots=True)
class _Moment:
    """One frame of a clip."""

    timeline: Timeline
    """Of that frame alone."""
    time: float
    """In seconds of the clip, on its frame grid."""
    whole: Timeline

    @property
    def origin(self) -> float:
        """Return the time in the lecture."""
        return self.timeline.stretches[0].origin


def _find(intake: Intake, plan: ClipPlan, time: float, params: CompileParams) -> _Moment:
    """Return the frame that is shown at that time, the last one after the end."""
    media = rendering_source(intake)
    people = find_people(intake.key_frames, plan.layout, media)
    whole = lay_out(plan, media, intake.packets, params, people)
    number = min(max(0, int(time * whole.fps + 1e-6)), whole.frames - 1)
    alone = single_frame(whole, number, media, intake.packets)
    return _Moment(alone, float(number / whole.fps), whole)


def _take(media: Media, moment: _Moment, folder: Path) -> SourcePicture:
    (stretch,), fps = moment.timeline.stretches, moment.timeline.fps
    ahead = stretch.origin - stretch.seek
    path = folder / "source.mkv"
    length = f"{ahead + float(3 / fps):.6f}"
    args = ["-t", length, "-threads", "1", *input_options(media, seek=stretch.seek)]
    args += ["-map", "0:V:0", "-an", "-sn", "-dn", "-vf", first_on_grid(ahead, fps)]
    args += ["-frames:v", "1", "-c:v", "ffv1", "-map_metadata", "-1", *FORGIVING, str(path)]
    _run(args, [media.path], folder, moment.origin)
    return SourcePicture(moment.origin, path.read_bytes())


def _compose(
    picture: SourcePicture,
    moment: _Moment,
    media: Media,
    layers: Sequence[Layer],
    kind: StillFormat,
    folder: Path,
) -> bytes:
    path = folder / "picture.mkv"
    path.write_bytes(picture.content)
    first = look_at(path, media, picture.origin)
    (stretch,) = moment.timeline.stretches
    timeline = replace(moment.timeline, stretches=(replace(stretch, seek=0.0, origin=0.0),))
    stills, paths = draw_stills(timeline, layers, first.colour, folder)
    graph = build_graph(timeline, media, first.colour, stills)
    out = folder / f"still.{kind}"
    inputs = [arg for one in (path, *paths) for arg in ("-f", "matroska", "-i", f"file:{one}")]
    args = [*inputs, "-filter_complex", f"{graph};[video]{CONVERTED[kind]}[still]"]
    args += ["-map", "[still]", "-frames:v", "1", *ENCODED[kind], "-f", "image2", str(out)]
    _run(args, [folder], folder, picture.origin)
    return out.read_bytes()


def _run(args: Sequence[str], read: Sequence[Path], folder: Path, time: float) -> None:
    try:
        run_ffmpeg(args, read=read, write=folder, cpu_s=CPU_S, wall_s=WALL_S)
    except StageError as error:
        if error.code != StageError.code:
            raise
        raise RenderFailed(f"no picture can be made of {time:.1f} s of the recording") from error


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lecture-still-") as name:
        yield Path(name)
