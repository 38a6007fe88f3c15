"""Recordings that go straight to the S3 bucket: by a signed form, or in parts by signed links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from app.api.models import Model, View
from app.api.queries import IdempotencyKey
from app.api.uploads import MOST_BYTES, UploadId, file_name, one_line
from app.services.direct import MOST_LINKS, PartLink
from app.services.root import current_services
from data.s3_parts import MOST_PARTS, Part

router = APIRouter(prefix="/uploads", tags=["uploads"])


class NewRecording(Model):
    """A recording that goes straight to the bucket."""

    name: Annotated[str, Field(min_length=1, max_length=1000, examples=["talk.mp4"])]
    size: Annotated[int, Field(ge=0, le=MOST_BYTES, examples=[734_003_200])]
    """Bytes."""
    title: Annotated[str, Field(max_length=400, examples=["Entropy"])] = ""
    preset: Annotated[str, Field(max_length=200)] = ""
    params: dict[str, dict[str, Any]] = Field(
        default_factory=dict, examples=[{"extract": {"max_clips": 5}}]
    )
    """Tunables by agent."""

    def about(self) -> dict[str, Any]:
        """Return what a service is told of it."""
        return {
            "name": file_name(self.name),
            "size": self.size,
            "title": one_line(self.title, 200),
            "preset": one_line(self.preset, 100),
            "params": self.params,
        }


class FormView(View):
    """Where the recording is posted to: the fields first, then the file as `file`."""

    id: str
    """Of the upload: `POST /uploads/{id}/complete` when the form was sent."""
    url: str
    fields: Mapping[str, str]
    expires_s: int


class PartsView(View):
    """An upload whose parts are put to the bucket one by one, in any order or side by side."""

    id: str
    parts: int
    """They are numbered from 1."""
    part_bytes: int
    """Of every part but the last, which has the rest."""


class AskedParts(Model):
    """Parts that are about to be sent."""

    numbers: Annotated[
        list[Annotated[int, Field(ge=1, le=MOST_PARTS)]],
        Field(min_length=1, max_length=MOST_LINKS, examples=[[1, 2, 3]]),
    ]


class PartLinkView(View):
    """Where one part is put to, by `PUT` with exactly this `Content-Length`."""

    number: int
    url: str
    size_bytes: int
    expires_s: int


class StoredPart(View):
    """A part that has arrived."""

    number: int
    size_bytes: int
    etag: str


class CompleteView(View):
    """What an upload became."""

    lecture_id: str
    job_id: str


@router.post("/form", status_code=201, response_model=FormView)
def create_form(new: NewRecording, idempotency_key: IdempotencyKey = None) -> dict[str, Any]:
    """Sign a form that stores exactly this recording, of up to 5 GiB; conflict without a bucket."""
    form = current_services().direct.begin(**new.about(), key=idempotency_key or "")
    return {
        "id": form.upload.id,
        "url": form.url,
        "fields": form.fields,
        "expires_s": form.expires_s,
    }


@router.post("/parts", status_code=201, response_model=PartsView)
def create_parts(new: NewRecording, idempotency_key: IdempotencyKey = None) -> dict[str, Any]:
    """Begin an upload in parts; conflict without a bucket."""
    upload = current_services().direct.begin_parts(**new.about(), key=idempotency_key or "")
    return {"id": upload.id, "parts": len(upload.part_sizes), "part_bytes": upload.part_bytes}


@router.post("/{id}/parts", response_model=list[PartLinkView])
def sign_parts(id: UploadId, asked: AskedParts) -> Sequence[PartLink]:
    """Sign an address for each of these parts; it takes exactly that part's bytes, for an hour."""
    return current_services().direct.links(id, asked.numbers)


@router.get("/{id}/parts", response_model=list[StoredPart])
def list_parts(id: UploadId) -> Sequence[Part]:
    """List the parts that have arrived: a client that was cut off sends the others."""
    return current_services().direct.stored(id)


@router.post("/{id}/complete", response_model=CompleteView)
def complete_upload(id: UploadId) -> dict[str, str]:
    """Look at what arrived in the bucket, and make the lecture and its job."""
    upload = current_services().direct.complete(id)
    return {"lecture_id": upload.id, "job_id": upload.job_id}
