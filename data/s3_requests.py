"""Requests to an S3 bucket: each is tried five times at most, and what arrives is checked.

boto3's own retries are off: one place decides how often and how long is waited (full jitter, as in
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from agents.errors import LectureError, ServiceUnavailable

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
MISSING = {"NoSuchKey", "404", "NotFound"}

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


class Damaged(Exception):
    """What arrived is not what was sent."""


class Requests:
    """Makes requests of one bucket; a failure is ServiceUnavailable with code `storage`."""

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

    def attempt(self, name: str, act: Callable[[], Answer]) -> Answer:
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

    def sealed(self) -> dict[str, str]:
        """Return how an object is encrypted."""
        if self.config.kms_key:
            return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.config.kms_key}
        return {"ServerSideEncryption": "AES256"}

    def check(self, etag: str, body: bytes) -> None:
        """Refuse what was not stored as it was sent; an ETag under KMS is no checksum."""
        if not self.config.kms_key and etag.strip('"') != hashlib.md5(body).hexdigest():
            raise Damaged

    def head(self, name: str) -> Found | None:
        """Return what one request tells of an object."""
        from botocore.exceptions import ClientError

        try:
            answer = self.client.head_object(**self.where(name))
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        etag, changed = answer["ETag"].strip('"'), answer["LastModified"].astimezone(UTC)
        return Found(name, answer["ContentLength"], etag, changed)


def is_missing(error: Any) -> bool:  # noqa: ANN401
    """Say whether a refusal means that there is no such object."""
    return code_of(error) in MISSING


def code_of(error: Any) -> str:  # noqa: ANN401
    """Return the code of a refusal."""
    return str(error.response.get("Error", {}).get("Code"))


def is_older(found: Found, seconds: float) -> bool:
    """Say whether an object has not changed for so long."""
    return found.changed < datetime.now(UTC) - timedelta(seconds=seconds)
