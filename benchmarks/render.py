"""What a clip costs beside its rivals: `uv run python -m benchmarks.render [--keep FOLDER]`.

A 60-min lecture (1280x720, 30 frames a second, 8 s between key frames) is read by intake; then
60 s of it, side by side with burned-in subtitles, are made by us, by one filter graph that is
written by hand, with the same preset and CRF, and by a plain MoviePy script (a fifth as long,
counted by its seconds: it is that slow). All in one run, by turns; of several rounds the least
counts. CPU is user and system seconds with all children. The graph levels no sound, draws no box
behind its letters, checks nothing and takes no poster: what is ours has all that in its figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from agents.compile.compiler import compile_clips
from agents.compile.params import CompileParams
from agents.intake import measure
from agents.registry import Context, Resources
from agents.subtitles import make_cues, to_srt
from agents.types import Box, Clip, ClipPlan, Intake, Interval, LayoutRegion, Word
from benchmarks.pipeline import run
from benchmarks.recordings import make_lengths
from data.artifacts import Artifacts

REPORT = Path(__file__).with_suffix(".md")
FONTS = Path(__file__).parents[1] / "agents/compile/fonts"
SCREEN, CAMERA = Box(20, 122, 844, 476), Box(884, 216, 378, 288)
LATE_S = 3300.0
CLIP_S = 60.0
SCRIPT_SHARE = 5
EDGE_S = 3.0
EIGHT = 8
ROUNDS = 2
POLL_S = 0.05
HEAD = """# What a clip costs

`uv run python -m benchmarks.render`, Python {version} on {machine} with {cores} cores, load
{load:.0f} at the end. A 60-min lecture; clips of {clip:.0f} s, 1280x720, 30 frames a second,
veryfast, CRF 23, side by side with burned-in subtitles. CPU seconds with all children; of whole
clips the least of {rounds} rounds by turns. What misses is bold.

| what | asked | found | |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Bench:
    """The lecture, what is said in it, and where clips are kept."""

    source: Path
    intake: Intake
    words: Sequence[Word]
    folder: Path
    early_s: float
    """Where the lecture shows what it shows at `LATE_S`."""

    def plan(self, start: float, length: float = CLIP_S) -> ClipPlan:
        """Return the plan of a clip with its cues."""
        part = Interval(start, start + length)
        region = LayoutRegion(0.0, 3600.0, "side_by_side", SCREEN, CAMERA, 1.0)
        named = {"rank": 1, "title": "A clip", "score": 1.0, "contributions": {}, "reason": ""}
        cues = tuple(make_cues(self.words, (part,)))
        return ClipPlan(parts=(part,), quote="", topic=0, layout=(region,), cues=cues, **named)

    def store(self, name: str) -> Artifacts:
        """Return an empty store."""
        return Artifacts(Path(tempfile.mkdtemp(dir=self.folder, prefix=name)))


def main() -> None:
    """Measure, print and keep the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path, help="folder for the recordings, to be used again")
    parser.add_argument("--eight-s", type=float, default=CLIP_S, help="length of the eight clips")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = prepare(asked.keep or Path(name), Path(name))
        rows = [*measure_full(bench), *measure_changes(bench), *measure_eight(bench, asked.eight_s)]
    head = HEAD.format(
        version=platform.python_version(),
        machine=platform.machine(),
        cores=os.cpu_count(),
        load=os.getloadavg()[1],
        clip=CLIP_S,
        rounds=ROUNDS,
    )
    REPORT.write_text(head + "\n".join(rows) + "\n")
    print(REPORT.read_text())


def prepare(media: Path, folder: Path) -> Bench:
    """Make the lecture and let intake read it."""
    (source,) = make_lengths(media, [60])
    truth = json.loads((media / "base.truth.json").read_text())
    lasts = truth["duration"]
    words = [
        Word(at + w["t0"], at + w["t1"], w["text"])
        for at in np.arange(0, 3600, lasts)
        for w in truth["words"]
    ]
    work = folder / "intake"
    work.mkdir()
    context = Context(
        workdir=work,
        resources=Resources(cores=2),
        progress=lambda percent, message: None,
        once=lambda key, make: work,
    )
    return Bench(source, measure(source, context=context), words, folder, LATE_S % lasts)


def compiled(
    bench: Bench, store: Artifacts, plans: Sequence[ClipPlan], **params: str | bool
) -> tuple[Clip, ...]:
    """Compile clips as a job does."""
    context = Context(
        workdir=bench.folder,
        resources=Resources(cores=2),
        progress=lambda percent, message: None,
        once=store.once,
        find=store.find,
    )
    tuned = CompileParams.model_validate(params)
    return compile_clips(bench.intake, tuple(plans), params=tuned, context=context)


def cpu_of(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process and its children for a piece of work."""
    before = os.times()
    work()
    return sum(os.times()[:4]) - sum(before[:4])


