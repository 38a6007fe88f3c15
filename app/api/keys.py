"""API keys: listed, made and shown once, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.api.models import Model, Moment, View
from app.security.identity import Permission
from app.security.tokens import digest
from app.services.root import current_services
from data.sessions import ApiKey

router = APIRouter(prefix="/keys", tags=["keys"])

MOST_DAYS = 3_650


class KeyView(View):
    """A key that works; its secret is not known here."""

    id: str
    name: str
    person: str
    """Id of whose key it is."""
    scopes: list[Permission]
    created: Moment
    seen: Moment | None
    """When it was used last, to the minute."""
    expires: Moment | None


class MadeKey(KeyView):
    """A key with its secret, which is shown this once."""

    secret: str
    """Goes with every request: `Authorization: Bearer lhk_...`."""


class NewKey(Model):
    """A key to be made."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Nightly export"])]
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=4, examples=[["read"]])]
    """It never has more than its person's role."""
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = 365
    """After which it ends; null for never."""
    person: Annotated[str, Field(max_length=100)] | None = None
    """Id of somebody else, for administrators; else whoever asks."""


@router.get("", response_model=list[KeyView])
def list_keys(all: bool = False) -> Sequence[ApiKey]:
    """List the keys of whoever asks, the newest first; `all`, for administrators, everybody's."""
    accounts = current_services().accounts
    return accounts.all_keys() if all else accounts.my_keys()


@router.post("", status_code=201, response_model=MadeKey)
def make_key(new: NewKey) -> MadeKey:
    """Make a key; a key makes no other keys, so this takes a person's token."""
    accounts = current_services().accounts
    secret = accounts.make_key(new.name, new.scopes, new.days, new.person)
    keys = accounts.all_keys() if new.person else accounts.my_keys()
    made = next(key for key in keys if key.hash == digest(secret))
    return MadeKey(**KeyView.model_validate(made).model_dump(), secret=secret)


@router.delete("/{id}", status_code=204)
def revoke_key(id: str) -> None:
    """End a key; what it has open is closed within a second. A key may end itself."""
    current_services().accounts.revoke_key(id)
