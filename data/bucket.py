"""An S3 bucket: every request is tried five times at most, and what arrives is checked.

boto3's own retries are off: one place decides how often and how long is waited (full jitter, as in
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from agents.errors import LectureError, ServiceUnavailable
from data.disk import atomic_file

logger = logging.getLogger(__name__)

TRIES = 5
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0
PART_BYTES = 16 << 20
"""A file up to this size is sent in one request, a larger one in parts of it (5 MiB at least)."""
CONNECT_S, READ_S = 5.0, 20.0
FOR_GOOD = {
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "NoSuchBucket",
    "NoCredentialsError",
}
"""Refusals that another try does not change."""
RULE = "lecture-highlights"
"""Name of our lifecycle rule."""
MISSING = {"NoSuchKey", "404", "NotFound"}
NO_UPLOAD = "NoSuchUpload"
MOST_PARTS = 10_000
"""S3 takes no more parts of one object."""
MIB = 1 << 20

Answer = TypeVar("Answer")


class BucketConfig(BaseModel):
    """Where a bucket is; credentials come from the environment, as for every AWS tool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: str
    prefix: str = ""
    """Begins every key; empty, or ends with a slash."""
    endpoint_url: str | None = None
    """Another service that speaks S3."""
    region: str | None = None
    kms_key: str | None = None
    """Key of KMS that objects are encrypted with; else S3's own (AES256)."""
    part_bytes: int = PART_BYTES
    read_s: float = READ_S
    first_pause_s: float = FIRST_PAUSE_S


