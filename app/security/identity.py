"""Who the work is done for: nothing is done for nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agents.errors import AccessDenied
from data.people import Person, Role

Permission = Literal["read", "write", "tune", "admin"]

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"read"}),
    "instructor": frozenset({"read", "write"}),
    "researcher": frozenset({"read", "write", "tune"}),
    "admin": frozenset({"read", "write", "tune", "admin"}),
}
"""What each role may do: look; bring in and change; sweep and fit; look after the installation."""
SCOPES: tuple[Permission, ...] = ("read", "write", "tune", "admin")
"""What a key may be made for; it never has more than the role of its person."""


def granted(scopes: Iterable[str]) -> frozenset[Permission]:
    """Return what the scopes of a key allow: who changes or tunes something also sees it.

    Else a request would be refused for its answer, when what it asks for has been done already.
    """
    found: set[Permission] = {scope for scope in SCOPES if scope in scopes}
    if found & {"write", "tune"}:
        found.add("read")
    return frozenset(found)


class NoIdentity(AccessDenied):
    """A service was called and nobody said for whom."""

    code = "no_identity"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and what they may do at all; what of it they own is asked elsewhere."""

    id: str
    """The person's id: what they bring in belongs to it."""
    name: str
    role: Role
    permissions: frozenset[Permission]
    via: Literal["local", "session", "key", "link", "process", "nobody"]
    handle: str = ""
    """Id of the session or key that said so."""
    lecture: str | None = None
    """The only lecture that the guest of a share link sees."""

    @property
    def sees_all(self) -> bool:
        """Return whether whose a lecture is makes no difference."""
        return self.role == "admin"

    def may(self, permission: Permission) -> bool:
        """Return whether this is allowed at all."""
        return permission in self.permissions


LOCAL = Principal("local", "local", "admin", PERMISSIONS["admin"], "local")
"""Whoever sits at this machine while there are no accounts."""
OPERATOR = Principal("local", "operator", "admin", PERMISSIONS["admin"], "process")
"""The program itself: commands and what it does by itself, always named where it acts."""
NOBODY = Principal("", "", "viewer", frozenset(), "nobody")
"""A request without a key or session."""


class Caller(NamedTuple):
    """Where a request came from, for the audit."""

    ip: str = ""
    """The address; the audit keeps its network only."""
    request: str = ""


SELF = Caller()
caller: ContextVar[Caller] = ContextVar("caller", default=SELF)

_acting: ContextVar[Principal | None] = ContextVar("acting", default=None)


def find_page_principal() -> Principal | None:
    """Return whose page this thread draws; a script of Streamlit's has no context of a request."""
    from app.security.pages import principal_of_page

    return principal_of_page()


def acting() -> Principal:
    """Return who the work is done for, or raise NoIdentity."""
    found = _acting.get() or find_page_principal()
    if found is None:
        raise NoIdentity("Nobody is signed in here; open the page again.")
    return found


@contextmanager
def acting_as(principal: Principal) -> Iterator[None]:
    """Do what is inside for `principal`, threads that take this context along included."""
    token = _acting.set(principal)
    try:
        yield
    finally:
        _acting.reset(token)


def principal_of(person: Person) -> Principal:
    """Return a person as who acts, for what is done in their name."""
    return Principal(person.id, person.name, person.role, PERMISSIONS[person.role], "process")
