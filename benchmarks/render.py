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
import os
import platform
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from agents.compile.params import CompileParams
from agents.types import ClipPlan
from benchmarks.pipeline import run
from benchmarks.render_cases import (
    CLIP_S,
    FULL,
    LATE_S,
    Bench,
    Memory,
    below,
    changes,
    compiled,
    cpu_of,
    graph,
    prepare,
    script,
)
from data.artifacts import Artifacts

REPORT = Path(__file__).with_suffix(".md")
SCRIPT_SHARE = 5
EIGHT, AT_ONCE = 8, 2
ROUNDS = 2
STOP_AT = 20.0
HEAD = """# What a clip costs

`uv run python -m benchmarks.render`, Python {version} on {machine} with {cores} cores, load
{load:.0f} at the end. A 60-min lecture; clips of {clip:.0f} s, 1280x720, 30 frames a second,
veryfast, CRF 23, side by side with burned-in subtitles. CPU seconds with all children, the least
of {rounds} rounds by turns. What misses is bold.

| what | asked | found | |
|---|---|---|---|
"""


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
    others = set(below(os.getpid()))  # Python's own, where the lecture was made in this run

    def stop(percent: float, message: str) -> None:
        if percent > STOP_AT:
            told.append(time.perf_counter())
            raise Stopped

    plans = [bench.plan(bench.early_s), bench.plan(LATE_S)]
    with suppress(Stopped):
        compiled(bench, store, plans, progress=stop)
    wall = time.perf_counter() - told[0]
    left = [path.name for path in store.root.iterdir() if path.name.startswith("clip")]
    running = len(set(below(os.getpid())) - others)
    note = f"{len(left)} unfinished clips and {running} processes left"
    return [row("from a stop to the end of all work, s wall", 2.0, wall, note)]


def row(what: str, most: float, found: float, note: str = "") -> str:
    """Return a line of the report, marked where it misses."""
    value = f"{found:.3g}"
    line = f"| {what} | <= {most:.3g} | {value if found <= most else f'**{value}**'} | {note} |"
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