@dataclass(frozen=True, slots=True)
class Found:
    """An object that is there."""

    key: str
    size_bytes: int
    etag: str
    changed: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object that has arrived."""

    number: int
    size_bytes: int
    etag: str


class Damaged(Exception):
    """What arrived is not what was sent."""


class Bucket:
    """Sends, fetches and removes objects; a failure is ServiceUnavailable with code `storage`."""

    def __init__(self, config: BucketConfig) -> None:
        self.config = config

    @cached_property
    def client(self) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Return the client, made on first use: importing boto3 takes half a second."""
        from boto3.session import Session
        from botocore.config import Config

        once = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=CONNECT_S,
            read_timeout=self.config.read_s,
            signature_version="s3v4",
            s3={"addressing_style": "path" if self.config.endpoint_url else "auto"},
        )
        return Session().client(
            "s3",
            endpoint_url=self.config.endpoint_url,
            region_name=self.config.region,
            config=once,
        )

    def key(self, name: str) -> str:
        """Return the whole key of a name."""
        return f"{self.config.prefix}{name}"

    def where(self, name: str) -> dict[str, str]:
        """Return the arguments that name an object."""
        return {"Bucket": self.config.bucket, "Key": self.key(name)}

    # --- one object -------------------------------------------------------------------------------

    def send(self, path: Path, name: str) -> None:
        """Store a file; one in parts goes on where an earlier, broken try has stopped."""
        if path.stat().st_size > self.config.part_bytes:
            self._send_parts(path, name)
        else:
            body = path.read_bytes()
            self._attempt(name, lambda: self._put(name, body))

    def write(self, name: str, body: bytes) -> None:
        """Store a few bytes."""
        self._attempt(name, lambda: self._put(name, body))

    def read(self, name: str, most: int | None = None) -> bytes | None:
        """Return the bytes of a small object, or its first ones; None where there is none."""
        part = {"Range": f"bytes=0-{most - 1}"} if most else {}
        return self._attempt(name, lambda: self._body(name, part))

    def fetch(self, name: str, target: Path) -> bool:
        """Write an object to `target`, whole or not at all; say whether there is one."""
        return self._attempt(name, lambda: self._fetch(name, target))

    def find(self, name: str) -> Found | None:
        """Return what is known of an object, None where there is none."""
        return self._attempt(name, lambda: self._head(name))

    def holds(self, path: Path, name: str) -> bool:
        """Say whether the object has the bytes of a file."""
        found = self.find(name)
        if found is None or found.size_bytes != path.stat().st_size:
            return False
        return found.etag in (file_etag(path, 1 << 63), file_etag(path, self.config.part_bytes))

    # --- many objects -----------------------------------------------------------------------------

    def list(self, begin: str) -> Iterator[Found]:
        """Yield the objects whose names begin so."""
        token: str | None = None
        while True:
            more = {"ContinuationToken": token} if token else {}
            page = self._attempt(begin, lambda more=more: self._page(begin, more))
            cut = len(self.config.prefix)
            for row in page.get("Contents", ()):
                changed = row["LastModified"].astimezone(UTC)
                etag = row["ETag"].strip('"')
                yield Found(row["Key"][cut:], row["Size"], etag, changed)
            token = page.get("NextContinuationToken")
            if not token:
                return

    def remove(self, begin: str) -> None:
        """Remove the objects whose names begin so; what is gone stays gone."""
        names = [found.key for found in self.list(begin)]
        for at in range(0, len(names), 1000):
            keys = [{"Key": self.key(name)} for name in names[at : at + 1000]]
            self._attempt(begin, lambda keys=keys: self._delete(keys))

    # --- links ------------------------------------------------------------------------------------

    def link(self, name: str, *, expires_s: int, save_as: str = "", media_type: str = "") -> str:
        """Return an address from which anyone can fetch an object for a while."""
        more: dict[str, str] = {}
        if save_as:
            more["ResponseContentDisposition"] = f"attachment; filename*=utf-8''{quote(save_as)}"
        if media_type:
            more["ResponseContentType"] = media_type
        given = {**self.where(name), **more}
        return self.client.generate_presigned_url("get_object", Params=given, ExpiresIn=expires_s)

    def form(self, name: str, *, size_bytes: int, expires_s: int = 600) -> dict[str, Any]:
        """Return address and fields of a form that stores exactly this object, of this size."""
        return self.client.generate_presigned_post(
            **self.where(name),
            Conditions=[["content-length-range", size_bytes, size_bytes]],
            ExpiresIn=expires_s,
        )

    # --- a file in parts, sent by whoever has the links -------------------------------------------

    def part_bytes(self, size_bytes: int) -> int:
        """Return the size of the parts of a file: as ours, larger where that would be too many."""
        least = -(-size_bytes // MOST_PARTS)
        return max(self.config.part_bytes, -(-least // MIB) * MIB)

    def begin_parts(self, name: str) -> str:
        """Begin an object that comes in parts, and return the id of that."""
        given = {**self.where(name), **self._sealed()}
        return self._attempt(name, lambda: self.client.create_multipart_upload(**given))["UploadId"]

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
        return self._attempt(name, lambda: self._parts(name, parts_id))

    def finish_parts(self, name: str, parts_id: str) -> None:
        """Make the object of the parts that have arrived; twice changes nothing."""
        there = self.parts(name, parts_id)
        parts = [{"PartNumber": part.number, "ETag": part.etag} for part in there]
        self._attempt(name, lambda: self._finish(name, parts_id, parts))

    def drop_parts(self, name: str, parts_id: str) -> None:
        """Drop the parts that have arrived; what has ended stays so."""
        self._attempt(name, lambda: self._drop_parts(name, parts_id))

    # --- the bucket itself ------------------------------------------------------------------------

    def set_up(self, *, noncurrent_days: int, parts_days: int) -> list[str]:
        """Set encryption, lifecycle and no public access; return in words what holds now."""
        bucket = {"Bucket": self.config.bucket}
        by = {"SSEAlgorithm": "aws:kms" if self.config.kms_key else "AES256"}
        if self.config.kms_key:
            by["KMSMasterKeyID"] = self.config.kms_key
        seal = {"Rules": [{"ApplyServerSideEncryptionByDefault": by, "BucketKeyEnabled": True}]}
        rules = [*self._foreign_rules(), self._rule(noncurrent_days, parts_days)]
        blocked = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"),
            True,
        )
        client = self.client
        for act in (
            lambda: client.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration=seal),
            lambda: client.put_bucket_lifecycle_configuration(
                **bucket, LifecycleConfiguration={"Rules": rules}
            ),
            lambda: client.put_public_access_block(
                **bucket, PublicAccessBlockConfiguration=blocked
            ),
        ):
            self._attempt("", act)
        return [
            f"encryption: {by['SSEAlgorithm']}",
            f"unfinished parts go after {parts_days} days, old versions after {noncurrent_days}",
            "public access: none",
        ]

    def _rule(self, noncurrent_days: int, parts_days: int) -> dict[str, Any]:
        return {
            "ID": RULE,
            "Status": "Enabled",
            "Filter": {"Prefix": self.config.prefix},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": parts_days},
            "NoncurrentVersionExpiration": {"NoncurrentDays": noncurrent_days},
        }

    def _foreign_rules(self) -> list[dict[str, Any]]:
        """Return the lifecycle rules that somebody else has set; they stay."""
        from botocore.exceptions import ClientError

        def ask() -> list[dict[str, Any]]:
            try:
                given = {"Bucket": self.config.bucket}
                found = self.client.get_bucket_lifecycle_configuration(**given)["Rules"]
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration":
                    return []
                raise
            return [rule for rule in found if rule.get("ID") != RULE]

        return self._attempt("", ask)

    # --- how it is done ---------------------------------------------------------------------------

    def _attempt(self, name: str, act: Callable[[], Answer]) -> Answer:
        """Return what `act` gives, tried again after every failure that may pass."""
        for attempt in range(1, TRIES + 1):
            try:
                return act()
            except Exception as error:
                reason = self._reason(error)
                if attempt == TRIES or reason in FOR_GOOD:
                    raise self._gone(name, reason, attempt) from error
                logger.warning("S3 failed", extra={"key": name, "code": reason, "try": attempt})
            longest = min(LONGEST_PAUSE_S, self.config.first_pause_s * 2**attempt)
            time.sleep(random.uniform(0.0, longest))
        raise AssertionError

    def _reason(self, error: Exception) -> str:
        """Return the code of a failure of the service or of the line; raise any other."""
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            return str(error.response.get("Error", {}).get("Code", "unknown"))
        if isinstance(error, LectureError) or not isinstance(
            error, BotoCoreError | Damaged | ConnectionError | TimeoutError
        ):
            raise error
        return type(error).__name__

    def _gone(self, name: str, reason: str, tries: int) -> ServiceUnavailable:
        where = f"s3://{self.config.bucket}/{self.key(name)}"
        return ServiceUnavailable(
            f"The storage did not answer well for {where}: {reason}, tried {tries} times.",
            code="storage",
        )

    def _sealed(self) -> dict[str, str]:
        if self.config.kms_key:
            return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.config.kms_key}
        return {"ServerSideEncryption": "AES256"}

    def _put(self, name: str, body: bytes) -> None:
        answer = self.client.put_object(**self.where(name), Body=body, **self._sealed())
        self._check(answer["ETag"], body)

    def _check(self, etag: str, body: bytes) -> None:
        """Refuse what was not stored as it was sent; an ETag under KMS is no checksum."""
        if not self.config.kms_key and etag.strip('"') != hashlib.md5(body).hexdigest():
            raise Damaged

    def _body(self, name: str, part: dict[str, str]) -> bytes | None:
        from botocore.exceptions import ClientError

        try:
            return self.client.get_object(**self.where(name), **part)["Body"].read()
        except ClientError as error:
            if _is_missing(error):
                return None
            raise

    def _fetch(self, name: str, target: Path) -> bool:
        from botocore.exceptions import ClientError

        try:
            answer = self.client.get_object(**self.where(name))
        except ClientError as error:
            if _is_missing(error):
                return False
            raise
        whole, etag, size = hashlib.md5(), answer["ETag"].strip('"'), 0
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(target) as file:
            for block in answer["Body"].iter_chunks(1 << 20):
                whole.update(block)
                size += file.write(block)
            damaged = not self.config.kms_key and "-" not in etag and etag != whole.hexdigest()
            if size != answer["ContentLength"] or damaged:
                raise Damaged
        return True

    def _head(self, name: str) -> Found | None:
        from botocore.exceptions import ClientError

        try:
            answer = self.client.head_object(**self.where(name))
        except ClientError as error:
            if _is_missing(error):
                return None
            raise
        etag, changed = answer["ETag"].strip('"'), answer["LastModified"].astimezone(UTC)
        return Found(name, answer["ContentLength"], etag, changed)

    def _page(self, begin: str, more: Mapping[str, str]) -> dict[str, Any]:
        prefix = self.key(begin)
        return self.client.list_objects_v2(Bucket=self.config.bucket, Prefix=prefix, **more)

    def _delete(self, keys: list[dict[str, str]]) -> None:
        gone = self.client.delete_objects(Bucket=self.config.bucket, Delete={"Objects": keys})
        if gone.get("Errors"):
            raise Damaged

    def _send_parts(self, path: Path, name: str) -> None:
        upload_id, there = self._attempt(name, lambda: self._begun(name))
        parts = []
        for number, body in enumerate(_pieces(path, self.config.part_bytes), start=1):
            etag = there.get(number)
            if etag != hashlib.md5(body).hexdigest():
                where = {**self.where(name), "UploadId": upload_id, "PartNumber": number}
                etag = self._attempt(
                    name, lambda body=body, where=where: self._send_part(body, where)
                )
            parts.append({"PartNumber": number, "ETag": etag})
        self._attempt(name, lambda: self._finish(name, upload_id, parts))

    def _begun(self, name: str) -> tuple[str, dict[int, str]]:
        """Return the multipart upload that an earlier try has left, or a new one, and its parts."""
        bucket, key = self.config.bucket, self.key(name)
        left = self.client.list_multipart_uploads(Bucket=bucket, Prefix=key).get("Uploads", ())
        mine = [one for one in left if one["Key"] == key]
        if not mine:
            made = self.client.create_multipart_upload(**self.where(name), **self._sealed())
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
                if _code(error) == NO_UPLOAD:
                    return []
                raise
            rows = page.get("Parts", ())
            found += [Part(row["PartNumber"], row["Size"], row["ETag"].strip('"')) for row in rows]
            if not page.get("IsTruncated"):
                return found
            after = page["NextPartNumberMarker"]

    def _drop_parts(self, name: str, parts_id: str) -> None:
        from botocore.exceptions import ClientError

        try:
            self.client.abort_multipart_upload(**self.where(name), UploadId=parts_id)
        except ClientError as error:
            if _code(error) != NO_UPLOAD:
                raise

    def _send_part(self, body: bytes, where: dict[str, Any]) -> str:
        answer = self.client.upload_part(**where, Body=body)
        self._check(answer["ETag"], body)
        return answer["ETag"].strip('"')

    def _finish(self, name: str, upload_id: str, parts: list[dict[str, Any]]) -> None:
        from botocore.exceptions import ClientError

        done = {"UploadId": upload_id, "MultipartUpload": {"Parts": parts}}
        try:
            self.client.complete_multipart_upload(**self.where(name), **done)
        except ClientError as error:
            # An answer that was lost on its way: the upload is complete and its id is gone.
            if _code(error) != NO_UPLOAD or self._head(name) is None:
                raise


def file_etag(path: Path, part_bytes: int) -> str:
    """Return the ETag that S3 gives to a file sent in parts of this size, or in one."""
    if path.stat().st_size <= part_bytes:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    digests = [hashlib.md5(piece).digest() for piece in _pieces(path, part_bytes)]
    return f"{hashlib.md5(b''.join(digests)).hexdigest()}-{len(digests)}"


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece


def _is_missing(error: Any) -> bool:  # noqa: ANN401
    return _code(error) in MISSING


def _code(error: Any) -> str:  # noqa: ANN401
    return str(error.response.get("Error", {}).get("Code"))


def is_older(found: Found, seconds: float) -> bool:
    """Say whether an object has not changed for so long."""
    return found.changed < datetime.now(UTC) - timedelta(seconds=seconds)
