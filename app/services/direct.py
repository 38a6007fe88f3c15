"""Uploads that go to the bucket without passing through here: a signed form, then a look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.errors import LectureError, MediaError
from agents.intake.probe import HEAD_BYTES, sniff
from app.services.core import Core
from app.services.lectures import Lectures
from app.services.uploads import Upload, UploadConflict
from data.s3_media import S3Store, upload_name

FORM_S = 600
MOST_BYTES = 5 << 30
"""S3 takes no larger object in one request."""


class NoBucket(LectureError):
    """Uploads are kept in a folder here."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Form:
    """An upload that is awaited, and the form that sends it."""

    upload: Upload
    url: str
    fields: Mapping[str, str]
    expires_s: int


class DirectUploads:
    """Signs forms, and makes lectures of what arrived by them."""

    def __init__(self, core: Core, lectures: Lectures) -> None:
        self.core = core
        self.lectures = lectures

    def begin(self, *, name: str, size: int, **about: Any) -> Form:  # noqa: ANN401
        """Reserve an upload and sign the form for exactly this many bytes."""
        media = self._media()
        if size > MOST_BYTES:
            raise MediaError(
                f"{name!r} has {size / 1e9:.1f} GB; a form takes 5 GiB, tus takes more.",
                code="too_large",
            )
        upload = self.lectures.reserve(name=name, size=size, **about)
        form = media.bucket.form(upload_name(upload.id), size_bytes=size, expires_s=FORM_S)
        return Form(upload, form["url"], form["fields"], FORM_S)

    def complete(self, upload_id: str) -> Upload:
        """Make the lecture and the job of what arrived; twice changes nothing.

        What is no recording is removed, before there is a job.
        """
        media, upload = self._media(), self.core.uploads.get(upload_id)
        if upload.job_id:
            return upload
        name = upload_name(upload.id)
        found = media.bucket.find(name)
        if found is None:
            raise UploadConflict("Nothing has arrived by the form yet.")
        try:
            if found.size_bytes != upload.size:
                raise MediaError(
                    f"{upload.name!r} was announced with {upload.size} bytes;"
                    f" {found.size_bytes} arrived.",
                    code="changed_while_reading",
                )
            sniff(media.bucket.read(name, HEAD_BYTES) or b"", upload.name)
        except MediaError:
            media.delete(upload.id)
            self.core.uploads.delete(upload.id)
            raise
        self.core.uploads.part(upload).unlink(missing_ok=True)
        return self.lectures.finish(upload)

    def _media(self) -> S3Store:
        if not isinstance(self.core.media, S3Store):
            raise NoBucket("Uploads are kept in a folder here; send the recording by tus.")
        return self.core.media
