"""Weights from judgements: look at the proposal, then keep what was shown as a preset."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import JSONResponse, Response

from app.api.models import Model, View
from app.api.views import Fitted
from app.services.root import current_services

router = APIRouter(prefix="/fit", tags=["tuning"])


class Kept(Model):
    """The yes: the weights that were shown, and the name of the preset that they become."""

    name: Annotated[str, Field(max_length=400)]
    weights: dict[str, float]


class KeptPreset(View):
    """The preset that the weights became."""

    id: str
    name: str
    params: dict[str, Any]


@router.get("", response_class=JSONResponse, responses={200: {"model": Fitted}})
def propose_weights(
    lecture: Annotated[
        list[str], Query(description="Ids of the lectures to ask; all without.", max_length=1000)
    ] = [],  # noqa: B006
) -> Response:
    """Return what the judgements of lectures propose."""
    return JSONResponse(current_services().fits.propose(lecture).document())


@router.post("", status_code=201, response_model=KeptPreset)
def keep_weights(kept: Kept) -> Any:  # noqa: ANN401
    """Keep weights as a preset; nothing else changes."""
    return current_services().fits.save(kept.weights, kept.name)
