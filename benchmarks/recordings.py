"""The recordings that the benchmarks read: one rendered lecture, made longer or encoded anew.

Sound is 48 kHz stereo, as cameras and meeting software record it: the dearest that is usual.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import imageio_ffmpeg

from agents.subtitles import make_cues, to_vtt
from agents.types import Interval, Word
from tests.rendering import Look, Scene, render_lecture, spoken_scenes

LOOK = Look(size=(1280, 720), fps=30, noise_db=-58.0)
REPEATS = 4
VARIANT_S = 600
"""Seconds of every recording that is encoded anew."""
PATH = "x='640+300*sin(t*0.9)':y='360+200*sin(t*0.7)'"
POINTER = f"color=black:s=6x12:r=30[p];[0:v][p]overlay=shortest=1:{PATH}"
"""A pointer that wanders; `NOISE` is the grain of a camera that films the screen."""
NOISE = "noise=alls=5:allf=t"
FIXED = ("-b:v", "1M", "-minrate", "1M", "-maxrate", "1M", "-bufsize", "1M")
FIXED += ("-x264-params", "nal-hrd=cbr:force-cfr=1")
VARIANTS: dict[str, tuple[str, ...]] = {
    "gop2": ("-g", "60", "-keyint_min", "60"),
    "gop20": ("-g", "600", "-keyint_min", "600"),
    "cbr": ("-g", "240", "-keyint_min", "240", "-crf", "-1", *FIXED),
    "noisy": ("-g", "240", "-filter_complex", f"{POINTER},{NOISE}"),
}
"""What is encoded differently: key frames, a constant bitrate with filler, a pointer and noise."""


def make_lecture(path: Path) -> tuple[dict, Path]:
    """Render ten minutes of slides, camera and speech; return its truth and its captions."""
    scenes: list[Scene] = []
    for round_ in range(REPEATS):
        scenes += [
            replace(s, title=f"{s.title} {round_ + 1}", topic=s.topic + 5 * round_)
            for s in spoken_scenes()
        ]
    truth = render_lecture(path, scenes, LOOK)
    words = [Word(w["t0"], w["t1"], w["text"]) for w in truth["words"]]
    captions = path.with_suffix(".vtt")
    captions.write_text(to_vtt(make_cues(words, (Interval(0, truth["duration"]),))))
    return truth, captions


def make_base(folder: Path) -> Path:
    """Return `base.mp4`, the rendered lecture, made when it is not there yet."""
    target = folder / "base.mp4"
    if not target.with_suffix(".truth.json").exists():
        # a child's peak memory counts what its parent had when it forked: this one stays small
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(make_lecture, target).result()
    return target


def make_lengths(folder: Path, minutes: Sequence[int]) -> list[Path]:
    """Return a recording per length, the base repeated without decoding its picture."""
    base, stereo = make_base(folder), folder / "stereo.mp4"
    if not stereo.exists():
        sound = ("-c:a", "aac", "-ar", "48000", "-ac", "2", "-b:a", "128k")
        _write(stereo, "-i", str(base), "-c:v", "copy", *sound)
    made = []
    for length in minutes:
        target = folder / f"minutes{length:03d}.mp4"
        if not target.exists():
            listing = folder / "parts.txt"
            listing.write_text(f"file '{stereo.absolute()}'\n" * (length // 10 + 1))
            # three hours are the most that can be read: stay a second below
            span = ("-t", str(length * 60 - 1), "-c", "copy")
            _write(target, "-f", "concat", "-safe", "0", "-i", str(listing), *span)
        truth = repeat_slides(json.loads(base.with_suffix(".truth.json").read_text()), length * 60)
        target.with_suffix(".truth.json").write_text(json.dumps(truth))
        made.append(target)
    return made


def repeat_slides(truth: dict, seconds: float) -> dict:
    """Return when the slides change in so many seconds of a recording shown again and again.

    Its first picture is another slide than its last one.
    """
    starts = _starts(truth, seconds)
    times = [start + time for start in starts for time in (0.0, *truth["slides"])]
    return {"duration": seconds, "slides": [t for t in times[1:] if t < seconds - 1]}


def repeat_captions(truth: dict, seconds: float) -> str:
    """Return as WebVTT what is said in so many seconds of a recording played again and again."""
    words = [
        Word(start + w["t0"], start + w["t1"], w["text"])
        for start in _starts(truth, seconds)
        for w in truth["words"]
        if start + w["t1"] < seconds - 1
    ]
    return to_vtt(make_cues(words, (Interval(0, seconds),)))


def _starts(truth: dict, seconds: float) -> list[float]:
    """Return when a recording begins that is played again and again for so many seconds."""
    step = math.ceil(truth["duration"] * LOOK.fps) / LOOK.fps  # the picture ends with a frame
    return [n * step for n in range(math.ceil(seconds / step))]


def make_variants(folder: Path) -> dict[str, Path]:
    """Return ten minutes of the base as they are and encoded in other ways, each with its truth."""
    (plain,) = make_lengths(folder, [VARIANT_S // 60])
    made = {"plain": plain}
    for name, encoding in VARIANTS.items():
        target = made[name] = folder / f"{name}.mp4"
        if not target.exists():
            picture = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "26", *encoding)
            _write(target, "-i", str(plain), "-t", str(VARIANT_S), *picture, "-c:a", "copy")
        shutil.copyfile(plain.with_suffix(".truth.json"), target.with_suffix(".truth.json"))
    return made


def _write(target: Path, *arguments: str) -> None:
    """Run ffmpeg; the target appears when it is whole."""
    part = target.with_suffix(".part.mp4")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(part)], check=True)
    part.rename(target)
