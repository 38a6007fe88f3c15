"""Objects that come in parts: from us, going on where an earlier try stopped, or by links."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.s3_requests import Requests, code_of

NO_UPLOAD = "NoSuchUpload"
MOST_PARTS = 10_000
"""S3 takes no more parts of one object."""
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object that has arrived."""

    number: int
    size_bytes: int
    etag: str
    changed: datetime


class Parts(Requests):
    """Sends files in parts, and lets others send them."""

    def part_bytes(self, size_bytes: int) -> int:
        """Return the size of the parts of a file: as ours, larger where that would be too many."""
        least = -(-size_bytes // MOST_PARTS)
        return max(self.config.part_bytes, -(-least // MIB) * MIB)

    def begin_parts(self, name: str) -> str:
        """Begin an object that comes in parts, and return the id of that."""
        given = {**self.where(name), **self.sealed()}
        return self.attempt(name, lambda: self.client.create_multipart_upload(**given))["UploadId"]

    def part_link(
        self, name: str, parts_id: str, number: int, *, size_bytes: int, expires_s: int
    ) -> str:
        """Return an address to which exactly so many bytes can be put as a part."""
        given = {"UploadId": parts_id, "PartNumber": number, "ContentLength": size_bytes}
        return self.client.generate_presigned_url(
            "upload_part", Params={**self.where(name), **given}, ExpiresIn=expires_s
        )

    def parts(self, name: str, parts_id: str) -> list[Part]:
        """Return the parts that have arrived, in order; none of what has ended."""
        return self.attempt(name, lambda: self._parts(name, parts_id))

    def finish_parts(self, name: str, parts_id: str) -> None:
        """Make the object of the parts that have arrived; twice changes nothing."""
        there = self.parts(name, parts_id)
        parts = [{"PartNumber": part.number, "ETag": part.etag} for part in there]
        self.attempt(name, lambda: self._finish(name, parts_id, parts))

    def drop_parts(self, name: str, parts_id: str) -> None:
        """Drop the parts that have arrived; what has ended stays so."""
        self.attempt(name, lambda: self._drop_parts(name, parts_id))

    def send_parts(self, path: Path, name: str) -> None:
        """Store a file in parts; what an earlier, broken try has sent stays."""
        upload_id, there = self.attempt(name, lambda: self._begun(name))
        parts = []
        for number, body in enumerate(pieces_of(path, self.config.part_bytes), start=1):
            etag = there.get(number)
            if etag != hashlib.md5(body).hexdigest():
                where = {**self.where(name), "UploadId": upload_id, "PartNumber": number}
                etag = self.attempt(
                    name, lambda body=body, where=where: self._send_part(body, where)
                )
            parts.append({"PartNumber": number, "ETag": etag})
        self.attempt(name, lambda: self._finish(name, upload_id, parts))

    def _begun(self, name: str) -> tuple[str, dict[int, str]]:
        """Return the multipart upload that an earlier try has left, or a new one, and its parts."""
        bucket, key = self.config.bucket, self.key(name)
        left = self.client.list_multipart_uploads(Bucket=bucket, Prefix=key).get("Uploads", ())
        mine = [one for one in left if one["Key"] == key]
        if not mine:
            made = self.client.create_multipart_upload(**self.where(name), **self.sealed())
            return made["UploadId"], {}
        upload_id = mine[-1]["UploadId"]
        return upload_id, {part.number: part.etag for part in self._parts(name, upload_id)}

    def _parts(self, name: str, parts_id: str) -> list[Part]:
        from botocore.exceptions import ClientError

        found, after = list[Part](), 0
        while True:
            given = {**self.where(name), "UploadId": parts_id, "PartNumberMarker": after}
            try:
                page = self.client.list_parts(**given)
            except ClientError as error:
                if code_of(error) == NO_UPLOAD:
                    return []
                raise
            rows = page.get("Parts", ())
            found += map(_part, rows)
            if not page.get("IsTruncated"):
                return found
            after = page["NextPartNumberMarker"]

    def _drop_parts(self, name: str, parts_id: str) -> None:
        from botocore.exceptions import ClientError

        try:
            self.client.abort_multipart_upload(**self.where(name), UploadId=parts_id)
        except ClientError as error:
            if code_of(error) != NO_UPLOAD:
                raise

    def _send_part(self, body: bytes, where: dict[str, Any]) -> str:
        answer = self.client.upload_part(**where, Body=body)
        self.check(answer["ETag"], body)
        return answer["ETag"].strip('"')

    def _finish(self, name: str, upload_id: str, parts: list[dict[str, Any]]) -> None:
        from botocore.exceptions import ClientError

        done = {"UploadId": upload_id, "MultipartUpload": {"Parts": parts}}
        try:
            self.client.complete_multipart_upload(**self.where(name), **done)
        except ClientError as error:
            # An answer that was lost on its way: the upload is complete and its id is gone.
            if code_of(error) != NO_UPLOAD or self.head(name) is None:
                raise


def file_etag(path: Path, part_bytes: int) -> str:
    """Return the ETag that S3 gives to a file sent in parts of this size, or in one."""
    if path.stat().st_size <= part_bytes:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    digests = [hashlib.md5(piece).digest() for piece in pieces_of(path, part_bytes)]
    return f"{hashlib.md5(b''.join(digests)).hexdigest()}-{len(digests)}"


def pieces_of(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece


def _part(row: Mapping[str, Any]) -> Part:
    etag, changed = row["ETag"].strip('"'), row["LastModified"].astimezone(UTC)
    return Part(row["PartNumber"], row["Size"], etag, changed)
