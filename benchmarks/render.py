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
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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
EIGHT, AT_ONCE = 8, 2
ROUNDS = 2
STOP_AT = 20.0
FULL = CompileParams()
POLL_S = 0.05
HEAD = """# What a clip costs

`uv run python -m benchmarks.render`, Python {version} on {machine} with {cores} cores, load
{load:.0f} at the end. A 60-min lecture; clips of {clip:.0f} s, 1280x720, 30 frames a second,
veryfast, CRF 23, side by side with burned-in subtitles. CPU seconds with all children, the least
of {rounds} rounds by turns. What misses is bold.

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
        rows = [*measure_full(bench), *measure_changes(bench), *measure_stop(bench)]
        rows += measure_eight(bench, asked.eight_s)
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
    bench: Bench,
    store: Artifacts,
    plans: Sequence[ClipPlan],
    *,
    params: CompileParams = FULL,
    progress: Callable[[float, str], None] = lambda percent, message: None,
) -> tuple[Clip, ...]:
    """Compile clips as a job does."""
    context = Context(
        workdir=bench.folder,
        resources=Resources(cores=2),
        progress=progress,
        once=store.once,
        find=store.find,
    )
    return compile_clips(bench.intake, tuple(plans), params=params, context=context)


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


def cold(bench: Bench, plan: ClipPlan, params: CompileParams = FULL) -> float:
    """Return the CPU seconds of a clip of which nothing is kept."""
    store = bench.store("cold")
    return cpu_of(lambda: compiled(bench, store, [plan], params=params))


def measure_full(bench: Bench) -> list[str]:
    """Return the rows of whole clips: beside the rivals, far into the lecture, in memory."""
    compiled(bench, bench.store("first"), [bench.plan(bench.early_s, 2.0)])  # all is imported
    ours, late, theirs, drafts = list[float](), list[float](), list[float](), list[float]()
    memory = Memory()
    early, far = bench.plan(bench.early_s), bench.plan(LATE_S)
    for _ in range(ROUNDS):
        theirs.append(run(graph(bench, bench.early_s)).cpu_s)
        ours.append(cold(bench, early))
        late.append(cold(bench, far))
        drafts.append(cold(bench, early, CompileParams(quality="draft")))
    with memory:  # apart: looking costs a third of what is looked at
        cold(bench, early)
    seconds = CLIP_S / SCRIPT_SHARE
    moviepy = run(script(bench, bench.early_s, seconds)).cpu_s * SCRIPT_SHARE
    full = min(ours)
    return [
        row("CPU of a clip / of the hand-written graph", 1.0, full / min(theirs), f"{full:.1f} s"),
        row("CPU of a clip / of the MoviePy script", 1 / 6, full / moviepy, f"{moviepy:.0f} s"),
        row("CPU of a clip at 55:00 / of the same at 1:19", 1.03, min(late) / full),
        row("CPU of a draft / of a full clip", 0.25, min(drafts) / full),
        row("memory of the largest process, MB", 400, memory.largest_mb),
        row("memory of all processes together, beyond what Python had, MB", 400, memory.most_mb),
    ]


def measure_changes(bench: Bench) -> list[str]:
    """Return the rows of a clip that is compiled again, changed or not."""
    plan, fulls = bench.plan(bench.early_s), list[float]()
    made = [*changes(bench, plan), ("subtitles as a track, too", 0.01, plan)]
    costs = dict[str, list[float]]()
    for _ in range(ROUNDS):
        store = bench.store("warm")
        fulls.append(cpu_of(lambda: compiled(bench, store, [plan])))  # noqa: B023
        for what, _asked, changed in made:
            costs.setdefault(what, []).append(_again(bench, store, plan, changed))
    full = min(fulls)
    rows = [
        row(f"{what} / full clip", asked, min(costs[what]) / full, f"{min(costs[what]):.2f} s")
        for what, asked, _ in made
    ]
    store = bench.store("five")
    five = [bench.plan(bench.early_s + 12 * n, 10.0) for n in range(5)]
    compiled(bench, store, five)
    before = time.perf_counter()
    compiled(bench, store, five)
    rows.append(row("nothing changed, five clips, s wall", 0.2, time.perf_counter() - before))
    edge = changes(bench, plan)[0][2]
    compiled(bench, store, [plan])
    (warm,), (anew,) = (compiled(bench, one, [edge]) for one in (store, bench.store("anew")))
    same = warm.video.read_bytes() == anew.video.read_bytes()
    said = "yes" if same else "**no**"
    return [*rows, f"| bytes after a moved edge are those of a cold render | yes | {said} | |"]


def _again(bench: Bench, kept: Artifacts, plan: ClipPlan, changed: ClipPlan) -> float:
    """Return the CPU seconds of a change where the plan's clip alone is kept."""
    params = CompileParams(caption_track=True) if changed is plan else FULL
    store = bench.store("again")
    shutil.copytree(kept.root, store.root, dirs_exist_ok=True)
    cost = cpu_of(lambda: compiled(bench, store, [changed], params=params))
    shutil.rmtree(store.root)
    return cost


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
    """Return the rows of eight clips beside eight graphs: two of theirs, two of ours, and on."""
    starts = [bench.early_s + 70.0 * n for n in range(EIGHT)]
    cpu, wall, store = [0.0, 0.0], [0.0, 0.0], bench.store("eight")
    for first in range(0, EIGHT, AT_ONCE):
        pair = starts[first : first + AT_ONCE]
        plans = [bench.plan(start, length) for start in pair]
        before = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            cpu[1] += sum(c.cpu_s for c in pool.map(lambda s: run(graph(bench, s, length)), pair))
        between = time.perf_counter()
        cpu[0] += cpu_of(lambda: compiled(bench, store, plans))  # noqa: B023
        wall[0] += time.perf_counter() - between
        wall[1] += between - before
    what = f"of eight clips of {length:.0f} s / of eight graphs, two at a time, by turns"
    return [
        row(f"wall {what}", 1.1, wall[0] / wall[1], f"{wall[0]:.0f} s beside {wall[1]:.0f} s"),
        row(f"CPU {what}", 1.0, cpu[0] / cpu[1], f"{cpu[0]:.0f} s beside {cpu[1]:.0f} s"),
    ]


