"""Other sites: none may ask the API but those that are listed, and those as programs do."""

import pytest
from pydantic import ValidationError

from app.settings import Settings
from tests.app.people import town

SITE = "https://portal.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type",
}


@pytest.fixture(scope="module")
def place(services):
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        town(services, monkeypatch, cors_origins=(SITE,)) as place,
    ):
        yield place


@pytest.fixture
def web(client, place):
    client.cookies.clear()
    yield client
    client.cookies.clear()


def granted(answer):
    return {name for name in answer.headers if name.startswith("access-control-")}


def test_by_default_no_site_may_ask(client, services):
    for method in ("OPTIONS", "GET"):
        headers = {"Origin": SITE, **(PREFLIGHT if method == "OPTIONS" else {})}
        answer = client.request(method, "/api/v1/jobs", headers=headers)
        assert not granted(answer)


def test_a_listed_site_asks_with_a_token(web, place):
    answer = web.options("/api/v1/jobs", headers={"Origin": SITE, **PREFLIGHT})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    bearer = {**place.headers("key write"), "Origin": SITE, "Sec-Fetch-Site": "cross-site"}
    answer = web.patch("/api/v1/lectures/none", json={"title": "x"}, headers=bearer)
    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "Location" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"]


def test_never_with_credentials_and_never_all(web, place):
    for headers in (PREFLIGHT, place.headers("key read"), {}):
        answer = web.options("/api/v1/jobs", headers={**headers, "Origin": SITE})
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["access-control-allow-origin"] != "*"
    for wrong in ("*", "https://*.example", "portal.example", f"{SITE}/", f"{SITE}/app", "null"):
        with pytest.raises(ValidationError, match="must be an origin"):
            Settings(cors_origins=(wrong,))
    assert Settings(cors_origins=("http://[::1]:3000", "http://localhost:3000")).cors_origins


def test_a_browsers_session_does_not_count_for_another_site(web, place):
    cookie = place.headers("anna")["Cookie"]
    asked = {"Cookie": cookie, "Origin": SITE}
    for method, body in (("GET", None), ("POST", {"role": "admin"})):
        answer = web.request(method, "/api/v1/invitations", json=body, headers=asked)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")
        assert answer.headers["access-control-allow-origin"] == SITE
    assert web.get("/api/v1/me", headers={"Cookie": cookie}).json()["name"] == "anna"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "https://portal.example.evil", "http://portal.example", "null"],
)
def test_another_site_gets_no_grant(web, place, origin):
    preflight = web.options("/api/v1/jobs", headers={"Origin": origin, **PREFLIGHT})
    assert not granted(preflight)
    answer = web.get("/api/v1/jobs", headers={**place.headers("key read"), "Origin": origin})
    assert not granted(answer)
    assert "Origin" in answer.headers["vary"]


def test_only_the_api_is_opened(web, place):
    for path in ("/healthz", "/login", "/account"):
        assert not granted(web.get(path, headers={"Origin": SITE}))
        assert not granted(web.options(path, headers={"Origin": SITE, **PREFLIGHT}))
    for path in ("/login", "/logout"):
        answer = web.post(path, data={}, headers={"Origin": SITE})
        assert answer.json()["code"] == "foreign_origin"
