"""What hearing and seeing cost: `uv run python -m benchmarks.stage1 [--keep FOLDER]`.

Stage 1 is intake, silence and layout, without what recognises speech or, where the extra is
installed, headlines: they cost what they read. It reads lectures of four lengths, then ten minutes
encoded in five ways, beside the rivals on the same files, each in an environment of its own:
librosa.load with effects.split, PySceneDetect's content detector at its defaults, and the ffmpeg
command that writes 16 kHz mono. All figures are CPU seconds of a process and its children; the
recordings are made first, which takes longer than all the rest. An hour is what the bounds of the
rivals are for: in ten minutes the start of the processes is half of what is ours.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from agents.sandbox import working_environment
from benchmarks.stage1_parts import MEASURED

MINUTES = (15, 60, 90, 180)
WITHIN_S = 1.0
RATIOS = ("60 min 40", "", "60 min 25")
"""How many times the rivals cost: slides alone, and stage 1 without what they do not do."""
DONT_COMPILE = "PYTHONDONTWRITEBYTECODE"
HEAR = "import sys, librosa as l; l.effects.split(l.load(sys.argv[1], sr=16000)[0])"
LIBROSA = ("uv", "run", "--no-project", "--with", "librosa", "python", "-c", HEAR)
SCENES = ("uv", "run", "--no-project", "--with", "scenedetect[opencv-headless]", "scenedetect")


def cpu_of(command: Sequence[str], **environment: str) -> tuple[float, str]:
    """Run a command to its end; return its CPU seconds with children, and what it printed."""
    # compiled once, as where people have installed it, not each time
    usual = {name: value for name, value in os.environ.items() if name != DONT_COMPILE}
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, env=usual | environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise RuntimeError(said[-2000:])
    return usage.ru_utime + usage.ru_stime, said


def measure_one(what: str, path: Path, **environment: str) -> tuple[float, dict[str, Any]]:
    """Return the CPU seconds of `MEASURED[what]` in a fresh process, and what it found."""
    command = [sys.executable, "-m", "benchmarks.stage1", f"--{what}", str(path)]
    cpu, said = cpu_of(command, **environment)
    return cpu, json.loads(said.splitlines()[-1])


def show(*cells: object) -> None:
    """Print a row of a Markdown table."""
    shown = [f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in cells]
    print(f"| {' | '.join(shown)} |", flush=True)


def head(*cells: str) -> None:
    """Print the head of a Markdown table."""
    print()
    show(*cells)
    show(*("---" for _ in cells))


def measure_lengths(folder: Path, minutes: Sequence[int]) -> dict[int, Path]:
    """Print what lectures of several lengths cost (P1)."""
    from benchmarks.recordings import make_lengths  # here: measured processes load this module too

    paths = dict(zip(minutes, make_lengths(folder, minutes), strict=True))
    columns = ("CPU s", "without Silero", "CPU s an hour", "x real time", "largest process MB")
    head("minutes", *columns)
    for length, path in paths.items():
        cpu, found = measure_one("stages", path)
        _, heard = measure_one("speech", path, **working_environment())
        hour, speed = cpu * 3600 / found["seconds"], found["seconds"] / cpu
        largest = max(found["own_mb"], found["child_mb"])
        show(length, cpu, cpu - heard["silero"], hour, speed, largest)
    show("bounds", "60 min: 12", "60 min: 6.5", "as at 15", ">= 300", "90 min: 250")
    return paths


def measure_sound(path: Path) -> None:
    """Print what the sound costs beside the ffmpeg command (P4)."""
    with tempfile.TemporaryDirectory() as folder:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-vn"]
        wav = str(Path(folder, "sound.wav"))
        rival, _ = cpu_of([*command, "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", wav])
    ours, _ = measure_one("sound", path)
    head("sound of 60 min to 16 kHz", "CPU s")
    show("the ffmpeg command", rival)
    show("ours", ours)
    show("ours / ffmpeg (bound 0.8)", ours / rival)


def choose_recordings(folder: Path, variants: Sequence[str]) -> dict[str, Path]:
    """Return an hour as it is, and ten minutes encoded in all ways or in the chosen ones."""
    from benchmarks.recordings import make_lengths, make_variants

    (hour,) = make_lengths(folder, [60])
    made = make_variants(folder)
    return {"60 min": hour} | {
        f"10 min, {name}": path for name, path in made.items() if not variants or name in variants
    }


def measure_rivals(paths: Mapping[str, Path]) -> None:
    """Print cost and slide changes of recordings, ours and the rivals' (P1, P2, P3).

    PySceneDetect stands beside what slide changes cost alone, and both rivals beside stage 1 with
    Silero and without, for neither of them listens for speech.
    """
    columns = ("CPU s", "x real time", "slides alone CPU s", "F1", "recall")
    rivals = ("librosa CPU s", "PySceneDetect CPU s", "F1", "recall", "/ slides alone")
    head("", *columns, *rivals, "both / stage 1", "both / without Silero")
    cpu_of([*SCENES, "version"])  # what uv must fetch and unpack is not the rival's fault
    measure_librosa(next(iter(paths.values())))  # its first use compiles for half a minute
    for name, path in paths.items():
        truth = json.loads(path.with_suffix(".truth.json").read_text())["slides"]
        ours, found = measure_one("stages", path)
        (rival, scenes), heard = measure_scenes(path), measure_librosa(path)
        alone, seen = measure_one("slides", path)
        if seen["slides"] != found["slides"]:
            raise RuntimeError(f"other slides are found in {path.name} without its sound")
        _, voice = measure_one("speech", path, **working_environment())
        cost = (ours, found["seconds"] / ours, alone, *_scored(found["slides"], truth))
        ratios = (rival / alone, (rival + heard) / ours, (rival + heard) / (ours - voice["silero"]))
        show(name, *cost, heard, rival, *_scored(scenes, truth), *ratios)
    show("bounds", "", "60 min 300, others 100", "", ">= .95", "", *("" for _ in range(4)), *RATIOS)


def measure_librosa(path: Path) -> float:
    """Return the CPU seconds of librosa.load and effects.split, which need ffmpeg on the PATH."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
        search = f"{folder}{os.pathsep}{os.environ['PATH']}"
        return cpu_of([*LIBROSA, str(path)], PATH=search)[0]


