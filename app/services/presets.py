"""Named sets of parameters: kept in the store, or carried as TOML."""

from __future__ import annotations

import json
import secrets
import tomllib
from collections.abc import Mapping
from typing import Any

from agents.errors import TuningError
from agents.params import Params
from agents.tuning import differing, parse_tuning, tuning_type, unflatten, with_values
from app.security.identity import acting
from app.services.core import Core
from app.services.jobs import known_params
from data.presets import delete_preset, get_preset, list_presets, put_preset
from data.records import Preset

MOST_NAME = 100
HEADER = "# Settings of Lecture Highlights that differ from the defaults.\n"


class Presets:
    """What a person has set, under a name; all that is not set is as by default."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def list(self) -> list[Preset]:
        """Return all presets by name."""
        person = acting().id
        return [*self.core.kept(f"presets {person}", lambda con: list_presets(con, person))]

    def get(self, id: str) -> Preset:
        """Return a preset, or raise NotFound."""
        with self.core.store.read() as con:
            return get_preset(con, id)

    def save(self, name: str, values: Mapping[str, Any]) -> Preset:
        """Keep settings by dotted names; a preset of the same name takes them over."""
        name = " ".join(name.split())
        if not 0 < len(name) <= MOST_NAME:
            raise TuningError(f"A preset's name has 1 to {MOST_NAME} characters, not {len(name)}.")
        params = nested_differences(with_values(tuning_type()(), values))
        with self.core.store.write() as con:
            owner = acting().id
            mine = (one for one in list_presets(con, owner) if one.owner == owner)
            known = (preset.id for preset in mine if preset.name == name)
            id = next(known, None) or secrets.token_hex(8)
            return put_preset(con, id=id, name=name, params=params, owner=owner)

    def delete(self, id: str) -> None:
        """Remove a preset."""
        with self.core.store.write() as con:
            delete_preset(con, id)


def preset_json(preset: Preset) -> dict[str, Any]:
    """Return a preset with its settings by dotted names."""
    tuning = parse_tuning(known_params(preset.params))
    return {"id": preset.id, "name": preset.name, "values": differing(tuning)}


def nested_differences(tuning: Params) -> dict[str, Any]:
    """Return what differs from the defaults as nested params."""
    return unflatten(differing(tuning))


def to_toml(tuning: Params) -> str:
    """Return what differs from the defaults as TOML, one table per agent."""
    lines, table = [HEADER], ""
    for name, value in differing(tuning).items():
        path, _, key = name.rpartition(".")
        if path != table:
            table = path
            lines.append(f"\n[{table}]\n")
        # a JSON number, word or truth value is written the same way in TOML
        lines.append(f"{key} = {json.dumps(value)}\n")
    return "".join(lines)


def from_toml(text: str) -> Params:
    """Return the tuning that a TOML file holds, or raise TuningError in one sentence."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TuningError(f"The file is no TOML: {error}.") from error
    return parse_tuning(values)
