"""Resumable uploads by the tus protocol 1.0.0: creation, termination and expiration."""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Mapping
from email.utils import formatdate
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from agents.errors import LectureError, MediaError
from agents.intake.probe import HEAD_BYTES
from app.api.problems import BadRequest
from app.api.queries import IdempotencyKey
from app.services.root import Services, current_services
from app.services.uploads import BLOCK, MAX_CAPTIONS_BYTES, Upload

TUS_VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
PATCH_TYPE = "application/offset+octet-stream"
MOST_BYTES = 1 << 45
"""The API's limit for bodies is not for recordings: settings say how large those may be."""


class WrongVersion(LectureError):
    """The client speaks another version of the protocol, or is a foreign page."""

    code = "tus_version"
    headers: Mapping[str, str] = {"Tus-Version": TUS_VERSION}


class WrongType(LectureError):
    """The body is not what the protocol sends."""

    code = "content_type"


def check_version_if_told(
    tus_resumable: Annotated[
        str | None, Header(description=f"{TUS_VERSION}, from clients that speak tus.")
    ] = None,
) -> None:
    """Check the protocol's version where a client names one: other ways end uploads so, too."""
    if tus_resumable is not None:
        check_version(tus_resumable)


def check_version(
    tus_resumable: Annotated[
        str | None, Header(description=f"{TUS_VERSION}; needed.", examples=[TUS_VERSION])
    ] = None,
) -> None:
    """Check the protocol's version.

    The header also forces a preflight on foreign pages, which then never get an answer.
    """
    if tus_resumable != TUS_VERSION:
        raise WrongVersion(f"Tus-Resumable: {TUS_VERSION} is needed.")


router = APIRouter(prefix="/uploads", tags=["uploads"])
TUS = (Depends(check_version),)
UploadId = Annotated[str, Path(description="Last part of the upload's `Location`.")]


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


MADE = {
    "Lecture-Id": _header("The lecture that a complete upload became."),
    "Job-Id": _header("The job that works on it."),
}
STORED = {
    "Tus-Resumable": _header("Version of the protocol."),
    "Upload-Offset": _header("Bytes that are stored."),
    "Upload-Expires": _header("When an unfinished upload is dropped."),
}
RECORDING = {
    "requestBody": {
        "required": True,
        "content": {PATCH_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}
CAPTIONS = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.options("", status_code=204, response_class=Response)
async def describe_uploads() -> Response:
    """Say which parts of the protocol are spoken here."""
    headers = {
        "Tus-Resumable": TUS_VERSION,
        "Tus-Version": TUS_VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(current_services().settings.max_upload_bytes),
    }
    return Response(status_code=204, headers=headers)


@router.post(
    "",
    status_code=201,
    response_class=Response,
    dependencies=TUS,
    responses={201: {"headers": {"Location": _header("Address of the upload."), **STORED}}},
)
async def create_upload(
    upload_length: Annotated[int, Header(ge=0, le=MOST_BYTES, description="Bytes in all.")],
    upload_metadata: Annotated[
        str,
        Header(
            description="Pairs of name and base64: `filename` (needed), `title`, `preset`, "
            "`params` (tunables by agent, as JSON).",
            examples=["filename dGFsay5tcDQ=,title SGVhdA=="],
        ),
    ] = "",
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Reserve an upload; its bytes go to the `Location` of the answer."""
    services = current_services()
    metadata = read_metadata(upload_metadata)
    name = file_name(metadata.get("filename", ""))
    if not name:
        raise BadRequest("Upload-Metadata needs a filename.")
    upload = await to_thread.run_sync(
        lambda: services.lectures.reserve(
            name=name,
            size=upload_length,
            title=one_line(metadata.get("title", ""), 200),
            preset=one_line(metadata.get("preset", ""), 100),
            params=_read_params(metadata.get("params", "{}")),
            key=idempotency_key or "",
        )
    )
    offset = services.uploads.offset(upload)
    headers = {"Location": f"/api/v1/uploads/{upload.id}", **_headers(services, upload, offset)}
    return Response(status_code=201, headers=headers)


@router.head(
    "/{id}",
    response_class=Response,
    dependencies=TUS,
    responses={200: {"headers": {**STORED, **MADE, "Upload-Length": _header("Bytes in all.")}}},
)
def look_at_upload(id: UploadId) -> Response:
    """Say how many bytes are stored."""
    services = current_services()
    upload = services.uploads.get(id)
    headers = _headers(services, upload, services.uploads.offset(upload))
    headers |= {"Upload-Length": str(upload.size), "Cache-Control": "no-store"}
    return Response(status_code=200, headers=headers)


@router.patch(
    "/{id}",
    status_code=204,
    response_class=Response,
    dependencies=TUS,
    max_body_size=MOST_BYTES,
    responses={204: {"headers": {**STORED, **MADE}}},
    openapi_extra=RECORDING,
)
async def send_bytes(
    request: Request,
    id: UploadId,
    upload_offset: Annotated[
        int, Header(ge=0, le=MOST_BYTES, description="Bytes that are stored already.")
    ],
) -> Response:
    """Store bytes from Upload-Offset on; the last byte makes the lecture and its job."""
    services = current_services()
    if request.headers.get("content-type") != PATCH_TYPE:
        raise WrongType(f"Content-Type: {PATCH_TYPE} is needed.")
    upload = services.uploads.get(id)
    if upload.job_id and upload_offset == upload.size:
        return Response(status_code=204, headers=_headers(services, upload, upload_offset))
    with services.uploads.writing(upload, upload_offset) as descriptor:
        try:
            stored = await _receive(request, services, upload, descriptor, upload_offset)
        except ClientDisconnect:
            return Response(status_code=499)
        if stored == upload.size:
            upload = await to_thread.run_sync(services.lectures.finish, upload)
    return Response(status_code=204, headers=_headers(services, upload, stored))


@router.delete(
    "/{id}",
    status_code=204,
    response_class=Response,
    dependencies=(Depends(check_version_if_told),),
)
def terminate_upload(id: UploadId) -> Response:
    """Drop an upload, of whichever way, with the bytes that have arrived; a lecture stays."""
    current_services().direct.drop(id)
    return Response(status_code=204, headers={"Tus-Resumable": TUS_VERSION})


@router.put(
    "/{id}/captions",
    status_code=204,
    response_class=Response,
    max_body_size=MOST_BYTES,
    openapi_extra=CAPTIONS,
)
async def put_captions(
    request: Request,
    id: UploadId,
    name: Annotated[
        str, Query(max_length=1000, description="Name of the caption file.", examples=["talk.vtt"])
    ] = "",
) -> Response:
    """Keep a caption file with an unfinished upload."""
    services = current_services()
    upload = services.uploads.get(id)
    name = one_line(name, 255)
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
    headers = {
        "Tus-Resumable": TUS_VERSION,
        "Upload-Offset": str(offset),
        "Upload-Expires": formatdate(expires, usegmt=True),
    }
    if upload.job_id:
        headers |= {"Lecture-Id": upload.id, "Job-Id": upload.job_id}
    return headers


def read_metadata(header: str) -> dict[str, str]:
    """Read Upload-Metadata: `filename d29ybGQ=,title bmFtZQ==`."""
    found = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (ValueError, binascii.Error) as error:
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


def file_name(text: str) -> str:
    """Return the name of a file without the folders that a client may have put before it."""
    return one_line(text.replace("\\", "/").rpartition("/")[2], 255)


def one_line(text: str, limit: int) -> str:
    """Return text without control and invisible formatting characters, cut to `limit`."""
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())[:limit].strip()