def measure_scenes(path: Path) -> tuple[float, list[float]]:
    """Return the CPU seconds of PySceneDetect's content detector, and the changes it finds."""
    with tempfile.TemporaryDirectory() as folder:
        listing = ["list-scenes", "-q", "-s", "-o", folder, "-f", "scenes.csv"]
        cpu, _ = cpu_of([*SCENES, "-q", "-i", str(path), "detect-content", *listing])
        with Path(folder, "scenes.csv").open() as file:
            starts = [float(row["Start Time (seconds)"]) for row in csv.DictReader(file)]
    return cpu, starts[1:]


def _scored(found: Sequence[float], truth: Sequence[float]) -> tuple[float, float]:
    """Return F1 and recall of changes matched one to one within a second."""
    from jobs.evaluation.matching import count_points

    counts = count_points(found, truth, within=WITHIN_S)
    return counts.f1 or 0.0, counts.recall or 0.0


def main() -> None:
    """Print every figure, or answer as one measured process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder whose recordings are used and kept")
    parser.add_argument("--minutes", type=int, nargs="+", default=list(MINUTES))
    parser.add_argument("--variants", nargs="*", default=[], help="only these of the encodings")
    for what in MEASURED:
        parser.add_argument(f"--{what}", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for what, measure in MEASURED.items():
        if path := getattr(options, what):
            print(json.dumps(measure(path)))
            return
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", end=", ")
    print(f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        lengths = measure_lengths(folder, options.minutes)
        measure_sound(lengths[60] if 60 in lengths else next(iter(lengths.values())))
        measure_rivals(choose_recordings(folder, options.variants))


if __name__ == "__main__":
    main()
