"""`lecture doctor`: what this machine has, what it lacks, and what that costs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agents.errors import LectureError
from app.commands.options import State, settings_with
from app.settings import Settings, count_cores, unknown_variables

Verdict = Literal["ok", "limited", "missing"]
MARKS = {"ok": "[ok]     ", "limited": "[limited]", "missing": "[MISSING]"}
LITTLE_SPACE = 10e9
"""Free bytes below which a long recording may not fit."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `missing` means that nothing works without it."""

    name: str
    verdict: Verdict
    found: str
    cost: str = ""
    """What its absence costs, or what to do about it."""

    def __str__(self) -> str:
        line = f"{MARKS[self.verdict]} {self.name}: {self.found}"
        return f"{line}\n          {self.cost}" if self.cost else line


def doctor(*, state: State = None) -> int:
    """Say what is there on this machine, what is missing and what that costs."""
    settings = settings_with(state=state)
    findings = [look(settings) for look in CHECKS]
    for finding in findings:
        print(finding)
    broken = [finding.name for finding in findings if finding.verdict == "missing"]
    print(f"Not ready: {', '.join(broken)}." if broken else "Ready.")
    return 1 if broken else 0


def look_at_python(settings: Settings) -> Finding:
    """Report interpreter and cores."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "ok", f"{version}, {count_cores()} cores, {settings.workers} workers")


def look_at_variables(settings: Settings) -> Finding:
    """Name variables that look like settings and are none."""
    unknown = unknown_variables()
    if not unknown:
        return Finding("Settings", "ok", "every LECTURE_ variable is known")
    known = ", ".join(f"LECTURE_{name.upper()}" for name in type(settings).model_fields)
    cost = f"It is ignored; the settings are {known}."
    return Finding("Settings", "limited", f"no setting is called {', '.join(unknown)}", cost)


def look_at_ffmpeg(settings: Settings) -> Finding:
    """Run the bundled ffmpeg and see that it can write H.264."""
    from agents.ffmpeg import ffmpeg_path

    try:
        command = [ffmpeg_path(), "-hide_banner", "-encoders"]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return Finding("ffmpeg", "missing", str(error), "Install the package imageio-ffmpeg again.")
    if "libx264" not in listed.stdout:
        return Finding("ffmpeg", "missing", "no H.264 encoder", "Clips cannot be written.")
    return Finding("ffmpeg", "ok", f"{Path(command[0]).name} with H.264")


def look_at_sandbox(settings: Settings) -> Finding:
    """Report which part of the sandbox this kernel lacks."""
    from agents.sandbox import missing_protection

    missing = missing_protection()
    if not missing:
        return Finding("Sandbox", "ok", "complete: uploads are decoded without files or network")
    verdict = "missing" if settings.sandbox == "require" else "limited"
    cost = "Uploads are decoded with fewer walls around them; take recordings you trust only."
    return Finding("Sandbox", verdict, "; ".join(missing), cost)


def look_at_whisper(settings: Settings) -> Finding:
    """Look for speech recognition weights."""
    from agents.transcript.params import TranscriptParams
    from agents.transcript.weights import find_weights

    wanted = TranscriptParams().model
    found = find_weights(settings.models, wanted)
    if found is not None:
        return Finding("Speech recognition", "ok", f"faster-whisper {found[0]} in {found[1]}")
    if settings.download_models:
        where = f"no Whisper weights here; {wanted!r} is fetched when there is internet"
    else:
        where = "no Whisper weights here, and LECTURE_DOWNLOAD_MODELS forbids to fetch them"
    cost = (
        "Without weights and captions PocketSphinx listens: it misses about every second word."
        " Give captions, or set LECTURE_MODELS to a folder with faster-whisper weights."
    )
    return Finding("Speech recognition", "limited", where, cost)


def look_at_gpu(settings: Settings) -> Finding:
    """Say where speech recognition runs; whether the GPU's libraries load shows with weights."""
    from agents.transcript.params import TranscriptParams
    from agents.transcript.weights import find_weights
    from agents.transcript.whisper import cuda_type, runs_on

    kind = cuda_type()
    if kind is None:
        return Finding("GPU", "ok", "none; speech is recognised with 8-bit weights on the CPU")
    found = find_weights(settings.models, TranscriptParams().model)
    if found is not None and not runs_on(found[1], "cuda", kind):
        cost = "Speech is recognised on the CPU. Install the CUDA libraries (cuBLAS, cuDNN 9)."
        return Finding("GPU", "limited", "there, but its libraries do not load", cost)
    return Finding("GPU", "ok", f"speech is recognised on it, in {kind}")


