"""Links that fetch one file for a while, without any account: signed by S3, CloudFront or here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from agents.errors import NotFound, ServiceUnavailable
from app.services.core import Core
from app.services.extras import Extras
from app.services.files import ClipFile, Files, ServedFile
from data.bucket import Bucket
from data.disk import atomic_file
from data.s3_media import S3Artifacts, result_name
from jobs.extras import ExtraKind

FILES = "/api/v1/files"
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Link:
    """An address that fetches a file until it expires."""

    url: str
    """Whole where the bucket or CloudFront serves it; else a path of this server."""
    expires: datetime
    name: str
    """What it is saved as."""


class Links:
    """Makes links, and finds what those of this server mean."""

    def __init__(self, core: Core, files: Files, extras: Extras) -> None:
        self.core = core
        self.files = files
        self.extras = extras

    def of_clip(self, clip_id: str, kind: ClipFile, expires_s: int | None = None) -> Link:
        """Return a link to one file of a clip."""
        file = self.files.clip(clip_id, kind)
        return self._link(file, ["clip", clip_id, kind], expires_s)

    def of_extra(
        self,
        kind: ExtraKind,
        suffix: str,
        lecture_id: str,
        job_id: str | None = None,
        expires_s: int | None = None,
    ) -> Link:
        """Return a link to one file of the reel or the podcast."""
        file = self.extras.file(kind, suffix, lecture_id, job_id)
        return self._link(file, ["extra", kind, suffix, lecture_id, job_id], expires_s)

    def open(self, token: str) -> ServedFile:
        """Return the file that a link of this server means, or raise NotFound."""
        what = self._read(token)
        found: dict[str, Callable[..., ServedFile]] = {
            "clip": self.files.clip,
            "extra": self.extras.file,
        }
        return found[what[0]](*what[1:])

    def _link(self, file: ServedFile, what: list[Any], expires_s: int | None) -> Link:
        expires_s = expires_s or self.core.settings.link_expiry_s
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=expires_s)
        made = self._outside(file, expires, expires_s)
        url = made or f"{FILES}/{self._token(what, int(expires.timestamp()))}"
        return Link(url, expires, file.download_name)

    # --- the bucket -------------------------------------------------------------------------------

    def _outside(self, file: ServedFile, expires: datetime, expires_s: int) -> str | None:
        """Return where bucket or CloudFront serve a file, None where there is no bucket."""
        artifacts = self.core.artifacts
        if not isinstance(artifacts, S3Artifacts):
            return None
        key, *inside = file.path.relative_to(artifacts.root).parts
        name = result_name(key, "/".join(inside))
        if self.core.settings.cloudfront_url:
            return self._cloudfront(artifacts.bucket, name, expires)
        save_as, media_type = file.download_name, file.media_type
        return artifacts.bucket.link(
            name, expires_s=expires_s, save_as=save_as, media_type=media_type
        )

    def _cloudfront(self, bucket: Bucket, name: str, expires: datetime) -> str:
        from botocore.signers import CloudFrontSigner

        settings = self.core.settings
        signer = CloudFrontSigner(settings.cloudfront_key_id or "", self._sign)
        url = f"{(settings.cloudfront_url or '').rstrip('/')}/{bucket.key(name)}"
        return signer.generate_presigned_url(url, date_less_than=expires)

    def _sign(self, message: bytes) -> bytes:
        """Sign a policy as CloudFront asks for: RSA with SHA-1, PKCS #1 v1.5."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA1

        return self._private_key.sign(message, PKCS1v15(), SHA1())

    @cached_property
    def _private_key(self) -> Any:  # noqa: ANN401 - one of several kinds until it is looked at
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        path = self.core.settings.cloudfront_key
        try:
            return load_pem_private_key(path.read_bytes() if path else b"", None)
        except (OSError, ValueError) as error:
            raise ServiceUnavailable(
                f"LECTURE_CLOUDFRONT_KEY: {path} is no PEM file with a private key.",
                code="bad_setting",
            ) from error

    # --- this server ------------------------------------------------------------------------------

    @cached_property
    def _secret(self) -> bytes:
        """Return what links are signed with: made once per state folder, read by nobody else."""
        path = self.core.settings.state / "links.key"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(path) as file:
                Path(file.name).chmod(0o600)
                file.write(secrets.token_bytes(SECRET_BYTES))
        return path.read_bytes()

    def _token(self, what: list[Any], expires: int) -> str:
        body = json.dumps([expires, *what], separators=(",", ":")).encode()
        return _text(self._seal(body) + body)

    def _seal(self, body: bytes) -> bytes:
        return hmac.new(self._secret, body, hashlib.sha256).digest()

    def _read(self, token: str) -> list[Any]:
        try:
            whole = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (ValueError, binascii.Error) as error:
            raise _unknown() from error
        seal, body = whole[:SECRET_BYTES], whole[SECRET_BYTES:]
        if not hmac.compare_digest(seal, self._seal(body)):
            raise _unknown()
        expires, *what = json.loads(body)
        if time.time() >= expires:
            raise _unknown()
        return what


def _unknown() -> NotFound:
    return NotFound("This link is wrong or has expired; ask for a new one.")


def _text(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()
