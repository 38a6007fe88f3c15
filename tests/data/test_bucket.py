"""Uploads and results in S3: against moto's server, and over a line that breaks."""

import hashlib
import io
import os
import time

import httpx
import pytest

from agents.errors import NotFound, ServiceUnavailable
from data import s3_requests as module
from data.bucket import Bucket
from data.bucket_setup import set_up
from data.s3_media import S3Artifacts, S3Store, result_name
from data.s3_parts import file_etag
from data.s3_requests import TRIES
from tests.data.buckets import PART, Line, moto, open_bucket

FAULTS = ("InternalError", "SlowDown", "stall", "reset", "etag")
BYTES = os.urandom(300_000)


@pytest.fixture(scope="module")
def line():
    with moto() as address, Line(address) as line:
        yield line


@pytest.fixture
def bucket(line):
    line.faults, line.seen = {}, []
    bucket = open_bucket(line.address)
    bucket.remove("")
    line.seen.clear()
    return bucket


@pytest.fixture
def media(bucket, tmp_path):
    return S3Store(bucket, tmp_path / "media")


def test_an_upload_is_in_the_bucket_and_comes_back_on_another_machine(bucket, media, tmp_path):
    stored = media.put("abc", io.BytesIO(BYTES))
    assert stored.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert bucket.find("media/abc/upload").size_bytes == len(BYTES)
    other = S3Store(bucket, tmp_path / "other")
    assert other.path("abc").read_bytes() == BYTES
    with pytest.raises(NotFound):
        other.path("abc", "captions")
    with pytest.raises(NotFound):
        other.path("../abc")


def test_what_is_there_is_not_sent_again(line, media, tmp_path):
    part = tmp_path / "part"
    part.write_bytes(BYTES)
    media.adopt("abc", part)
    media.adopt("abc", media.path("abc"))
    assert line.seen.count("PUT") == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_that_pass_are_outlived(line, bucket, media, tmp_path, fault):
    if fault == "stall":
        bucket = open_bucket(line.address, read_s=0.3)
        media = S3Store(bucket, tmp_path / "media")
    line.faults = {"PUT": [fault] * 2}
    media.put("abc", io.BytesIO(BYTES))
    assert line.seen.count("PUT") == 3
    line.faults = {"GET": [fault] * 2}
    assert S3Store(bucket, tmp_path / "other").path("abc").read_bytes() == BYTES


def test_after_five_tries_it_is_said_and_nothing_is_lost(line, media, monkeypatch):
    pauses = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    line.faults = {"PUT": ["InternalError"] * 9}
    with pytest.raises(
        ServiceUnavailable, match=r"s3://lectures/x/media/abc/upload.*5 times"
    ) as said:
        media.put("abc", io.BytesIO(BYTES))
    assert said.value.code == "storage"
    assert line.seen.count("PUT") == TRIES
    assert len(set(pauses)) == TRIES - 1
    assert max(pauses) <= 0.001 * 2**TRIES
    kept = media.path("abc")
    assert kept.read_bytes() == BYTES
    line.faults = {}
    media.adopt("abc", kept)
    assert media.bucket.holds(kept, "media/abc/upload")


def test_a_refusal_that_stays_is_said_at_once(line, bucket):
    elsewhere = bucket.config.model_copy(update={"bucket": "nobodys"})
    with pytest.raises(ServiceUnavailable, match="NoSuchBucket, tried 1 times"):
        Bucket(elsewhere).write("a", b"b")


