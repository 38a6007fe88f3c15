"""The tunables of an agent as fields of a form, made from their declarations."""

from __future__ import annotations

from typing import Any

from agents.params import Params

ENDINGS = {"s": "", "db": " dB"}
"""Ending of a field's name that states its unit -> what people read instead."""


def tunable_fields(params: Params) -> list[dict[str, Any]]:
    """Return name, label, help, bounds or choices and value of every tunable."""
    values = params.model_dump(mode="json")
    schema = type(params).model_json_schema()["properties"]
    return [_field(name, about, values[name]) for name, about in schema.items()]


def _field(name: str, about: dict[str, Any], value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "name": name,
        "label": tunable_label(name),
        "help": about["description"],
        "type": about["type"],
        "low": about.get("minimum"),
        "high": about.get("maximum"),
        "step": about.get("step"),
        "unit": about.get("unit", ""),
        "choices": about.get("enum", []),
        "value": value,
    }


def tunable_label(name: str) -> str:
    """Return `min_silence_s` as "Min silence" and `top_db` as "Top dB"."""
    rest, _, ending = name.rpartition("_")
    words = f"{rest}{ENDINGS[ending]}" if ending in ENDINGS else name
    words = words.replace("_", " ")
    return words[:1].upper() + words[1:]
