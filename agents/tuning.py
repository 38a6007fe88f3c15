"""All tunables in one record, made from the registry: `TuningParameters().silence.top_db`."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import ValidationError, create_model

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
