"""All tunables in one record, made from the registry: `TuningParameters().silence.top_db`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError, create_model

from agents.errors import TuningError
from agents.params import Params
from agents.registry import all_agents


@cache
def tuning_type() -> type[Params]:
    """Return `TuningParameters`: one field per agent, holding that agent's params."""
    fields: dict[str, Any] = {agent.name: (agent.params, agent.params()) for agent in all_agents()}
    return create_model("TuningParameters", __base__=Params, **fields)


def parse_tuning(values: dict[str, Any]) -> Params:
    """Return the tuning for nested `values`, or raise TuningError in one sentence."""
    try:
        return tuning_type().model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        text = first["msg"].removeprefix("Value error, ")
        given = (
            f" (got {first['input']!r})" if isinstance(first["input"], int | float | str) else ""
        )
        message = f"{where}: {text}{given}" if where else f"{text}{given}"
        raise TuningError(message) from error


Scalar = float | int | bool | str
"""A value of a tunable."""


def flatten(tuning: BaseModel | Mapping[str, Any], prefix: str = "") -> dict[str, Scalar]:
    """Return every tunable by its dotted name: `{"extract.weights.novelty": 0.05, ...}`."""
    values = tuning.model_dump(mode="json") if isinstance(tuning, BaseModel) else tuning
    flat: dict[str, Scalar] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def unflatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values given by dotted names as a nested dict, or raise TuningError."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        *path, last = name.split(".")
        inner = nested
        for part in path:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise TuningError(f"{name[:80]}: {part!r} is a value and has no parts")
        inner[last] = value
    return nested


def with_values(tuning: Params, values: Mapping[str, Any]) -> Params:
    """Return a tuning with other values for some dotted names, or raise TuningError."""
    return parse_tuning(unflatten({**flatten(tuning), **values}))


def differing(tuning: Params, base: Params | None = None) -> dict[str, Scalar]:
    """Return the tunables that differ from those of `base`, or from the defaults."""
    usual = flatten(base or tuning_type()())
    return {name: value for name, value in flatten(tuning).items() if value != usual[name]}
