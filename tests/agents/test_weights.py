"""Weights in folders, and from a hub that answers, hangs, breaks off or is forbidden."""

import hashlib
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from huggingface_hub import constants

from agents.transcript import TranscriptParams, transcribe
from agents.transcript import weights as module
from agents.transcript import whisper as engine
from agents.transcript.weights import NoWeights, ask_hub, fetch_weights, find_weights
from agents.transcript.whisper import Whisper
from tests.hearing import context, intake_from_sound, spoken

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "Systran/faster-whisper-small"
FILES = {
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "vocabulary.json": b"[]",
    "README.md": b"not fetched",
    "model.bin": bytes(range(256)) * 8_000,
}
FETCH = (
    "import sys, huggingface_hub.constants as c; from pathlib import Path;"
    " from agents.transcript.weights import fetch_weights;"
    " fetch_weights(Path(sys.argv[1]), 'small', lambda s, m: print(m, flush=True))"
)


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of the hub as its client asks for; the weights come slowly if told so."""

    protocol_version = "HTTP/1.1"
    pause_s = 0.0
    broken = False

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        path = self.path.partition("?")[0]
        name = path.rpartition("/")[2]
        if path.startswith(f"/api/models/{REPOSITORY}/tree/"):
            self.send(json.dumps([self.entry(n) for n in FILES]).encode(), body=body)
        elif path.startswith(f"/api/models/{REPOSITORY}"):
            about = {"id": REPOSITORY, "sha": COMMIT, "siblings": []}
            self.send(json.dumps(about).encode(), body=body)
        elif path.startswith(f"/{REPOSITORY}/resolve/") and name in FILES:
            if self.broken and body:
                self.send(b"", status=500)
                return
            self.send(FILES[name], body=body, etag=hashlib.sha256(FILES[name]).hexdigest())
        else:
            self.send(b"", status=404, body=body)

    def entry(self, name):
        digest = hashlib.sha1(FILES[name]).hexdigest()
        return {"type": "file", "path": name, "size": len(FILES[name]), "oid": digest}

    def send(self, data, *, status=200, body=True, etag=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Repo-Commit", COMMIT)
        if etag:
            self.send_header("ETag", f'"{etag}"')
        self.end_headers()
        step = len(data) // 20 + 1 if self.pause_s and len(data) > 1000 else max(1, len(data))
        for at in range(0, len(data) if body else 0, step):
            self.wfile.write(data[at : at + step])
            self.wfile.flush()
            time.sleep(self.pause_s)

    def log_message(self, *args):
        pass


@contextmanager
def hub(**options):
    """Yield the address of a hub."""
    handler = type("OneHub", (Hub,), options)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda request, address: None  # who asked may be gone
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mute_server():
    """Yield the address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def use_hub(monkeypatch, url):
    monkeypatch.setattr(module, "hub_address", lambda: url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def put(folder, *without):
    folder.mkdir(parents=True)
    for name in {"config.json", "model.bin", "tokenizer.json", "vocabulary.txt"} - set(without):
        (folder / name).write_bytes(b"x")
    return folder


# --- in folders -----------------------------------------------------------------------------------


def test_weights_are_found_under_every_name_they_go_by(tmp_path):
    cached = tmp_path / "hub" / "models--Systran--faster-whisper-base" / "snapshots" / "abc"
    put(cached)
    named, own = put(tmp_path / "named" / "small"), put(tmp_path / "my-own-whisper")
    assert find_weights(tmp_path / "hub", "base") == ("base", cached)
    assert find_weights(tmp_path / "named", "small") == ("small", named)
    assert find_weights(own, "small") == ("my-own-whisper", own)
    assert find_weights(tmp_path / "nothing", "small") is None


@pytest.mark.parametrize("name", ["config.json", "model.bin", "tokenizer.json", "vocabulary.txt"])
def test_weights_without_one_of_their_files_do_not_count(tmp_path, name):
    put(tmp_path / "small", name)
    assert find_weights(tmp_path, "small") is None


def test_every_size_can_be_fetched():
    assert set(module.REPOSITORIES) == set(module.get_args(module.Model))


# --- from the hub ---------------------------------------------------------------------------------


def test_weights_are_fetched_with_progress_and_found_from_then_on(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(module, "REPORT_S", 0.05)
    with hub(pause_s=0.03) as url:
        use_hub(monkeypatch, url)
        folder = fetch_weights(tmp_path, "small", lambda *args: told.append(args))
    assert (folder / "model.bin").read_bytes() == FILES["model.bin"]
    assert not (folder / "README.md").exists()
    assert find_weights(tmp_path, "small") == ("small", folder)
    shares = [share for share, _ in told]
    assert len(shares) > 2
    assert 0 < min(shares) < shares[-1] == 1
    assert told[0][1].startswith("fetching faster-whisper-small: ")
    assert told[0][1].endswith(" of 2 MB")
    assert fetch_weights_again_is_quick(tmp_path, monkeypatch)


def fetch_weights_again_is_quick(tmp_path, monkeypatch):
    with hub() as url:
        use_hub(monkeypatch, url)
        return fetch_weights(tmp_path, "small").name == COMMIT


def test_who_is_killed_while_fetching_leaves_nothing_in_the_way(tmp_path, monkeypatch):
    with hub(pause_s=0.1) as url:
        environment = {**os.environ, "HF_ENDPOINT": url, "HF_HUB_OFFLINE": "0"}
        root = Path(__file__).parents[2]
        command = [sys.executable, "-c", FETCH, str(tmp_path)]
        with subprocess.Popen(
            command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True
        ) as child:
            line = child.stdout.readline()
            child.send_signal(signal.SIGKILL)
    assert "fetching faster-whisper-small" in line
    parts = list(tmp_path.rglob("*.incomplete"))
    assert parts
    assert find_weights(tmp_path, "small") is None
    with hub() as url:
        use_hub(monkeypatch, url)
        folder = fetch_weights(tmp_path, "small")
    assert (folder / "model.bin").read_bytes() == FILES["model.bin"]
    assert not list(tmp_path.rglob("*.incomplete"))


def test_hub_that_breaks_off_is_no_hub_and_leaves_no_parts(tmp_path, monkeypatch):
    with hub(broken=True) as url:
        use_hub(monkeypatch, url)
        with pytest.raises(NoWeights, match="did not give the weights") as caught:
            fetch_weights(tmp_path, "small")
    assert caught.value.code == "hub_unreachable"
    assert not list(tmp_path.rglob("*.incomplete"))


def test_hub_without_the_weights_is_no_hub(tmp_path, monkeypatch):
    with hub() as url:
        use_hub(monkeypatch, url)
        with pytest.raises(NoWeights):
            fetch_weights(tmp_path, "tiny")


def test_hub_that_hangs_is_left_after_its_time(monkeypatch):
    with mute_server() as url:
        began = time.monotonic()
        with pytest.raises(NoWeights, match=r"http://127\.0\.0\.1:\d+ does not answer"):
            ask_hub(f"{url}/{REPOSITORY}/resolve/main/config.json", timeout_s=0.4)
        assert time.monotonic() - began < 2.0


def test_hub_that_drips_its_answer_is_left_after_its_time_in_all():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _ = server.accept()
            with connection:
                for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100:
                    try:
                        connection.send(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.1)  # each read succeeds in time; all together take 12 s

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(NoWeights):
            ask_hub(f"http://127.0.0.1:{server.getsockname()[1]}/x", timeout_s=0.5)
        assert time.monotonic() - began < 2.0


def test_a_hub_that_is_forbidden_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(module, "ask_hub", None)
    with pytest.raises(NoWeights, match="HF_HUB_OFFLINE forbids"):
        fetch_weights(tmp_path, "small")


# --- what the transcript says about it ------------------------------------------------------------


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    sound, _ = spoken((0,))
    return intake_from_sound(sound, tmp_path_factory.mktemp("lecture") / "sound.wav")


def test_hub_that_does_not_answer_is_said_and_the_last_resort_used(tmp_path, lecture, monkeypatch):
    use_hub(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setattr(module, "HUB_CACHE", tmp_path / "none")
    heard = []
    monkeypatch.setattr(
        "agents.transcript.offline.recognise_offline", lambda *a, **k: heard.append(a) or []
    )
    given = context(tmp_path, download_models=True)
    result = transcribe(lecture, params=TranscriptParams(), context=given)
    assert len(heard) == 1
    assert result.notices[0].code == "hub_unreachable"
    assert "127.0.0.1:9 does not answer" in result.notices[0].message
    assert "PocketSphinx" in result.notices[0].message


def test_another_size_is_used_and_said_when_the_wanted_one_is_not_here(
    tmp_path, lecture, monkeypatch
):
    class Nothing:
        is_multilingual = False
        model = property(lambda self: self)

        def transcribe(self, audio, **options):
            return iter([]), None

    put(tmp_path / "small")
    monkeypatch.setattr(engine, "load_whisper", lambda folder, cores: Whisper(Nothing(), "x"))
    given = context(tmp_path, models=tmp_path)
    result = transcribe(lecture, params=TranscriptParams(model="large-v3"), context=given)
    assert result.engine.startswith("faster-whisper small ")
    assert result.notices[0].message == (
        "Whisper small is used: the weights of large-v3 were not found"
    )
