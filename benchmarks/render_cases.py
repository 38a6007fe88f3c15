"""What `benchmarks.render` measures: a lecture, clips of it, the rivals' commands, changes.

The graph is written by hand, with the same preset and CRF as ours; the script is plain MoviePy.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
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
from benchmarks.recordings import make_lengths
from data.artifacts import Artifacts

FONTS = Path(__file__).parents[1] / "agents/compile/fonts"
SCREEN, CAMERA = Box(20, 122, 844, 476), Box(884, 216, 378, 288)
LATE_S = 3300.0
CLIP_S = 60.0
EDGE_S = 3.0
FULL = CompileParams()
POLL_S = 0.05


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


class Memory:
    """The most that this process and its children take: together, beyond what it had, and each."""

    def __init__(self) -> None:
        self.most_mb = self.largest_mb = 0.0
        self.ended = threading.Event()

    def __enter__(self) -> None:
        self.ended.clear()
        self.had = sum(memory_mb())
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.ended.wait(POLL_S):
            taken = memory_mb()
            self.most_mb = max(self.most_mb, sum(taken) - self.had)
            self.largest_mb = max(self.largest_mb, *taken)


def memory_mb() -> list[float]:
    """Return the memory of this process and of each below it; what they share is divided (PSS)."""
    return [_own_mb(process) for process in [os.getpid(), *below(os.getpid())]]


def _own_mb(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    return sum(float(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def below(process: int) -> list[int]:
    """Return the processes that a process started, and those that they did, the dead unburied."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        found = [int(one) for task in tasks for one in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []
    return [each for one in found for each in (one, *below(one))]