def test_a_large_file_goes_in_parts_and_on_where_it_was_cut(line, bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    path = tmp_path / "large"
    path.write_bytes(os.urandom(2 * PART + 1000))
    line.faults = {"PUT": [None, *["reset"] * TRIES]}
    with pytest.raises(ServiceUnavailable):
        bucket.send(path, "large")
    assert bucket.find("large") is None
    line.seen.clear()
    bucket.send(path, "large")
    assert line.seen.count("PUT") == 2  # of three parts the first was there
    assert bucket.holds(path, "large")
    assert bucket.find("large").etag == file_etag(path, PART)
    bucket.fetch("large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == path.read_bytes()


def test_objects_are_encrypted_as_asked_for(line, bucket):
    bucket.write("plain", b"x")
    head = bucket.client.head_object(**bucket.where("plain"))
    assert head["ServerSideEncryption"] == "AES256"
    sealed = open_bucket(line.address, kms_key="alias/lectures")
    sealed.write("sealed", b"x")
    head = bucket.client.head_object(**bucket.where("sealed"))
    assert head["ServerSideEncryption"] == "aws:kms"


def test_a_sweep_takes_what_no_lecture_names(bucket, media):
    for name in ("known", "unknown"):
        media.put(name, io.BytesIO(b"film"))
    assert media.sweep({"known"}) == []
    assert media.sweep({"known"}, older_than_s=-5) == ["unknown"]
    assert [found.key for found in bucket.list("media/")] == ["media/known/upload"]
    old = time.time() - 8 * 86_400
    os.utime(media.root / "known" / "upload", (old, old))
    assert media.copies(old - 1) == []
    assert media.copies(old + 1) == [media.root / "known" / "upload"]
    media.copies(old + 1)[0].unlink()
    assert media.path("known").read_bytes() == b"film"


@pytest.fixture
def results(bucket, tmp_path):
    return S3Artifacts(bucket, tmp_path / "results")


def make(folder):
    (folder / "stills").mkdir()
    (folder / "clip.mp4").write_bytes(BYTES)
    (folder / "stills" / "a.jpg").write_bytes(b"a")


def test_a_result_is_whole_on_another_machine_or_not_there(bucket, results, tmp_path):
    made = results.once("key", make)
    other = S3Artifacts(bucket, tmp_path / "other")
    assert other.once("key", lambda folder: pytest.fail("made twice")).name == "key"
    assert (other.folder("key") / "stills" / "a.jpg").read_bytes() == b"a"
    assert (other.folder("key") / "clip.mp4").read_bytes() == (made / "clip.mp4").read_bytes()
    bucket.remove(result_name("key", ".complete"))
    assert S3Artifacts(bucket, tmp_path / "third").folder("key") is None


def test_a_result_is_removed_everywhere(bucket, results):
    results.once("key", make)
    results.once("live", make)
    gone = results.sweep({"live"}, older_than_s=-5)
    assert [name for name in gone if not name.startswith(".")] == ["key"]
    results.discard("live")
    assert results.folder("live") is None
    assert list(bucket.list("results/")) == []


def test_a_link_fetches_the_file_under_a_name(bucket, results):
    results.once("key", make)
    name = result_name("key", "clip.mp4")
    link = bucket.link(name, expires_s=60, save_as="Größe.mp4", media_type="video/mp4")
    answer = httpx.get(link)
    assert (answer.status_code, answer.content) == (200, BYTES)
    assert (
        answer.headers["content-disposition"] == "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.mp4"
    )
    assert answer.headers["content-type"] == "video/mp4"
    assert "X-Amz-Expires=60" in link


def test_the_bucket_is_set_up_and_foreign_rules_stay(line, bucket):
    name = {"Bucket": bucket.config.bucket}
    mine = {"ID": "mine", "Status": "Enabled", "Filter": {"Prefix": "y/"}}
    rules = {"Rules": [{**mine, "Expiration": {"Days": 9}}]}
    bucket.client.put_bucket_lifecycle_configuration(**name, LifecycleConfiguration=rules)
    for _ in range(2):
        told = set_up(bucket, noncurrent_days=30, parts_days=1)
    assert told[0] == "encryption: AES256"
    found = bucket.client.get_bucket_lifecycle_configuration(**name)["Rules"]
    assert [rule["ID"] for rule in found] == ["mine", "lecture-highlights"]
    assert found[1]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert found[1]["Filter"] == {"Prefix": "x/"}
    sealed = bucket.client.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]
    by = sealed["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert by["SSEAlgorithm"] == "AES256"
    blocked = bucket.client.get_public_access_block(**name)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())


def test_a_form_takes_exactly_what_was_agreed(bucket):
    form = bucket.form("media/abc/upload", size_bytes=len(BYTES))
    assert form["fields"]["key"] == "x/media/abc/upload"
    sent = httpx.post(form["url"], data=form["fields"], files={"file": ("a.mp4", BYTES)})
    assert sent.status_code in (200, 204)
    assert bucket.read("media/abc/upload") == BYTES
