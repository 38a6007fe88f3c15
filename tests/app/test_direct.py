"""Recordings that go straight to the bucket, in parts and by a form, also over a bad line."""

import hashlib
import os
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from agents.errors import MediaError, ServiceUnavailable
from app import sending
from app.client import Client
from app.connection import Refused
from app.security.identity import LOCAL, acting_as
from app.services.startup import expire_uploads
from data.media import FolderStore
from data.s3_media import S3Store
from tests.app.live import listening
from tests.app.people import forget_people
from tests.app.tus import recording
from tests.data.buckets import NAME, PART, Line, moto, open_bucket

SIZE = PART + 40_000
API = "/api/v1"


@pytest.fixture(scope="module")
def line():
    with moto() as address, Line(address) as line:
        yield line


@pytest.fixture
def bucket(line, services, monkeypatch):
    """Have the app keep its media in a bucket behind the line."""
    line.faults, line.bearers = {}, []
    bucket = open_bucket(line.address)
    monkeypatch.setattr(services, "media", S3Store(bucket, services.media.root))
    monkeypatch.setattr(folder_of(services), "max_bytes", 1 << 40)
    monkeypatch.setattr(sending.time, "sleep", lambda seconds: None)
    return bucket


@pytest.fixture(scope="module")
def here(client, services):
    """Return a client with a key of the server's, which the bucket must never see."""
    with acting_as(LOCAL):
        key = services.accounts.make_key("direct", ["read", "write"])
    with listening(client.app) as address, Client(address, key=key) as program:
        yield program
    forget_people(services)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("direct") / "talk.mp4"
    path.write_bytes(recording(SIZE, salt="direct"))
    return path


def folder_of(services):
    return services.uploads.__dict__["_service"]


