"""Sign-in through any OpenID provider: authorization code with PKCE (RFC 7636), same sessions."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agents.errors import LectureError, ServiceUnavailable
from app.security.html import document, told
from app.security.tokens import new_secret
from app.services.entering import Opened
from app.services.root import current_services
from app.settings import Settings

STATE_COOKIE = "lh_oidc"
STATE_S = 600
KEPT_S = 3600.0
TIMEOUT_S = 10.0
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures with a public key alone: `none` and shared secrets are no proof."""


class ProviderError(ServiceUnavailable):
    """The provider does not answer, or not as it should."""

    code = "sign_in_provider"


@dataclass(slots=True)
class Provider:
    """What an issuer says about itself; read again once an hour."""

    issuer: str
    metadata: dict[str, Any]
    keys: dict[str, Any]
    read: float


_known: dict[str, Provider] = {}


def read_provider(issuer: str, *, anew: bool = False) -> Provider:
    """Return where a provider is asked what, and its keys."""
    known = _known.get(issuer)
    if known is not None and not anew and time.monotonic() - known.read < KEPT_S:
        return known
    metadata = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if metadata.get("issuer", "").rstrip("/") != issuer.rstrip("/"):
        raise ProviderError("The sign-in provider calls itself by another name than the settings.")
    provider = Provider(issuer, metadata, _fetch(metadata["jwks_uri"]), time.monotonic())
    _known[issuer] = provider
    return provider


def _fetch(url: str, form: dict[str, str] | None = None, auth: Any = None) -> dict[str, Any]:  # noqa: ANN401
    import httpx2

    try:
        method = "GET" if form is None else "POST"
        options: dict[str, Any] = {} if auth is None else {"auth": auth}
        answer = httpx2.request(method, url, data=form, timeout=TIMEOUT_S, **options)
        answer.raise_for_status()
        return answer.json()
    except (httpx2.HTTPError, json.JSONDecodeError) as error:
        raise ProviderError("The sign-in provider does not answer as it should.") from error


def redirect_uri(settings: Settings, request: Request) -> str:
    """Return where the provider sends people back to."""
    base = settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/oidc/callback"


async def start(request: Request) -> Response:
    """Send a person to the provider, and remember in their browser what for."""
    settings = current_services().settings
    if settings.auth != "oidc":
        return RedirectResponse("/login", 303)
    try:
        provider = await to_thread.run_sync(read_provider, str(settings.oidc_issuer))
    except ProviderError as error:
        return document("Sign in", told(error.message), status=503)
    state, nonce, verifier = new_secret(), new_secret(), new_secret()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = {
        "response_type": "code",
        "client_id": str(settings.oidc_client_id),
        "redirect_uri": redirect_uri(settings, request),
        "scope": settings.oidc_scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    response = RedirectResponse(f"{provider.metadata['authorization_endpoint']}?{urlencode(query)}")
    kept = json.dumps([state, nonce, verifier, request.query_params.get("next", "/")])
    response.set_cookie(
        STATE_COOKIE,
        base64.urlsafe_b64encode(kept.encode()).decode(),
        max_age=STATE_S,
        path="/oidc/",
        httponly=True,
        secure=request.state.asked.secure,
        samesite="lax",
    )
    return response


async def callback(request: Request) -> Response:
    """Take a person in whom the provider has sent back."""
    from app.security.login import agent_of, enter, safe_next

    settings = current_services().settings
    try:
        if settings.auth != "oidc":
            raise _refused("this app does not sign in that way")
        state, nonce, verifier, where = _kept(request)
        if request.query_params.get("error"):
            raise _refused("it was refused or given up there")
        if not state or request.query_params.get("state") != state:
            raise _refused("the answer belongs to another sign-in")
        uri, code = redirect_uri(settings, request), request.query_params.get("code", "")
        agent = agent_of(request)
        opened = await to_thread.run_sync(_sign_in, settings, code, verifier, uri, nonce, agent)
    except LectureError as error:
        return document("Sign in", told(error.message), status=403)
    response = enter(request, opened, safe_next(where))
    response.delete_cookie(STATE_COOKIE, path="/oidc/")
    return response


def _kept(request: Request) -> tuple[str, str, str, str]:
    try:
        text = base64.urlsafe_b64decode(request.cookies.get(STATE_COOKIE, ""))
        state, nonce, verifier, where = json.loads(text)
    except ValueError as error:
        raise _refused("it took too long or began in another browser") from error
    return str(state), str(nonce), str(verifier), str(where)


def _sign_in(
    settings: Settings, code: str, verifier: str, uri: str, nonce: str, agent: str
) -> Opened:
    provider = read_provider(str(settings.oidc_issuer))
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": uri,
        "code_verifier": verifier,
        "client_id": str(settings.oidc_client_id),
    }
    secret = settings.oidc_client_secret
    auth = (form["client_id"], secret.get_secret_value()) if secret else None
    answer = _fetch(provider.metadata["token_endpoint"], form, auth)
    claims = read_claims(settings, provider, str(answer.get("id_token", "")), nonce)
    email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
    name = str(claims.get("preferred_username") or email or claims["sub"])
    return current_services().accounts.sign_in_subject(
        f"{provider.issuer} {claims['sub']}", name, str(claims.get("name") or name), email, agent
    )


def read_claims(settings: Settings, provider: Provider, token: str, nonce: str) -> dict[str, Any]:
    """Return what an ID token says when issuer, audience, time, nonce and signature are right."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    for anew in (False, True):
        try:
            keys = KeySet.import_key_set(provider.keys)  # pyright: ignore[reportArgumentType]
            decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
            jwt.JWTClaimsRegistry(
                leeway=60,
                iss={"essential": True, "value": provider.metadata["issuer"]},
                aud={"essential": True, "value": str(settings.oidc_client_id)},
                exp={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(decoded.claims)
            return dict(decoded.claims)
        except (JoseError, ValueError) as error:
            if anew:
                raise _refused("what it says of you is not signed as it must be") from error
            # the provider may have changed its keys since they were read
            provider = read_provider(provider.issuer, anew=True)
    raise AssertionError


def _refused(why: str) -> LectureError:
    return LectureError(f"The sign-in did not work: {why}. Try again.", code="sign_in_refused")


routes = [
    Route("/oidc/start", start, methods=["GET"]),
    Route("/oidc/callback", callback, methods=["GET"]),
]
