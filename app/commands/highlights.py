"""`lecture highlights`: recordings in, clips out, without server or Redis."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agents.errors import LectureError, TuningError
from agents.params import Params
from agents.transcript.captions import FORMATS
from agents.tuning import tuning_type
from app.chapters import youtube_notices
from app.cli import explain
from app.commands.report import print_clips, print_notices, print_reel
from app.commands.running import Outcome, run_here
from app.commands.stretches import read_stretches
from app.commands.writing import Wanted
from app.exchange import EXCHANGE_FORMATS
from app.settings import load_settings
from app.transcripts import TRANSCRIPT_FORMATS
from app.views.text import usage_line
from jobs.extras import ExtraKind
from jobs.pipeline import stage_table

if TYPE_CHECKING:
    Tuning = Params
else:
    Tuning = tuning_type()

STAGES = ", ".join(stage_table())
TRANSCRIPTS = ", ".join(TRANSCRIPT_FORMATS)
CUTLISTS = ", ".join(EXCHANGE_FORMATS)


def highlights(
    *files: Annotated[Path, Parameter(help="Recordings: mp4, mov, mkv, webm, avi, ts.")],
    out: Annotated[
        Path, Parameter(help="Folder for the results; several files get a folder each in it.")
    ],
    captions: Annotated[
        Path | None,
        Parameter(help=f"Captions ({FORMATS}); those beside the file are found."),
    ] = None,
    logo: Annotated[
        Path | None, Parameter(help="A PNG or JPEG to show in the corner of every clip.")
    ] = None,
    transcript: Annotated[
        str, Parameter(help=f'Files of the whole transcript, of {TRANSCRIPTS}; "" for none.')
    ] = "vtt,txt",
    keep: Annotated[
        list[str] | None,
        Parameter(help="A stretch to keep as a clip: 12:00-13:05, or 12:00-13:05=Title."),
    ] = None,
    drop: Annotated[
        list[str] | None, Parameter(help="A stretch of which nothing is proposed: 40:00-41:30.")
    ] = None,
    cutlist: Annotated[
        str, Parameter(help=f'Cut lists for video editors, of {CUTLISTS}; "" for none.')
    ] = "",
    reel: Annotated[
        bool, Parameter(negative="", help="Render the highlight reel as one film, too.")
    ] = False,
    podcast: Annotated[
        bool, Parameter(negative="", help="Make a podcast of the clips (MP3 and M4A), too.")
    ] = False,
    only: Annotated[
        str | None,
        Parameter(help=f"Stop after this stage; it runs with what it needs: {STAGES}."),
    ] = None,
    from_: Annotated[
        str | None,
        Parameter(name="--from", help="Compute this stage and all after it again."),
    ] = None,
    json_: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one JSON object per recording.")
    ] = False,
    server: Annotated[
        str | None,
        Parameter(help="Address of a server that does the work: http://127.0.0.1:8501."),
    ] = None,
    tuning: Annotated[Tuning, Parameter(name="*")] = tuning_type()(),  # noqa: B008
) -> int:
    """Turn recordings into highlight clips, without server or Redis, or on the server named."""
    if not files:
        raise TuningError("FILE is missing: name one or more recordings.")
    if captions is not None and len(files) > 1:
        raise TuningError(f"--captions fits one recording, not {len(files)}.")
    if (keep or drop) and len(files) > 1:
        raise TuningError(f"--keep and --drop fit one recording, not {len(files)}.")
    if logo is not None:
        from agents.compile.logo import logo_kind

        logo_kind(logo)
    decisions = read_stretches(keep or (), drop or ())
    wanted = Wanted(
        transcripts=_suffixes("--transcript", transcript, TRANSCRIPT_FORMATS),
        cutlists=_suffixes("--cutlist", cutlist, EXCHANGE_FORMATS),
        extras=_extras(reel, podcast, only),
    )
    _check_stages(only, from_)
    _check_folders(files, out)
    if server is not None:
        if keep or drop or cutlist or only or from_ or logo:
            flags = "--keep, --drop, --cutlist, --only, --from, --logo"
            raise TuningError(f"--server does not go with {flags}.")
        return _on_server(server, files, out, captions, tuning, wanted.extras, as_json=json_)
    stop_at_once()
    # what ends a stage is told in one sentence below; only a fault of ours is told in full
    logging.basicConfig(level=logging.ERROR, format="lecture: %(message)s")
    worst = 0
    for file in files:
        folder = _folder(files, file, out)
        try:
            found = run_here(
                file,
                folder,
                tuning,
                captions=captions,
                logo=logo,
                wanted=wanted,
                only=only,
                start=from_,
                quiet=json_,
                decisions=decisions,
            )
        except LectureError as error:
            worst = max(worst, explain(error))
        else:
            _print(found, as_json=json_)
    return worst


def _extras(reel: bool, podcast: bool, only: str | None) -> tuple[ExtraKind, ...]:
    kinds: list[ExtraKind] = []
    if reel:
        kinds.append("reel")
    if podcast:
        kinds.append("podcast")
    if kinds and only not in (None, "compile"):
        raise TuningError(f"--{kinds[0]} needs all stages; leave --only {only} out.")
    return tuple(kinds)


def _folder(files: tuple[Path, ...], file: Path, out: Path) -> Path:
    return out if len(files) == 1 else out / file.stem


def _on_server(
    url: str,
    files: tuple[Path, ...],
    out: Path,
    captions: Path | None,
    tuning: Params,
    extras: Sequence[ExtraKind],
    *,
    as_json: bool,
) -> int:
    from app.client import Client
    from app.commands.remote import run_there

    worst, secret = 0, load_settings().server_key
    with Client(url, key=secret.get_secret_value() if secret else None) as client:
        for file in files:
            folder = _folder(files, file, out)
            try:
                found = run_there(
                    *(client, file, folder, tuning),
                    captions=captions,
                    extras=extras,
                    quiet=as_json,
                )
            except LectureError as error:
                worst = max(worst, explain(error))
                continue
            if as_json:
                print(json.dumps(found.summary(), ensure_ascii=False))
                continue
            print(f"{file.name}: run {found.job_id} of {url}")
            print_clips(found.clips)
            print(f"{len(found.written)} files written to {found.out}")
    return worst


def _suffixes(flag: str, text: str, known: Collection[str]) -> tuple[str, ...]:
    kinds = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for kind in kinds:
        if kind not in known:
            raise TuningError(f"{flag}: {kind!r} is none of {', '.join(known)}.")
    return kinds


def _check_stages(*names: str | None) -> None:
    for name in names:
        if name is not None and name not in stage_table():
            raise TuningError(f"{name!r} is no stage; the stages are {STAGES}.")


def _check_folders(files: tuple[Path, ...], out: Path) -> None:
    """Refuse recordings of one name: the later would replace the results of the earlier."""
    names = [file.stem for file in files]
    for file in files:
        if names.count(file.stem) > 1:
            raise TuningError(f"Several recordings would share the folder {out / file.stem}.")


def stop_at_once() -> None:
    """Make a signal end this process and all that it started; what is done is found again."""
    from jobs.processes import descendants

    def stop(number: int, _: object) -> None:
        for pid in descendants(os.getpid()):
            os.kill(pid, signal.SIGKILL)
        os.write(2, b"\nstopped\n")
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup has set SIGHUP to be ignored
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)


def _print(found: Outcome, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found.summary(), ensure_ascii=False))
        return
    print(f"{found.file.name}: {found.told}")
    print_notices(found.findings.notices)
    for usage in found.spent:
        print(f"  {usage_line(usage)}")
    print_clips(found.findings.plans)
    print_reel(found.reel)
    print_notices(youtube_notices(found.findings.chapters))
    print(f"written to {found.out}")
