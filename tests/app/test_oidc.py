"""Sign-in through an OpenID provider that runs in the test."""

import time

import httpx
import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from app.security import oidc
from app.security.identity import OPERATOR, acting_as
from tests.app.people import town
from tests.app.provider import Provider


@pytest.fixture(scope="module")
def provider():
    with Provider() as provider:
        yield provider
        provider.shutdown()


@pytest.fixture(scope="module")
def place(services, provider):
    settings = {
        "auth": "oidc",
        "oidc_issuer": provider.issuer,
        "oidc_client_id": "app",
        "oidc_client_secret": SecretStr("very secret"),
    }
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        town(services, monkeypatch, **settings) as place,
    ):
        yield place


@pytest.fixture
def web(client, place, provider):
    key = provider.key
    client.cookies.clear()
    yield client
    client.cookies.clear()
    provider.claims, provider.algorithm = {}, "RS256"
    provider.key = provider.signed_with = key
    oidc._known.clear()


def go(web, where="/review"):
    """Follow a browser's way to the provider and back."""
    sent = web.get(f"/oidc/start?next={where}", follow_redirects=False)
    back = httpx.get(sent.headers["location"]).headers["location"]
    return web.get(back.removeprefix("http://127.0.0.1:8501"), follow_redirects=False)


def test_a_person_comes_in_by_the_provider_and_is_the_same_the_next_time(web, provider, place):
    provider.claims = {"preferred_username": "Émile.Zola", "name": "Émile Zola"}
    page = web.get("/login")
    assert 'href="/oidc/start?next=%2F"' in page.text
    assert "password" not in page.text
    entered = go(web)
    assert (entered.status_code, entered.headers["location"]) == (303, "/review")
    assert web.get("/api/v1/lectures").status_code == 200
    assert "Émile Zola, viewer" in web.get("/account").text
    web.cookies.clear()
    assert go(web).status_code == 303
    with acting_as(OPERATOR):
        found = [one for one in place.services.accounts.people() if one.subject]
    assert [one.subject for one in found] == [f"{provider.issuer} 42"]


def test_an_account_that_waits_under_a_verified_address_is_taken(web, provider, place):
    with acting_as(OPERATOR):
        person = place.services.accounts.make_person("kim@uni.example", "researcher")
    provider.claims = {"sub": "7", "email": "kim@uni.example", "email_verified": False}
    go(web)
    assert "viewer" in web.get("/account").text
    web.cookies.clear()
    provider.claims = {"sub": "8", "email": "Kim@uni.example", "email_verified": True}
    assert go(web).status_code == 303
    assert "researcher" in web.get("/account").text
    with acting_as(OPERATOR):
        place.services.accounts.disable(person.id)
    web.cookies.clear()
    assert "no account for you" in go(web).text


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another"},
        {"iss": "https://elsewhere.example"},
        {"nonce": "another"},
        {"exp": int(time.time()) - 600},
        {"sub": None},
    ],
)
def test_a_token_that_says_something_else_lets_nobody_in(web, provider, lie):
    provider.claims = lie
    refused = go(web)
    assert (refused.status_code, "lh_session" in web.cookies) == (403, False)
    assert "not signed as it must be" in refused.text


def test_only_the_providers_own_key_signs(web, provider):
    provider.signed_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert go(web).status_code == 403
    provider.signed_with = provider.key
    provider.algorithm = "HS256"
    assert go(web).status_code == 403


def test_keys_that_the_provider_has_changed_are_read_again(web, provider):
    assert go(web).status_code == 303
    provider.key = provider.signed_with = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    web.cookies.clear()
    assert go(web).status_code == 303


def test_an_answer_for_another_browser_is_refused(web):
    sent = web.get("/oidc/start", follow_redirects=False)
    back = httpx.get(sent.headers["location"]).headers["location"]
    path = back.removeprefix("http://127.0.0.1:8501")
    web.cookies.clear()
    assert "another browser" in web.get(path).text
    web.get("/oidc/start", follow_redirects=False)
    assert "another sign-in" in web.get(path).text
    given_up = web.get("/oidc/callback?error=access_denied")
    assert given_up.status_code == 403


def test_a_provider_that_does_not_answer_is_said(web, place, monkeypatch):
    settings = place.services.settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    monkeypatch.setattr(place.services, "settings", settings)
    answer = web.get("/oidc/start", follow_redirects=False)
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)
