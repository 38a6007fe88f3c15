"""What people do with clips, for programs: one step at a time, each can be taken back.

The steps are the methods of `app.services.clips.Clips`: their parameters are the fields of a body.
"""

from __future__ import annotations

import inspect
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, create_model

from agents.compile.params import Quality
from app.api.models import ClipView, JobView, Moment, View
from app.services.bundles import clip_json
from app.services.clips import OF_RUN, OPERATIONS, Clips
from app.services.root import current_services
from app.views.clips import history_line

router = APIRouter(tags=["clips"])


class StepView(View):
    """One step of what people changed in a run."""

    idx: int
    label: str
    """What was done, in words."""
    undone: bool
    author: str
    ts: Moment


class HistoryView(View):
    """Which steps can be taken back and done again, in words."""

    at: int
    """Number of the last step that was not taken back, 0 for none."""
    made: int
    """How many steps were made and not taken back."""
    stamp: int
    """Grows with every change of the clips of this run."""
    undo: str | None
    redo: str | None


class Done(View):
    """What an edit did, and the clips as they are now."""

    done: str
    """In words; empty where nothing changed."""
    at: int
    """Number of the last step that was not taken back, 0 for none."""
    history: HistoryView
    clips: list[ClipView]


def edit_type(name: str) -> type[BaseModel]:
    """Return the body of one edit: `op`, and what its method takes."""
    method = getattr(Clips, name)
    hints = get_type_hints(method)
    fields: dict[str, Any] = {
        given.name: (hints[given.name], ... if given.default is given.empty else given.default)
        for given in inspect.signature(method).parameters.values()
        if given.name not in ("self", "job_id")
    }
    if name not in OF_RUN:
        fields["clip_id"] = (Annotated[str, Field(max_length=100)], ...)
    title = "".join(part.title() for part in name.split("_"))
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    return create_model(
        f"{title}Edit",
        __config__=config,
        __doc__=inspect.getdoc(method),
        op=(Literal[name], ...),  # type: ignore[valid-type]
        **fields,
    )


EDITS = {name: edit_type(name) for name in sorted(OPERATIONS)}
if TYPE_CHECKING:
    Edit = BaseModel
else:
    Edit = Annotated[reduce(or_, EDITS.values()), Field(discriminator="op")]


@router.get("/clips/{id}", response_model=ClipView)
def get_clip(id: str) -> dict[str, Any]:
    """Show a clip."""
    return clip_json(current_services().clips.get(id))


@router.get("/jobs/{id}/edits", response_model=list[StepView])
def list_edits(id: str) -> Any:  # noqa: ANN401
    """List what people changed in a run, oldest first; steps taken back are marked."""
    services = current_services()
    services.jobs.get(id)
    return services.clips.steps(id)


@router.post("/jobs/{id}/edits", response_model=Done)
def edit_clips(id: str, edit: Edit) -> dict[str, Any]:
    """Do one edit; with `revision` only if nobody has changed the clip since it was read."""
    services = current_services()
    services.jobs.get(id)
    done = services.clips.edit(id, edit.model_dump(exclude_unset=True))
    history = history_line(services.clips.history(id))
    clips = services.review.standing(id)
    return {"done": done, "at": history["at"], "history": history, "clips": clips}


@router.post("/jobs/{id}/render", status_code=201, response_model=JobView)
def render_clips(id: str, quality: Quality | None = None) -> Any:  # noqa: ANN401
    """Start a run with the clips of this one as they stand; only changed ones are rendered.

    `quality`, draft or full, is that of this run where none is named.
    """
    return current_services().jobs.compile(id, quality)
