"""One clip from its plan: key, files, checks."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agents.compile.checks import check_clip, is_black
from agents.compile.dressing import PLAIN, Dressing, worn
from agents.compile.encoder import encode, make_sound, take_sound
from agents.compile.moved_cues import move_cues
from agents.compile.overlays import picture_layers
from agents.compile.params import CompileParams
from agents.compile.people import find_people
from agents.compile.sound import read_sound
from agents.compile.timeline import lay_out
from agents.ffmpeg import rendering_source
from agents.subtitles import to_srt, to_vtt
from agents.types import Clip, ClipPlan, Cue, Intake, LayoutRegion, Media

RENDERER = 5
"""Raised when the same plan would be rendered into other pixels, sound or subtitles."""
VIDEO, POSTER, SRT, VTT = "clip.mp4", "poster.jpg", "clip.srt", "clip.vtt"
MOVING = "poster.webp"


def clip_key(
    plan: ClipPlan, media: Media, params: CompileParams, dressing: Dressing = PLAIN
) -> str:
    """Return the hash of all that the clip's files depend on; rank and score are not."""
    body = {
        "renderer": RENDERER,
        "media": [media.sha256, media.audio_stream, media.audio_channel],
        "params": params.model_dump(mode="json", exclude={"reel_transition"}),
        "look": params.look.model_dump(mode="json"),
        "parts": [_times(part.start, part.end) for part in plan.parts],
        "layout": [_region(region) for region in plan.layout],
        "cues": [[*_times(cue.start, cue.end), cue.text] for cue in plan.cues],
        "worn": worn(plan, dressing, params),
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _times(start: float, end: float) -> list[int]:
    return [round(start * 1_000_000), round(end * 1_000_000)]


def _region(region: LayoutRegion) -> list[Any]:
    return [region.kind, region.screen, region.camera, *_times(region.start, region.end)]


def render_clip(
    intake: Intake,
    plan: ClipPlan,
    *,
    params: CompileParams,
    folder: Path,
    progress: Callable[[float], None],
    threads: int = 2,
    dressing: Dressing = PLAIN,
) -> Clip:
    """Render the plan into `folder`, check it, and return it; `progress` hears 0-100."""
    media = rendering_source(intake)
    people = find_people(intake.key_frames, plan.layout, media)
    timeline = lay_out(plan, media, intake.packets, params, people)
    heard = move_cues(plan, timeline)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".work-") as name:
        work = Path(name)
        first, raw = take_sound(timeline, media, work)
        progress(5)
        sound = make_sound(timeline, media, raw, params, work)
        encode(
            timeline,
            media,
            first.colour,
            picture_layers(heard, timeline, params, dressing),
            sound,
            work / VIDEO,
            params=params,
            threads=threads,
            progress=lambda percent: progress(5 + 0.88 * percent),
        )
        check_clip(
            work / VIDEO,
            frames=timeline.frames,
            fps=float(timeline.fps),
            size=params.canvas,
            sound=read_sound(sound),
            source_is_black=is_black(first.luma) or params.fade_s > 0,
            poster=work / POSTER,
            moving=work / MOVING,
        )
        write_subtitles(work, heard.cues)
        for file in (VIDEO, POSTER, MOVING, SRT, VTT):
            (work / file).rename(folder / file)
    progress(100)
    return clip_in(folder, plan, intake, params, dressing)


def clip_in(
    folder: Path,
    plan: ClipPlan,
    intake: Intake,
    params: CompileParams,
    dressing: Dressing = PLAIN,
) -> Clip:
    """Return the clip whose files are in `folder`, rendered now or earlier."""
    key = clip_key(plan, intake.media, params, dressing)
    duration = lay_out(plan, intake.media, intake.packets, params).duration
    return clip_of(folder, key, plan, params.canvas, duration)


def write_subtitles(folder: Path, cues: Sequence[Cue]) -> None:
    """Write the subtitles that lie beside a clip."""
    (folder / SRT).write_text(to_srt(cues), encoding="utf-8")
    (folder / VTT).write_text(to_vtt(cues), encoding="utf-8")


def clip_of(folder: Path, key: str, plan: ClipPlan, size: tuple[int, int], duration: float) -> Clip:
    """Return the clip whose checked files are in `folder`, `duration` seconds long."""
    width, height = size
    return Clip(
        key=key,
        plan=plan,
        video=folder / VIDEO,
        poster=folder / POSTER,
        srt=folder / SRT,
        vtt=folder / VTT,
        width=width,
        height=height,
        duration=duration,
        size_bytes=(folder / VIDEO).stat().st_size,
        moving=folder / MOVING,
    )