def graph(bench: Bench, start: float, length: float = CLIP_S) -> list[str]:
    """Return the command of the rival: one filter graph."""
    srt = bench.folder / f"{start:.0f}.srt"
    srt.write_text(to_srt(bench.plan(start, length).cues))
    filters = (
        f"color=0x121212:s=1280x720:r=30,format=yuv420p[bg];[0:v]split[a][b];"
        f"[a]crop={_crop(SCREEN)},scale=960:540[s];[b]crop={_crop(CAMERA)},scale=304:232[c];"
        f"[bg][s]overlay=0:40:shortest=1[x];[x][c]overlay=976:40,"
        f"subtitles=filename={srt}:fontsdir={FONTS}[v]"
    )
    return [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-ss", str(start), "-t", str(length),
        "-i", str(bench.source), "-filter_complex", filters, "-map", "[v]", "-map", "0:a",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p",
        "-threads", "2", "-c:a", "aac", "-ac", "1", "-b:a", "96k", "-movflags", "+faststart",
        str(bench.folder / f"graph{start:.0f}.mp4"),
    ]  # fmt: skip


def _crop(box: Box) -> str:
    return f"{box.w}:{box.h}:{box.x}:{box.y}"


def script(bench: Bench, start: float, length: float) -> list[str]:
    """Return the command of the other rival: a plain MoviePy script."""
    cues = [[cue.start, cue.end, cue.text] for cue in bench.plan(start, length).cues]
    return [
        sys.executable, "-m", "benchmarks.rivals.composite", str(bench.source), str(start),
        str(length), json.dumps(cues), str(FONTS / "DejaVuSans-Bold.ttf"),
        str(bench.folder / "script.mp4"),
    ]  # fmt: skip


def cold(bench: Bench, plan: ClipPlan, **params: str | bool) -> float:
    """Return the CPU seconds of a clip of which nothing is kept."""
    store = bench.store("cold")
    return cpu_of(lambda: compiled(bench, store, [plan], **params))


def measure_full(bench: Bench) -> list[str]:
    """Return the rows of whole clips: beside the rivals, far into the lecture, in memory."""
    compiled(bench, bench.store("first"), [bench.plan(bench.early_s, 2.0)])  # all is imported
    ours, late, theirs, drafts = list[float](), list[float](), list[float](), list[float]()
    memory = Memory()
    early, far = bench.plan(bench.early_s), bench.plan(LATE_S)
    for _ in range(ROUNDS):
        theirs.append(run(graph(bench, bench.early_s)).cpu_s)
        with memory:
            ours.append(cold(bench, early))
        late.append(cold(bench, far))
        drafts.append(cold(bench, early, quality="draft"))
    seconds = CLIP_S / SCRIPT_SHARE
    moviepy = run(script(bench, bench.early_s, seconds)).cpu_s * SCRIPT_SHARE
    full = min(ours)
    return [
        row("CPU of a clip / of the hand-written graph", 1.0, full / min(theirs), f"{full:.1f} s"),
        row("CPU of a clip / of the MoviePy script", 1 / 6, full / moviepy, f"{moviepy:.0f} s"),
        row("CPU of a clip at 55:00 / of the same at 1:19", 1.03, min(late) / full),
        row("CPU of a draft / of a full clip", 0.25, min(drafts) / full),
        row("memory of all processes, beyond what Python had, MB", 400, memory.most_mb),
    ]


