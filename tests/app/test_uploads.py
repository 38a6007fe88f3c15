"""Resumable uploads: what is cut goes on, what is foreign leaves nothing, what is wrong is said."""

import asyncio
import os
import random
import time

import pytest

from app.services import startup
from app.services.startup import begin
from tests.app.tus import metadata, recording


def problem(response):
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()


def test_a_complete_upload_becomes_a_lecture_and_a_job(tus, services):
    body = recording(20_000, salt="whole")
    done = tus.upload("talk.mp4", body, title="Heat")
    assert done.status_code == 204
    lecture = services.lectures.get(done.headers["lecture-id"])
    assert (lecture.title, lecture.size_bytes) == ("Heat", len(body))
    assert services.media.path(lecture.id).read_bytes() == body
    assert services.jobs.latest(lecture.id).id == done.headers["job-id"]


def test_an_upload_without_title_is_named_after_its_file(tus, services):
    done = tus.upload("C:\\videos\\My talk.mp4", recording(5_000, salt="name"))
    assert services.lectures.get(done.headers["lecture-id"]).title == "My talk"


def test_an_upload_cut_at_random_offsets_arrives_byte_for_byte(tus, services):
    body = recording(200_000, salt="cut")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    cuts = random.Random(5)
    while True:
        offset = tus.offset(location)
        piece = body[offset : offset + cuts.randrange(1, 40_000)]
        answer = tus.patch(location, offset, piece)
        assert answer.headers["upload-offset"] == str(offset + len(piece))
        if offset + len(piece) == len(body):
            break
    lecture_id = answer.headers["lecture-id"]
    assert services.media.path(lecture_id).read_bytes() == body


def test_the_first_bytes_may_come_one_by_one(tus):
    body = recording(6_000, salt="drops")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    for offset in range(12):
        assert tus.patch(location, offset, body[offset : offset + 1]).status_code == 204
    assert tus.patch(location, 12, body[12:]).status_code == 204


@pytest.mark.parametrize("offset", [0, 999, 1_001, 5_000])
def test_a_wrong_offset_is_a_conflict_and_changes_nothing(tus, offset):
    body = recording(5_000, salt=f"wrong {offset}")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    tus.patch(location, 0, body[:1_000])
    answer = tus.patch(location, offset, body[1_000:])
    assert (answer.status_code, problem(answer)["code"]) == (409, "conflict")
    assert tus.offset(location) == 1_000


def test_the_last_request_may_be_repeated(tus, services):
    body = recording(5_000, salt="again")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    first = tus.patch(location, 0, body)
    again = tus.patch(location, len(body), b"")
    assert again.status_code == 204
    assert again.headers["job-id"] == first.headers["job-id"]
    assert len(services.jobs.list(first.headers["lecture-id"])) == 1


def test_head_tells_what_became_of_a_complete_upload(tus):
    body = recording(5_000, salt="head")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    done = tus.patch(location, 0, body)
    head = tus.head(location)
    assert head.headers["upload-offset"] == head.headers["upload-length"] == "5000"
    assert head.headers["lecture-id"] == done.headers["lecture-id"]


@pytest.mark.parametrize(
    "body",
    [b"Minutes of the meeting. " * 300, b"ffconcat version 1.0\nfile x.mp4\n" * 200, b"\0" * 6_000],
    ids=["text", "playlist", "zeros"],
)
def test_foreign_bytes_are_refused_at_once_and_nothing_is_stored(tus, services, body):
    before = {path.name for path in services.uploads.root.iterdir()}
    location = tus.create("talk.mp4", len(body) + 50_000).headers["location"]
    answer = tus.patch(location, 0, body)
    assert (answer.status_code, problem(answer)["code"]) == (415, "not_media")
    assert "talk.mp4" in problem(answer)["detail"]
    assert {path.name for path in services.uploads.root.iterdir()} == before
    assert tus.head(location).status_code == 404


def test_a_short_foreign_file_is_judged_at_its_end(tus):
    location = tus.create("talk.mp4", 20).headers["location"]
    answer = tus.patch(location, 0, b"just some short text")
    assert (answer.status_code, problem(answer)["code"]) == (415, "not_media")


