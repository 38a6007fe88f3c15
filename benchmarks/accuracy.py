"""How right the agents are, beside other programs: `uv run python -m benchmarks.accuracy`.

Runs `lecture evaluate ... --json` for every measure on the labelled data in `--data` (recordings
and labels that are not part of this repository; what is absent is said) and on folders of rendered
lectures, then the rivals on the same files, each in an environment of its own through
`uv run --no-project --with ...`, scored by the same code. Writes accuracy.md beside this file: the
sections of the measures that were asked for, the others stay.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import imageio_ffmpeg

from agents.types import SilenceRegion
from app.commands.scores import figure
from jobs.evaluation import silence, slides
from jobs.evaluation.formats import find_labelled
from jobs.evaluation.lectures import RenderedLecture
from jobs.evaluation.matching import joined, outside
from jobs.evaluation.speech import TurnedSound

RIVALS = Path(__file__).parent / "rivals"
SOUND_TOOLS = ("--with", "librosa==0.11.0", "--with", "faster-whisper==1.2.1", "--with", "av<19")
SCENE_TOOLS = (
    "--with",
    "scenedetect[opencv-headless]==0.7",
)
SILENCE_RIVALS = {
    "split60": "librosa.effects.split, as shipped (60 dB)",
    "split30": "librosa.effects.split at 30 dB",
    "rms50": "RMS below -50 dBFS",
    "silero": "Silero VAD of faster-whisper",
}
SLIDE_RIVALS = {
    "detect-content": "PySceneDetect detect-content",
    "detect-adaptive": "PySceneDetect detect-adaptive",
}
SHOWN = {
    "silence": ("nonspeech_f1", "pause_f1", "border_error_ms", "cpu_s"),
    "layout": ("kind", "regions_right", "screen_iou", "camera_iou", "no_camera", "change_recall"),
    "slides": ("change_f1", "change_precision", "change_recall", "time_error_ms", "cpu_s"),
    "words": ("word_error_rate", "time_error_ms", "in_silence", "cpu_s"),
    "topics": ("pk", "window_diff", "boundary_f1", "found", "boundaries"),
    "importance": ("top3_f1", "top5_f1", "average_precision", "lift"),
    "clips": (
        *("clips", "sentence_edges", "pause_edges", "outside_limits", "overlaps", "repeats"),
        *("same_again", "topics_covered", "gap", "plan_ms"),
    ),
}
DATA = {
    "silence": {"speech/pyannote": "pyannote.audio's test clips (MIT): meetings, telephone"},
    "layout": {"m3av-frames": "M3AV (CC BY-NC-SA 4.0): key frames of real lectures"},
    "words": {
        "speech/librivox": "LibriVox (public domain)",
        "speech/harvard-osr": "Open Speech Repository: Harvard sentences at 8 kHz",
        "speech/us-gov": "public speeches (public domain)",
    },
    "topics": {
        "mit-lectures/ai": "MIT lecture corpus: AI, manual transcripts",
        "mit-lectures/physics-manual": "the same: physics, manual transcripts",
        "mit-lectures/physics-asr": "the same: physics, recognised speech",
    },
    "clips": {"mavils": "MaViLS (Apache-2.0): word times and human slide changes of lectures"},
    "importance": {"vtssum": "VT-SSum, test-open (CC BY-NC-ND 4.0): transcripts of lectures"},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: who, on what, with which figures; or why there are none."""

    who: str
    what: str
    figures: Mapping[str, float | None]
    said: str = ""


def ours(measure: str, path: Path, what: str, most: int | None) -> Line:
    """Run our command."""
    command = [sys.executable, "-m", "app.cli", "evaluate", measure, str(path), "--json"]
    command += ["--most", str(most)] if most else []
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout:
        said = done.stderr.strip().splitlines()[-1].replace(str(path), path.name)
        return Line("lecture evaluate", what, {}, said)
    found = json.loads(done.stdout)
    broken = sum("error" in row for row in found["rows"])
    scored = f"{len(found['rows']) - broken} scored" + (f", {broken} not" if broken else "")
    return Line("lecture evaluate", f"{what} ({scored})", found["overall"])


