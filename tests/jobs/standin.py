"""Seven tiny stages with the real names and types, told by files in a folder what to do.

The folder is `resources.models`. `<stage>.do` holds one action per run of the stage, the last one
for all later runs: "" (just work), "hold" (until the file `go` appears), "error CODE", "crash"
(an exception), "exit" (the process ends at once), "child" (hold, with a child process as ffmpeg
would be). `runs.log` gets a line per run, `<stage>.pid` and `<stage>.child` the process ids.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from agents.errors import MediaError
from agents.params import Params, Tunable
from agents.registry import Agent, Context
from agents.types import (
    Clip,
    ClipPlan,
    Content,
    Cue,
    Intake,
    Interval,
    KeyFrames,
    Layout,
    Levels,
    Media,
    PacketTable,
    Prosody,
    SilenceRegion,
    SpeechProbability,
    Transcript,
    TranscriptSegment,
)
from jobs.processes import leashed

NEEDS = {
    "intake": (),
    "silence": ("intake",),
    "transcript": ("intake",),
    "layout": ("intake",),
    "content": ("intake", "transcript", "silence", "layout"),
    "extract": ("transcript", "silence", "layout", "content"),
    "compile": ("intake", "extract"),
}


class KnobParams(Params):
    """One number, so that a changed tuning changes a key."""

    level: Annotated[float, Tunable(0, 10, step=1)] = 1.0
    """Anything."""


def _intake(upload: Path, context: Context) -> Intake:
    audio, poster = context.workdir / "audio.wav", context.workdir / "poster.jpg"
    poster.write_bytes(b"jpg")
    some = np.zeros(3, dtype=np.float32)
    return Intake(
        media=Media(upload, "mov", 60.0, 320, 180, 25.0, True, 0, 0, "a" * 64, 4),
        levels=Levels(0.01, some, some),
        speech=SpeechProbability(0.03, some),
        prosody=Prosody(some, some, some),
        packets=PacketTable(some, some, some > 0),
        key_frames=KeyFrames(some, np.zeros((3, 180, 320), dtype=np.uint8)),
        audio=audio,
        poster=poster,
        proxy=None,
    )


def _plans(*values: Any, params: KnobParams) -> tuple[ClipPlan, ...]:
    part = Interval(1.0, 1.0 + params.level)
    cue = Cue(0.0, 1.0, "So the bound is tight.")
    plan = ClipPlan((part,), 1, "The bound", 0.5, {"novelty": 0.5}, "why", "quote", 0, (), (cue,))
    return (plan,)


def _clip(plan: ClipPlan, context: Context) -> Clip:
    def make(folder: Path) -> None:
        for name in ("clip.mp4", "poster.jpg", "clip.srt", "clip.vtt"):
            (folder / name).write_text(name)

    key = f"clip-{int(plan.duration * 1000)}"
    folder = context.once(key, make)
    files = [folder / name for name in ("clip.mp4", "poster.jpg", "clip.srt", "clip.vtt")]
    return Clip(key, plan, *files, 320, 180, plan.duration, 8)


WORK: dict[str, Callable[..., Any]] = {
    "intake": lambda upload, params, context: _intake(upload, context),
    "silence": lambda *v, params, context: (SilenceRegion(2.0, 3.0, -60.0),),
    "transcript": lambda *v, params, context: Transcript(
        "en", "stand-in", (TranscriptSegment(1.0, 2.0, "So the bound is tight.", ()),)
    ),
    "layout": lambda *v, params, context: Layout((), ()),
    "content": lambda *v, params, context: Content((), (), "stand-in"),
    "extract": lambda *v, params, context: _plans(*v, params=params),
    "compile": lambda intake, plans, params, context: tuple(_clip(p, context) for p in plans),
}
GIVES: dict[str, Any] = {
    "intake": Intake,
    "silence": tuple[SilenceRegion, ...],
    "transcript": Transcript,
    "layout": Layout,
    "content": Content,
    "extract": tuple[ClipPlan, ...],
    "compile": tuple[Clip, ...],
}


def _act(name: str, control: Path, context: Context) -> None:
    log = control / "runs.log"
    earlier = log.read_text().split("\n").count(name) if log.exists() else 0
    with log.open("a") as lines:
        lines.write(f"{name}\n")
    (control / f"{name}.pid").write_text(str(os.getpid()))
    order = control / f"{name}.do"
    actions = order.read_text().split("\n") if order.exists() else [""]
    verb, _, rest = actions[min(earlier, len(actions) - 1)].partition(" ")
    if verb == "error":
        raise MediaError(f"{name} says {rest}", code=rest)
    if verb == "crash":
        raise RuntimeError(f"{name} has a bug")
    if verb == "exit":
        os._exit(9)
    if verb == "child":
        child = subprocess.Popen(leashed(["sleep", "300"]), start_new_session=True)
        (control / f"{name}.child").write_text(str(child.pid))
    if verb in ("hold", "child"):
        began = time.monotonic()
        while not (control / "go").exists():
            context.progress(min(99.0, 10 * (time.monotonic() - began)), "holding")
            time.sleep(0.02)


def _stage(name: str) -> Agent:
    def run(*values: Any, params: Params, context: Context) -> Any:
        assert context.resources.models is not None
        _act(name, context.resources.models, context)
        return WORK[name](*values, params=params, context=context)

    return Agent(
        name=name,
        title=name.title(),
        version=1,
        params=KnobParams,
        needs=NEEDS[name],
        run=run,
        gives=GIVES[name],
    )


def table() -> dict[str, Agent]:
    """Return the stand-in stages in order."""
    return {name: _stage(name) for name in NEEDS}
