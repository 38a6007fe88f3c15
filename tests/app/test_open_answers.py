"""What is on its way when a session or key is over is cut, and what counts as being there."""

import asyncio
from datetime import timedelta
from secrets import token_hex
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from app.security.gate import Gate
from app.security.identity import OPERATOR, acting_as
from app.security.tokens import digest
from app.security.using import is_deed, is_use
from data.records import now
from data.sessions import add_session, end_key, list_keys
from tests.app.people import town

SIZED = [(b"content-length", b"1000")]


@pytest.fixture(scope="module")
def place(services, client):
    """People in a running app, whose watch over open connections is the product's own."""
    with pytest.MonkeyPatch.context() as monkeypatch, town(services, monkeypatch) as place:
        yield place


@pytest.fixture
def session(place):
    """Return the headers of a session of Ines's and a call that ends it."""
    secret = token_hex(8)
    with place.services.store.write() as con:
        person, later = place.people["ines"].id, now() + timedelta(hours=1)
        add_session(
            con, id=digest(secret), kind="browser", person=person, family=secret, expires=later
        )

    def end():
        with acting_as(OPERATOR):
            place.services.accounts.end_family(secret)

    return {"cookie": f"lh_session={secret}", "origin": "http://127.0.0.1:8501"}, end


async def start(send, headers=()):
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})


def events(reached):
    async def app(scope, receive, send):
        await start(send)
        reached.set()
        await asyncio.Event().wait()

    return app


def download(reached):
    async def app(scope, receive, send):
        await start(send, SIZED)
        reached.set()
        await asyncio.Event().wait()

    return app


def upload(reached):
    async def app(scope, receive, send):
        assert (await receive())["more_body"]
        reached.set()
        await receive()

    return app


def slow_answer(reached):
    async def app(scope, receive, send):
        reached.set()
        await asyncio.sleep(1)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    return app


async def asked(place, make, headers, end, method="GET"):
    """Ask, end the session while the answer is on its way, and return what was sent."""
    reached, sent, bodies = asyncio.Event(), [], [b"some"]

    async def receive() -> Any:
        if bodies:
            return {"type": "http.request", "body": bodies.pop(), "more_body": True}
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    given = {"host": "127.0.0.1:8501", **headers}
    scope = {
        "type": "http", "method": method, "path": "/api/v1/lectures/x", "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in given.items()], "client": ("192.0.2.1", 1),
    }  # fmt: skip
    gate = Gate(make(reached), core=lambda: place.services)
    running = asyncio.create_task(gate(scope, receive, send))
    await asyncio.wait_for(reached.wait(), 30)
    await asyncio.to_thread(end)
    await asyncio.wait_for(running, 30)
    return sent


def test_a_stream_of_events_ends_with_its_session(place, session):
    headers, end = session
    sent = asyncio.run(asked(place, events, headers, end))
    assert sent[-1] == {"type": "http.response.body", "body": b""}
    assert [m.get("body") for m in sent[1:]] == [b"first", b""]


def test_a_download_is_cut_with_its_session(place, session):
    headers, end = session
    sent = asyncio.run(asked(place, download, headers, end))
    assert len(sent) == 2
    assert sent[-1]["more_body"], "the server closes the line: no client takes it for whole"


def test_an_upload_is_cut_with_its_session(place, session):
    headers, end = session
    sent = asyncio.run(asked(place, upload, headers, end, "PATCH"))
    assert sent[0]["status"] == 401
    assert b"sign_in" in sent[1]["body"]


def test_the_request_that_ends_its_own_session_is_answered(place, session):
    headers, end = session
    sent = asyncio.run(asked(place, slow_answer, headers, end, "DELETE"))
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"done")


def test_a_download_is_cut_with_its_key(place):
    with place.as_("vera"):
        secret = place.services.accounts.make_key("short", ["read"])

    def end():
        with place.services.store.write() as con:
            end_key(con, next(key.id for key in list_keys(con) if key.name == "short"))

    sent = asyncio.run(asked(place, download, {"authorization": f"Bearer {secret}"}, end))
    assert len(sent) == 2


def test_an_answer_ends_when_its_session_runs_out(place, session, monkeypatch):
    headers, _ = session

    def end():
        monkeypatch.setattr("app.security.directory.now", lambda: now() + timedelta(hours=2))

    sent = asyncio.run(asked(place, events, headers, end))
    assert sent[-1] == {"type": "http.response.body", "body": b""}


# --- what counts as being there -------------------------------------------------------------------


def rerun(*, auto):
    message = BackMsg()
    message.rerun_script.is_auto_rerun = auto
    return {"type": "websocket.receive", "bytes": message.SerializeToString()}


def test_what_a_page_does_by_itself_is_no_deed():
    beat = BackMsg()
    beat.app_heartbeat = True
    assert is_deed(rerun(auto=False))
    assert not is_deed(rerun(auto=True))
    assert not is_deed({"type": "websocket.receive", "bytes": beat.SerializeToString()})
    assert not is_deed({"type": "websocket.receive", "bytes": b"\xff\xff"})
    assert not is_deed({"type": "websocket.receive", "text": "x"})
    assert not is_deed({"type": "websocket.connect"})


@pytest.mark.parametrize("path", ["/_stcore/health", "/_stcore/host-config", "/healthz"])
def test_an_idle_session_ends_though_its_page_asks_on(client, place, session, monkeypatch, path):
    headers, _ = session
    assert not is_use("GET", path)
    assert is_use("GET", "/api/v1/lectures")
    clock = [now()]
    monkeypatch.setattr("app.security.directory.now", lambda: clock[0])
    assert client.get("/api/v1/lectures", headers=headers).status_code == 200
    for _ in range(4):
        clock[0] += timedelta(minutes=9)
        client.get(path, headers=headers)
    assert client.get("/api/v1/lectures", headers=headers).status_code == 401
