"""From an upload to `Intake`: judge, read once in the sandbox, listen, see that it held still."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.decoder import LUMA_SIZE
from agents.errors import MediaError
from agents.intake.audio import RATE
from agents.intake.probe import (
    HEAD_BYTES,
    Atoms,
    display_name,
    misnamed,
    refusal,
    sniff,
    walk_atoms,
)
from agents.intake.proxy import make_proxy, plays_in_browsers
from agents.intake.reading import READ
from agents.intake.silero import WINDOW, find_silero
from agents.registry import Context
from agents.sandbox import run_module
from agents.types import (
    Intake,
    KeyFrames,
    Levels,
    Media,
    Notice,
    PacketTable,
    Prosody,
    SpeechProbability,
)

READ_CPU_S, READ_WALL_S = 600, 1200
MAX_SUMMARY_BYTES = 1 << 20
NO_VOICE = 0.3
"""Speech probability that a recording with a voice passes somewhere."""


def measure_upload(upload: Path, context: Context) -> Intake:
    """Return what the one pass over the upload measured, or raise the reason against it."""
    name = context.resources.upload_name or (upload.name if upload.suffix else "")
    with upload.open("rb") as file:
        head = file.read(HEAD_BYTES)
    demuxer = sniff(head, name)
    with _held_still(upload, display_name(name)) as digest:
        atoms = walk_atoms(upload) if demuxer == "mov" else None
        _check_atoms(atoms, display_name(name))
        return _measure(upload, demuxer, atoms, head, digest, name, context)


@contextmanager
def _held_still(upload: Path, shown: str) -> Iterator[str]:
    """Yield the sha256; afterwards size and content must be what they were."""
    before = _fingerprint(upload)
    failure: MediaError | None = None
    try:
        yield before[1]
    except MediaError as error:
        failure = error  # perhaps only because the file was still growing
    if _fingerprint(upload) != before:
        raise refusal("changed_while_reading", shown) from failure
    if failure is not None:
        raise failure


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _check_atoms(atoms: Atoms | None, shown: str) -> None:
    if atoms is None or atoms.has_index or (atoms.fragmented and not atoms.is_cut):
        return
    raise refusal("truncated", shown, what="its index is missing or cut off")


def _measure(
    upload: Path,
    demuxer: str,
    atoms: Atoms | None,
    head: bytes,
    digest: str,
    name: str,
    context: Context,
) -> Intake:
    folder = context.workdir / ".reading"
    folder.mkdir()
    try:
        facts = _read(upload, demuxer, folder, display_name(name), context.progress)
        media = _media(upload, demuxer, facts, digest)
        for file in ("audio.wav", "poster.jpg"):
            (folder / file).rename(context.workdir / file)
        arrays = _load_arrays(folder)
    finally:
        shutil.rmtree(folder)
    notices = _notices(facts, atoms, media, name, float(arrays["speech"].max(initial=0)))
    return Intake(
        media=media,
        levels=Levels(0.01, arrays["peak_db"], arrays["rms_db"]),
        speech=SpeechProbability(WINDOW / RATE, arrays["speech"]),
        prosody=Prosody(arrays["level"], arrays["pitch"], arrays["spread"]),
        packets=PacketTable(arrays["packet_time"], arrays["packet_size"], arrays["packet_key"]),
        key_frames=KeyFrames(arrays["luma_time"], arrays["luma"]),
        audio=context.workdir / "audio.wav",
        poster=context.workdir / "poster.jpg",
        proxy=_proxy(media, facts, atoms, head, context),
        notices=notices,
    )


def _read(
    upload: Path,
    demuxer: str,
    folder: Path,
    shown: str,
    progress: Callable[[float, str], None],
) -> dict[str, Any]:
    voice = find_silero()
    paths = {"path": upload, "voice": voice, "folder": folder}
    request = {name: str(path.absolute()) for name, path in paths.items()} | {"demuxer": demuxer}

    def hear(line: str) -> None:
        if line.isdigit():
            percent = min(100, int(line))
            message = "Reading the recording" if percent <= READ else "Listening for speech"
            progress(percent * 0.8, message)

    progress(0, "Reading the recording")
    run_module(
        "agents.intake.reading",
        [],
        stdin=json.dumps(request).encode(),
        read=[upload, voice],
        write=folder,
        cpu_s=READ_CPU_S,
        wall_s=READ_WALL_S,
        on_line=hear,
    )
    with (folder / "summary.json").open("rb") as file:
        summary = json.loads(file.read(MAX_SUMMARY_BYTES))
    if "refused" in summary:
        raise refusal(summary["refused"], shown, **summary["values"])
    return summary | {"demuxer": demuxer}


def _media(upload: Path, demuxer: str, facts: Mapping[str, Any], digest: str) -> Media:
    return Media(
        path=upload,
        demuxer=demuxer,
        duration=facts["duration"],
        width=facts["width"],
        height=facts["height"],
        fps=facts["fps"],
        has_audio=True,
        audio_stream=facts["audio_stream"],
        audio_channel=facts["audio_channel"],
        sha256=digest,
        size_bytes=upload.stat().st_size,
    )


def _load_arrays(folder: Path) -> dict[str, Any]:
    import numpy as np

    arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    width, height = LUMA_SIZE
    # a map, not a copy: it outlives the file's name, and 90 minutes may hold 150 MB
    shape = (len(arrays["luma_time"]), height, width)
    luma = np.memmap(folder / "luma.raw", np.uint8, "r", shape=shape)
    order = np.argsort(arrays["luma_time"], kind="stable")
    if (np.diff(order) < 0).any():
        luma, arrays["luma_time"] = luma[order], arrays["luma_time"][order]
    return arrays | {"luma": luma}


def _proxy(
    media: Media, facts: Mapping[str, Any], atoms: Atoms | None, head: bytes, context: Context
) -> Path | None:
    fragmented = atoms is not None and atoms.fragmented
    if plays_in_browsers(facts, is_webm=b"webm" in head[:64], fragmented=fragmented):
        return None
    target = context.workdir / "proxy.mp4"
    message = "Making a copy that browsers can play"
    make_proxy(media, facts, target, lambda percent: context.progress(80 + percent / 5, message))
    return target


def _notices(
    facts: Mapping[str, Any], atoms: Atoms | None, media: Media, name: str, voice: float
) -> tuple[Notice, ...]:
    shown = display_name(name)
    shown = shown[0].upper() + shown[1:]
    claimed = atoms.header_s or 0.0 if atoms else facts["claimed_s"]
    found = [_misnamed_notice(name, media.demuxer)]
    if atoms is None or not atoms.is_cut:
        found.append(_damage_notice(facts, shown))
    found.append(_length_notice(claimed, media.duration, atoms, shown))
    if voice < NO_VOICE:
        message = f"{shown} holds sound, but nothing that is clearly speech"
        found.append(Notice("no_speech", message))
    return tuple(notice for notice in found if notice is not None)


def _misnamed_notice(name: str, demuxer: str) -> Notice | None:
    sentence = misnamed(name, demuxer)
    return Notice("extension_mismatch", sentence) if sentence else None


def _damage_notice(facts: Mapping[str, Any], shown: str) -> Notice | None:
    bad = facts["bad_video"] + facts["bad_audio"]
    if not bad and not facts["broken_off"]:
        return None
    where = f"{facts['bad_video']} pictures and {facts['bad_audio']} pieces of sound"
    return Notice("corrupt", f"{shown} is damaged: at least {where} were passed over")


def _length_notice(claimed: float, real: float, atoms: Atoms | None, shown: str) -> Notice | None:
    if atoms is not None and atoms.is_cut:
        message = f"{shown} is cut off: only {real:.1f} of {claimed:.1f} s can be read"
        return Notice("truncated", message)
    is_live = claimed == 0 and (atoms is None or atoms.fragmented)
    if is_live or abs(claimed - real) <= max(2.0, 0.05 * real):
        return None
    message = f"{shown} claims to last {claimed:.1f} s, but {real:.1f} s can be read"
    return Notice("duration_mismatch", message)