class Stopped(Exception):
    """What a job's progress raises when somebody stops the job."""


def measure_stop(bench: Bench) -> list[str]:
    """Return the row of a job that is stopped while two clips are encoded."""
    store, told = bench.store("stopped"), list[float]()

    def stop(percent: float, message: str) -> None:
        if percent > STOP_AT:
            told.append(time.perf_counter())
            raise Stopped

    plans = [bench.plan(bench.early_s), bench.plan(LATE_S)]
    with suppress(Stopped):
        compiled(bench, store, plans, progress=stop)
    wall = time.perf_counter() - told[0]
    left = [path.name for path in store.root.iterdir() if path.name.startswith("clip")]
    running = len(_memory_mb(os.getpid())) - 1
    note = f"{len(left)} unfinished clips and {running} processes left"
    return [row("from a stop to the end of all work, s wall", 2.0, wall, note)]


class Memory:
    """The most that this process and its children take: together, beyond what it had, and each."""

    def __init__(self) -> None:
        self.most_mb = self.largest_mb = 0.0
        self.ended = threading.Event()

    def __enter__(self) -> None:
        self.ended.clear()
        self.had = sum(_memory_mb(os.getpid()))
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.ended.wait(POLL_S):
            taken = _memory_mb(os.getpid())
            self.most_mb = max(self.most_mb, sum(taken) - self.had)
            self.largest_mb = max(self.largest_mb, *taken)


def _memory_mb(process: int) -> list[float]:
    """Return the memory of a process and of each below it; what they share is divided (PSS)."""
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
        return [total]
    return [total, *(mb for child in below for mb in _memory_mb(child))]


def row(what: str, most: float, found: float, note: str = "") -> str:
    """Return a line of the report, marked where it misses."""
    value = f"{found:.3g}"
    line = f"| {what} | <= {most:.3g} | {value if found <= most else f'**{value}**'} | {note} |"
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