def begin(client, **more):
    body = {"name": "a.mp4", "size": SIZE, "title": "Parts", **more}
    answer = client.post(f"{API}/uploads/parts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def sign(client, upload, *numbers):
    answer = client.post(f"{API}/uploads/{upload['id']}/parts", json={"numbers": numbers})
    assert answer.status_code == 200, answer.text
    return answer.json()


def left(bucket):
    """Return how many uploads in parts have neither ended nor been dropped."""
    return len(bucket.client.list_multipart_uploads(Bucket=NAME).get("Uploads", ()))


@pytest.mark.parametrize(
    ("way", "faults"),
    [
        ("parts", {"PUT": ["InternalError", "reset", None, "SlowDown", "etag"]}),
        ("form", {"POST": ["SlowDown", "reset"]}),
    ],
)
def test_the_client_sends_past_faults_and_a_lecture_is_made(
    line, bucket, here, services, file, monkeypatch, way, faults
):
    heard = []
    begun = sending.BucketSender.begin
    monkeypatch.setattr(
        sending.BucketSender, "begin",
        lambda self, *given: (begun(self, *given), line.faults.update(faults))[0],
    )  # fmt: skip
    captions = file.with_suffix(".vtt")
    captions.write_text("WEBVTT\n")
    job = here.upload(
        file,
        captions=captions,
        title="Straight",
        way=way,
        sent=lambda *so_far: heard.append(so_far),
    )
    assert not any(faults.values())
    lecture = here.lecture(job.lecture_id)
    body = file.read_bytes()
    assert (lecture.title, lecture.size_bytes) == ("Straight", SIZE)
    assert lecture.sha256 == hashlib.sha256(body).hexdigest()
    assert bucket.read(f"media/{lecture.id}/upload") == body
    assert bucket.read(f"media/{lecture.id}/captions") == b"WEBVTT\n"
    assert heard[-1] == (SIZE, SIZE)
    assert heard == sorted(heard)
    assert left(bucket) == 0
    assert not [bearer for bearer in line.bearers if bearer.startswith("Bearer")]
    here.cancel(job.id)


def test_after_five_tries_it_is_said_and_the_parts_that_arrived_are_told(
    line, bucket, here, client, file
):
    upload = begin(client)
    line.faults = {"PUT": [None, *["InternalError"] * 5]}
    sender = sending.BucketSender(here.connection, file, None)
    with pytest.raises(ServiceUnavailable, match="tried 5 times") as said:
        sender.send(sending.PartsView.model_validate(upload))
    assert said.value.code == "storage"
    (there,) = client.get(f"{API}/uploads/{upload['id']}/parts").json()
    assert (there["number"], there["size_bytes"]) == (1, PART)
    refused = client.post(f"{API}/uploads/{upload['id']}/complete")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert refused.json()["detail"] == "1 of 2 parts have arrived; send 2."
    line.faults = {}
    (link,) = sign(client, upload, 2)
    assert httpx.put(link["url"], content=file.read_bytes()[PART:]).is_success
    first, again = (client.post(f"{API}/uploads/{upload['id']}/complete").json() for _ in range(2))
    assert first == again
    client.post(f"{API}/jobs/{first['job_id']}/cancel")
    assert client.get(f"{API}/uploads/{upload['id']}/parts").status_code == 409


def test_a_link_is_signed_for_the_bytes_of_its_part(bucket, client):
    upload = begin(client)
    assert (upload["parts"], upload["part_bytes"]) == (2, PART)
    first, second = sign(client, upload, 1, 2)
    assert (first["size_bytes"], second["size_bytes"]) == (PART, SIZE - PART)
    signed = parse_qs(urlsplit(first["url"]).query)
    assert "content-length" in signed["X-Amz-SignedHeaders"][0].split(";")
    assert signed["partNumber"] == ["1"]
    for wrong in ([0], [], [10_001], list(range(1, 102))):
        answer = client.post(f"{API}/uploads/{upload['id']}/parts", json={"numbers": wrong})
        assert answer.status_code == 422
    assert client.post(f"{API}/uploads/{upload['id']}/parts", json={"numbers": [3]}).is_error
    client.delete(f"{API}/uploads/{upload['id']}")


def test_a_part_of_another_size_is_not_taken(bucket, client):
    upload = begin(client)
    links = sign(client, upload, 1, 2)
    for link in links:
        httpx.put(link["url"], content=b"x" * PART)
    refused = client.post(f"{API}/uploads/{upload['id']}/complete").json()
    assert refused["detail"] == "1 of 2 parts have arrived; send 2."
    assert client.delete(f"{API}/uploads/{upload['id']}").status_code == 204
    assert left(bucket) == 0
    assert client.get(f"{API}/uploads/{upload['id']}/parts").status_code == 404


def test_what_is_no_recording_is_removed_before_there_is_a_job(bucket, client, services):
    body = b"Minutes of the meeting. " * 100
    upload = begin(client, size=len(body))
    (link,) = sign(client, upload, 1)
    httpx.put(link["url"], content=body)
    refused = client.post(f"{API}/uploads/{upload['id']}/complete")
    assert (refused.status_code, refused.json()["code"]) == (415, "not_media")
    assert not list(bucket.list(f"media/{upload['id']}"))
    assert client.get(f"{API}/lectures/{upload['id']}").status_code == 404
    assert client.post(f"{API}/uploads/{upload['id']}/complete").status_code == 404


def test_what_is_too_large_or_a_wrong_kind_is_refused_at_once(
    bucket, client, services, monkeypatch
):
    monkeypatch.setattr(folder_of(services), "max_bytes", 1000)
    for body, code in (
        ({"name": "a.mp4", "size": 1001}, "too_large"),
        ({"name": "a.mp4", "size": 0}, "empty_file"),
        ({"name": "a.exe", "size": 10}, "extension"),
    ):
        for way in ("parts", "form"):
            assert client.post(f"{API}/uploads/{way}", json=body).json()["code"] == code
    assert left(bucket) == 0
    with pytest.raises(MediaError, match="parts take more"):
        services.direct.begin(name="a.mp4", size=6 << 30)


def test_many_parts_are_larger_parts(bucket):
    assert bucket.part_bytes(SIZE) == PART
    assert bucket.part_bytes(PART * 10_000) == PART
    larger = bucket.part_bytes(PART * 10_000 + 1)
    assert larger == PART + (1 << 20)
    assert -(-(PART * 10_000 + 1) // larger) <= 10_000


def test_the_same_key_is_the_same_upload_and_no_other(bucket, client):
    def create(way, key, **more):
        body = {"name": "a.mp4", "size": SIZE, **more}
        headers = {"Idempotency-Key": key}
        return client.post(f"{API}/uploads/{way}", json=body, headers=headers)

    first, second = (create("parts", "monday-0001").json() for _ in range(2))
    assert first == second
    assert left(bucket) == 1
    other = create("parts", "monday-0001", title="Other")
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert create("parts", "monday-0002").json()["id"] != first["id"]
    assert create("form", "monday-0003").json()["id"] == create("form", "monday-0003").json()["id"]


def test_uploads_that_nobody_goes_on_with_are_dropped_in_the_bucket_too(
    bucket, client, services, monkeypatch
):
    upload = begin(client)
    record = services.uploads.part(services.uploads.get(upload["id"])).parent
    httpx.put(sign(client, upload, 2)[0]["url"], content=b"b" * (SIZE - PART))
    for path in record.iterdir():
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
    expire_uploads(services)
    assert record.exists(), "a part came a moment ago"
    begun = services.uploads.touched(services.uploads.get(upload["id"]))
    sign(client, upload, 1)
    assert services.uploads.touched(services.uploads.get(upload["id"])) > begun + 86_400
    now = time.time()
    monkeypatch.setattr("app.services.uploads.time.time", lambda: now + 2 * 86_400)
    expire_uploads(services)
    assert not record.exists()
    assert left(bucket) == 0
    assert services.uploads.all() == []


def test_a_lecture_stays_when_its_upload_is_dropped(bucket, client, services):
    body = recording(5_000, salt="stays")
    upload = begin(client, size=len(body))
    httpx.put(sign(client, upload, 1)[0]["url"], content=body)
    done = client.post(f"{API}/uploads/{upload['id']}/complete").json()
    client.post(f"{API}/jobs/{done['job_id']}/cancel")
    assert client.delete(f"{API}/uploads/{upload['id']}").status_code == 204
    assert bucket.read(f"media/{upload['id']}/upload") == body


def test_without_a_bucket_parts_are_refused(client, services, here):
    assert type(services.media) is FolderStore
    answer = client.post(f"{API}/uploads/parts", json={"name": "a.mp4", "size": 5_000})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    tus = client.post(
        f"{API}/uploads",
        headers={
            "Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "filename YS5tcDQ=",
        },
    )  # fmt: skip
    refused = client.get(f"{tus.headers['location']}/parts")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    with pytest.raises(Refused, match="tus"):
        here.connection.json("POST", "/uploads/parts", json={"name": "a.mp4", "size": 5_000})
