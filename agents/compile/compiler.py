"""All clips of a lecture, rendered side by side; a clip that did not change is not rendered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from pathlib import Path

from agents.compile.dressing import dressing_of
from agents.compile.params import CompileParams
from agents.compile.render import clip_in, clip_key, render_clip
from agents.compile.shelf import shelf_of
from agents.registry import Context
from agents.types import Clip, ClipPlan, Intake

TELLING = 10.0
"""So many percent of a clip tell how long the rest takes."""


class _Progress:
    """The progress of several clips as one: percent by the seconds they last."""

    def __init__(
        self,
        plans: tuple[ClipPlan, ...],
        report: Callable[[float, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plans = plans
        self.report = report
        self.clock = clock
        self.lock = threading.Lock()
        self.done = [0.0] * len(plans)
        self.begun: dict[int, tuple[float, float]] = {}
        """When something was first heard of a clip, and how many percent were done then."""
        self.stopped = False

    def hear(self, index: int, percent: float) -> None:
        """Pass on that clip `index` is done to `percent`; raise when another clip failed."""
        if self.stopped:
            raise CancelledError
        with self.lock:
            self.done[index] = percent
            total = sum(plan.duration for plan in self.plans)
            shares = zip(self.plans, self.done, strict=True)
            overall = sum(plan.duration * done for plan, done in shares) / total
            finished = sum(done >= 100 for done in self.done)
            message = f"Clip {index + 1} of {len(self.plans)}: {percent:.0f} %"
            self.report(overall, f"{message}{self._left(index, percent)}, {finished} done")

    def _left(self, index: int, percent: float) -> str:
        """Return how long a clip will take, as far as that can be told."""
        now = self.clock()
        began, before = self.begun.setdefault(index, (now, percent))
        if percent >= 100 or percent - before < TELLING:
            return ""
        left = (now - began) * (100 - percent) / (percent - before)
        return f", {left:.0f} s left" if left < 90 else f", {left / 60:.0f} min left"


def compile_clips(
    intake: Intake, plans: tuple[ClipPlan, ...], *, params: CompileParams, context: Context
) -> tuple[Clip, ...]:
    """Return a rendered and checked clip for every plan, in their order."""
    if not plans:
        return ()
    dressing = dressing_of(context.resources)
    progress = _Progress(plans, context.progress)
    side_by_side = max(1, min(len(plans), context.resources.cores))
    threads = max(1, round(context.resources.cores / side_by_side))

    def one(index: int) -> Clip:
        plan = plans[index]

        def make(folder: Path) -> None:
            render_clip(
                intake,
                plan,
                params=params,
                folder=folder,
                progress=lambda percent: progress.hear(index, percent),
                threads=threads,
                dressing=dressing,
                shelf=shelf_of(context),
            )

        folder = context.once(f"clip-{clip_key(plan, intake.media, params, dressing)}", make)
        progress.hear(index, 100)
        return clip_in(folder, plan, intake, params, dressing)

    with ThreadPoolExecutor(side_by_side, thread_name_prefix="clip") as pool:
        futures = [pool.submit(one, index) for index in range(len(plans))]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            # Also when this thread is told to stop: the others end at their next progress.
            progress.stopped = True
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return tuple(future.result() for future in futures)
