"""Sends a recording straight to a server's bucket, for the client: by a form, or in parts."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import httpx2

from agents.errors import ServiceUnavailable
from app.api.direct import CompleteView, FormView, PartLinkView, PartsView
from app.connection import TRIES, ApiConnection

Sent = Callable[[int, int], None]
"""Hears how many bytes of how many have arrived."""
AT_ONCE = 50
"""Links that are asked for at a time; each lasts an hour."""


class BucketSender:
    """Sends one recording to the bucket; our key stays with the server that it is for."""

    def __init__(self, server: ApiConnection, file: Path, sent: Sent | None) -> None:
        self.server = server
        self.file = file
        self.sent = sent or (lambda sent, size: None)
        self.size = file.stat().st_size

    def begin(
        self, way: Literal["form", "parts"], about: Mapping[str, Any]
    ) -> FormView | PartsView:
        """Reserve the upload."""
        body = {"name": self.file.name, "size": self.size, **about}
        found = self.server.json("POST", f"/uploads/{way}", json=body, again=False)
        return (FormView if way == "form" else PartsView).model_validate(found)

    def send(self, upload: FormView | PartsView) -> CompleteView:
        """Send the bytes and return what they became."""
        with httpx2.Client(timeout=self.server.http.timeout) as bucket:
            if isinstance(upload, FormView):
                self._post(bucket, upload)
            else:
                self._put_all(bucket, upload)
        found = self.server.json("POST", f"/uploads/{upload.id}/complete")
        return CompleteView.model_validate(found)

    def _post(self, bucket: httpx2.Client, form: FormView) -> None:
        def post() -> httpx2.Response:
            with self.file.open("rb") as file:
                return bucket.post(form.url, data=dict(form.fields), files={"file": file})

        _attempt(post)
        self.sent(self.size, self.size)

    def _put_all(self, bucket: httpx2.Client, upload: PartsView) -> None:
        path = f"/uploads/{upload.id}/parts"
        for first in range(1, upload.parts + 1, AT_ONCE):
            numbers = list(range(first, min(first + AT_ONCE, upload.parts + 1)))
            for row in self.server.json("POST", path, json={"numbers": numbers}):
                self._put(bucket, PartLinkView.model_validate(row), upload.part_bytes)

    def _put(self, bucket: httpx2.Client, link: PartLinkView, part_bytes: int) -> None:
        begin = (link.number - 1) * part_bytes
        with self.file.open("rb") as file:
            file.seek(begin)
            body = file.read(link.size_bytes)
        # the bucket refuses a part that arrives otherwise
        headers = {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}
        _attempt(lambda: bucket.put(link.url, content=body, headers=headers))
        self.sent(begin + len(body), self.size)


def _attempt(send: Callable[[], httpx2.Response]) -> None:
    """Send something, again after a failure that may pass, five times at most."""
    reason = ""
    for attempt in range(1, TRIES + 1):
        try:
            answer = send()
        except httpx2.TransportError as error:
            reason = type(error).__name__
        else:
            if answer.is_success:
                return
            reason = f"answer {answer.status_code}"
            if answer.status_code < 500 and answer.status_code not in (408, 429):
                raise ServiceUnavailable(f"The bucket refused it: {reason}.", code="storage")
        if attempt < TRIES:
            time.sleep(min(8.0, 0.25 * 2**attempt))
    raise ServiceUnavailable(
        f"The bucket does not take it: {reason}, tried {TRIES} times.", code="storage"
    )
