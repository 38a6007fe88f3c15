"""Which failures of a call pass by themselves, and how long to wait before the next try."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from agents.errors import AnalyzerUnavailable
from agents.registry import Gemini

ATTEMPTS = 4
FIRST_WAIT_S = 0.5
"""Longer with each try, with a share of chance, unless the service says how long to wait."""
TRANSIENT = {408, 429, 500, 502, 503, 504}
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s?")

Response = TypeVar("Response")


class Passing(Exception):
    """A failure that may pass by itself; its words are ours, as every retry is logged with them."""

    def __init__(self, what: str, wait: float) -> None:
        super().__init__(what)
        self.wait = wait


def call_again(
    call: Callable[[float], Response], settings: Gemini, deadline: float, over: threading.Event
) -> Response:
    """Return what `call(seconds it may take)` returns, tried again while that may help.

    Raises AnalyzerUnavailable when it does not, or would not before the deadline, or when all is
    `over` meanwhile.
    """
    import stamina

    def again(error: Exception) -> bool | float:
        if not isinstance(error, Passing) or time.monotonic() + error.wait >= deadline:
            return False
        return error.wait or True

    try:
        for attempt in stamina.retry_context(
            on=again, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S
        ):
            with attempt:
                left = deadline - time.monotonic()
                if left <= 0 or over.is_set():
                    raise unavailable(settings, "did not answer in time")
                return _call(call, min(settings.timeout_s, left), settings)
    except Passing as error:
        raise unavailable(settings, str(error)) from error
    raise unavailable(settings, "did not answer")


def _call(call: Callable[[float], Response], seconds: float, settings: Gemini) -> Response:
    try:
        return call(seconds)
    except Exception as error:  # the SDK lets through whatever its transport raises
        wait = wait_after(error)
        if wait is None:
            raise unavailable(settings, describe(error)) from error
        raise Passing(describe(error), wait) from error


def wait_after(error: Exception) -> float | None:
    """Return for how many seconds the service wants to be left alone before the next try.

    0 is as long as usual; None says that another try is of no use.
    """
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return _asked_wait(error) if code in TRANSIENT else None
    return 0.0 if _is_transport(error) else None


def _is_transport(error: Exception) -> bool:
    """Return whether the connection failed, or what came was no JSON."""
    library = type(error).__module__.partition(".")[0]
    return library.startswith("httpx") or isinstance(error, OSError | ValueError)


def _asked_wait(error: Exception) -> float:
    """Return the wait that the service asks for in a header or in its RetryInfo, in seconds."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    asked = [str(headers.get("retry-after", ""))]
    body: Any = getattr(error, "details", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    details = inner.get("details") if isinstance(inner, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and str(detail.get("@type", "")).endswith("RetryInfo"):
            asked.append(str(detail.get("retryDelay", "")))
    found = [_SECONDS.fullmatch(text.strip()) for text in asked]
    return max((float(match.group(1)) for match in found if match), default=0.0)


def describe(error: Exception) -> str:
    """Return what happened, in words that hold nothing of the answer."""
    code = getattr(error, "code", None)
    status = str(getattr(error, "details", ""))
    if code in {401, 403} or (code == 400 and "API_KEY_INVALID" in status):
        return "refused the key"
    if code == 404:
        return "is not known to the service"
    if code == 429:
        return "has no quota left (error 429)"
    if isinstance(code, int):
        return f"answered with error {code}"
    unread = isinstance(error, ValueError)  # of the JSON parser: something did answer
    return "answered with what is no JSON" if unread else "could not be reached"


def unavailable(settings: Gemini, what: str) -> AnalyzerUnavailable:
    """Return the sentence for people."""
    return AnalyzerUnavailable(f"{settings.model} {what}, so the local analysis stands alone.")
