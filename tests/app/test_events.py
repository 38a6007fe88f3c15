"""A job's progress over server-sent events and WebSocket, on a real broker."""

import json
import threading
import time
from contextlib import suppress

import pytest
from starlette.websockets import WebSocketDisconnect

from app.api import events
from jobs.progress import make_event, stream_key
from tests.app.conftest import WS, finish
from tests.app.tus import recording


@pytest.fixture
def job_id(tus):
    body = recording(5_000, salt=f"events {time.monotonic_ns()}")
    return tus.upload("talk.mp4", body).headers["job-id"]


def parse(text):
    """Return (event name, data) of each server-sent event."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def heard(ws):
    """Yield what comes until the server closes."""
    with suppress(WebSocketDisconnect):
        while True:
            yield ws.receive_json()


def later(act, seconds=0.4):
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def test_the_websocket_sends_a_snapshot_first_and_then_what_happens(client, services, job_id):
    with client.websocket_connect(f"{WS}/api/v1/jobs/{job_id}/ws") as ws:
        first = ws.receive_json()
        assert (first["type"], first["status"]) == ("snapshot", "queued")
        assert [stage["name"] for stage in first["stages"]][:2] == ["intake", "silence"]
        event = make_event("intake", "running", percent=40, message="reading", eta_s=3)
        services.workshop.emit(job_id, event)
        seen = ws.receive_json()
        assert (seen["type"], seen["stage"], seen["percent"]) == ("event", "intake", 40)
        assert seen["eta_s"] == 3


def test_a_client_that_was_cut_off_goes_on_where_it_was(client, services, job_id):
    with client.websocket_connect(f"{WS}/api/v1/jobs/{job_id}/ws") as ws:
        position = ws.receive_json()["id"]
    for percent in (10, 20, 30):
        services.workshop.emit(job_id, make_event("intake", "running", percent=percent))
    with client.websocket_connect(f"{WS}/api/v1/jobs/{job_id}/ws?after={position}") as ws:
        assert [ws.receive_json()["percent"] for _ in range(3)] == [10, 20, 30]


def test_the_websocket_ends_with_the_job(client, services, job_id):
    with client.websocket_connect(f"{WS}/api/v1/jobs/{job_id}/ws") as ws:
        ws.receive_json()
        services.jobs.cancel(job_id)
        told = list(heard(ws))
    # each stage may say that it is cancelled before the job does
    assert {event["status"] for event in told} == {"cancelled"}
    assert not told[-1].get("stage")


def test_a_client_that_leaves_leaves_no_reader_behind(client, services, job_id):
    def readers():
        return sum(1 for one in services.redis.client_list() if one["cmd"].startswith("xread"))

    before = readers()
    with client.websocket_connect(f"{WS}/api/v1/jobs/{job_id}/ws") as ws:
        ws.receive_json()
        deadline = time.monotonic() + 5
        while readers() == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert readers() == before + 1
    deadline = time.monotonic() + 5
    while readers() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert readers() == before


def test_an_unknown_job_is_closed_at_once(client):
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        client.websocket_connect(f"{WS}/api/v1/jobs/x/ws"),
    ):
        pass
    assert closed.value.code == 4404
    assert client.get("/api/v1/jobs/x/events").status_code == 404


def test_server_sent_events_tell_the_whole_story(client, services, job_id):
    later(lambda: finish(services, job_id))
    later(lambda: services.workshop.emit(job_id, make_event("", "completed", percent=100)), 20)
    answer = client.get(f"/api/v1/jobs/{job_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in answer.headers
    told = parse(answer.text)
    assert told[0][0] == "snapshot"
    assert told[-1][1]["status"] == "completed"


def test_server_sent_events_resume_after_the_last_id(client, services, job_id):
    first = services.jobs.snapshot(job_id)["id"]
    services.workshop.emit(job_id, make_event("intake", "running", percent=50))
    later(lambda: services.jobs.cancel(job_id))
    answer = client.get(f"/api/v1/jobs/{job_id}/events", headers={"Last-Event-ID": first})
    told = [(kind, event.get("percent"), event["status"]) for kind, event in parse(answer.text)]
    assert told[0] == ("event", 50, "running")
    assert told[-1][2] == "cancelled"


def test_a_finished_job_answers_at_once(client, services, finished):
    job_id = services.jobs.latest(finished).id
    began = time.monotonic()
    told = parse(client.get(f"/api/v1/jobs/{job_id}/events").text)
    assert [event["status"] for _, event in told] == ["completed"]
    assert {stage["status"] for stage in told[0][1]["stages"]} == {"done"}
    assert time.monotonic() - began < 4


def test_an_emptied_redis_still_gives_the_end(client, services, finished, monkeypatch):
    job_id = services.jobs.latest(finished).id
    services.redis.delete(stream_key(job_id))
    headers = {"Last-Event-ID": "1-0"}
    told = parse(client.get(f"/api/v1/jobs/{job_id}/events", headers=headers).text)
    assert [(kind, event["status"]) for kind, event in told] == [("snapshot", "completed")]


def test_a_broker_that_is_away_is_said(client, services, job_id, monkeypatch):
    monkeypatch.setattr(services, "redis_url", "unix:///nowhere/s")
    assert parse(client.get(f"/api/v1/jobs/{job_id}/events").text)[-1] == ("unavailable", {})
    with client.websocket_connect(f"{WS}/api/v1/jobs/{job_id}/ws") as ws:
        ws.receive_json()
        with pytest.raises(WebSocketDisconnect) as closed:
            ws.receive_json()
    assert closed.value.code == 1013


def test_silence_is_answered_so_lost_clients_are_noticed(client, services, job_id, monkeypatch):
    monkeypatch.setattr(events, "BLOCK_MS", 50)
    later(lambda: services.jobs.cancel(job_id), 1.0)
    assert ": still there" in client.get(f"/api/v1/jobs/{job_id}/events").text


def test_the_view_lays_live_progress_over_the_database(services, job_id):
    event = make_event("intake", "running", percent=40, message="reading", eta_s=3)
    with services.store.write() as con:
        from data.jobs import begin_stage

        begin_stage(con, job_id, "intake", "test")
    services.workshop.emit(job_id, event)
    view = services.jobs.view(job_id)
    intake = view.stages[0]
    assert (intake.status, intake.percent, intake.message) == ("running", 40.0, "reading")
    assert view.stages[1].status == "pending"
    assert 0 < view.percent < 100
    assert [entry.event for entry in view.log] == ["submitted", "begun"]


def test_the_view_works_without_a_broker(services, job_id, monkeypatch):
    from redis import Redis

    monkeypatch.setitem(services.__dict__, "redis", Redis.from_url("unix:///nowhere/s"))
    view = services.jobs.view(job_id)
    assert (view.broker, view.percent, view.final) == (False, 0.0, False)
