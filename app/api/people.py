"""People, for administrators: who is here, invitations, roles, links for passwords, sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from app.api.models import Model, Moment, View
from app.services.accounts import LINK_TTL, RESET_TTL
from app.services.root import current_services
from data.lockouts import Lockout
from data.people import Person, Role
from data.records import now
from data.sessions import Session, SessionKind

router = APIRouter(tags=["people"])


class PersonView(View):
    """Somebody with an account."""

    id: str
    name: str
    """What they sign in with."""
    shown: str
    """As others see it."""
    role: Role
    comes_by: Literal["password", "provider", "link"]
    """`link`: no password is set yet."""
    second_factor: bool
    created: Moment
    disabled: Moment | None
    """Since when they are let in no more."""

    @classmethod
    def of(cls, person: Person) -> PersonView:
        """Return what is told of a person: no secret, and no hash of one."""
        return cls(
            id=person.id,
            name=person.name,
            shown=person.shown,
            role=person.role,
            comes_by="provider" if person.subject else "password" if person.password else "link",
            second_factor=person.totp is not None,
            created=person.created,
            disabled=person.disabled,
        )


class NewPerson(Model):
    """Somebody who sets a password by a link, or comes by an OpenID provider."""

    name: Annotated[str, Field(min_length=2, max_length=64, examples=["ines@uni.example"])]
    role: Role = "viewer"
    shown: Annotated[str, Field(max_length=100)] = ""


class ChangedPerson(Model):
    """What shall be otherwise; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = None
    """Let in no more: sessions and keys end."""


class Invited(Model):
    """What an invitation makes of whoever uses it."""

    role: Role = "instructor"


class OnceView(View):
    """A link that works once; it is shown this once."""

    url: str
    expires: Moment


class SessionView(View):
    """A sign-in that holds."""

    family: str
    """Names it, with all that came of the same sign-in."""
    kind: SessionKind
    person: str
    """Id; empty for the guest of a share link."""
    ip: str
    """Network that it came from, not the address."""
    agent: str
    created: Moment
    seen: Moment
    expires: Moment


class LockoutView(View):
    """A name or an address that waits after wrong passwords."""

    subject: str
    failures: int
    until: Moment


@router.get("/users", response_model=list[PersonView])
def list_people() -> list[PersonView]:
    """List everybody, by name."""
    return [PersonView.of(person) for person in current_services().accounts.people()]


@router.post("/users", status_code=201, response_model=PersonView)
def add_person(new: NewPerson) -> PersonView:
    """Add a person; a reset link lets them set a password."""
    made = current_services().accounts.make_person(new.name, new.role, new.shown)
    return PersonView.of(made)


@router.get("/users/{id}", response_model=PersonView)
def get_person(id: str) -> PersonView:
    """Show a person, by id or by the name they sign in with."""
    return PersonView.of(current_services().accounts.person(id))


@router.patch("/users/{id}", response_model=PersonView)
def change_person(id: str, changed: ChangedPerson) -> PersonView:
    """Give a person another role, let them in no more, or again."""
    accounts = current_services().accounts
    person = accounts.person(id)
    if changed.role is not None:
        accounts.set_role(person.id, changed.role)
    if changed.disabled is not None:
        (accounts.disable if changed.disabled else accounts.enable)(person.id)
    return PersonView.of(accounts.person(person.id))


@router.post("/users/{id}/reset-link", status_code=201, response_model=OnceView)
def make_reset_link(id: str, request: Request) -> OnceView:
    """Make a link by which a person sets a new password; sessions end when it is used."""
    accounts = current_services().accounts
    return _once(request, "reset", accounts.reset_link(accounts.person(id).id), RESET_TTL)


@router.delete("/users/{id}/sessions", status_code=204)
def end_sessions(id: str) -> None:
    """End every session of a person; open pages close within a second."""
    accounts = current_services().accounts
    accounts.end_sessions(accounts.person(id).id)


@router.post("/invitations", status_code=201, response_model=OnceView)
def invite_person(invited: Invited, request: Request) -> OnceView:
    """Make a link by which somebody makes an account for themselves."""
    return _once(request, "invite", current_services().accounts.invite(invited.role), LINK_TTL)


@router.get("/sessions", response_model=list[SessionView])
def list_sessions() -> Sequence[Session]:
    """List every session that holds, the newest first."""
    return current_services().accounts.sessions()


@router.delete("/sessions/{family}", status_code=204)
def end_session(family: str) -> None:
    """End one sign-in with all that came of it."""
    current_services().accounts.end_family(family)


@router.get("/lockouts", response_model=list[LockoutView])
def list_lockouts() -> Sequence[Lockout]:
    """List who waits after wrong passwords."""
    return current_services().accounts.lockouts()


@router.delete("/lockouts/{subject}", status_code=204)
def end_lockout(subject: str) -> None:
    """Let a name or an address try again at once."""
    current_services().accounts.forget_lockout(subject)


def base_address(request: Request) -> str:
    """Return the address that links for people begin with."""
    scheme = "https" if request.state.asked.secure else "http"
    public = current_services().settings.public_url
    return (public or f"{scheme}://{request.url.netloc}").rstrip("/")


def _once(request: Request, what: str, secret: str, lasts: timedelta) -> OnceView:
    expires: datetime = now() + lasts
    return OnceView(url=f"{base_address(request)}/{what}/{secret}", expires=expires)
