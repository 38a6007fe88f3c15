"""One person's data: handed out as a zip, or erased for good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from agents.errors import LectureError
from app.api.files import ZIP
from app.api.media import attachment
from app.api.models import Model
from app.services.root import current_services

router = APIRouter(tags=["people"])

Name = Annotated[str, Field(max_length=100)]


class Erase(Model):
    """Says that it is meant: the name of whom is erased, and who gets their lectures."""

    name: Name
    """What the person signs in with, typed again."""
    heir: Name = ""
    """Name of who gets the lectures; empty erases them too."""


class EraseMe(Erase):
    """The same about oneself."""

    password: Annotated[str, Field(max_length=256)] = ""
    """Needed by those who have one."""


@router.get("/me/data.zip", response_class=StreamingResponse, responses=ZIP)
def save_my_data() -> Response:
    """Save everything that is known of whoever asks, their lectures included, as one zip."""
    return _sent(*current_services().personal.my_archive())


@router.post("/me/erase", status_code=204)
def erase_me(meant: EraseMe) -> None:
    """Erase the account of whoever asks, in a session of their own, for good."""
    current_services().personal.erase_me(meant.name, meant.password, meant.heir)


@router.get("/users/{id}/data.zip", response_class=StreamingResponse, responses=ZIP)
def save_data(id: str) -> Response:
    """Save everything that is known of a person as one zip."""
    services = current_services()
    return _sent(*services.personal.archive(services.accounts.person(id).id))


@router.post("/users/{id}/erase", status_code=204)
def erase_person(id: str, meant: Erase) -> None:
    """Erase a person's account and data for good; their lectures go too, or to an heir."""
    services = current_services()
    person = services.accounts.person(id)
    if meant.name.strip().lower() != person.name:
        raise LectureError("The name does not fit the person.", code="bad_request")
    heir = services.accounts.person(meant.heir).id if meant.heir else None
    services.personal.erase(person.id, heir)


def _sent(name: str, body: Iterator[bytes]) -> Response:
    headers = {"Content-Disposition": attachment(name)}
    return StreamingResponse(body, headers=headers, media_type="application/zip")
