"""How programs come in: a name and password for a pair of tokens, or a key; and who they are then.

The access token goes with every request (`Authorization: Bearer ...`) for a quarter of an hour;
the refresh token fetches the next pair, once. One that is sent a second time was copied: all that
came of the same sign-in ends.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field, SecretStr

from agents.errors import AccessDenied
from app.api.models import Model, Moment, View
from app.security.identity import Permission, Principal, acting
from app.services.accounts import Tokens
from app.services.root import current_services
from data.people import Role
from data.records import now

router = APIRouter(tags=["sign-in"])

MOST_SECRET = 1_000


class Credentials(Model):
    """What a person signs in with."""

    name: Annotated[str, Field(max_length=200, examples=["anna"])]
    password: Annotated[SecretStr, Field(max_length=MOST_SECRET)]
    code: Annotated[str, Field(max_length=20, examples=["123456"])] = ""
    """Of the authenticator app, where a second factor is set up."""


class RefreshToken(Model):
    """The token that fetches the next pair."""

    refresh_token: Annotated[SecretStr, Field(max_length=MOST_SECRET)]


class TokensView(View):
    """A pair of tokens; neither is shown again."""

    access_token: str
    """Goes with every request: `Authorization: Bearer ...`."""
    refresh_token: str
    """Fetches the next pair at `/auth/refresh`, once."""
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    """Seconds that the access token lasts."""
    expires: Moment


class MeView(View):
    """Who a request is made as."""

    id: str
    name: str
    role: Role
    permissions: list[Permission]
    via: Literal["local", "session", "key", "link"]
    """What said so."""
    lecture: str | None
    """The only lecture that the guest of a share link sees."""


@router.post("/auth/login", response_model=TokensView)
def log_in(given: Credentials) -> TokensView:
    """Sign in with name and password; wrong ones make the next try wait (429, `Retry-After`)."""
    services = current_services()
    if services.settings.auth != "password":
        raise AccessDenied("Nobody signs in with a password here; programs need an API key.")
    return _shown(
        services.accounts.sign_in_program(given.name, given.password.get_secret_value(), given.code)
    )


@router.post("/auth/refresh", response_model=TokensView)
def refresh_tokens(given: RefreshToken) -> TokensView:
    """Trade a refresh token for the next pair; sent twice, all of its sign-in ends."""
    return _shown(current_services().accounts.refresh(given.refresh_token.get_secret_value()))


@router.post("/auth/logout", status_code=204)
def log_out(given: RefreshToken) -> None:
    """End a sign-in with all its tokens; one that has ended already changes nothing."""
    current_services().accounts.sign_out(given.refresh_token.get_secret_value())


@router.get("/me", response_model=MeView)
def show_me() -> Principal:
    """Say who this request is made as, and what it may do."""
    return acting()


def _shown(made: Tokens) -> TokensView:
    return TokensView(
        access_token=made.access,
        refresh_token=made.refresh,
        expires_in=round((made.expires - now()).total_seconds()),
        expires=made.expires,
    )
