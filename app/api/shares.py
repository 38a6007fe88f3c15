"""Sharing a lecture: with a person, or by a link that runs out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from app.api.models import Model, Moment, View
from app.api.people import base_address
from app.services.root import current_services
from app.services.sharing import LONGEST_DAYS
from data.shares import May, Share

router = APIRouter(prefix="/lectures/{id}/shares", tags=["lectures"])


class ShareView(View):
    """What somebody who does not own a lecture may do with it."""

    id: str
    person: str | None
    """Id of who may; null for whoever has the link."""
    may: May
    created: Moment
    expires: Moment | None


class MadeShare(ShareView):
    """A share; that of a link with its address, which is shown this once."""

    url: str | None


class NewShare(Model):
    """With whom: a person, or, without one, whoever has the link."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """That the person signs in with."""
    may: May = "view"
    """What a person may do; a link only shows."""
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 14
    """That a link lasts."""


@router.get("", response_model=list[ShareView])
def list_shares(id: str) -> Sequence[Share]:
    """List the shares of a lecture that hold, the newest first."""
    return current_services().sharing.shares(id)


@router.post("", status_code=201, response_model=MadeShare)
def share_lecture(id: str, new: NewShare, request: Request) -> MadeShare:
    """Share a lecture; with a person anew, that takes the place of the share before."""
    sharing, url = current_services().sharing, None
    if new.name is not None:
        made = sharing.share_with(id, new.name, new.may)
    else:
        secret, made = sharing.share_link(id, new.days)
        url = f"{base_address(request)}/s/{secret}"
    share = next(share for share in sharing.shares(id) if share.id == made)
    return MadeShare(**ShareView.model_validate(share).model_dump(), url=url)


@router.delete("/{share}", status_code=204)
def take_share_back(id: str, share: str) -> None:
    """End a share; who has it open is shut out within a second."""
    current_services().sharing.take_back(id, share)
