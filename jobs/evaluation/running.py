"""The real stages over one recording, kept only as long as it is being scored."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.params import Params
from agents.registry import Context, Resources
from data.artifacts import Artifacts
from jobs.pipeline import stage_params, stage_table, with_needs


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measure runs agents with."""

    tuning: Params
    resources: Resources
    progress: Callable[[str, float], None]
    """Takes the title of a stage and the percent (0-100) that is done of it."""
    folder: Path
    """Empty, and gone when the recording has been scored."""

    def params(self, name: str) -> Params:
        """Return the tunables of one stage."""
        return stage_params(stage_table()[name], self.tuning)

    def run(
        self, media: Path, *wanted: str, captions: Path | None = None, name: str = ""
    ) -> tuple[dict[str, Any], float]:
        """Return the values of the wanted stages and of all they need, and the CPU seconds.

        Intake reads the recording in its sandbox, as for any upload.
        """
        began = cpu_seconds()
        values: dict[str, Any] = {}
        needed = set[str]().union(*(with_needs(stage, stage_table()) for stage in wanted))
        for stage in (stage_table()[name] for name in stage_table() if name in needed):
            given = [values[need] for need in stage.needs] or [media]
            context = self._context(stage.name, stage.title, name or media.name, captions)
            values[stage.name] = stage.run(*given, params=self.params(stage.name), context=context)
        return values, cpu_seconds() - began

    def run_agent(
        self,
        name: str,
        *values: Any,  # noqa: ANN401
        title: str = "",
    ) -> tuple[Any, float]:
        """Return the value of one agent for the values that it needs, and the CPU seconds.

        `title` is that of the lecture.
        """
        began = cpu_seconds()
        stage = stage_table()[name]
        context = self._context(name, stage.title, "", None)
        context = replace(context, resources=replace(context.resources, title=title))
        found = stage.run(*values, params=self.params(name), context=context)
        return found, cpu_seconds() - began

    def _context(self, stage: str, title: str, name: str, captions: Path | None) -> Context:
        workdir = self.folder / stage
        workdir.mkdir()
        return Context(
            workdir=workdir,
            resources=replace(
                self.resources,
                upload_name=name,
                captions=captions,
                captions_name=captions.name if captions else "",
            ),
            progress=lambda percent, message: self.progress(title, percent),
            once=Artifacts(self.folder / "once").once,
        )


@contextmanager
def open_bench(
    tuning: Params, resources: Resources, progress: Callable[[str, float], None]
) -> Iterator[Bench]:
    """Yield a bench whose files go when it is left."""
    with tempfile.TemporaryDirectory(prefix="lecture-evaluate-") as folder:
        yield Bench(tuning, resources, progress, Path(folder))


def cpu_seconds() -> float:
    """Return user and system seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
