"""Weights from judgements: look at the proposal, then keep what was shown as a preset."""

from __future__ import annotations

import json
from typing import Any

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.bodies import read_body
from app.api.uploads import BadRequest
from app.services.root import current_services

MOST_BYTES = 20_000


class Kept(BaseModel):
    """The yes: the weights that were shown, and the name of the preset that they become."""

    model_config = ConfigDict(extra="forbid")

    name: str
    weights: dict[str, float]


async def proposal(request: Request) -> Response:
    """Return what the judgements propose: `?lecture=ID`, as often as wanted, all without."""
    lectures = request.query_params.getlist("lecture")
    found = await to_thread.run_sync(current_services().fits.propose, lectures)
    return JSONResponse(found.document())


async def keep(request: Request) -> Response:
    """Keep weights as a preset; nothing else changes."""
    kept = _read(await read_body(request, MOST_BYTES))
    save = current_services().fits.save
    preset = await to_thread.run_sync(save, kept.weights, kept.name)
    body: dict[str, Any] = {"id": preset.id, "name": preset.name, "params": dict(preset.params)}
    return JSONResponse(body, 201)


def _read(body: bytes) -> Kept:
    try:
        return Kept.model_validate(json.loads(body))
    except (ValidationError, ValueError) as error:
        raise BadRequest('The body must be {"name": text, "weights": {name: number}}.') from error


routes = [
    Route("/fit", proposal, methods=["GET"]),
    Route("/fit", keep, methods=["POST"]),
]
