"""The highlight reel as one film: its passages, rendered as clips are, joined with transitions.

The passages are rendered finely and fast, then joined and encoded once more as a clip is. No
transition takes time away: pictures that fade into each other are held a moment longer, and no
word is covered. Cues and chapters therefore lie where the lengths of the passages put them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.compile.caption_track import write_caption_track
from agents.compile.chapters import to_ffmetadata
from agents.compile.checks import check_clip, is_black, outline
from agents.compile.clip_file import hear_clip
from agents.compile.compiler import compile_clips
from agents.compile.params import CompileParams
from agents.compile.render import MOVING, POSTER, VIDEO, clip_key, clip_of, write_subtitles
from agents.compile.sound import SAMPLE_RATE, fade_ends, level_sound
from agents.compile.timeline import clip_fps
from agents.ffmpeg import rendering_source, run_ffmpeg
from agents.subtitles import one_line
from agents.types import Clip, ClipPlan, Cue, Film, Intake

if TYPE_CHECKING:
    from agents.registry import Context

FILM = 2
"""Raised when the same passages would be joined into another film."""
TRANSITION_S = 0.5
SOUND_FADE_S = 0.12
"""Within the pause that every passage begins and ends with."""
FINER_CRF = 6
"""The passages are encoded so much finer than the film, so that two encodings look like one."""
PASSAGES_SHARE = 65.0
"""Percent of the work that the passages are."""
BIT_EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
XFADE = {"fade": "fadeblack", "dissolve": "fade"}
"""Our transitions under ffmpeg's names."""


@dataclass(frozen=True, slots=True, eq=False)
class _Reel:
    """What the passages are joined into."""

    fps: Fraction
    frames: Sequence[int]
    """Length of each passage."""
    sound: np.ndarray
    chapters: Sequence[Cue]
    track: Sequence[Cue]
    """Subtitles that players show and hide."""


def film_key(passages: Sequence[ClipPlan], intake: Intake, params: CompileParams) -> str:
    """Return the hash of all that the film's files depend on."""
    fine = _fine(params)
    body = {
        "film": FILM,
        "passages": [clip_key(plan, intake.media, fine) for plan in _named(passages)],
        "titles": [plan.title for plan in passages],
        "params": params.model_dump(mode="json"),
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return "reel-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def render_film(
    intake: Intake,
    passages: tuple[ClipPlan, ...],
    *,
    params: CompileParams,
    context: Context,
) -> Film:
    """Render the passages and join them in the context's work folder; the result is checked."""

    def passages_done(percent: float, message: str) -> None:
        context.progress(percent * PASSAGES_SHARE / 100, message.replace("Clip", "Passage"))

    clips = compile_clips(
        intake,
        _named(passages),
        params=_fine(params),
        context=replace(context, progress=passages_done),
    )
    fps = clip_fps(rendering_source(intake), params)
    frames = [round(clip.duration * fps) for clip in clips]
    chapters = _chapters(passages, frames, fps)
    plan = _film_plan(passages, chapters)
    folder = context.workdir
    sound = _join_sound([clip.video for clip in clips], frames, fps, params)
    film = _Reel(fps, frames, sound, chapters, plan.cues if params.caption_track else ())

    def joined(percent: float) -> None:
        share = PASSAGES_SHARE + percent * (99 - PASSAGES_SHARE) / 100
        context.progress(share, "Joining the passages")

    _join(clips, film, folder, params, joined, context.resources.cores)
    check_clip(
        folder / VIDEO,
        frames=sum(frames),
        fps=float(fps),
        size=params.canvas,
        sound=outline(sound),
        source_is_black=_begins_black(clips[0].video),
        poster=folder / POSTER,
        moving=folder / MOVING,
    )
    write_subtitles(folder, plan.cues)
    key, duration = film_key(passages, intake, params), float(sum(frames) / fps)
    return Film(clip_of(folder, key, plan, params.canvas, duration), chapters)


def _fine(params: CompileParams) -> CompileParams:
    """Return how the passages are rendered: for another encoding, and with their titles."""
    finer = {"crf": max(15.0, params.crf - FINER_CRF), "preset": "ultrafast", "audio_kbps": 192}
    finer |= {"topic_s": params.reel_title_s, "caption_track": False}
    return params.model_copy(update=finer)


def _named(passages: Sequence[ClipPlan]) -> tuple[ClipPlan, ...]:
    """Return the passages with their own titles where a clip would name its topic."""
    return tuple(replace(plan, subject=plan.title) for plan in passages)


def _chapters(
    passages: Sequence[ClipPlan], frames: Sequence[int], fps: Fraction
) -> tuple[Cue, ...]:
    edges = [float(count / fps) for count in accumulate(frames, initial=0)]
    return tuple(
        Cue(start, end, one_line(plan.title) or f"Passage {number}")
        for number, (plan, start, end) in enumerate(
            zip(passages, edges, edges[1:], strict=False), start=1
        )
    )


