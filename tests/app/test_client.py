"""The Python client and `lecture highlights --server`, against a server as people run it."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from agents.errors import LectureError, NotFound, ServiceUnavailable
from app import client as module
from app import connection
from app.cli import run
from app.client import Client
from app.connection import Refused
from data.samples import sample_paths
from tests.app.serving import Server
from tests.recordings import counting, tone, write_recording


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("served") / "state", "serve", "--workers", "2")
    with server.ready() as client:
        yield str(client.base_url).rstrip("/")
    server.stop()


@pytest.fixture(scope="module")
def job(address):
    """Return the completed job of the sample lecture, sent by the client."""
    sample = sample_paths()
    with Client(address) as client:
        heard = []
        made = client.upload(
            sample.video,
            captions=sample.captions,
            title="Sample & more",
            params={"compile": {"size": "360p", "preset": "ultrafast"}},
            sent=lambda sent, size: heard.append((sent, size)),
        )
        size = sample.video.stat().st_size
        assert heard[-1] == (size, size)
        return client.wait(made.id)


@contextmanager
def cutting(address, cuts, after):
    """Yield the address of a proxy that breaks its first `cuts` connections after some bytes."""
    port = int(address.rpartition(":")[2])
    listener = socket.create_server(("127.0.0.1", 0))
    left, ends, threads = [cuts], [], []

    def pump(source, target, most):
        with suppress(OSError):
            while most > 0 and (data := source.recv(min(65536, most))):
                target.sendall(data)
                most -= len(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve():
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            most, left[0] = (after if left[0] > 0 else 1 << 40), left[0] - 1
            ends.extend((near, far))
            for pair in ((near, far, most), (far, near, 1 << 40)):
                threads.append(threading.Thread(target=pump, args=pair))
                threads[-1].start()

    accepting = threading.Thread(target=serve)
    accepting.start()
    try:
        # the server takes this name for itself, whatever its port
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", left
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for end in (listener, *ends):
            end.close()


def test_a_lecture_sent_comes_back_as_clips(address, job, tmp_path):
    assert job.status == "completed"
    assert job.params["compile"]["size"] == "360p"
    with Client(address) as client:
        assert client.lecture(job.lecture_id).title == "Sample & more"
        assert job.id in [row.id for row in client.jobs(job.lecture_id)]
        clips = client.clips(job.id)
        assert clips
        assert clips[0].height == 360
        path = client.save_clip(clips[0].id, tmp_path / "first.mp4")
        assert path.stat().st_size == clips[0].size_bytes
        assert client.transcript(job.id).engine.startswith("captions")
        written = client.save_all(job.lecture_id, tmp_path / "all", job.id)
    names = {file.name for file in written}
    assert "index.html" in names
    assert sum(name.endswith(".mp4") for name in names) >= len(clips)
    assert not list((tmp_path / "all").glob(".download*"))


def test_the_same_key_runs_once(address, job):
    with Client(address) as client:
        first, second = (client.run(job.lecture_id, {}, key="again-0001") for _ in range(2))
        assert first.id == second.id
        assert client.wait(first.id).status == "completed"


def test_an_upload_whose_connection_breaks_goes_on(address, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 30_000)
    file = tmp_path / "talk.mp4"
    write_recording(file, counting(8), [tone(8)])
    size = file.stat().st_size
    assert size > 80_000
    heard = []
    with cutting(address, 3, 20_000) as (proxy, left), Client(proxy) as client:
        job = client.upload(file, sent=lambda sent, _: heard.append(sent))
        assert client.lecture(job.lecture_id).size_bytes == size
        client.cancel(job.id)
    assert left[0] <= 0
    assert heard == sorted(heard)
    assert heard[-1] == size


def test_refusals_come_with_the_servers_sentence_and_code(address, tmp_path):
    text = tmp_path / "notes.mp4"
    text.write_text("no recording " * 100)
    with Client(address) as client:
        with pytest.raises(Refused) as refused:
            client.upload(text)
        assert refused.value.code == "not_media"
        with pytest.raises(NotFound):
            client.job("none")
        with pytest.raises(LectureError, match="max_clips"):
            client.run("none", {"extract": {"max_clips": -1}})


def test_a_server_that_is_gone_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setattr(connection.time, "sleep", lambda seconds: None)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{holder.getsockname()[1]}"
        with Client(url) as client, pytest.raises(ServiceUnavailable, match="does not answer"):
            client.job("any")


def test_highlights_on_a_server_leave_the_clips_here(address, job, tmp_path, capsys):
    sample = sample_paths()
    command = ["highlights", str(sample.video), "--captions", str(sample.captions)]
    command += ["--out", str(tmp_path / "out"), "--server", address, "--json"]
    command += ["--compile.size", "360p", "--compile.preset", "ultrafast", "--podcast", "--reel"]
    assert run(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["clips"]
    assert list((tmp_path / "out").glob("*.mp3"))
    assert list((tmp_path / "out").glob("*reel.mp4"))
    assert (tmp_path / "out" / "index.html").is_file()
    assert run([*command, "--keep", "0:10-0:40"]) == 2
    assert "--server" in capsys.readouterr().err


def test_the_examples_of_the_documentation_run(address, tmp_path):
    text = (Path(__file__).parents[2] / "docs/api.md").read_text()
    blocks = dict(re.findall(r"```(python|sh)\n(.*?)```", text, re.DOTALL))  # one of each
    shutil.copy(sample_paths().video, tmp_path / "talk.mp4")
    shutil.copy(sample_paths().captions, tmp_path / "talk.vtt")
    program = blocks["python"].replace("SERVER", repr(address))
    # small: what is shown is the way, not the clips
    small = '{"compile": {"size": "360p", "preset": "ultrafast"}}'
    program = program.replace('{"extract": {"max_clips": 5}}', small)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    assert "compile done" in done.stdout
    assert "/api/v1/files/" in done.stdout
    assert list((tmp_path / "clips").glob("*.mp4"))
    if shutil.which("curl") is None:
        pytest.fail("curl is needed to try the example: apt-get install curl")
    shell = f"set -e\nSERVER={address}\n{blocks['sh']}"
    done = subprocess.run(
        ["bash", "-c", shell], cwd=tmp_path, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["title"]