@pytest.mark.parametrize(
    ("name", "size", "status", "code"),
    [
        ("talk.mp4", 0, 422, "empty_file"),
        ("talk.mp4", 3_000_001, 413, "too_large"),
        ("notes.pdf", 100, 415, "extension"),
        ("", 100, 400, "bad_request"),
    ],
)
def test_what_name_and_size_tell_is_refused_before_a_byte(tus, name, size, status, code):
    answer = tus.create(name, size)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


def test_an_unknown_preset_is_refused(tus):
    assert tus.create("talk.mp4", 5_000, preset="nobody's").status_code == 404


def test_a_full_disk_is_said(tus, services, monkeypatch):
    monkeypatch.setattr("data.disk.shutil.disk_usage", lambda path: type("Disk", (), {"free": 9}))
    answer = tus.create("talk.mp4", 5_000)
    assert (answer.status_code, problem(answer)["code"]) == (507, "no_space")


def test_more_bytes_than_announced_are_refused_and_the_rest_stays(tus):
    body = recording(5_000, salt="more")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    answer = tus.patch(location, 0, body + b"x")
    assert (answer.status_code, problem(answer)["code"]) == (413, "too_large")
    assert tus.patch(location, 0, body).status_code == 204


def test_more_bytes_than_announced_without_a_length_are_refused_too(tus):
    body = recording(5_000, salt="chunked")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    answer = tus.patch(location, 0, iter([body[:4_900], b"x" * 500]))
    assert (answer.status_code, problem(answer)["code"]) == (413, "too_large")


def test_two_writers_at_once_are_kept_apart(tus, services):
    body = recording(5_000, salt="two")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    upload = services.uploads.get(location.rpartition("/")[2])
    with services.uploads.writing(upload, 0):
        answer = tus.patch(location, 0, body)
    assert (answer.status_code, problem(answer)["code"]) == (423, "locked")


def test_a_client_without_the_protocol_version_is_told_it(client):
    answer = client.post("/api/v1/uploads", headers={"Upload-Length": "5"})
    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")


def test_another_content_type_is_refused(tus):
    location = tus.create("talk.mp4", 5_000).headers["location"]
    answer = tus.patch(location, 0, b"x", **{"Content-Type": "video/mp4"})
    assert (answer.status_code, problem(answer)["code"]) == (415, "content_type")


def test_options_say_what_is_spoken(client):
    headers = client.options("/api/v1/uploads").headers
    assert headers["tus-extension"] == "creation,termination,expiration"
    assert headers["tus-max-size"] == "3000000"


@pytest.mark.parametrize("length", ["-1", "1e3", "", "9" * 30, "५"])
def test_a_length_that_is_no_number_is_refused(client, length):
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": length.encode(),
        "Upload-Metadata": metadata(filename="a.mp4"),
    }
    assert client.post("/api/v1/uploads", headers=headers).status_code == 422


@pytest.mark.parametrize("header", ["filename !!!", "filename /w==", "title YQ=="])
def test_metadata_that_cannot_be_read_are_refused(client, header):
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": header}
    assert client.post("/api/v1/uploads", headers=headers).status_code == 400


def test_a_terminated_upload_is_gone(tus, services):
    location = tus.create("talk.mp4", 5_000).headers["location"]
    assert tus.delete(location).status_code == 204
    assert tus.head(location).status_code == 404
    assert not (services.uploads.root / location.rpartition("/")[2]).exists()


@pytest.mark.parametrize("upload_id", ["0" * 32, "..", "....", "x" * 500])
def test_an_unknown_upload_is_not_found(tus, upload_id):
    assert tus.head(f"/api/v1/uploads/{upload_id}").status_code == 404


def test_a_path_out_of_the_folder_is_refused(tus):
    assert tus.head("/api/v1/uploads/%2e%2e%2fmedia").status_code == 400


@pytest.mark.parametrize("name", ["talk.vtt", "talk.TTML", "talk.en.json3", "talk.dfxp", "t.xml"])
def test_captions_come_with_the_upload(client, tus, services, name):
    body, captions = recording(5_000, salt=name), b"WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n"
    location = tus.create("talk.mp4", len(body)).headers["location"]
    answer = client.put(f"{location}/captions?name={name}", content=captions)
    assert answer.status_code == 204
    lecture = services.lectures.get(tus.patch(location, 0, body).headers["lecture-id"])
    assert lecture.captions_name == name
    assert services.media.path(lecture.id, "captions").read_bytes() == captions
    assert services.workshop.resources_for(lecture).captions_name == name


