"""What the whole path costs: `uv run python -m benchmarks.pipeline`.

A ten-minute 1280x720 lecture with captions goes through `lecture highlights` to three clips of
about 60 s, beside three hand-written ffmpeg filter graphs that render the same seconds of the
same file; then an hour is read as far as the plans of five clips of 60 s; then a weight is moved
on a 90-minute lecture; then the app idles; then the command prints its help. Each line gives what
was measured and, where the product has one, its bound.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import imageio_ffmpeg

from agents.layout.ocr import ocr_version
from agents.subtitles import make_cues, to_srt
from agents.types import Interval, Word
from benchmarks.recordings import make_lecture, make_lengths, repeat_captions

CLIPS = ("--extract.min-clips", "3", "--extract.max-clips", "3")
LENGTHS = (
    "--extract.min-clip-s",
    "55",
    "--extract.max-clip-s",
    "65",
    "--extract.max-total-s",
    "190",
)


@dataclass(frozen=True)
class Cost:
    """What one run of a command took."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    """Largest resident set of any single process."""


def run(command: Sequence[str], **environment: str) -> Cost:
    """Run a command to its end; raise with its output when it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if process.returncode:
            output.seek(0)
            raise RuntimeError(output.read().decode()[-2000:])
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def graph(source: Path, srt: Path, start: float, length: float, target: Path) -> list[str]:
    """Return the rival: one hand-written filter graph, side by side with burned-in subtitles."""
    filters = (
        f"[0:v]split[a][b];[a]scale=896:504,pad=1280:720:0:108[s];[b]crop=300:194:954:504,"
        f"scale=368:238[c];[s][c]overlay=904:241,subtitles=filename={srt}:"
        f"fontsdir={Path(__file__).parents[1] / 'agents/compile/fonts'}[v]"
    )
    return [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-ss", str(start), "-t", str(length),
        "-i", str(source), "-filter_complex", filters, "-map", "[v]", "-map", "0:a",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p",
        "-c:a", "aac", "-movflags", "+faststart", str(target),
    ]  # fmt: skip


def measure_highlights(folder: Path) -> None:
    """Time the whole pipeline and its rival on the same seconds."""
    source = folder / "lecture.mp4"
    # A child's peak memory counts what its parent had when it forked: this process stays small.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        truth, captions = pool.submit(make_lecture, source).result()
    lecture = [sys.executable, "-m", "app.cli", "highlights", str(source)]
    command = [*lecture, "--out", str(folder / "out"), "--captions", str(captions)]
    cost = run([*command, *CLIPS, *LENGTHS])
    analysis = json.loads((folder / "out" / "analysis.json").read_text())
    clips = analysis["clips"]
    kept = sum(clip["duration"] for clip in clips)
    print(f"lecture: {truth['duration']:.0f} s at 1280x720, {len(clips)} clips of {kept:.0f} s")
    show("all stages to rendered clips, wall", cost.wall_s, 60, "s")
    show("peak memory of any process", cost.peak_mb, 600, "MB")
    show("CPU of all processes", cost.cpu_s, None, "s")
    for name, seconds in analysis.get("seconds", {}).items():
        show(f"  stage {name}, wall", seconds, None, "s")
    rival = 0.0
    for clip in clips:
        srt = folder / "rival.srt"
        words = [Word(w["t0"], w["t1"], w["text"]) for w in truth["words"]]
        part = Interval(clip["start"], clip["start"] + clip["duration"])
        srt.write_text(to_srt(make_cues(words, (part,))))
        rival += run(graph(source, srt, part.start, part.duration, folder / "rival.mp4")).cpu_s
    show("rival: a hand-written ffmpeg graph per clip, CPU", rival, None, "s")
    compile_cpu = cost.cpu_s / rival
    show("everything / rival's rendering alone, CPU", compile_cpu, None, "x")
    again = run([*command, *CLIPS, *LENGTHS])
    show("the same command again", again.wall_s, None, "s")


def measure_hour(folder: Path) -> None:
    """Time an hour with captions to the plans of five clips, with headlines read and without."""
    (source,) = make_lengths(folder, [60])
    captions = folder / "hour.vtt"
    truth = json.loads((folder / "base.truth.json").read_text())
    captions.write_text(repeat_captions(truth, 3599))
    command = [sys.executable, "-m", "app.cli", "highlights", str(source), "--only", "extract"]
    command += ["--captions", str(captions)]
    for minute in (5, 16, 27, 38, 49):
        command += ["--keep", f"{minute}:00-{minute + 1}:00"]
    plain = run([*command, "--out", str(folder / "hour"), "--layout.headlines", "0"])
    planned = json.loads((folder / "hour" / "analysis.json").read_text())["clips"]
    show(f"60 min to the plans of {len(planned)} clips, wall", plain.wall_s, 12, "s")
    if ocr_version():
        read = run([*command, "--out", str(folder / "headlines")])
        show("  the same with headlines read from slides", read.wall_s, None, "s")


def measure_weights() -> None:
    """Time scores and clip plans of a 90-minute lecture after a weight was moved."""
    from benchmarks.weights import move_a_weight

    scores_ms, plans_ms = move_a_weight()
    show("weight moved, 90 min: scores", scores_ms, 10, "ms")
    show("weight moved, 90 min: clip plans", plans_ms, 60, "ms")


def measure_app(folder: Path) -> None:
    """Measure the idle app and the command's start."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--workers", "1"]
    environment = {**os.environ, "LECTURE_STATE": str(folder / "state")}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        next(line for line in process.stdout if "http://" in line)
        time.sleep(5)
        show("app idle, largest process resident", largest_resident_mb(process.pid), 350, "MB")
    finally:
        process.terminate()
        process.wait(30)
    helps = [run([sys.executable, "-m", "app.cli", "--help"]).wall_s for _ in range(5)]
    show("lecture --help, median of 5", sorted(helps)[2], 0.5, "s")


def largest_resident_mb(root: int) -> float:
    """Return the resident memory of the largest process in a tree (Linux)."""
    parents, resident = {}, {}
    for entry in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            fields = dict(line.split(":", 1) for line in entry.read_text().splitlines())
            parents[int(fields["Pid"])] = int(fields["PPid"])
            resident[int(fields["Pid"])] = int(fields.get("VmRSS", "0 kB").split()[0]) / 1024
    tree = {root}
    while grown := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return max(resident[pid] for pid in tree if pid in resident)


def show(what: str, value: float, bound: float | None, unit: str) -> None:
    """Print one line: what, how much, its bound."""
    limit = "" if bound is None else f"   (bound {bound:g} {unit})"
    print(f"{what:<55} {value:9.2f} {unit}{limit}", flush=True)


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder to work in and to leave behind")
    options = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ",
        end="",
    )
    print(f"Streamlit {version('streamlit')}, DuckDB {version('duckdb')}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        measure_highlights(folder)
        measure_hour(folder)
        measure_weights()
        measure_app(folder)


if __name__ == "__main__":
    main()
