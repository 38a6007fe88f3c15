"""The whole way with a bucket: form, job, clip, link; and all of it back on an empty disk."""

import shutil

import httpx
import pytest

from agents.errors import MediaError
from app.commands.storage import storage
from app.services.core import workshop_config
from app.services.root import Services
from app.services.uploads import UploadConflict
from app.settings import Settings, load_settings
from tests.app.conftest import finish
from tests.app.small_stages import CLIP_BYTES
from tests.app.tus import recording
from tests.data.buckets import NAME, moto


@pytest.fixture(scope="module")
def distant(tmp_path_factory, services):
    """Return services whose uploads and results lie in a bucket, with the broker of the others."""
    with moto() as address:
        given = {"media": f"s3://{NAME}/lectures", "s3_endpoint_url": address}
        state = tmp_path_factory.mktemp("bucket")
        settings = Settings(state=state, redis_url=services.redis_url, **given)
        config = workshop_config(settings).model_copy(
            update={"stages": "tests.app.small_stages:stages"}
        )
        found = Services(settings, config)
        found.store.migrate()
        yield found
        found.close()


def post(form, body):
    answer = httpx.post(form.url, data=dict(form.fields), files={"file": ("a", body)}, timeout=60)
    assert answer.is_success, answer.text


def test_an_upload_becomes_a_clip_whose_link_downloads(distant):
    body = recording(20_000, salt="bucket")
    form = distant.direct.begin(name="talk.mp4", size=len(body), title="Heat")
    with pytest.raises(UploadConflict, match="Nothing has arrived"):
        distant.direct.complete(form.upload.id)
    post(form, body)
    done = distant.direct.complete(form.upload.id)
    assert distant.direct.complete(form.upload.id).job_id == done.job_id
    finish(distant, done.job_id)
    clip = distant.clips.list(done.job_id)[0]
    link = distant.links.of_clip(clip.id, "video")
    assert httpx.get(link.url, timeout=60).content == CLIP_BYTES

    for name in ("results", "media"):
        shutil.rmtree(distant.settings.state / name)
    fresh = Services(distant.settings)
    try:
        found = fresh.results.of(fresh.jobs.get(done.job_id))
        assert found.facts.poster.is_file()
        assert fresh.files.clip(clip.id, "video").path.read_bytes() == CLIP_BYTES
        assert fresh.files.source(form.upload.id).path.read_bytes() == body
    finally:
        fresh.close()


def test_what_is_no_recording_is_removed_before_there_is_a_job(distant):
    body = b"Minutes of the meeting. " * 300
    form = distant.direct.begin(name="talk.mp4", size=len(body))
    post(form, body)
    with pytest.raises(MediaError) as refused:
        distant.direct.complete(form.upload.id)
    assert refused.value.code == "not_media"
    assert not [f for f in distant.media.bucket.list("media/") if form.upload.id in f.key]
    assert form.upload.id not in [
        lecture.id for lecture in distant.lectures.page(after=None, limit=9)
    ]


def test_without_a_bucket_a_form_is_refused(client):
    answer = client.post("/api/v1/uploads/form", json={"name": "talk.mp4", "size": 5_000})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "tus" in answer.json()["detail"]


def test_the_command_sets_the_bucket_up(distant, monkeypatch, capsys):
    monkeypatch.setenv("LECTURE_MEDIA", distant.settings.media)
    monkeypatch.setenv("LECTURE_S3_ENDPOINT_URL", distant.settings.s3_endpoint_url)
    load_settings.cache_clear()
    try:
        assert storage(state=distant.settings.state) == 0
    finally:
        load_settings.cache_clear()
    told = capsys.readouterr().out
    assert "encryption: AES256" in told
    assert "public access: none" in told
