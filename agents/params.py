"""One declaration for every tunable: validation, flags, sliders and schema follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import annotated_types
from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class Params(BaseModel):
    """The tunables of one agent; docstrings of the fields are their help."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True)
class SchemaExtra:
    """Adds step and unit, which JSON Schema has no words for, to a field's schema."""

    step: float
    unit: str

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(core_schema), "step": self.step, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Tunable(annotated_types.GroupedMetadata):
    """Bounds, step and unit of a number that a person may move."""

    low: float
    high: float
    step: float
    unit: str = ""

    def __iter__(self) -> Iterator[object]:
        yield from (
            annotated_types.Ge(self.low),
            annotated_types.Le(self.high),
            SchemaExtra(self.step, self.unit),
        )