def silence_rivals(path: Path, what: str, most: int | None) -> Iterator[Line]:
    """Run the rivals of the silence agent on the sound of the same recordings."""
    work = [one for one in find_labelled(path) if isinstance(one, RenderedLecture | TurnedSound)]
    for method, who in SILENCE_RIVALS.items():
        if work:
            yield scored(
                who, what, silence, [partial(silence_score, method, o) for o in work[:most]]
            )


def scored(who: str, what: str, measure: ModuleType, work: Sequence[Callable[[], Any]]) -> Line:
    """Return the line of a rival; where it fails on a recording, what it said takes its place."""
    try:
        return Line(who, what, measure.figures([one() for one in work]))
    except RuntimeError as error:
        return Line(who, what, {}, str(error).strip().splitlines()[-1])


def silence_score(method: str, one: RenderedLecture | TurnedSound) -> silence.SilenceScore:
    """Return how one rival does on one recording; decoding is its cost too, as it is ours."""
    before = children_s()
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sound.wav"
        source = one.sound if isinstance(one, TurnedSound) else one.media
        to_wav = ("-v", "error", "-i", str(source), "-vn", "-ac", "1", "-ar", "16000", str(wav))
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *to_wav], check=True)
        length = (wav.stat().st_size - 44) / 32_000
        script = RIVALS / "silences.py"
        out = output(["uv", "run", "--no-project", *SOUND_TOOLS, "python", script, method, wav])
    found = json.loads(out.splitlines()[-1])["silence"]
    if isinstance(one, TurnedSound):
        turns = ((a, min(b, length)) for a, b in one.turns if a < length)
        labelled = outside(joined(turns, 0.0), length)
    else:
        labelled, length = list(one.labels("silence")), one.truth().duration
    regions = [SilenceRegion(a, b, -60.0) for a, b in found]
    return silence.compare(regions, labelled, length, children_s() - before)


def slide_rivals(path: Path, what: str, most: int | None) -> Iterator[Line]:
    """Run PySceneDetect's public command on the same recordings."""
    work = [one for one in find_labelled(path) if isinstance(one, RenderedLecture)]
    for detector, who in SLIDE_RIVALS.items():
        if work:
            yield scored(
                who, what, slides, [partial(slide_score, detector, o) for o in work[:most]]
            )


def slide_score(detector: str, lecture: RenderedLecture) -> slides.SlideScore:
    """Return how one detector does on one recording."""
    before = children_s()
    with tempfile.TemporaryDirectory() as folder:
        options = ("-q", "-i", lecture.media.absolute(), "-o", folder, detector)
        listing = ("list-scenes", "-s", "-f", "scenes.csv")
        output(["uv", "run", "--no-project", *SCENE_TOOLS, "scenedetect", *options, *listing])
        rows = (Path(folder) / "scenes.csv").read_text().splitlines()[1:]
    starts = [float(row.split(",")[3]) for row in rows if row]
    cost = children_s() - before
    duration = lecture.truth().duration
    return slides.compare(starts[1:], lecture.labels("slides"), duration, cost)


def output(command: Sequence[object]) -> str:
    """Return what a command prints; raise with what it said when it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
    return done.stdout


def children_s() -> float:
    """Return the CPU seconds of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure_all(
    measure: str, data: Path, rendered: Sequence[Path], most: int | None, alone: bool
) -> Iterator[Line]:
    """Yield the lines of one measure: every data set and every folder, rivals after us."""
    rivals = {} if alone else {"silence": silence_rivals, "slides": slide_rivals}
    for name, origin in DATA.get(measure, {}).items():
        path = data / name
        if not path.is_dir():
            yield Line("-", f"{name}: {origin}", {}, "not there")
            continue
        yield ours(measure, path, f"{name}: {origin}", most)
        if measure == "silence" and measure in rivals:
            yield from silence_rivals(path, name, most)
    for path in rendered:
        what = f"rendered: {path.name}"
        yield ours(measure, path, what, most)
        if measure in rivals:
            yield from rivals[measure](path, what, most)


