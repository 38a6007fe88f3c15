"""Uploads that go to the bucket without passing through here: by a signed form, or in parts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.errors import LectureError, MediaError, NotFound, ServiceUnavailable
from agents.intake.probe import HEAD_BYTES, sniff
from app.services.core import Core
from app.services.lectures import Lectures
from app.services.uploads import FORM_S, PART_S, Upload, UploadConflict
from data.lectures import get_lecture
from data.s3_media import S3Store, upload_name
from data.s3_parts import Part
from data.s3_requests import Found

MOST_BYTES = 5 << 30
"""S3 takes no larger object in one request."""
MOST_LINKS = 100
"""At once: each is signed here."""
NAMED = 20
"""Parts that a sentence names."""


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


@dataclass(frozen=True, slots=True)
class PartLink:
    """An address to which one part is put."""

    number: int
    url: str
    size_bytes: int
    expires_s: int


class DirectUploads:
    """Signs forms and links for parts, and makes lectures of what arrived by them."""

    def __init__(self, core: Core, lectures: Lectures) -> None:
        self.core = core
        self.lectures = lectures

    def begin(self, *, name: str, size: int, **about: Any) -> Form:  # noqa: ANN401
        """Reserve an upload and sign the form for exactly this many bytes."""
        media = self._media()
        if size > MOST_BYTES:
            raise MediaError(
                f"{name!r} has {size / 1e9:.1f} GB; a form takes 5 GiB, parts take more.",
                code="too_large",
            )
        upload = self.lectures.reserve(name=name, size=size, way="form", **about)
        form = media.bucket.form(upload_name(upload.id), size_bytes=size, expires_s=FORM_S)
        return Form(upload, form["url"], form["fields"], FORM_S)

    # --- in parts ---------------------------------------------------------------------------------

    def begin_parts(self, *, name: str, size: int, **about: Any) -> Upload:  # noqa: ANN401
        """Reserve an upload whose parts go to the bucket one by one."""
        media, uploads = self._media(), self.core.uploads
        upload = self.lectures.reserve(name=name, size=size, way="parts", **about)
        if upload.parts_id:
            return upload
        try:
            parts_id = media.bucket.begin_parts(upload_name(upload.id))
        except LectureError:
            uploads.delete(upload.id)
            raise
        return uploads.in_parts(upload, parts_id, media.bucket.part_bytes(size))

    def links(self, upload_id: str, numbers: Sequence[int]) -> list[PartLink]:
        """Return an address for each of these parts, for exactly its bytes."""
        media, upload = self._media(), self._unfinished(upload_id)
        sizes, name = upload.part_sizes, upload_name(upload.id)
        self.core.uploads.touch(upload)
        if len(numbers) > MOST_LINKS or not all(1 <= n <= len(sizes) for n in numbers):
            raise UploadConflict(
                f"The parts of this upload are 1 to {len(sizes)}, {MOST_LINKS} at a time."
            )
        return [
            PartLink(
                number,
                media.bucket.part_link(
                    *(name, upload.parts_id, number),
                    size_bytes=sizes[number - 1],
                    expires_s=PART_S,
                ),
                sizes[number - 1],
                PART_S,
            )
            for number in dict.fromkeys(numbers)
        ]

    def stored(self, upload_id: str) -> list[Part]:
        """Return the parts that have arrived."""
        media, upload = self._media(), self._unfinished(upload_id)
        return media.bucket.parts(upload_name(upload.id), upload.parts_id)

    def _unfinished(self, upload_id: str) -> Upload:
        upload = self.core.uploads.get(upload_id)
        if upload.way != "parts":
            raise UploadConflict("This upload does not come in parts.")
        if upload.job_id:
            raise UploadConflict("The recording is complete already.")
        return upload

    def _joined(self, media: S3Store, upload: Upload) -> Found | None:
        """Make one object of the parts, when all are there as they were announced."""
        name = upload_name(upload.id)
        there = {part.number: part.size_bytes for part in self.stored(upload.id)}
        sizes = upload.part_sizes
        lacking = [n for n, size in enumerate(sizes, start=1) if there.get(n) != size]
        if lacking:
            told = ", ".join(map(str, lacking[:NAMED])) + (", ..." if lacking[NAMED:] else "")
            raise UploadConflict(
                f"{len(sizes) - len(lacking)} of {len(sizes)} parts have arrived; send {told}."
            )
        media.bucket.finish_parts(name, upload.parts_id)
        return media.bucket.find(name)

    # --- the end ----------------------------------------------------------------------------------

    def complete(self, upload_id: str) -> Upload:
        """Make the lecture and the job of what arrived; twice changes nothing.

        What is no recording is removed, before there is a job.
        """
        media, upload = self._media(), self.core.uploads.get(upload_id)
        if upload.job_id:
            return upload
        found = media.bucket.find(upload_name(upload.id))
        if found is None and upload.way == "parts":
            found = self._joined(media, upload)
        if found is None:
            raise UploadConflict("Nothing has arrived yet.")
        try:
            self._judge(media, upload, found)
        except MediaError:
            media.delete(upload.id)
            self.core.uploads.delete(upload.id)
            raise
        self.core.uploads.part(upload).unlink(missing_ok=True)
        return self.lectures.finish(upload)

    def _judge(self, media: S3Store, upload: Upload, found: Found) -> None:
        """Refuse what is not as it was announced, or no recording."""
        if found.size_bytes != upload.size:
            raise MediaError(
                f"{upload.name!r} was announced with {upload.size} bytes;"
                f" {found.size_bytes} arrived.",
                code="changed_while_reading",
            )
        sniff(media.bucket.read(upload_name(upload.id), HEAD_BYTES) or b"", upload.name)

    def drop(self, upload_id: str) -> None:
        """Drop an upload, of whichever way, with what of it has arrived; a lecture stays."""
        upload = self.core.uploads.get(upload_id)
        if upload.way != "tus" and not upload.job_id and not self._is_lecture(upload.id):
            media = self._media()
            if upload.parts_id:
                media.bucket.drop_parts(upload_name(upload.id), upload.parts_id)
            media.delete(upload.id)
        self.core.uploads.delete(upload.id)

    def broken_off(self, older_than_s: float) -> dict[str, float]:
        """Return when uploads were gone on with last that nobody has gone on with for so long.

        By id; of one in parts the bucket is asked, too, and where it does not answer it may be
        under way.
        """
        found = self.core.uploads.broken_off(older_than_s)
        since = time.time() - older_than_s
        return {id: at for id, at in found.items() if self._last_part(id) < since}

    def _last_part(self, upload_id: str) -> float:
        """Return when the last part of an upload arrived in the bucket, 0 where none comes so."""
        try:
            parts = self.stored(upload_id)
        except (NotFound, UploadConflict, NoBucket):
            return 0.0
        except ServiceUnavailable:
            return time.time()
        return max((part.changed.timestamp() for part in parts), default=0.0)

    def expire(self, older_than_s: float) -> int:
        """Drop uploads, of whichever way, that nobody has gone on with for so long; count them."""
        found = self.broken_off(older_than_s)
        for upload_id in found:
            try:
                self.drop(upload_id)
            except (
                NotFound,
                NoBucket,
            ):  # no record yet, or another bucket
                self.core.uploads.delete(upload_id)
        return len(found)

    def _is_lecture(self, lecture_id: str) -> bool:
        try:
            with self.core.store.read() as con:
                get_lecture(con, lecture_id)  # a deleted one too: it can be restored
        except NotFound:
            return False
        return True

    def _media(self) -> S3Store:
        if not isinstance(self.core.media, S3Store):
            raise NoBucket("Uploads are kept in a folder here; send the recording by tus.")
        return self.core.media