def measure_changes(bench: Bench) -> list[str]:
    """Return the rows of a clip that is compiled again, changed or not."""
    plan, store = bench.plan(bench.early_s), bench.store("warm")
    full = cpu_of(lambda: compiled(bench, store, [plan]))
    rows = []
    for what, asked, changed in changes(bench, plan):
        cost = cpu_of(lambda: compiled(bench, store, [changed]))  # noqa: B023
        rows.append(row(f"{what} / full clip", asked, cost / full, f"{cost:.2f} s"))
    cost = cpu_of(lambda: compiled(bench, store, [plan], caption_track=True))
    rows.append(row("subtitles as a track, too / full clip", 0.01, cost / full, f"{cost:.2f} s"))
    five = [bench.plan(bench.early_s + 12 * n, 10.0) for n in range(5)]
    compiled(bench, store, five)
    before = time.perf_counter()
    compiled(bench, store, five)
    rows.append(row("nothing changed, five clips, s wall", 0.2, time.perf_counter() - before))
    edge = changes(bench, plan)[0][2]
    (warm,), (anew,) = (compiled(bench, one, [edge]) for one in (store, bench.store("anew")))
    same = warm.video.read_bytes() == anew.video.read_bytes()
    said = "yes" if same else "**no**"
    return [*rows, f"| bytes after a moved edge are those of a cold render | yes | {said} | |"]


def changes(bench: Bench, plan: ClipPlan) -> list[tuple[str, float, ClipPlan]]:
    """Return what people change, the share that is asked for, and the plan that comes of it."""
    (part,), at = plan.parts, len(plan.cues) // 2
    start, end, cue = part.start, part.end, plan.cues[at]
    edited = replace(cue, text=f"Indeed {cue.text}", spoken=())
    return [
        ("end 3 s earlier", 0.12, bench.plan(start, CLIP_S - EDGE_S)),
        ("end 3 s later", 0.12, bench.plan(start, CLIP_S + EDGE_S)),
        ("start 3 s later", 0.12, bench.plan(start + EDGE_S, end - start - EDGE_S)),
        ("start 3 s earlier", 0.12, bench.plan(start - EDGE_S, end - start + EDGE_S)),
        (
            "one cue edited",
            0.18,
            replace(plan, cues=(*plan.cues[:at], edited, *plan.cues[at + 1 :])),
        ),
        ("another title and rank", 0.01, replace(plan, title="Another", rank=2)),
    ]


def measure_eight(bench: Bench, length: float) -> list[str]:
    """Return the row of eight clips, beside eight graphs that run two at a time."""
    starts = [bench.early_s + 70.0 * n for n in range(EIGHT)]
    cpu, wall = [0.0, 0.0], [0.0, 0.0]
    before = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        cpu[1] = sum(c.cpu_s for c in pool.map(lambda s: run(graph(bench, s, length)), starts))
    wall[1], before = time.perf_counter() - before, time.perf_counter()
    plans = [bench.plan(start, length) for start in starts]
    cpu[0] = cpu_of(lambda: compiled(bench, bench.store("eight"), plans))
    wall[0] = time.perf_counter() - before
    note = f"{wall[0]:.0f} s beside {wall[1]:.0f} s; CPU {cpu[0]:.0f} s beside {cpu[1]:.0f} s"
    what = f"wall of eight clips of {length:.0f} s / of eight graphs, two at a time"
    return [row(what, 1.1, wall[0] / wall[1], note)]


class Memory:
    """The most that this process and its children take together, beyond what it had, in MB."""

    def __init__(self) -> None:
        self.most_mb = 0.0
        self.ended = threading.Event()

    def __enter__(self) -> None:
        self.ended.clear()
        self.had = _memory_mb(os.getpid())
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.ended.wait(POLL_S):
            self.most_mb = max(self.most_mb, _memory_mb(os.getpid()) - self.had)


def _memory_mb(process: int) -> float:
    """Return the memory of a process and all below it; what they share counts once (PSS)."""
    total = 0.0
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total = float(line.split()[1]) / 1024
        below = [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return total
    return total + sum(_memory_mb(child) for child in below)


def row(what: str, most: float, found: float, note: str = "") -> str:
    """Return a line of the report, marked where it misses."""
    value = f"{found:.3g}"
    line = f"| {what} | <= {most:.3g} | {value if found <= most else f'**{value}**'} | {note} |"
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