@pytest.mark.parametrize(
    ("name", "size", "status"), [("talk.docx", 10, 415), ("talk.vtt", (5 << 20) + 1, 413)]
)
def test_captions_of_another_kind_or_too_large_are_refused(client, tus, name, size, status):
    location = tus.create("talk.mp4", 5_000).headers["location"]
    answer = client.put(f"{location}/captions?name={name}", content=b"x" * size)
    assert answer.status_code == status


def test_control_characters_never_reach_a_title(tus, services):
    body = recording(5_000, salt="bidi")
    done = tus.upload("a\u202e4pm.mp4", body, title="Line\r\nbreak\x00 \u2066x")
    assert services.lectures.get(done.headers["lecture-id"]).title == "Line break x"


def test_an_upload_that_was_complete_when_the_app_died_is_finished_at_start(tus, services):
    body = recording(5_000, salt="died")
    location = tus.create("talk.mp4", len(body), title="Late").headers["location"]
    upload = services.uploads.get(location.rpartition("/")[2])
    services.uploads.part(upload).write_bytes(body)
    begin(services)
    assert services.lectures.get(upload.id).title == "Late"
    assert services.uploads.get(upload.id).job_id


def test_an_upload_whose_file_was_moved_before_the_crash_is_finished_too(tus, services):
    body = recording(5_000, salt="moved")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    upload = services.uploads.get(location.rpartition("/")[2])
    services.uploads.part(upload).write_bytes(body)
    services.media.adopt(upload.id, services.uploads.part(upload))
    assert services.lectures.finish(upload).job_id
    assert services.media.path(upload.id).read_bytes() == body


def test_forgotten_uploads_expire(tus, services):
    location = tus.create("talk.mp4", 5_000).headers["location"]
    services.direct.expire(3600)
    assert tus.head(location).status_code == 200
    upload = services.uploads.get(location.rpartition("/")[2])
    for path in services.uploads.part(upload).parent.iterdir():
        os.utime(path, (time.time() - 7200,) * 2)
    assert services.direct.expire(3600) == 1
    assert tus.head(location).status_code == 404


def test_forgotten_uploads_expire_while_the_app_runs(tus, services, monkeypatch):
    location = tus.create("talk.mp4", 5_000).headers["location"]
    upload = services.uploads.get(location.rpartition("/")[2])
    for path in services.uploads.part(upload).parent.iterdir():
        os.utime(path, (time.time() - 2 * services.settings.upload_expiry_s,) * 2)
    fresh = tus.create("talk.mp4", 5_000).headers["location"]
    bare = services.uploads.root / ("0" * 32)
    bare.mkdir()  # as another request leaves it for a moment, before the record is written
    monkeypatch.setattr(startup, "EVERY_S", 0.01)

    async def run_a_while():
        task = asyncio.create_task(startup.tidy_hourly(services))
        await asyncio.sleep(0.3)
        task.cancel()

    asyncio.run(run_a_while())
    assert tus.head(location).status_code == 404
    assert tus.head(fresh).status_code == 200
    assert bare.is_dir()
    bare.rmdir()


def test_a_complete_upload_is_finished_however_long_the_app_was_away(tus, services):
    body = recording(5_000, salt="away for long")
    location = tus.create("talk.mp4", len(body)).headers["location"]
    upload = services.uploads.get(location.rpartition("/")[2])
    services.uploads.part(upload).write_bytes(body)
    for path in services.uploads.part(upload).parent.iterdir():
        os.utime(path, (time.time() - 2 * services.settings.upload_expiry_s,) * 2)
    begin(services)
    assert services.uploads.get(upload.id).job_id
    assert services.media.path(upload.id).read_bytes() == body


def test_a_full_disk_is_said_when_an_upload_is_reserved(tus, services, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(services.uploads, "_write", full)
    answer = tus.create("talk.mp4", 5_000)
    assert (answer.status_code, answer.json()["code"]) == (507, "no_space")


def test_the_job_is_kept_when_the_broker_is_away(tus, services, monkeypatch):
    from redis import Redis

    away = Redis.from_url("unix:///nowhere/s")
    monkeypatch.setitem(services.__dict__, "redis", away)
    done = tus.upload("talk.mp4", recording(5_000, salt="away"))
    assert services.jobs.get(done.headers["job-id"]).status == "queued"
