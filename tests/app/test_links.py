"""Links that fetch a file without a key: signed here, by S3, or for CloudFront."""

import base64
import json
import time
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agents.errors import ServiceUnavailable
from app.services import links as module
from app.services.links import Links
from data.bucket import Bucket
from data.s3_media import S3Artifacts
from data.s3_requests import BucketConfig
from tests.app.small_stages import CLIP_BYTES


@pytest.fixture
def clip(services, finished):
    return services.clips.list(services.jobs.latest(finished).id)[0]


def make(client, clip, kind="video", **query):
    answer = client.post(f"/api/v1/clips/{clip.id}/links/{kind}", params=query)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_link_fetches_the_file_in_ranges_under_its_name(client, clip):
    link = make(client, clip)
    assert link["name"] == "01-Groesse-Form.mp4" or link["name"].endswith(".mp4")
    whole = client.get(link["url"])
    assert whole.content == CLIP_BYTES
    assert whole.headers["content-disposition"].startswith("attachment")
    part = client.get(link["url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CLIP_BYTES[10:20])


def test_a_link_that_expired_or_was_changed_fetches_nothing(client, services, clip, monkeypatch):
    url = make(client, clip, expires_s=60)["url"]
    path, _, token = url.rpartition("/")
    body = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    body[-5] ^= 1
    changed = base64.urlsafe_b64encode(bytes(body)).decode().rstrip("=")
    for wrong in (changed, token[:-4], "", "x", "é"):
        assert client.get(f"{path}/{wrong}").status_code in (404, 405)
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 61)
    gone = client.get(url)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert "expired" in gone.json()["detail"]


def test_the_secret_is_kept_and_read_by_nobody_else(client, services, clip):
    make(client, clip)
    path = services.settings.state / "links.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 32


@pytest.mark.parametrize("expires", [59, 604_801, "x"])
def test_a_link_lasts_a_minute_to_a_week(client, clip, expires):
    url = f"/api/v1/clips/{clip.id}/links/video"
    assert client.post(url, params={"expires_s": expires}).status_code == 422
    assert client.post("/api/v1/clips/none/links/video").status_code == 404


@pytest.fixture
def distant(services, clip, monkeypatch, tmp_path):
    """Return links of a store whose results lie in a bucket that is never asked."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    bucket = Bucket(BucketConfig(bucket="lectures", prefix="x/", region="eu-west-1"))

    def links(**settings):
        core = SimpleNamespace(
            artifacts=S3Artifacts(bucket, services.artifacts.root),
            settings=services.settings.model_copy(update=settings),
        )
        return Links(core, services.files, services.extras)

    return links


def test_with_a_bucket_the_link_is_one_of_s3(distant, clip):
    link = distant().of_clip(clip.id, "video", 120)
    assert "lectures" in urlsplit(link.url).netloc
    assert f"/x/results/{clip.media_key}/" in link.url
    assert parse_qs(urlsplit(link.url).query)["X-Amz-Expires"] == ["120"]


def test_with_cloudfront_the_link_is_signed_with_the_key_pair(distant, clip, tmp_path):
    private = rsa.generate_private_key(65537, 2048)
    pem = tmp_path / "key.pem"
    pem.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    front = {"cloudfront_url": "https://d1.cloudfront.net", "cloudfront_key_id": "K1"}
    link = distant(**front, cloudfront_key=pem).of_clip(clip.id, "video", 60)
    address, _, query = link.url.partition("?")
    assert address.startswith(f"https://d1.cloudfront.net/x/results/{clip.media_key}/")
    given = parse_qs(query)
    assert given["Key-Pair-Id"] == ["K1"]
    policy = json.dumps(
        {
            "Statement": [
                {
                    "Resource": address,
                    "Condition": {"DateLessThan": {"AWS:EpochTime": int(given["Expires"][0])}},
                }
            ]
        },
        separators=(",", ":"),
    ).encode()
    told = given["Signature"][0].translate(str.maketrans("-_~", "+=/"))
    public = private.public_key()
    public.verify(base64.b64decode(told), policy, PKCS1v15(), SHA1())
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(told), policy + b" ", PKCS1v15(), SHA1())
    pem.write_text("no key")
    with pytest.raises(ServiceUnavailable, match="no PEM file"):
        distant(**front, cloudfront_key=pem).of_clip(clip.id, "video")
