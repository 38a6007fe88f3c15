"""A small tus client for the tests, and bytes that begin like a recording."""

import base64
import random


def recording(size, salt=0):
    """Return `size` bytes that begin as an MP4 does; each salt gives others."""
    head = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
    return head + random.Random(f"{salt}-{size}").randbytes(size - len(head))


def metadata(**values):
    pairs = (f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())
    return ",".join(pairs)


class TusClient:
    """Speaks the protocol through an open client."""

    headers = {"Tus-Resumable": "1.0.0"}  # noqa: RUF012

    def __init__(self, client):
        self.client = client

    def create(self, name, size, **values):
        headers = {
            **self.headers,
            "Upload-Length": str(size),
            "Upload-Metadata": metadata(filename=name, **values),
        }
        return self.client.post("/api/v1/uploads", headers=headers)

    def head(self, location):
        return self.client.head(location, headers=self.headers)

    def offset(self, location):
        return int(self.head(location).headers["upload-offset"])

    def patch(self, location, offset, body, **headers):
        headers = {
            **self.headers,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            **headers,
        }
        return self.client.patch(location, content=body, headers=headers)

    def delete(self, location):
        return self.client.delete(location, headers=self.headers)

    def upload(self, name, body, **values):
        location = self.create(name, len(body), **values).headers["location"]
        return self.patch(location, 0, body)
