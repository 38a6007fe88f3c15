"""An S3 bucket: stores, fetches, lists and removes objects, and signs links to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import quote

from data.disk import atomic_file
from data.s3_parts import Parts, file_etag
from data.s3_requests import Damaged, Found, is_missing


class Bucket(Parts):
    """Sends, fetches and removes objects; a failure is ServiceUnavailable with code `storage`."""

    # --- one object -------------------------------------------------------------------------------

    def send(self, path: Path, name: str) -> None:
        """Store a file; one in parts goes on where an earlier, broken try has stopped."""
        if path.stat().st_size > self.config.part_bytes:
            self.send_parts(path, name)
        else:
            body = path.read_bytes()
            self.attempt(name, lambda: self._put(name, body))

    def write(self, name: str, body: bytes) -> None:
        """Store a few bytes."""
        self.attempt(name, lambda: self._put(name, body))

    def read(self, name: str, most: int | None = None) -> bytes | None:
        """Return the bytes of a small object, or its first ones; None where there is none."""
        part = {"Range": f"bytes=0-{most - 1}"} if most else {}
        return self.attempt(name, lambda: self._body(name, part))

    def fetch(self, name: str, target: Path) -> bool:
        """Write an object to `target`, whole or not at all; say whether there is one."""
        return self.attempt(name, lambda: self._fetch(name, target))

    def find(self, name: str) -> Found | None:
        """Return what is known of an object, None where there is none."""
        return self.attempt(name, lambda: self.head(name))

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
            page = self.attempt(begin, lambda more=more: self._page(begin, more))
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
            self.attempt(begin, lambda keys=keys: self._delete(keys))

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

    def _put(self, name: str, body: bytes) -> None:
        answer = self.client.put_object(**self.where(name), Body=body, **self.sealed())
        self.check(answer["ETag"], body)

    def _body(self, name: str, part: dict[str, str]) -> bytes | None:
        from botocore.exceptions import ClientError

        try:
            return self.client.get_object(**self.where(name), **part)["Body"].read()
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def _fetch(self, name: str, target: Path) -> bool:
        from botocore.exceptions import ClientError

        try:
            answer = self.client.get_object(**self.where(name))
        except ClientError as error:
            if is_missing(error):
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

    def _page(self, begin: str, more: Mapping[str, str]) -> dict[str, Any]:
        prefix = self.key(begin)
        return self.client.list_objects_v2(Bucket=self.config.bucket, Prefix=prefix, **more)

    def _delete(self, keys: list[dict[str, str]]) -> None:
        gone = self.client.delete_objects(Bucket=self.config.bucket, Delete={"Objects": keys})
        if gone.get("Errors"):
            raise Damaged
