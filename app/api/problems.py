"""Errors as problem+json (RFC 9457) with our own `code` in them."""

from __future__ import annotations

import json
import math
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from agents.errors import (
    AccessDenied,
    LectureError,
    MediaError,
    NotFound,
    RenderFailed,
    ServiceUnavailable,
    TuningError,
)

STATUS_OF_CODE = {
    "bad_request": 400,
    "wrong_password": 401,
    "too_many_tries": 429,
    "weak_password": 422,
    "bad_name": 422,
    "tus_version": 412,
    "content_type": 415,
    "too_large": 413,
    "not_media": 415,
    "extension": 415,
    "no_space": 507,
    "quota_bytes": 413,
    "quota_at_once": 429,
    "quota_uploads": 429,
    "quota_jobs": 429,
    "conflict": 409,
    "stale_revision": 409,
    "locked": 423,
}
STATUS_OF_CLASS: dict[type[LectureError], int] = {
    NotFound: 404,
    AccessDenied: 403,
    TuningError: 422,
    RenderFailed: 422,
    MediaError: 422,
    ServiceUnavailable: 503,
}


class BadRequest(LectureError):
    """A part of a request is missing or cannot be read."""

    code = "bad_request"


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return one refusal: status, code for programs, sentence for people."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    return Response(
        json.dumps(body), status, headers=headers, media_type="application/problem+json"
    )


def status_of(error: LectureError) -> int:
    """Return the HTTP status that fits an error."""
    if error.code in STATUS_OF_CODE:
        return STATUS_OF_CODE[error.code]
    return next((STATUS_OF_CLASS[c] for c in type(error).__mro__ if c in STATUS_OF_CLASS), 500)


async def answer_lecture_error(request: Request, error: Exception) -> Response:
    """Answer a failure that a person can understand with its own sentence."""
    if not isinstance(error, LectureError):
        raise error
    return problem(status_of(error), error.code, error.message, _headers_of(error))


def _headers_of(error: LectureError) -> dict[str, str]:
    """Return the headers that go with an error: its own, and how long to wait."""
    headers = dict(getattr(error, "headers", ()))
    if wait_s := getattr(error, "wait_s", 0.0):
        headers["Retry-After"] = str(math.ceil(wait_s))
    if status_of(error) == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Answer Starlette's own refusals: problem+json under /api/, plain text elsewhere."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if not request.url.path.startswith("/api/"):
        return PlainTextResponse(error.detail, error.status_code, headers)
    code = error.detail.lower().replace(" ", "_")
    return problem(error.status_code, code, error.detail, headers)
