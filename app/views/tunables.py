"""The tunables of an agent as fields of a form, made from their declarations."""

from __future__ import annotations

from typing import Any

from agents.params import Params
from agents.tuning import Scalar

ENDINGS = {"s": "", "db": " dB"}
"""Ending of a field's name that states its unit -> what people read instead."""


def tunable_fields(params: Params) -> list[dict[str, Any]]:
    """Return name, label, help, bounds or choices, value and default of every tunable.

    Tunables inside others have their path as name: `weights.novelty`.
    """
    found = []
    schema = type(params).model_json_schema()["properties"]
    usual = type(params)()
    for name, value in params:
        if isinstance(value, Params):
            inner = tunable_fields(value)
            found += [
                {**field, "name": f"{name}.{field['name']}", "group": name} for field in inner
            ]
        else:
            found.append(_field(name, schema[name], value, getattr(usual, name)))
    return found


def _field(name: str, about: dict[str, Any], value: Scalar, usual: Scalar) -> dict[str, Any]:
    return {
        "name": name,
        "label": tunable_label(name),
        "group": "",
        "help": about["description"].replace("`", ""),
        "type": about["type"],
        "low": about.get("minimum"),
        "high": about.get("maximum"),
        "step": about.get("step"),
        "unit": about.get("unit", ""),
        "choices": about.get("enum", []),
        "value": value,
        "default": usual,
    }


def tunable_label(name: str) -> str:
    """Return `min_silence_s` as "Min silence" and `top_db` as "Top dB"."""
    rest, _, ending = name.rpartition("_")
    words = f"{rest}{ENDINGS[ending]}" if ending in ENDINGS else name
    words = words.replace("_", " ")
    return words[:1].upper() + words[1:]
