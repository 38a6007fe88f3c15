"""A client that waits as told: what a server answers with 429 is asked again when it says so."""

from __future__ import annotations

from time import sleep

import httpx2

LONGEST_S = 120.0
"""A longer wait is a refusal: whoever asks hears the server's sentence."""
TRIES = 20


class PatientTransport(httpx2.HTTPTransport):
    """Sends a request again after the seconds of `Retry-After`; nothing was done meanwhile."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the first answer that is no short wait."""
        for _ in range(TRIES):
            response = super().handle_request(request)
            wait_s = told_wait(response)
            if wait_s is None:
                return response
            response.close()
            sleep(wait_s)
        return super().handle_request(request)


def told_wait(response: httpx2.Response) -> float | None:
    """Return the seconds that an answer asks to wait for, None where it asks for no short wait."""
    given = response.headers.get("retry-after", "")
    if response.status_code != 429 or not given.isdigit() or int(given) > LONGEST_S:
        return None
    return float(given)