def table(measure: str, lines: Sequence[Line]) -> str:
    """Return the Markdown table of one measure."""
    names = SHOWN[measure]
    heads = ["data", "program", *(re.sub("_", " ", name) for name in names)]
    rows = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for line in lines:
        cells = [figure(name, line.figures.get(name)) for name in names]
        cells = cells if line.figures else [line.said, *[""] * (len(names) - 1)]
        rows.append(f"| {' | '.join([line.what, line.who, *cells])} |")
    return "\n".join(rows)


def header() -> str:
    """Return what the figures were measured with."""
    tools = ", ".join(f"{name} {version(name)}" for name in ("numpy", "onnxruntime", "av"))
    cores = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return (
        "# How right the agents are\n\n"
        f"Made by `uv run python -m benchmarks.accuracy`: {cores},\n"
        f"lecture-highlights {version('lecture-highlights')}, {tools}.\nDefinitions of the "
        "figures stand in `jobs/evaluation/`. Every program met the same files in one run; CPU\n"
        "seconds count all its processes, decoding and starting included. The rivals:\n"
        f"`uv run --no-project {' '.join(SOUND_TOOLS)} python benchmarks/rivals/silences.py`,\n"
        f"`uv run --no-project {' '.join(SCENE_TOOLS)} scenedetect -i FILE DETECTOR list-scenes`.\n"
        "The data is not part of this repository.\n\n"
    )


def section(measure: str, lines: Sequence[Line], most: int | None) -> str:
    """Return what the report says of one measure: when, on how much, and the table."""
    limit = f", the first {most} of each data set" if most else ""
    when = f"Measured {datetime.now(UTC):%Y-%m-%d}{limit}; load {os.getloadavg()[0]:.0f}."
    return f"{when}\n\n{table(measure, lines)}\n\n"


def merged(report: str, measured: Mapping[str, str]) -> str:
    """Return the report with these sections new, the others of `report` as they were."""
    parts = re.split(r"^## (.+)\n+", report, flags=re.MULTILINE)[1:]
    known = dict(zip((name.lower() for name in parts[::2]), parts[1::2], strict=True))
    known |= measured
    bodies = (f"## {name.capitalize()}\n\n{known[name]}" for name in SHOWN if name in known)
    return header() + "".join(bodies).rstrip() + "\n"


def warm_up() -> None:
    """Have the rivals' environments made before anything is timed."""
    output(["uv", "run", "--no-project", *SOUND_TOOLS, "python", "-c", "import librosa"])
    output(["uv", "run", "--no-project", *SCENE_TOOLS, "scenedetect", "version"])


def main() -> int:
    """Write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rendered", type=Path, nargs="*", default=[], help="folders of lectures")
    parser.add_argument("--measures", nargs="*", choices=SHOWN, default=list(SHOWN))
    parser.add_argument("--most", type=int, help="so many of each data set")
    parser.add_argument("--alone", action="store_true", help="without the rivals: most of the time")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    missing = [str(path) for path in options.rendered if not path.is_dir()]
    if missing:
        print(f"not there: {', '.join(missing)}", file=sys.stderr)
        return 2
    if not options.data.is_dir():
        print(f"no labelled data at {options.data}: only rendered lectures", file=sys.stderr)
    if not options.alone:
        warm_up()
    measured: dict[str, str] = {}
    for measure in options.measures:
        lines = []
        found = measure_all(measure, options.data, options.rendered, options.most, options.alone)
        for line in found:
            print(f"{measure}: {line.who}, {line.what} {line.said}".rstrip(), flush=True)
            lines.append(line)
        measured[measure] = section(measure, lines, options.most)
        before = options.out.read_text() if options.out.exists() else ""
        options.out.write_text(merged(before, measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
