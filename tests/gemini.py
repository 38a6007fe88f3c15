"""A server on this machine that speaks the Gemini API, well and badly, and keeps what it was asked.

`reply` makes the text of an answer from what was asked: {topics: [{topic, cues: [{cue, text}]}]}.
"""

import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import certifi
import pytest

from agents.content.requests import MARK
from agents.registry import Gemini

KEY = "secret-key-that-must-not-leak"
MODEL = "gemini-2.5-flash"
END = "-----END CERTIFICATE-----\n"
COUNTED = {
    "promptTokenCount": 1000,
    "cachedContentTokenCount": 100,
    "candidatesTokenCount": 50,
    "thoughtsTokenCount": 200,
    "totalTokenCount": 1250,
}


def wrap(text, end="STOP"):
    """Return an answer in the form of the API."""
    return {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": end}
        ],
        "usageMetadata": COUNTED,
    }


@dataclass
class Stub:
    """What the server answers; `status` gets the number of the request, from 1."""

    reply: Callable[[dict], str]
    status: Callable[[int], int] = lambda number: 200
    headers: dict[str, str] = field(default_factory=dict)
    error: dict = field(default_factory=dict)
    wrap: Callable[[str], object] = wrap
    delay: float = 0.0
    send: Callable[[BaseHTTPRequestHandler, bytes], None] | None = None
    """Sends the body in a way of its own, after the request was read."""
    seen: list[dict] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def settings(self, **changed) -> Gemini:
        """Return how this server is asked."""
        return Gemini(KEY, MODEL, self.url, **{"timeout_s": 20.0, **changed})

    @property
    def asked(self) -> list[dict]:
        """Return what the requests held, by the first text of each."""
        found = [json.loads(r["body"]["contents"][0]["parts"][0]["text"]) for r in self.seen]
        return sorted(found, key=lambda asked: asked["topics"][0]["cues"][0]["text"])


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        """Answer what a look at the model asks for."""
        stub = self.server.stub
        with stub.lock:
            stub.seen.append({"path": self.path, "key": self.headers["x-goog-api-key"]})
            status = stub.status(len(stub.seen))
        body = {"name": self.path.removeprefix("/v1beta/")} if status == 200 else _error(status)
        self.answer(status, json.dumps(body).encode(), {})

    def do_POST(self):
        stub = self.server.stub
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = {"path": self.path, "key": self.headers["x-goog-api-key"], "body": body}
        with stub.lock:
            stub.seen.append(request)
            self.number = len(stub.seen)
            status = stub.status(self.number)
        time.sleep(stub.delay)
        if status == 200:
            asked = json.loads(body["contents"][0]["parts"][0]["text"])
            given = stub.wrap(stub.reply(asked))
        else:
            given = _error(status, **stub.error)
        data = given if isinstance(given, bytes) else json.dumps(given).encode()
        with contextlib.suppress(ConnectionError):  # a client that has given up
            if stub.send is not None:
                stub.send(self, data)
            else:
                self.answer(status, data, stub.headers)

    def answer(self, status, data, headers):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def _error(status, **more):
    return {"error": {"code": status, "message": f"no, not with {KEY}", "status": "NO", **more}}


@contextlib.contextmanager
def _one_root_certificate() -> Iterator[None]:
    """Let the client know one authority: reading all of them takes longer than most tests."""
    first, end, _ = Path(certifi.where()).read_text(encoding="utf-8").partition(END)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        known = Path(folder, "one.pem")
        known.write_text(first + end, encoding="utf-8")
        patch.setenv("SSL_CERT_FILE", str(known))
        yield


@contextlib.contextmanager
def serving() -> Iterator[Callable[..., Stub]]:
    """Yield a starter of servers; all have ended afterwards."""
    with _one_root_certificate():
        yield from _serve()


def _serve() -> Iterator[Callable[..., Stub]]:
    servers = []

    def start(reply=None, **settings):
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        server.block_on_close = False
        server.stub = Stub(reply or judge_third, **settings)
        server.stub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        servers.append((server, thread))
        return server.stub

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def cues_of(asked) -> dict[int, str]:
    """Return the texts of all cues of a request, with spaces again, by number."""
    return {
        cue["cue"]: cue["text"].replace(MARK, " ")
        for topic in asked["topics"]
        for cue in topic["cues"]
    }


def write_answer(titles, scores) -> str:
    """Return an answer in the form that is asked for."""
    return json.dumps(
        {
            "titles": [{"topic": number, "title": title} for number, title in titles.items()],
            "cues": [{"cue": number, "score": score} for number, score in scores.items()],
        }
    )


def judge_third(asked) -> str:
    """Answer as asked: a title of words that were said, and the third cue of each topic matters."""
    titles, scores = {}, {}
    for topic in asked["topics"]:
        longest = max(topic["cues"][0]["text"].split(MARK), key=len)
        titles[topic["topic"]] = f"Notes on {longest.strip('.,')}"
        scores[topic["cues"][min(2, len(topic["cues"]) - 1)]["cue"]] = 0.75
    return write_answer(titles, scores)
