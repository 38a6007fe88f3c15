"""The layout tab's addresses: what is seen, corrections of it, and how a clip would look."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import JSONResponse, Response

from app.api.models import JobView, Model
from app.api.queries import OfJob
from app.api.stills import PICTURE, Time
from app.api.views import Composed, LayoutTab
from app.services.layouts import MOST_REGIONS, GivenRegion
from app.services.root import current_services

router = APIRouter(prefix="/lectures/{id}/layout", tags=["layouts"])
FRESH = {"Cache-Control": "no-store"}
Shape = dict[str, float | str]


class Corrected(Model):
    """The stretches as a person corrected them; they replace all corrections before."""

    version: str
    """Of the answer that they were made from."""
    regions: Annotated[list[GivenRegion], Field(max_length=MOST_REGIONS)]


class Arranged(Model):
    """A stretch, and how screen and camera shall be arranged in it."""

    region: GivenRegion
    shape: Shape = Field(default_factory=dict)
    """`template`, `main_share`, `camera_side`, `camera_crop`, `inset`, as the tunables."""


class Shown(Model):
    """Corrections, and how screen and camera shall be arranged; both may be unsaved."""

    regions: Annotated[list[GivenRegion], Field(max_length=MOST_REGIONS)]
    shape: Shape = Field(default_factory=dict)


class Rendered(Model):
    """A run that takes the corrections up."""

    job: Annotated[str, Field(max_length=100)]
    shape: Shape = Field(default_factory=dict)


@router.get("", response_class=JSONResponse, responses={200: {"model": LayoutTab}})
def get_layout(id: str, job: OfJob = None) -> Response:
    """Return the stretches as they are now, and the clips that would be rendered anew."""
    return _fresh(current_services().layouts.view(id, job))


@router.put("", response_class=JSONResponse, responses={200: {"model": LayoutTab}})
def correct_layout(id: str, corrected: Corrected, job: OfJob = None) -> Response:
    """Replace the corrections and return the stretches."""
    regions = [region.model_dump() for region in corrected.regions]
    return _fresh(current_services().layouts.save(id, job, regions, corrected.version))


@router.post("/composed", response_class=JSONResponse, responses={200: {"model": Composed}})
def compose_layout(id: str, arranged: Arranged, job: OfJob = None) -> Response:
    """Return where a clip would show the parts of the frame in a stretch."""
    region = arranged.region.model_dump()
    return _fresh(current_services().layouts.composed(id, job, region, arranged.shape))


@router.post("/still.jpg", response_class=Response, responses=PICTURE)
def draw_layout(id: str, shown: Shown, t: Time = None, job: OfJob = None) -> Response:
    """Return a still of the lecture as a clip would show that second with the corrections."""
    services = current_services()
    found = services.review.job_of(id, job)
    regions = services.layouts.corrected(found, [region.model_dump() for region in shown.regions])
    look = services.stills.of_lecture(found, t or 0.0, shown.shape, regions=regions)
    return Response(services.stills.draw(look), media_type="image/jpeg", headers=FRESH)


@router.post("/render", status_code=201, response_model=JobView)
def render_layout(id: str, rendered: Rendered) -> Any:  # noqa: ANN401
    """Start a run that takes the corrections up; clips that they leave alone stay."""
    return current_services().layouts.render(id, rendered.job, rendered.shape)


def _fresh(body: dict[str, Any]) -> Response:
    return JSONResponse(body, headers=FRESH)