def look_at_gemini(settings: Settings) -> Finding:
    """Say whether the Gemini key works: the service is asked about the model, at no cost."""
    alone = "Topics and importance are judged on this machine alone."
    if settings.gemini is None:
        return Finding("Gemini", "limited", "no key", f"{alone} Set LECTURE_GEMINI_API_KEY.")
    from agents.content.gemini import try_key

    problem = try_key(settings.gemini)
    if problem:
        return Finding("Gemini", "limited", f"{settings.gemini_model} {problem}", alone)
    where = f"the key works, model {settings.gemini_model}; transcripts leave this machine"
    return Finding("Gemini", "ok", where)


def look_at_ocr(settings: Settings) -> Finding:
    """Say whether the headlines of slides can be read."""
    from agents.layout.ocr import ocr_version

    found = ocr_version()
    if found:
        return Finding("Slide headlines", "ok", f"read by rapidocr {found}")
    cost = "Topics are named by what is said alone. Install the extra: lecture-highlights[ocr]."
    return Finding("Slide headlines", "limited", "rapidocr is not installed", cost)


def look_at_fonts(settings: Settings) -> Finding:
    """See that the faces for burned-in subtitles are there."""
    from agents.compile.lettering import FACES, FOLDER, writes_right_to_left

    gone = [name for name in FACES.values() if not (FOLDER / name).is_file()]
    if gone:
        message = f"{' and '.join(gone)} is gone from {FOLDER}"
        return Finding("Fonts", "missing", message, "Install the program again.")
    lacks = "Chinese, Japanese or Korean"
    if not writes_right_to_left():
        lacks = "Arabic, Hebrew, " + lacks
    return Finding("Fonts", "ok", f"DejaVu Sans for subtitles; it has no {lacks} letters")


def look_at_disk(settings: Settings) -> Finding:
    """Report the free space under the state folder."""
    folder = next(path for path in (settings.state, *settings.state.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    where = f"{free / 1e9:.0f} GB free for {settings.state}"
    if free >= LITTLE_SPACE:
        return Finding("Disk", "ok", where)
    cost = "An upload needs three times its size and 1 GB; larger ones are refused."
    return Finding("Disk", "limited", where, cost)


def look_at_broker(settings: Settings) -> Finding:
    """See whether a broker answers, or which one would be started."""
    from jobs.broker import find_broker

    try:
        find_broker(settings.state, settings.redis_url)
    except LectureError as error:
        if settings.redis_url:
            return Finding("Broker", "missing", error.message, "No job runs without it.")
        where = "not running for this state folder; `lecture serve` starts the bundled one"
        return Finding("Broker", "ok", where)
    return Finding("Broker", "ok", "answers")


def look_at_store(settings: Settings) -> Finding:
    """Open the store, or say that there is none yet."""
    from data.migrations import current_version
    from data.store import open_store

    location = settings.store_location
    if isinstance(location, Path) and not location.exists():
        return Finding("Store", "ok", f"none yet; it will be {location}")
    try:
        with open_store(location).read() as con:
            return Finding("Store", "ok", f"schema {current_version(con)} answers")
    except LectureError as error:
        return Finding("Store", "missing", error.message, "Nothing can be kept or found.")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    look_at_python,
    look_at_variables,
    look_at_ffmpeg,
    look_at_sandbox,
    look_at_whisper,
    look_at_gpu,
    look_at_gemini,
    look_at_ocr,
    look_at_fonts,
    look_at_disk,
    look_at_broker,
    look_at_store,
)
