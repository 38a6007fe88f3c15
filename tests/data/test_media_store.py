"""Uploads are kept whole or not at all, under names that nobody chooses."""

import hashlib
import io
import os
import shutil
import time
from collections import namedtuple

import pytest

from agents.errors import NotFound, ServiceUnavailable
from data.media import FolderStore

BYTES = os.urandom(3_000_000)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def media(tmp_path):
    return FolderStore(tmp_path / "media")


def test_an_upload_comes_back_with_its_hash_and_size(media):
    stored = media.put("abc", io.BytesIO(BYTES))
    assert stored.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert stored.size_bytes == len(BYTES)
    assert media.path("abc").read_bytes() == BYTES
    with media.open("abc") as file:
        assert file.read(10) == BYTES[:10]


def test_captions_stand_beside_the_upload(media):
    media.put("abc", io.BytesIO(b"film"))
    media.put("abc", io.BytesIO(b"WEBVTT"), "captions")
    assert media.path("abc", "captions").read_bytes() == b"WEBVTT"
    assert media.path("abc").read_bytes() == b"film"


class Breaks(io.BytesIO):
    """A connection that is cut after the first block."""

    def read(self, size=-1):
        if self.tell():
            raise ConnectionResetError
        return super().read(size)


def test_a_cut_upload_leaves_nothing_under_any_name(media):
    with pytest.raises(ConnectionResetError):
        media.put("abc", Breaks(BYTES))
    with pytest.raises(NotFound):
        media.path("abc")
    assert list((media.root / "abc").iterdir()) == []


def test_a_cut_replacement_leaves_the_old_upload(media):
    media.put("abc", io.BytesIO(b"old"))
    with pytest.raises(ConnectionResetError):
        media.put("abc", Breaks(BYTES))
    assert media.path("abc").read_bytes() == b"old"


def test_a_finished_part_is_moved_into_place(media, tmp_path):
    part = tmp_path / "part"
    part.write_bytes(BYTES)
    inode = part.stat().st_ino
    stored = media.adopt("abc", part)
    assert not part.exists()
    assert stored.path.stat().st_ino == inode
    assert stored.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert stored.size_bytes == len(BYTES)


def test_deleting_twice_is_as_good_as_once(media):
    media.put("abc", io.BytesIO(b"film"))
    media.put("other", io.BytesIO(b"film"))
    for _ in range(2):
        media.delete("abc")
    with pytest.raises(NotFound):
        media.open("abc")
    assert media.path("other").exists()


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", "/etc", "a\0b", "x" * 65])
def test_a_name_cannot_leave_the_folder(media, name):
    with pytest.raises(NotFound):
        media.path(name)
    with pytest.raises(NotFound):
        media.delete(name)


def test_room_for_three_times_the_upload_and_a_gigabyte_is_asked_for(media, monkeypatch):
    size = 2_000_000_000
    enough = 3 * size + (1 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, enough))
    media.check_space(size)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, enough - 1))
    with pytest.raises(
        ServiceUnavailable, match=r"7\.1 GB free; this upload needs 7\.1 GB"
    ) as full:
        media.check_space(size)
    assert full.value.code == "no_space"
    with pytest.raises(ServiceUnavailable):
        media.put("abc", io.BytesIO(b"film"), size_bytes=size)
    assert not (media.root / "abc").exists()


def test_a_sweep_takes_unknown_lectures_and_old_parts(media):
    for name in ("known", "unknown", "young"):
        media.put(name, io.BytesIO(b"film"))
    (media.root / "known" / ".upload.1.aa.part").write_bytes(b"half")
    for name in ("known", "unknown"):
        os.utime(media.root / name, (time.time() - 7 * 86_400,) * 2)
    assert media.sweep({"known"}) == [".upload.1.aa.part", "unknown"]
    assert media.path("known").exists()
    assert media.path("young").exists()
