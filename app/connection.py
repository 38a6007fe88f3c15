"""A connection to a server's API: requests made again when the line breaks, refusals as errors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel

from agents.errors import LectureError, NotFound, ServiceUnavailable
from app.api.models import Page
from app.patience import PatientTransport

API = "/api/v1"
TRIES = 5
"""How often a request is made before the server counts as gone."""
Seen = TypeVar("Seen", bound=BaseModel)


class Refused(LectureError):
    """The server refused a request; `code` is the server's."""


class ApiConnection:
    """An open connection; every method raises LectureError in one sentence."""

    def __init__(self, url: str, *, key: str | None, timeout_s: float) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url = url.rstrip("/")
        self.http = httpx2.Client(
            base_url=self.url, headers=headers, timeout=timeout_s, transport=PatientTransport()
        )

    def pages(self, path: str, kind: type[Seen], **query: str | None) -> Iterator[Seen]:
        """Yield what every page of a list holds."""
        given = {name: value for name, value in query.items() if value is not None}
        while True:
            page = Page[kind].model_validate(self.json("GET", path, params=given))
            yield from page.items
            if page.next is None:
                return
            given["cursor"] = page.next

    def json(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401
        """Return the body of the answer to a request."""
        return self.request(method, path, **options).json()

    def request(
        self,
        method: str,
        path: str,
        *,
        again: bool = True,
        **options: Any,  # noqa: ANN401
    ) -> httpx2.Response:
        """Make a request, again after a broken connection unless that could do a thing twice."""
        failures = 0
        while True:
            try:
                response = self.http.request(method, API + path, **options)
            except httpx2.TransportError as error:
                failures += 1
                if not again and not isinstance(error, httpx2.ConnectError):
                    raise self.gone(error) from error
                self.pause(failures, error)
            else:
                self.check(response)
                return response

    def check(self, response: httpx2.Response) -> None:
        """Raise the refusal that an answer is, with the server's sentence and code."""
        if response.is_success:
            return
        response.read()
        try:
            told = json.loads(response.content)
            message, code = str(told["detail"]), str(told["code"])
        except (ValueError, KeyError, TypeError):
            message, code = f"{self.url} answered {response.status_code}.", "refused"
        kind = NotFound if response.status_code == 404 else Refused
        raise kind(message, code=code)

    def pause(self, failures: int, error: Exception) -> None:
        """Wait before the next try, or raise when it was the last."""
        if failures >= TRIES:
            raise self.gone(error) from error
        time.sleep(min(8.0, 0.25 * 2**failures))

    def gone(self, error: Exception) -> ServiceUnavailable:
        """Return the sentence for a server that does not answer."""
        return ServiceUnavailable(
            f"{self.url} does not answer ({type(error).__name__}); is it running there?"
        )
