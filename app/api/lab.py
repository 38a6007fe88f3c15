"""The notebook's addresses: cells and live plans, marks, presets, and settings as TOML."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agents.tuning import Scalar, differing, tuning_type, with_values
from app.api.lectures import NO_CACHE
from app.api.media import attachment
from app.api.models import JobView, Model
from app.api.packing import AcceptEncoding, packed_json
from app.api.problems import BadRequest
from app.api.queries import OfJob
from app.api.views import Notebook, PlanTried, PresetView
from app.services.presets import from_toml, preset_json, to_toml
from app.services.root import current_services

MOST_BYTES = 50_000
"""Of a TOML file."""
Values = dict[str, Scalar]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Spans = list[tuple[float, float]]

router = APIRouter(prefix="/lectures/{id}", tags=["lab"])
presets = APIRouter(tags=["tuning"])


class Tried(Model):
    """Settings by dotted names, for one run."""

    job: Annotated[str, Field(max_length=100)] | None = None
    values: Values = Field(default_factory=dict)


class Marked(Model):
    """A stretch in seconds."""

    start: Seconds
    end: Seconds


class Named(Model):
    """Settings under a name."""

    name: Annotated[str, Field(max_length=400)]
    values: Values


@router.get("/lab", response_class=JSONResponse, responses={200: {"model": Notebook}})
def get_notebook(id: str, job: OfJob = None, accept_encoding: AcceptEncoding = "") -> Response:
    """Return the cells of a run: parameters, what they cost, and what was found."""
    return _answer(current_services().lab.notebook(id, job), accept_encoding)


@router.post("/plan", response_class=JSONResponse, responses={200: {"model": PlanTried}})
def try_plan(id: str, tried: Tried, accept_encoding: AcceptEncoding = "") -> Response:
    """Return what settings would choose, and what that changes; nothing is stored."""
    return _answer(current_services().lab.plan(id, tried.job, tried.values), accept_encoding)


@router.post("/lab/run", status_code=201, response_model=JobView)
def run_tried(id: str, tried: Tried) -> Any:  # noqa: ANN401
    """Start a run with settings by dotted names, the rest as in the run that was tuned."""
    services = current_services()
    job = services.review.job_of(id, tried.job)
    return services.lab.start(id, job.id, tried.values)


@router.get("/marks")
def get_marks(id: str) -> Spans:
    """Return the stretches that are marked as important, in order."""
    return current_services().labels.marked(id)


@router.post("/marks")
def add_mark(id: str, marked: Marked) -> Spans:
    """Mark a stretch as important and return all that is marked now."""
    return current_services().labels.mark(id, marked.start, marked.end)


@router.delete("/marks")
def remove_mark(id: str, marked: Marked) -> Spans:
    """Take the mark off a stretch and return what is marked still."""
    return current_services().labels.unmark(id, marked.start, marked.end)


@presets.get("/presets", response_model=list[PresetView])
def list_presets() -> list[dict[str, Any]]:
    """Return all presets by name."""
    return [preset_json(preset) for preset in current_services().presets.list()]


@presets.post("/presets", response_model=PresetView)
def save_preset(named: Named) -> dict[str, Any]:
    """Keep settings under a name; a preset of the same name takes them over."""
    return preset_json(current_services().presets.save(named.name, named.values))


@presets.delete("/presets/{id}", status_code=204)
def delete_preset(id: str) -> None:
    """Remove a preset."""
    current_services().presets.delete(id)


TOML = {"application/toml": {"schema": {"type": "string"}}}


@presets.post(
    "/tuning/toml",
    response_class=Response,
    responses={200: {"description": "The file.", "content": TOML}},
)
def write_toml(tried: Tried) -> Response:
    """Return settings as a TOML file."""
    text = to_toml(with_values(tuning_type()(), tried.values))
    headers = {"Content-Disposition": attachment("settings.toml")}
    return Response(text, headers=headers, media_type="application/toml")


@presets.put(
    "/tuning/toml",
    max_body_size=MOST_BYTES,
    openapi_extra={"requestBody": {"required": True, "content": TOML}},
)
async def read_toml(request: Request) -> Values:
    """Return the settings that a TOML file holds, by dotted names."""
    return differing(from_toml(_text(await request.body())))


def _answer(body: Any, accepted: str) -> Response:  # noqa: ANN401
    return packed_json(body, accepted, {"Cache-Control": NO_CACHE})


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest("The file is no text in UTF-8.") from error
