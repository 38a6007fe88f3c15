"""An S3 of this machine: moto's server, and a line to it that breaks in every known way."""

import http.client
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from data.bucket import Bucket
from data.s3_requests import BucketConfig

NAME = "lectures"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
PART = 5 << 20
"""The least that S3 takes as a part."""


@contextmanager
def moto():
    """Yield the address of an empty S3 with one bucket."""
    from moto.server import ThreadedMotoServer

    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        yield from _serve(ThreadedMotoServer)


def _serve(kind):
    server = kind(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    bucket = open_bucket(address, read_s=60.0)  # the first request loads half of moto
    bucket.client.create_bucket(Bucket=NAME)
    try:
        yield address
    finally:
        server.stop()


def open_bucket(address, **more):
    """Return the bucket of a server, with short pauses."""
    given = {"first_pause_s": 0.001, "read_s": 10.0, "part_bytes": PART, "region": "us-east-1"}
    return Bucket(BucketConfig(bucket=NAME, prefix="x/", endpoint_url=address, **given | more))


OWN = ("transfer-encoding", "connection", "content-length", "date", "server")
"""Headers that the line sends for itself."""
ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>no</Message></Error>'
)


class Line:
    """A line to a server that spoils the answers to some requests: `faults` per method."""

    def __init__(self, address):
        self.target = address.removeprefix("http://")
        self.faults = {}
        self.seen, self.bearers = [], []
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def answer(self):
                line.answer(self)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.stalled = threading.Event()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.stalled.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def fault(self, method):
        """Return how the next answer to a method is spoiled, None for not at all."""
        waiting = self.faults.get(method) or []
        return waiting.pop(0) if waiting else None

    def answer(self, handler):
        body = self.body(handler)
        self.seen.append(handler.command)
        self.bearers.append(handler.headers.get("Authorization", ""))
        fault = self.fault(handler.command)
        if fault == "stall":
            self.stalled.wait(10)
            handler.close_connection = True
        elif fault == "reset":
            handler.close_connection = True
            handler.connection.close()
        elif fault in ("InternalError", "SlowDown"):
            status = 500 if fault == "InternalError" else 503
            self.send(handler, status, {}, ERROR.format(code=fault).encode())
        else:
            self.send(handler, *self.forward(handler, body), wrong=fault == "etag")

    def body(self, handler):
        if "chunked" in handler.headers.get("Transfer-Encoding", ""):
            pieces = []
            while size := int(handler.rfile.readline().split(b";")[0], 16):
                pieces.append(handler.rfile.read(size))
                handler.rfile.readline()
            while handler.rfile.readline().strip():
                pass
            return b"".join(pieces)
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))

    def forward(self, handler, body):
        near = http.client.HTTPConnection(self.target, timeout=30)
        dropped = {"transfer-encoding", "connection", "content-length", "expect"}
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in dropped}
        headers["Content-Length"] = str(len(body))
        near.request(handler.command, handler.path, body, headers)
        answer = near.getresponse()
        found = answer.status, dict(answer.getheaders()), answer.read()
        near.close()
        return found

    def send(self, handler, status, headers, body, wrong=False):
        handler.send_response(status)
        for name, value in headers.items():
            if name.lower() in OWN:
                continue
            handler.send_header(name, '"0000"' if wrong and name.lower() == "etag" else value)
        is_head = handler.command == "HEAD"
        length = headers.get("Content-Length", len(body)) if is_head else len(body)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        if not is_head:
            handler.wfile.write(body)
