"""Resumable uploads by the tus protocol 1.0.0: creation, termination and expiration."""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import wraps
from typing import Any

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from agents.errors import LectureError, MediaError
from agents.intake.probe import HEAD_BYTES
from app.api.problems import problem
from app.services.root import Services, current_services
from app.services.uploads import BLOCK, MAX_CAPTIONS_BYTES, Upload

TUS_VERSION = "1.0.0"
Handler = Callable[[Request, Services], Awaitable[Response]]


class BadRequest(LectureError):
    """A header of the upload protocol is missing or cannot be read."""

    code = "bad_request"


def tus(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Check the protocol's version and stamp it on the answer.

    The header also forces a preflight on foreign pages, which then never get an answer.
    """

    @wraps(handler)
    async def route(request: Request) -> Response:
        if request.headers.get("tus-resumable") != TUS_VERSION:
            detail = f"Tus-Resumable: {TUS_VERSION} is needed."
            return problem(412, "tus_version", detail, {"Tus-Version": TUS_VERSION})
        response = await handler(request, current_services())
        response.headers["Tus-Resumable"] = TUS_VERSION
        return response

    return route


async def describe(request: Request) -> Response:
    """Say which parts of the protocol are spoken here."""
    headers = {
        "Tus-Resumable": TUS_VERSION,
        "Tus-Version": TUS_VERSION,
        "Tus-Extension": "creation,termination,expiration",
        "Tus-Max-Size": str(current_services().settings.max_upload_bytes),
    }
    return Response(status_code=204, headers=headers)


@tus
async def create(request: Request, services: Services) -> Response:
    """Reserve an upload: 201 with its Location."""
    size = _whole_number(request, "upload-length")
    metadata = read_metadata(request.headers.get("upload-metadata", ""))
    name = one_line(metadata.get("filename", "").replace("\\", "/").rpartition("/")[2], 255)
    if not name:
        raise BadRequest("Upload-Metadata needs a filename.")
    upload = await to_thread.run_sync(
        lambda: services.lectures.reserve(
            name=name,
            size=size,
            title=one_line(metadata.get("title", ""), 200),
            preset=one_line(metadata.get("preset", ""), 100),
            params=_read_params(metadata.get("params", "{}")),
        )
    )
    headers = {"Location": f"/api/v1/uploads/{upload.id}", **_headers(services, upload, 0)}
    return Response(status_code=201, headers=headers)


@tus
async def head(request: Request, services: Services) -> Response:
    """Say how many bytes are stored."""
    upload = services.uploads.get(request.path_params["id"])
    headers = _headers(services, upload, services.uploads.offset(upload))
    headers |= {"Upload-Length": str(upload.size), "Cache-Control": "no-store"}
    return Response(status_code=200, headers=headers)


@tus
async def patch(request: Request, services: Services) -> Response:
    """Store bytes from Upload-Offset on; the last byte makes the lecture and its job."""
    if request.headers.get("content-type") != "application/offset+octet-stream":
        detail = "Content-Type: application/offset+octet-stream is needed."
        return problem(415, "content_type", detail)
    upload = services.uploads.get(request.path_params["id"])
    offset = _whole_number(request, "upload-offset")
    if upload.job_id and offset == upload.size:
        return Response(status_code=204, headers=_headers(services, upload, offset))
    with services.uploads.writing(upload, offset) as descriptor:
        try:
            stored = await _receive(request, services, upload, descriptor, offset)
        except ClientDisconnect:
            return Response(status_code=499)
        if stored == upload.size:
            upload = await to_thread.run_sync(services.lectures.finish, upload)
    return Response(status_code=204, headers=_headers(services, upload, stored))


@tus
async def terminate(request: Request, services: Services) -> Response:
    """Drop an upload and its bytes."""
    upload = services.uploads.get(request.path_params["id"])
    await to_thread.run_sync(services.uploads.delete, upload.id)
    return Response(status_code=204)


async def put_captions(request: Request) -> Response:
    """Keep a caption file with an unfinished upload; its name is the query's `name`."""
    services = current_services()
    upload = services.uploads.get(request.path_params["id"])
    name = one_line(request.query_params.get("name", ""), 255)
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > MAX_CAPTIONS_BYTES:
            megabytes = MAX_CAPTIONS_BYTES >> 20
            raise MediaError(f"{name!r} has more than {megabytes} MB.", code="too_large")
    await to_thread.run_sync(services.uploads.put_captions, upload, name, bytes(body))
    return Response(status_code=204)


async def _receive(
    request: Request, services: Services, upload: Upload, descriptor: int, offset: int
) -> int:
    """Write the body in blocks of 1 MiB, each in a thread, and return the new offset."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and offset + int(length) > upload.size:
        detail = f"{upload.name!r} was announced with {upload.size} bytes; more were sent."
        raise MediaError(detail, code="too_large")
    waiting = bytearray()
    try:
        async for block in request.stream():
            waiting += block
            if len(waiting) >= BLOCK:
                offset = await _store(services, upload, descriptor, offset, waiting)
    finally:
        # A cut connection still leaves its bytes: the client goes on from there.
        offset = await _store(services, upload, descriptor, offset, waiting)
    return offset


async def _store(
    services: Services, upload: Upload, descriptor: int, offset: int, waiting: bytearray
) -> int:
    block = bytes(waiting)
    waiting.clear()
    if not block:
        return offset
    stored = await to_thread.run_sync(services.uploads.append, upload, descriptor, block)
    enough = min(HEAD_BYTES, upload.size)
    if offset < enough <= stored:
        await to_thread.run_sync(services.lectures.judge, upload)
    return stored


def _headers(services: Services, upload: Upload, offset: int) -> dict[str, str]:
    expires = upload.created + services.settings.upload_expiry_s
    headers = {"Upload-Offset": str(offset), "Upload-Expires": formatdate(expires, usegmt=True)}
    if upload.job_id:
        headers |= {"Lecture-Id": upload.id, "Job-Id": upload.job_id}
    return headers


def _whole_number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadRequest(f"{name.title()} must be a whole number of bytes, not {text[:40]!r}.")
    return int(text)


def read_metadata(header: str) -> dict[str, str]:
    """Read Upload-Metadata: `filename d29ybGQ=,title bmFtZQ==`."""
    found = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise BadRequest(f"Upload-Metadata: {key[:40]!r} is not base64 of UTF-8.") from error
    return found


def _read_params(text: str) -> dict[str, dict[str, Any]]:
    """Read the tunables of Upload-Metadata: JSON, by agent."""
    try:
        params = json.loads(text)
    except ValueError as error:
        raise BadRequest("Upload-Metadata: params is no JSON.") from error
    if not isinstance(params, dict) or not all(isinstance(v, dict) for v in params.values()):
        raise BadRequest('Upload-Metadata: params must be as {"extract": {"max_clips": 5}}.')
    return params


def one_line(text: str, limit: int) -> str:
    """Return text without control and invisible formatting characters, cut to `limit`."""
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())[:limit].strip()


routes = [
    Route("/uploads", create, methods=["POST"]),
    Route("/uploads", describe, methods=["OPTIONS"]),
    Route("/uploads/{id}", head, methods=["HEAD"]),
    Route("/uploads/{id}", patch, methods=["PATCH"]),
    Route("/uploads/{id}", terminate, methods=["DELETE"]),
    Route("/uploads/{id}/captions", put_captions, methods=["PUT"]),
]
