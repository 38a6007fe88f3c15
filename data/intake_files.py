"""Intake's value on disk: arrays as .npy files in its folder, the rest as one json value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from agents.types import (
    Intake,
    KeyFrames,
    Levels,
    Media,
    PacketTable,
    Prosody,
    SpeechProbability,
)
from data import peaks
from data.disk import atomic_file
from data.records import pack_notices, unpack_notices

PARTS: dict[str, type] = {
    "levels": Levels,
    "speech": SpeechProbability,
    "prosody": Prosody,
    "packets": PacketTable,
    "key_frames": KeyFrames,
}
MEDIA = TypeAdapter(Media)


def write_intake(intake: Intake, folder: Path) -> None:
    """Write the arrays and the waveform into `folder`; what is there already stays."""
    for name, part in _arrays(intake).items():
        if not (folder / name).exists():
            with atomic_file(folder / name) as file:
                np.save(file, part)
    if not (folder / peaks.NAME).exists():
        peaks.write_peaks(folder, intake.audio if intake.audio.exists() else intake.levels)


def intake_json(intake: Intake, folder: Path) -> dict[str, Any]:
    """Return everything but the arrays; paths are relative to `folder`."""
    scalars = {
        name: {
            field.name: getattr(getattr(intake, name), field.name)
            for field in fields(kind)
            if not isinstance(getattr(getattr(intake, name), field.name), np.ndarray)
        }
        for name, kind in PARTS.items()
    }
    return {
        **scalars,
        "media": MEDIA.dump_python(intake.media, mode="json", context={"folder": folder}),
        "audio": os.path.relpath(intake.audio, folder),
        "poster": os.path.relpath(intake.poster, folder),
        "proxy": os.path.relpath(intake.proxy, folder) if intake.proxy else None,
        "notices": pack_notices(intake.notices),
    }


def read_intake(value: Mapping[str, Any], folder: Path) -> Intake:
    """Return the value that was stored; arrays are mapped, and read when they are touched."""
    return Intake(
        media=MEDIA.validate_python(value["media"], context={"folder": folder}),
        **{name: _read_part(name, kind, value, folder) for name, kind in PARTS.items()},
        audio=_inside(folder, value["audio"]),
        poster=_inside(folder, value["poster"]),
        proxy=_inside(folder, value["proxy"]) if value["proxy"] else None,
        notices=unpack_notices(value["notices"]),
    )


def _arrays(intake: Intake) -> dict[str, np.ndarray]:
    named = {
        f"{name}-{field.name}.npy": getattr(getattr(intake, name), field.name)
        for name, kind in PARTS.items()
        for field in fields(kind)
    }
    return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}


def _read_part(name: str, kind: type, value: Mapping[str, Any], folder: Path) -> Any:  # noqa: ANN401
    scalars = value[name]
    arrays = {
        field.name: np.load(folder / f"{name}-{field.name}.npy", mmap_mode="r")
        for field in fields(kind)
        if field.name not in scalars
    }
    return kind(**scalars, **arrays)


def _inside(folder: Path, name: str) -> Path:
    return Path(os.path.normpath(folder / name))
