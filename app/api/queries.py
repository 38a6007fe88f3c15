"""What several addresses ask for in the same way."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Query
from pydantic import BaseModel, ConfigDict, create_model
from pydantic.fields import FieldInfo

OfJob = Annotated[
    str | None,
    Query(max_length=100, description="A run of the lecture; else its newest completed one."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=8,
        max_length=200,
        description="A second request with the same key and body gets what the first one made.",
    ),
]


def _annotated(given: FieldInfo) -> Any:  # noqa: ANN401
    kind: Any = given.annotation
    return Annotated[kind, *given.metadata] if given.metadata else kind


def partial_query(name: str, tunables: Any, **more: Any) -> type[BaseModel]:  # noqa: ANN401
    """Return a query of which every tunable, and `more`, may be left out."""
    fields: dict[str, Any] = {
        field: (
            _annotated(given) | None,
            Query(None, description=given.description),
        )
        for field, given in tunables.model_fields.items()
    }
    fields |= {field: (kind, None) for field, kind in more.items()}
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
