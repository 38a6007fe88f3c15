"""Unfinished uploads: the length of a part file is its offset, so a kill costs nothing.

uploads/<id>/upload.json   what the client said
uploads/<id>/part          the bytes so far
uploads/<id>/captions      optional
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from agents.errors import LectureError, MediaError, NotFound
from agents.intake.probe import HEAD_BYTES
from data.disk import atomic_file, check_space, disk_errors, modified

UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
MAX_CAPTIONS_BYTES = 5 << 20
CAPTION_SUFFIXES = (".vtt", ".srt", ".ttml", ".dfxp", ".json3", ".ass")
GIVEN_SUFFIXES = (*CAPTION_SUFFIXES, ".xml", ".json", ".txt")
"""What captions that somebody names may be called; the content decides what they are."""
BLOCK = 1 << 20
Way = Literal["tus", "form", "parts"]
FORM_S, PART_S = 600, 3_600
"""How long the form, and the links for parts, of a recording that goes to the bucket work."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What the client said about an upload, and what became of it."""

    id: str
    name: str
    size: int
    title: str
    preset: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Tunables by agent that its job shall have in place of the preset's."""
    captions_name: str = ""
    created: float = field(default_factory=time.time)
    """Seconds since 1970, UTC."""
    job_id: str = ""
    """The job that it led to; the upload's id is the lecture's."""
    owner: str = "local"
    """The person whose lecture it becomes."""
    way: Way = "tus"
    """How its bytes come: here, or to the bucket by a form or in parts."""
    parts_id: str = ""
    """What the bucket calls the upload in parts."""
    part_bytes: int = 0
    """Of every part but the last."""

    @property
    def part_sizes(self) -> list[int]:
        """Return the bytes of every part."""
        whole, rest = divmod(self.size, self.part_bytes)
        return [self.part_bytes] * whole + ([rest] if rest else [])


class UploadConflict(LectureError):
    """The offset is not where the part ends, or another request is writing it."""

    code = "conflict"


