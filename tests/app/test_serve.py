"""`lecture serve` and `lecture demo` as processes: start, refuse a second, leave nothing behind."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from jobs.broker import socket_path
from jobs.processes import descendants, is_alive
from tests.app.serving import Server
from tests.app.tus import TusClient
from tests.recordings import counting, tone, write_recording


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path / "state", "serve", "--workers", "1")
    yield found
    if found.process.poll() is None:
        found.stop()


def test_serve_answers_refuses_a_second_and_stops_without_a_trace(server, tmp_path):
    with server.ready() as client:
        health = client.get("/healthz")
        assert health.json() == {"status": "ok", "store": "ok", "broker": "ok", "workers": 1}
        assert client.get("/").status_code == 200
        second = subprocess.run(
            [
                sys.executable,
                "-m",
                "app.cli",
                "serve",
                "--state",
                tmp_path / "state",
                "--port",
                "0",
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert second.returncode == 1
        assert f"PID {server.process.pid}" in second.stderr
        assert second.stderr.count("\n") == 1
        assert client.get("/healthz").status_code == 200
    assert server.stop() == (0, [])
    assert not socket_path(tmp_path / "state").exists()
    assert "Traceback" not in server.log.read_text()


def test_a_closed_terminal_stops_serve_without_a_trace(server, tmp_path):
    with server.ready():
        pass
    assert server.stop(signal.SIGHUP) == (0, [])
    assert not socket_path(tmp_path / "state").parent.exists()


def test_ctrl_c_stops_serve_though_clients_hold_streams_open(server):
    with server.ready() as client:
        with no_one_in_the_store(server):
            for worker in workers_of(server):
                os.kill(worker, signal.SIGSTOP)  # so that the job stays queued, SIGTERM unheard
        body = b"\x00\x00\x00\x18ftypmp42" + bytes(4_000)
        job = TusClient(client).upload("talk.mp4", body).headers["job-id"]
        port = client.base_url.port
        with socket.create_connection(("127.0.0.1", port)) as idle:
            request = f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: localhost\r\n"
            idle.sendall(f"{request}Last-Event-ID: 99999999999999-0\r\n\r\n".encode())
            assert b"text/event-stream" in idle.recv(4096)
            began = time.monotonic()
            code, left = server.stop(signal.SIGINT)
    assert (code, left) == (0, [])
    assert time.monotonic() - began < 20


def test_a_killed_worker_is_replaced_and_a_killed_launcher_takes_all_along(server):
    with server.ready() as client:
        before = workers_of(server)
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + 20
        while not set(workers_of(server)) - set(before) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert set(workers_of(server)) - set(before)
        client.get("/healthz").raise_for_status()
    children = descendants(server.process.pid)
    server.process.kill()
    server.process.wait()
    deadline = time.monotonic() + 15
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in children if is_alive(pid)]


@contextmanager
def no_one_in_the_store(server):
    """Hold both locks of the store: who is stopped meanwhile holds neither."""
    with ExitStack() as held:
        for suffix in (".turn", ".lock"):
            handle = held.enter_context(Path(server.state, f"lecture.duckdb{suffix}").open("r+"))
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def workers_of(server):
    found = []
    for pid in descendants(server.process.pid):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:
            continue
        if b"--parent" in command:
            found.append(pid)
    return found


def test_an_upload_goes_on_after_the_app_was_killed(tmp_path):
    path = tmp_path / "talk.mp4"
    write_recording(path, counting(8), [tone(8)])
    body = path.read_bytes()
    half = len(body) // 2
    first = Server(tmp_path / "state", "serve", "--workers", "1")
    with first.ready() as client:
        tus = TusClient(client)
        location = tus.create("talk.mp4", len(body)).headers["location"]
        tus.patch(location, 0, body[:half])
    first.process.kill()
    first.process.wait()
    second = Server(tmp_path / "state", "serve", "--workers", "1")
    try:
        with second.ready() as client:
            tus = TusClient(client)
            offset = tus.offset(location)
            assert offset == half
            done = tus.patch(location, offset, body[offset:])
            assert done.status_code == 204
            source = tmp_path / "state" / "media" / done.headers["lecture-id"] / "upload"
            assert source.read_bytes() == body
    finally:
        second.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_an_open_address_is_refused_in_one_sentence(host, capsys, tmp_path):
    from app.cli import run

    assert run(["serve", "--host", host, "--state", str(tmp_path / "state")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.endswith("[open_address]\n")
    assert not (tmp_path / "state").exists()


def test_a_taken_port_is_said_before_anything_starts(capsys, tmp_path):
    from app.cli import run

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        assert run(["serve", "--port", port, "--state", str(tmp_path / "state")]) == 1
    assert "[port_taken]" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_demo_brings_the_sample_through_the_queue_and_serves_it(tmp_path):
    demo = Server(tmp_path / "state", "demo")
    try:
        demo.until(r"Review it at", within_s=200)
        told = demo.log.read_text()
        for title in ("Intake", "Transcript", "Clip compiler"):
            assert f"{title}: done" in told
        assert re.search(r"\n 1\. .+\n    \d+:\d\d - \d+:\d\d, \d+ s, score \d\.\d\d\n    \w", told)
        assert "Transcript from captions (sample.vtt)." in told
        with demo.ready() as client:
            bundle = client.get("/api/v1/lectures/sample/bundle").json()
            assert bundle["job"]["status"] == "completed"
            clip = client.get(bundle["clips"][0]["video"], headers={"Range": "bytes=4-7"})
            assert (clip.status_code, clip.content) == (206, b"ftyp")
    finally:
        code, left = demo.stop(signal.SIGINT)
    assert (code, left) == (0, [])