def _film_plan(passages: Sequence[ClipPlan], chapters: Sequence[Cue]) -> ClipPlan:
    """Return the film as one plan: all parts, all cues in the film's own time."""
    cues = tuple(
        Cue(chapter.start + cue.start, min(chapter.start + cue.end, chapter.end), cue.text)
        for plan, chapter in zip(passages, chapters, strict=True)
        for cue in plan.cues
        if chapter.start + cue.start < chapter.end
    )
    return replace(
        passages[0],
        parts=tuple(part for plan in passages for part in plan.parts),
        rank=1,
        title="Highlight reel",
        score=max(plan.score for plan in passages),
        contributions={},
        reason=f"The best passage of {len(passages)} topics.",
        quote="",
        layout=(),
        cues=cues,
        kept=False,
        drop_out=None,
    )


def _join_sound(
    videos: Sequence[Path], frames: Sequence[int], fps: Fraction, params: CompileParams
) -> np.ndarray:
    """Return the film's samples, float32 (n,): each passage exactly as long as its pictures."""
    edges = [round(count / fps * SAMPLE_RATE) for count in accumulate(frames, initial=0)]
    film = np.zeros(edges[-1], np.float32)
    for video, start, end in zip(videos, edges, edges[1:], strict=False):
        heard = hear_clip(video)[: end - start]
        if params.reel_transition == "fade":
            fade_ends(heard, round(SOUND_FADE_S * SAMPLE_RATE))
        film[start : start + len(heard)] = heard
    return level_sound(film, params.loudness) if params.level_loudness else film


def _begins_black(video: Path) -> bool:
    import av

    with av.open(video) as container:
        frame = next(container.decode(video=0))
        return is_black(frame.to_ndarray()[: frame.height])


def _join(
    clips: Sequence[Clip],
    film: _Reel,
    folder: Path,
    params: CompileParams,
    progress: Callable[[float], None],
    threads: int,
) -> None:
    """Encode the joined passages into the folder, with their chapters."""
    raw, marks = folder / "film.f32", folder / "chapters.txt"
    film.sound.astype("<f4").tofile(raw)
    marks.write_text(to_ffmetadata(film.chapters), encoding="utf-8")
    inputs = [arg for clip in clips for arg in ("-f", "mov", "-i", f"file:{clip.video}")]
    inputs += ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", f"file:{raw}"]
    inputs += ["-f", "ffmetadata", "-i", f"file:{marks}"]
    count = len(clips)
    shown: list[str] = []
    if film.track:
        track = folder / "captions.mp4"
        write_caption_track(track, film.track, float(sum(film.frames) / film.fps))
        inputs += ["-f", "mov", "-i", f"file:{track}"]
        shown = ["-map", f"{count + 2}:s:0", "-c:s", "copy"]
    video = ["-c:v", "libx264", "-preset", params.x264_preset, "-crf", f"{params.crf:g}"]
    video += ["-threads", str(threads), "-r", str(film.fps), "-frames:v", str(sum(film.frames))]
    run_ffmpeg(
        [
            *["-filter_complex_threads", str(threads), *inputs],
            *["-filter_complex", join_graph(film.frames, film.fps, params.reel_transition)],
            *["-map", "[video]", "-map", f"{count}:a:0", *video],
            *["-c:a", "aac", "-b:a", f"{params.audio_kbps}k", *shown],
            *["-map_metadata:g", "-1", "-map_metadata:s", "-1", "-map_chapters", str(count + 1)],
            *BIT_EXACT,
            *["-movflags", "+faststart", "-f", "mp4", str(folder / VIDEO)],
        ],
        read=[folder, *(clip.video.parent for clip in clips)],
        write=folder,
        duration=float(sum(film.frames) / film.fps),
        progress=progress,
    )
    for made in (raw, marks, folder / "captions.mp4"):
        made.unlink(missing_ok=True)


def join_graph(frames: Sequence[int], fps: Fraction, transition: str) -> str:
    """Return the graph that joins inputs of so many frames each into `[video]`, none lost."""
    last = len(frames) - 1
    half = min(round(TRANSITION_S * fps / 2), min(frames) // 2)
    if transition == "cut" or not last or not half:
        named = "".join(f"[{number}:v:0]" for number in range(len(frames)))
        return f"{named}concat=n={len(frames)}:v=1:a=0,format=yuv420p[video]"
    chains = []
    for number in range(len(frames)):
        # held still where the next or the former passage fades in or out over it, and one frame
        # more, because "fps" may drop the last
        start, stop = half if number else 0, half * (number < last) + 1
        held = f"tpad=start={start}:stop={stop}:start_mode=clone:stop_mode=clone"
        chains.append(f"[{number}:v:0]{held},fps={fps},setsar=1[v{number}]")
    before = "v0"
    for number, edge in enumerate(accumulate(frames[:-1]), start=1):
        times = f"duration={float(2 * half / fps):.6f}:offset={float((edge - half) / fps):.6f}"
        after = f"x{number}"
        chains.append(f"[{before}][v{number}]xfade=transition={XFADE[transition]}:{times}[{after}]")
        before = after
    return ";".join([*chains, f"[{before}]format=yuv420p[video]"])
