"""One recording through a server's pipeline, and its results fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.params import Params
from app.api.models import ClipView, ExtraView
from app.client import Client
from app.commands.bars import SendBar, StageBars
from app.commands.running import check_file, find_captions
from app.services.extras import TITLES
from jobs.extras import ExtraKind


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
    extras: Sequence[ExtraKind] = (),
    quiet: bool = False,
) -> Fetched:
    """Send a recording to a server, show what is done with it, and write the clips into `out`.

    Reel and podcast are made there too if `extras` names them, and come with the clips.
    """
    check_file(file)
    captions = find_captions(file, captions)
    with SendBar(file.name, quiet=quiet) as sent:
        changed = tuning.model_dump(mode="json", exclude_defaults=True)
        job = client.upload(file, captions=captions, params=changed, sent=sent)
    with StageBars({stage.name: stage.title for stage in job.stages}, quiet=quiet) as bars:
        client.wait(job.id, bars)
    with StageBars({kind: TITLES[kind] for kind in extras}, quiet=quiet) as bars:
        for kind in extras:
            client.make_extra(job.lecture_id, kind, job.id, lambda state: _tell(bars, state))
    written = client.save_all(job.lecture_id, out, job.id)
    return Fetched(file, out, job.id, client.clips(job.id), written)


def _tell(bars: StageBars, state: ExtraView) -> None:
    status = "done" if state.status == "ready" else state.status
    told = {"percent": state.percent, "message": state.message, "eta_s": state.eta_s}
    bars({"stage": state.kind, "status": status, **told})
