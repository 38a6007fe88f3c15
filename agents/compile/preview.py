"""The composed picture of a clip at one time, without rendering it: painted as clips are.

What is on the screen at that time is decoded once (`take_picture`); other templates, captions and
titles over the same picture then cost a few hundredths of a second each.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from agents.canvas import Colour, Planes, Source
from agents.compile.dressing import PLAIN, Dressing
from agents.compile.geometry import even
from agents.compile.layers import at_frame
from agents.compile.moved_cues import move_cues
from agents.compile.overlays import picture_layers
from agents.compile.params import CompileParams
from agents.compile.people import find_people
from agents.compile.picture import described_for, described_source, plan_picture
from agents.compile.timeline import Timeline, lay_out, single_frame
from agents.encoding import Paintings, paint_group
from agents.errors import RenderFailed, StageError
from agents.ffmpeg import rendering_source
from agents.sandbox import run_module
from agents.types import ClipPlan, Intake, Media

if TYPE_CHECKING:
    import av

StillFormat = Literal["jpeg", "png"]
CPU_S, WALL_S = 60.0, 30.0
"""A picture that takes longer to decode is given up."""
JPEG_QUALITY, PNG_LEVEL = 92, 1


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """A frame of the recording, upright, and which one."""

    origin: float
    """The time in the lecture at which it is shown, in seconds."""
    source: Source
    """Its size and colours."""
    content: bytes
    """The three planes of YUV 4:2:0 at limited range."""


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
    fps, number = moment.whole.fps, moment.number
    heard = move_cues(plan, moment.whole)
    # Times move to the nearest frame: one more on either side.
    begin, end = float((number - 1) / fps), float((number + 1) / fps)
    cues = tuple(cue for cue in heard.cues if cue.start < end and begin < cue.end)
    layers = picture_layers(replace(heard, cues=cues), moment.whole, params, dressing)
    with _folder() as folder:
        if picture is None or picture.origin != moment.origin:
            picture = _take(media, moment, folder)
        one = plan_picture(moment.timeline, media, at_frame(layers, number, fps), params, folder)
        request, groups = described_for(one, [0])
        paintings, frame = Paintings(request, picture.source), _frame(picture)
        ((painted, _),) = paint_group(groups[0], lambda time: frame, paintings, float(fps))
        return _encoded(painted, kind)


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
    number: int
    """Counted from the first frame of the clip."""
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
    return _Moment(alone, number, whole)


def _take(media: Media, moment: _Moment, folder: Path) -> SourcePicture:
    size, path = (even(media.width), even(media.height)), folder / "source.yuv"
    wanted = {"time": moment.origin + float(0.5 / moment.whole.fps), "size": size}
    request = folder / "wanted.json"
    request.write_text(json.dumps({"source": described_source(media), "path": str(path), **wanted}))
    try:
        said = run_module(
            "agents.recording",
            [str(request)],
            read=[media.path, folder],
            write=folder,
            cpu_s=CPU_S,
            wall_s=WALL_S,
        )
    except StageError as error:
        if error.code != StageError.code:
            raise
        message = f"no picture can be made of {moment.origin:.1f} s of the recording"
        raise RenderFailed(message) from error
    source = Source(*size, Colour(*json.loads(said)))
    return SourcePicture(moment.origin, source, path.read_bytes())


def _frame(picture: SourcePicture) -> av.VideoFrame:
    width, height, colour = picture.source.width, picture.source.height, picture.source.colour
    shown, begin = Planes(width, height, colour), 0
    for plane in shown.planes:
        plane[:] = np.frombuffer(picture.content, np.uint8, plane.size, begin).reshape(plane.shape)
        begin += plane.size
    return shown.frame


def _encoded(frame: av.VideoFrame, kind: StillFormat) -> bytes:
    image, content = frame.to_image(), io.BytesIO()
    if kind == "png":
        image.save(content, "PNG", compress_level=PNG_LEVEL)
    else:
        image.save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lecture-still-") as name:
        yield Path(name)