class UploadFolder:
    """The folder of unfinished uploads."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root = root
        self.max_bytes = max_bytes

    def create(
        self,
        *,
        name: str,
        size: int,
        title: str = "",
        preset: str = "",
        params: Mapping[str, Any] | None = None,
        owner: str = "local",
        way: Way = "tus",
        key: str = "",
        begins: AbstractContextManager[None] | None = None,
    ) -> Upload:
        """Reserve an upload of `size` bytes, or refuse it in one sentence.

        Asked again with the same key of the same person, it returns what was reserved before;
        a new one `begins` inside of what may refuse it.
        """
        folder_id = _named_id(owner, key) if key else secrets.token_hex(16)
        title = title.strip() or Path(name).stem
        upload = Upload(folder_id, name, size, title, preset, params or {}, owner=owner, way=way)
        if key and (made := self._made(upload)):
            return made
        self._check_size(name, size)
        with begins or nullcontext():
            self._reserve(upload)
        return upload

    def _reserve(self, upload: Upload) -> None:
        folder = self.root / upload.id
        with disk_errors(self.root):
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)  # a named id may be half there
            self._write(upload)
            (folder / "part").touch(0o600)

    def _made(self, asked: Upload) -> Upload | None:
        """Return what a key stands for already; refuse to let it stand for something else."""
        try:
            made = self.get(asked.id)
        except NotFound:
            return None
        names = ("name", "size", "title", "preset", "params", "way")
        if any(getattr(made, name) != getattr(asked, name) for name in names):
            raise UploadConflict(
                "This Idempotency-Key was used for another upload; take a new one."
            )
        return made

    def in_parts(self, upload: Upload, parts_id: str, part_bytes: int) -> Upload:
        """Remember what the bucket calls an upload in parts, and how large they are."""
        upload = replace(upload, parts_id=parts_id, part_bytes=part_bytes)
        self._write(upload)
        return upload

    def _check_size(self, name: str, size: int) -> None:
        if size == 0:
            raise MediaError(f"{name!r} is empty; a recording is needed.", code="empty_file")
        if size > self.max_bytes:
            raise MediaError(
                f"{name!r} has {size / 1e9:.1f} GB; up to {self.max_bytes / 1e9:.1f} GB are taken.",
                code="too_large",
            )
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        check_space(self.root, size)

    def get(self, upload_id: str) -> Upload:
        """Return an upload, or raise NotFound."""
        try:
            body = (self._folder(upload_id) / "upload.json").read_text("utf-8")
        except OSError as error:
            raise NotFound(f"There is no upload {upload_id[:40]!r}.") from error
        return Upload(**json.loads(body))

    def offset(self, upload: Upload) -> int:
        """Return the bytes stored so far."""
        try:
            return self.part(upload).stat().st_size
        except FileNotFoundError:
            # Only a complete part is ever moved away.
            return upload.size

    def part(self, upload: Upload) -> Path:
        """Return the file that the bytes go to."""
        return self._folder(upload.id) / "part"

    def captions(self, upload: Upload) -> Path | None:
        """Return the caption file that came with it."""
        path = self._folder(upload.id) / "captions"
        return path if path.is_file() else None

    def put_captions(self, upload: Upload, name: str, body: bytes) -> Upload:
        """Keep a caption file with an unfinished upload."""
        if Path(name).suffix.lower() not in GIVEN_SUFFIXES:
            known = ", ".join(GIVEN_SUFFIXES)
            raise MediaError(f"{name!r} is no caption file; {known} are taken.", code="extension")
        if upload.job_id:
            raise UploadConflict("The recording is complete; captions came too late.")
        path = self._folder(upload.id) / "captions"
        with atomic_file(path) as file:
            file.write(body)
        upload = replace(upload, captions_name=name)
        self._write(upload)
        return upload

    def append(self, upload: Upload, descriptor: int, block: bytes) -> int:
        """Write one block at the end of the part and return the new offset."""
        offset = os.lseek(descriptor, 0, os.SEEK_CUR)
        if offset + len(block) > upload.size:
            raise MediaError(
                f"{upload.name!r} was announced with {upload.size} bytes; more were sent.",
                code="too_large",
            )
        with disk_errors(self.root):
            _write_all(descriptor, block)
        return offset + len(block)

    def head(self, upload: Upload) -> bytes:
        """Return the first bytes of the part."""
        with self.part(upload).open("rb") as file:
            return file.read(HEAD_BYTES)

    def finished(self, upload: Upload, job_id: str) -> Upload:
        """Remember the job and drop what is left of the files."""
        upload = replace(upload, job_id=job_id)
        self._write(upload)
        for name in ("part", "captions"):
            (self._folder(upload.id) / name).unlink(missing_ok=True)
        return upload

    def delete(self, upload_id: str) -> None:
        """Drop an upload with all its bytes."""
        shutil.rmtree(self._folder(upload_id), ignore_errors=True)

    def all(self) -> list[Upload]:
        """Return every upload that is remembered."""
        found = []
        for upload_id in self._ids():
            # A kill between mkdir and the first write leaves a folder without a record.
            with suppress(NotFound, ValueError, TypeError):
                found.append(self.get(upload_id))
        return found

    def touch(self, upload: Upload) -> None:
        """Note that somebody goes on with an upload whose bytes do not come through here."""
        os.utime(self._folder(upload.id) / "upload.json")

    def broken_off(self, older_than_s: float) -> dict[str, float]:
        """Return when uploads were touched last that nobody has touched for so long, by id."""
        found: dict[str, float] = {}
        for upload_id in self._ids():
            touched = self._touched(upload_id)
            if time.time() - touched > older_than_s:
                found[upload_id] = touched
        return found

    def touched(self, upload: Upload) -> float:
        """Return when somebody went on with an upload last, in seconds since 1970."""
        return self._touched(upload.id)

    def _touched(self, upload_id: str) -> float:
        folder = self._folder(upload_id)
        # a file or folder that goes meanwhile counts as touched
        return max(map(modified, folder.glob("*")), default=modified(folder))

    def _ids(self) -> list[str]:
        names = (path.name for path in (self.root.iterdir() if self.root.is_dir() else ()))
        return sorted(name for name in names if UPLOAD_ID.fullmatch(name))

    @contextmanager
    def writing(self, upload: Upload, offset: int) -> Iterator[int]:
        """Hold the part open for appending at `offset`; one writer at a time, over processes."""
        try:
            descriptor = os.open(self.part(upload), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise UploadConflict("The recording is complete already.") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UploadConflict(
                    "Another request is writing this upload.", code="locked"
                ) from error
            stored = os.lseek(descriptor, 0, os.SEEK_END)
            if stored != offset:
                raise UploadConflict(
                    f"{stored} bytes are stored, so {offset} is no place to go on."
                )
            yield descriptor
        finally:
            os.close(descriptor)

    def _folder(self, upload_id: str) -> Path:
        if not UPLOAD_ID.fullmatch(upload_id):
            raise NotFound(f"There is no upload {upload_id[:40]!r}.")
        return self.root / upload_id

    def _write(self, upload: Upload) -> None:
        with atomic_file(self._folder(upload.id) / "upload.json") as file:
            file.write(json.dumps(asdict(upload), ensure_ascii=False).encode())


def _named_id(owner: str, key: str) -> str:
    """Return the id of the upload that a person means by a key."""
    return hashlib.sha256(f"{owner} {key}".encode()).hexdigest()[:32]


def _write_all(descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]
