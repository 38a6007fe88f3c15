"""The gate: who may ask, what every answer carries, and that no traceback leaves."""

import logging

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.security.gate import Gate
from tests.app.conftest import BASE, WS

PAGES = ["/healthz", "/", "/api/v1/uploads/x", "/_stcore/health", "/assets/nothing.js"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost:8501; x", "[::1]evil", ""]
)
def test_a_foreign_host_gets_nothing(client, path, host):
    answer = client.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "foreign_host")


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "[::1]:8501", "LOCALHOST"])
def test_the_loopback_names_are_served(client, host):
    assert client.get("/_stcore/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    (policy,) = headers.get_list("content-security-policy")
    sources = {name: set(of) for name, *of in map(str.split, policy.split(";"))}
    sockets = {"ws://127.0.0.1:8501", "wss://127.0.0.1:8501"}
    assert sources.pop("connect-src") == {"'self'", *sockets}
    for name in ("frame-ancestors", "object-src"):
        assert sources.pop(name) == {"'none'"}
    assert sources.pop("script-src") == {"'self'", "'unsafe-inline'", "'unsafe-eval'", "blob:"}
    assert sources.pop("style-src") == {"'self'", "'unsafe-inline'"}
    assert {"default-src", "img-src", "media-src", "base-uri", "form-action"} <= set(sources)
    for of in sources.values():  # nothing is asked of any other host
        assert "'self'" in of <= {"'self'", "data:", "blob:"}


def test_a_host_cannot_write_into_the_policy(client):
    answer = client.get("/healthz", headers={"Host": "localhost:1 https://evil.example"})
    assert "evil" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_an_unsafe_request_from_another_site_is_refused(client, method, headers):
    answer = client.request(method, "/api/v1/uploads", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://127.0.0.1:8501"}, {"Sec-Fetch-Site": "same-origin"}]
)
def test_our_own_page_and_other_programs_pass(client, headers):
    assert client.post("/api/v1/uploads", headers=headers).status_code == 412


@pytest.mark.parametrize("path", ["/_stcore/stream", "/api/v1/jobs/{job}/ws"])
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
def test_a_foreign_websocket_is_closed_before_it_opens(client, services, finished, path, headers):
    url = WS + path.format(job=services.jobs.latest(finished).id)
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        client.websocket_connect(url, headers=headers),
    ):
        pass
    assert closed.value.code == 1008


def test_our_own_websocket_opens(client, services, finished):
    url = f"{WS}/api/v1/jobs/{services.jobs.latest(finished).id}/ws"
    with client.websocket_connect(url, headers={"Origin": BASE}) as ws:
        assert ws.receive_json()["status"] == "completed"


@pytest.mark.logs_errors
def test_no_traceback_leaves(client, services, monkeypatch, caplog):
    def fail():
        raise RuntimeError("secret detail")

    monkeypatch.setattr(services, "health", fail)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-frame-options"] == "DENY"
    assert any(record.exc_info for record in caplog.records if record.levelno == logging.ERROR)


@pytest.mark.logs_errors
@pytest.mark.parametrize("path", ["/s/{}", "/invite/{}", "/reset/{}", "/api/v1/files/{}"])
def test_a_failure_logs_no_address_that_is_a_secret(services, caplog, path):
    async def fail(scope, receive, send):
        raise RuntimeError

    gate = Gate(fail, core=lambda: services)
    web = TestClient(gate, base_url=BASE, raise_server_exceptions=False)
    assert web.get(path.format("t0psecret")).status_code == 500
    (record,) = [one for one in caplog.records if one.message == "request failed"]
    assert vars(record)["path"] == path.format("...")


def test_headers_that_name_a_person_are_dropped(services):
    seen = {}

    async def inner(scope, receive, send):
        seen.update(scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gate = Gate(inner, core=lambda: services)
    TestClient(gate, base_url=BASE).get(
        "/", headers={"X-LH-User": "admin", "X-Lh-Role": "admin", "X-Other": "1"}
    )
    assert seen[b"x-other"] == b"1"
    assert not [name for name in seen if name.startswith(b"x-lh-")]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/app/static/media/x", "/api/"])
def test_an_unknown_address_is_no_start_page(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_wrong_method_is_a_problem_too(client):
    answer = client.delete("/api/v1/uploads")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_answers_of_the_api_are_not_stored(client):
    assert client.get("/api/v1/nothing").headers["cache-control"] == "no-store"
