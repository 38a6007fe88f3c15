"""One clip from its plan: key, files, checks."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.compile.aac import encode_sound
from agents.compile.checks import BLACK_LUMA, check_clip, check_joined, outline
from agents.compile.clip_sound import first_sample, make_sound, wanted_sound
from agents.compile.dressing import PLAIN, Dressing, worn
from agents.compile.groups import RENDERER, maker
from agents.compile.joining import join
from agents.compile.moved_cues import move_cues
from agents.compile.overlays import picture_layers
from agents.compile.params import CompileParams
from agents.compile.people import find_people
from agents.compile.picture import Picture, encode_groups, plan_picture
from agents.compile.shelf import Shelf, scratch_shelf
from agents.compile.timeline import Timeline, lay_out
from agents.errors import RenderFailed
from agents.ffmpeg import rendering_source
from agents.packets import Packets, read_packets, write_packets
from agents.subtitles import to_srt, to_vtt
from agents.types import Clip, ClipPlan, Cue, Intake, LayoutRegion, Media

VIDEO, POSTER, SRT, VTT = "clip.mp4", "poster.jpg", "clip.srt", "clip.vtt"
MOVING = "poster.webp"
REEL_ALONE = {"reel_transition", "reel_title_s"}
"""Tunables of the reel, which concern no single clip."""


def clip_key(
    plan: ClipPlan, media: Media, params: CompileParams, dressing: Dressing = PLAIN
) -> str:
    """Return the hash of all that the clip's files depend on; rank and score are not."""
    body = {
        "renderer": RENDERER,
        "media": [media.sha256, media.audio_stream, media.audio_channel],
        "params": params.model_dump(mode="json", exclude=REEL_ALONE),
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
    shelf: Shelf | None = None,
) -> Clip:
    """Render the plan into `folder`, check it, and return it; `progress` hears 0-100.

    What is on the `shelf` is not encoded again; `threads` groups are encoded at once.
    """
    media = rendering_source(intake)
    people = find_people(intake.key_frames, plan.layout, media)
    timeline = lay_out(plan, media, intake.packets, params, people)
    heard = move_cues(plan, timeline)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".work-") as name:
        work = Path(name)
        shelf = shelf or scratch_shelf(work)
        key = sound_key(timeline, media, params)
        sound, heard_as = shelf.read(f"sound-{key}"), None
        unread = None if sound else wanted_sound(timeline, media, work)
        progress(5)
        layers = picture_layers(heard, timeline, params, dressing)
        picture = plan_picture(timeline, media, layers, params, work)
        groups = _groups(
            picture, unread, shelf, work, threads, lambda done: progress(5 + 0.88 * done)
        )
        if sound is None:
            sound, heard_as = _sound(key, timeline, params, shelf, work)
        cues = heard.cues if params.caption_track else ()
        join(groups, sound, work / VIDEO, timeline.fps, params, cues)
        planned = {"frames": timeline.frames, "fps": float(timeline.fps), "size": params.canvas}
        looks = looks_key(key, picture.keys)
        if shelf.lend(looks, (POSTER, MOVING), work):
            check_joined(work / VIDEO, **planned)
        else:
            check_clip(
                work / VIDEO,
                **planned,
                sound=heard_as,
                source_is_black=groups[0].facts["brightness"] <= BLACK_LUMA or params.fade_s > 0,
                poster=work / POSTER,
                moving=work / MOVING,
            )
            shelf.keep_copies(looks, [work / POSTER, work / MOVING])
        write_subtitles(work, heard.cues)
        for file in (VIDEO, POSTER, MOVING, SRT, VTT):
            (work / file).rename(folder / file)
    progress(100)
    return clip_in(folder, plan, intake, params, dressing)


def looks_key(sound: str, groups: Sequence[str]) -> str:
    """Return the name under which the posters of a clip with this sound and picture are kept.

    Where they are, exactly these groups and this sound were joined and checked before.
    """
    return f"looks-{hashlib.sha256(json.dumps([sound, *groups]).encode()).hexdigest()}"


def _sound(
    key: str, timeline: Timeline, params: CompileParams, shelf: Shelf, work: Path
) -> tuple[Packets, np.ndarray]:
    """Return the clip's encoded sound, made of what was read and kept, and its outline."""
    samples = make_sound(timeline, work, params)
    made = encode_sound(samples, first_sample(timeline), params.audio_kbps, shelf, work)
    file = work / "sound.packets"
    write_packets(file, made.facts, made.packets)
    shelf.keep(f"sound-{key}", file)
    return made, outline(samples)


def sound_key(timeline: Timeline, media: Media, params: CompileParams) -> str:
    """Return the hash of all that the bytes of a clip's sound depend on."""
    body = {
        "renderer": maker(),
        "media": [media.sha256, media.demuxer, media.audio_stream, media.audio_channel],
        "fps": [timeline.fps.numerator, timeline.fps.denominator],
        "pieces": [
            [[round(piece.start * 1_000_000), piece.frames] for piece in stretch.pieces]
            for stretch in timeline.stretches
        ],
        "level": [params.level_loudness, params.loudness, params.fade_s, params.audio_kbps],
    }
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _groups(
    picture: Picture,
    sound: dict[str, Any] | None,
    shelf: Shelf,
    work: Path,
    threads: int,
    progress: Callable[[float], None],
) -> list[Packets]:
    """Return the clip's groups; those that are not kept, whole, are encoded and kept.

    On the way the `sound` that is wanted is read from the recording.
    """
    keys = [f"group-{key}" for key in picture.keys]
    found = [shelf.read(key) for key in keys]
    missing = [number for number, packets in enumerate(found) if packets is None]

    def done(number: int, file: Path) -> None:
        found[number] = read_packets(file)
        shelf.keep(keys[number], file)

    if missing or sound:
        hear = {"threads": threads, "done": done, "progress": progress}
        encode_groups(picture, missing, work, sound=sound, **hear)
    groups = [packets for packets in found if packets is not None]
    if len(groups) < len(keys):
        raise RenderFailed(f"only {len(groups)} of the clip's {len(keys)} parts were encoded")
    return groups


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
