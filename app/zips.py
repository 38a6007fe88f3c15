"""A zip that is sent while it is made: files are stored, and no more than a block is in memory."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

BLOCK = 256 * 1024


class _Spool:
    """Takes what `zipfile` writes and hands it on; it cannot seek."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes) -> int:
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: whoever reads takes what is there."""

    def take(self) -> bytes:
        data = bytes(self.waiting)
        self.waiting.clear()
        return data


def stream_zip(entries: Iterable[tuple[str, Path | str]]) -> Iterator[bytes]:
    """Yield a zip of (name, file or text), uncompressed: what is in it is compressed already."""
    spool = _Spool()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_STORED) as archive:  # pyright: ignore[reportArgumentType, reportCallIssue]
        for name, content in entries:
            if isinstance(content, str):
                archive.writestr(zipfile.ZipInfo(name, time.localtime()[:6]), content.encode())
                continue
            # A zip cannot hold times before 1980, which some file systems give.
            about = zipfile.ZipInfo.from_file(content, name, strict_timestamps=False)
            with content.open("rb") as source, archive.open(about, "w", force_zip64=True) as target:
                while data := source.read(BLOCK):
                    target.write(data)
                    yield spool.take()
    yield spool.take()
