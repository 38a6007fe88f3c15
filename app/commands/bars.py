"""Bars on stderr, one per stage or one for all work; lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

ENDS = {"done": "done", "failed": "failed", "cancelled": "not run"}
"""What is said of a stage that has ended; nobody need have cancelled those after a failed one."""
EVERY_S = 20.0
"""Where there is no terminal, a stage that takes long says so this often."""


class _Bars:
    """Bars on a terminal, between `with` and its end; `count` says how far each is."""

    def __init__(self, count: ProgressColumn, *, quiet: bool) -> None:
        self.console = Console(stderr=True, quiet=quiet)
        self.live = self.console.is_terminal and not quiet
        self.progress = Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(bar_width=30),
            count,
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[message]}"),
            console=self.console,
            disable=not self.live,
        )

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()


class StageBars(_Bars):
    """Shows a job's events; call it with each one."""

    def __init__(self, titles: Mapping[str, str], *, quiet: bool = False) -> None:
        self.titles = titles
        super().__init__(TextColumn("{task.percentage:>3.0f}%"), quiet=quiet)
        self.tasks: dict[str, TaskID] = {}
        self.ended: set[str] = set()
        self.told: dict[str, float] = {}

    def __enter__(self) -> Self:
        for name, title in self.titles.items():
            self.tasks[name] = self.progress.add_task(title, total=100, start=False, message="")
        return super().__enter__()

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Show one event; those of the job as a whole are left to the caller."""
        stage, status = event["stage"], event["status"]
        if stage not in self.tasks or stage in self.ended:
            return
        message = ENDS.get(status) or event.get("message") or ""
        if status in ENDS:
            self.ended.add(stage)
            if not self.live:
                self.console.print(f"{self.titles[stage]}: {message}", highlight=False)
        if status in ("queued", "pending"):
            return
        task = self.tasks[stage]
        self.progress.start_task(task)
        percent = 100 if status == "done" else event.get("percent", 0)
        if not self.live and status not in ENDS:
            self._tell(stage, percent, message)
        self.progress.update(task, completed=percent, message=message)

    def _tell(self, stage: str, percent: float, message: str) -> None:
        """Print a line about a stage that has run for a while since its last one."""
        now = time.monotonic()
        if now - self.told.setdefault(stage, now) >= EVERY_S:
            self.told[stage] = now
            text = f"{self.titles[stage]}: {percent:.0f} % {message}".rstrip()
            self.console.print(text, highlight=False)


class WorkBar(_Bars):
    """Shows how many of several pieces of work are done, and what is being done with one."""

    def __init__(self, names: Sequence[str], *, quiet: bool = False) -> None:
        self.names = names
        super().__init__(MofNCompleteColumn(), quiet=quiet)
        self.task = self.progress.add_task("", total=len(names), message="")
        self.told = time.monotonic()

    def __call__(self, number: int, stage: str, percent: float) -> None:
        """Show how far one piece is; without a stage it is done."""
        done = number + (0 if stage else 1)
        message = f"{self.names[number]} {stage} {percent:.0f} %" if stage else ""
        self.progress.update(self.task, completed=done, message=message)
        now = time.monotonic()
        if not self.live and now - self.told >= EVERY_S:
            self.told = now
            text = f"{done} of {len(self.names)} done; {message}".rstrip("; ")
            self.console.print(text, highlight=False)


class SendBar(_Bars):
    """Shows how much of a file has arrived; call it with bytes sent and bytes in all."""

    def __init__(self, name: str, *, quiet: bool = False) -> None:
        self.name = name
        super().__init__(DownloadColumn(), quiet=quiet)
        self.task = self.progress.add_task("Upload", total=None, message=name)
        self.told = time.monotonic()

    def __call__(self, sent: int, size: int) -> None:
        """Show how far the upload is."""
        self.progress.update(self.task, completed=sent, total=size)
        now = time.monotonic()
        if not self.live and (sent == size or now - self.told >= EVERY_S):
            self.told = now
            self.console.print(f"Upload: {100 * sent // size} %", highlight=False)
