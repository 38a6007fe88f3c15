"""One recording through a server's pipeline, and its results fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.params import Params
from app.api.models import ClipView
from app.client import Client
from app.commands.bars import SendBar, StageBars
from app.commands.running import check_file, find_captions


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back from a server."""

    file: Path
    out: Path
    job_id: str
    clips: Sequence[ClipView]
    written: Sequence[Path]

    def summary(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "file": str(self.file),
            "out": str(self.out),
            "job": self.job_id,
            "clips": [clip.model_dump(mode="json") for clip in self.clips],
        }


def run_there(
    client: Client,
    file: Path,
    out: Path,
    tuning: Params,
    *,
    captions: Path | None = None,
    quiet: bool = False,
) -> Fetched:
    """Send a recording to a server, show what is done with it, and write the clips into `out`."""
    check_file(file)
    captions = find_captions(file, captions)
    with SendBar(file.name, quiet=quiet) as sent:
        changed = tuning.model_dump(mode="json", exclude_defaults=True)
        job = client.upload(file, captions=captions, params=changed, sent=sent)
    with StageBars({stage.name: stage.title for stage in job.stages}, quiet=quiet) as bars:
        client.wait(job.id, bars)
    written = client.save_all(job.lecture_id, out, job.id)
    return Fetched(file, out, job.id, client.clips(job.id), written)
