"""The notebook's addresses: cells and live plans, marks, presets, and settings as TOML."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agents.tuning import differing, tuning_type, with_values
from app.api.bodies import read_body
from app.api.lectures import NO_CACHE
from app.api.media import attachment
from app.api.uploads import BadRequest
from app.services.presets import from_toml, preset_json, to_toml
from app.services.root import current_services

MOST_BYTES = 50_000
Value = float | int | bool | str
Read = TypeVar("Read", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Tried(_Body):
    """Settings by dotted names, for one run."""

    job: str | None = None
    values: dict[str, Value] = {}


class Marked(_Body):
    """A stretch in seconds."""

    start: float
    end: float


class Named(_Body):
    """Settings under a name."""

    name: str
    values: dict[str, Value]


async def notebook(request: Request) -> Response:
    """Return the cells of a run: `?job=`."""
    lecture_id, job = request.path_params["id"], request.query_params.get("job")
    return await _answer(current_services().lab.notebook, lecture_id, job)


async def plan(request: Request) -> Response:
    """Return what settings would choose; nothing is stored."""
    tried = await _read(request, Tried)
    lecture_id = request.path_params["id"]
    return await _answer(current_services().lab.plan, lecture_id, tried.job, tried.values)


async def marks(request: Request) -> Response:
    """Return, add or take off marks of what is important."""
    labels, lecture_id = current_services().labels, request.path_params["id"]
    if request.method == "GET":
        return await _answer(labels.marked, lecture_id)
    span = await _read(request, Marked)
    change = labels.mark if request.method == "POST" else labels.unmark
    return await _answer(change, lecture_id, span.start, span.end)


async def presets(request: Request) -> Response:
    """Return all presets, or keep settings under a name."""
    service = current_services().presets
    if request.method == "GET":
        return await _answer(lambda: [preset_json(preset) for preset in service.list()])
    named = await _read(request, Named)
    return await _answer(lambda: preset_json(service.save(named.name, named.values)))


async def preset(request: Request) -> Response:
    """Remove a preset."""
    await to_thread.run_sync(current_services().presets.delete, request.path_params["id"])
    return Response(status_code=204)


async def toml(request: Request) -> Response:
    """Return settings as a TOML file, or the settings that a TOML file holds."""
    if request.method == "PUT":
        tuning = from_toml(_text(await read_body(request, MOST_BYTES)))
        return JSONResponse(differing(tuning))
    tried = await _read(request, Tried)
    text = to_toml(with_values(tuning_type()(), tried.values))
    headers = {"Content-Disposition": attachment("settings.toml")}
    return Response(text, headers=headers, media_type="application/toml")


async def _answer(work: Callable[..., Any], *args: Any) -> Response:  # noqa: ANN401
    body = await to_thread.run_sync(work, *args)
    return JSONResponse(body, headers={"Cache-Control": NO_CACHE})


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest("The file is no text in UTF-8.") from error


async def _read(request: Request, kind: type[Read]) -> Read:
    body = await read_body(request, MOST_BYTES)
    try:
        return kind.model_validate(json.loads(body))
    except (ValidationError, ValueError) as error:
        names = ", ".join(kind.model_fields)
        raise BadRequest(f"The body must be a JSON object with {names}.") from error


def _lecture(path: str) -> str:
    return f"/lectures/{{id}}/{path}"


routes = [
    Route(_lecture("lab"), notebook, methods=["GET"]),
    Route(_lecture("plan"), plan, methods=["POST"]),
    Route(_lecture("marks"), marks, methods=["GET", "POST", "DELETE"]),
    Route("/presets", presets, methods=["GET", "POST"]),
    Route("/presets/{id}", preset, methods=["DELETE"]),
    Route("/tuning/toml", toml, methods=["POST", "PUT"]),
]
