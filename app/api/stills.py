"""Pictures of clips as they would be rendered with other tunables, at once and without a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from agents.tuning import tuning_type
from app.api.lectures import LONGEST_S, NO_CACHE
from app.api.queries import OfJob, partial_query
from app.services.root import current_services
from app.services.stills import Look

router = APIRouter(tags=["stills"])

Time = Annotated[
    float | None,
    Query(ge=0, lt=LONGEST_S, allow_inf_nan=False, description="Seconds; else the beginning."),
]
COMPILE = tuning_type().model_fields["compile"].annotation
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
    }
}

if TYPE_CHECKING:
    from pydantic import BaseModel as ClipLook
    from pydantic import BaseModel as LectureLook
else:
    ClipLook = partial_query("ClipLook", COMPILE, t=Time)
    LectureLook = partial_query("LectureLook", COMPILE, t=Time, job=OfJob)


@router.get("/lectures/{id}/still.jpg", response_class=Response, responses=PICTURE)
def draw_lecture(id: str, look: Annotated[LectureLook, Query()]) -> Response:
    """Return a still of the lecture as a clip of it would show that second."""
    services, values = current_services(), _values(look)
    time, job = values.pop("t", None), values.pop("job", None)
    return _still(services.stills.of_lecture(services.review.job_of(id, job), time or 0.0, values))


@router.get("/clips/{id}/still.jpg", response_class=Response, responses=PICTURE)
def draw_clip(id: str, look: Annotated[ClipLook, Query()]) -> Response:
    """Return a still of a clip, `t` seconds after its beginning."""
    values = _values(look)
    time = values.pop("t", None)
    return _still(current_services().stills.of_clip(id, time or 0.0, values))


def _values(look: Any) -> dict[str, Any]:  # noqa: ANN401
    return look.model_dump(exclude_unset=True, exclude_none=True)


def _still(look: Look) -> Response:
    picture = current_services().stills.draw(look)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": NO_CACHE})
