"""What can be tuned, for programs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from agents.tuning import tuning_type

router = APIRouter(prefix="/tuning", tags=["tuning"])


@router.get("/schema")
def get_schema() -> dict[str, Any]:
    """Return the JSON Schema of all tunables: bounds, step, unit, default and what each does."""
    return tuning_type().model_json_schema()


@router.get("/defaults")
def get_defaults() -> dict[str, Any]:
    """Return the tuning that a job has when nothing else is asked for."""
    return tuning_type()().model_dump(mode="json")
