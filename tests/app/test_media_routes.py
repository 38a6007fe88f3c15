"""Range requests, content types, downloads and assets."""

import io
import re
import zipfile
from urllib.parse import unquote

import pytest
from PIL import Image

from app.api import assets
from app.chapters import CHAPTER_FORMATS
from app.exchange import EXCHANGE_FORMATS
from app.transcripts import TRANSCRIPT_FORMATS
from tests.app.small_stages import CLIP_BYTES

MEDIA = "/app/static/media"


@pytest.fixture
def shown(services, finished):
    return services.clips.list(services.jobs.latest(finished).id)[0]


@pytest.fixture
def clip(services, lecture):
    return services.clips.list(services.jobs.latest(lecture).id)[0]


def test_a_recording_is_served_in_ranges(client, services, finished):
    body = services.media.path(finished).read_bytes()
    url = f"{MEDIA}/lectures/{finished}/source"
    whole = client.get(url)
    assert (whole.status_code, whole.content) == (200, body)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == "video/mp4"
    part = client.get(url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, body[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(body)}"
    assert part.headers["x-content-type-options"] == "nosniff"


def test_a_range_of_another_version_gets_the_whole(client, services, finished):
    url = f"{MEDIA}/lectures/{finished}/source"
    etag = client.head(url).headers["etag"]
    headers = {"Range": "bytes=0-9"}
    assert client.get(url, headers={**headers, "If-Range": etag}).status_code == 206
    assert client.get(url, headers={**headers, "If-Range": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "header", ["bytes=99999-", "bytes=5-2", "bytes=x-y", "lines=1-2", "bytes=" + "0-1," * 500]
)
def test_a_senseless_range_is_no_server_error(client, finished, header):
    answer = client.get(f"{MEDIA}/lectures/{finished}/source", headers={"Range": header})
    assert answer.status_code in {200, 206, 400, 416}


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("video", "video/mp4"),
        ("poster", "image/jpeg"),
        ("vtt", "text/vtt; charset=utf-8"),
        ("srt", "application/x-subrip"),
    ],
)
def test_every_file_of_a_clip_has_a_fixed_type(client, shown, kind, media_type):
    answer = client.get(f"{MEDIA}/clips/{shown.id}/{kind}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert "content-disposition" not in answer.headers


def still_of(client, services, lecture):
    """Return where the still of the first slide lies, and its address."""
    job = services.jobs.latest(lecture)
    url = f"{MEDIA}/lectures/{lecture}/slides/{job.id}/0"
    assert client.get(url).status_code == 200
    return services.files.slide(lecture, job.id, 0).path, url


@pytest.mark.parametrize(("width", "given"), [(160, 160), (320, 320), (640, 400)])
def test_a_still_comes_small_and_never_larger_than_it_is(client, services, lecture, width, given):
    path, url = still_of(client, services, lecture)
    Image.new("RGB", (400, 225), "teal").save(path)
    answer = client.get(f"{url}?width={width}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "max-age" in answer.headers["cache-control"]
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (given, given * 9 // 16)


def test_a_still_in_any_other_width_is_refused(client, services, finished):
    _, url = still_of(client, services, finished)
    for width in ("161", "0", "-160", "1e3", "x"):
        assert client.get(f"{url}?width={width}").status_code == 400


def test_a_still_that_is_no_picture_is_not_found(client, services, finished):
    _, url = still_of(client, services, finished)
    assert client.get(f"{url}?width=160").status_code == 404


def test_a_clip_is_saved_under_a_readable_name(client, shown):
    answer = client.get(f"/api/v1/clips/{shown.id}/video")
    assert answer.content == CLIP_BYTES
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=utf-8''01-gr%C3%B6%C3%9Fe-form.mp4"
    )


@pytest.mark.parametrize(
    "path", ["clips/nothing/video", "clips/{clip}/../../x", "clips/{clip}/key"]
)
def test_other_files_are_not_found(client, shown, path):
    assert client.get(f"{MEDIA}/{path.format(clip=shown.id)}").status_code == 404


def test_posters_and_slides_are_pictures(client, services, finished):
    job = services.jobs.latest(finished).id
    assert client.get(f"{MEDIA}/lectures/{finished}/poster").headers["content-type"] == "image/jpeg"
    assert (
        client.get(f"{MEDIA}/lectures/{finished}/slides/{job}/0").content
        == b"\xff\xd8slide\xff\xd9"
    )
    assert client.get(f"{MEDIA}/lectures/{finished}/slides/{job}/1").status_code == 404
    assert client.get(f"{MEDIA}/lectures/{finished}/slides/{job}/99").status_code == 404


def test_the_zip_holds_every_clip_that_is_not_rejected(client, services, lecture, clip):
    answer = client.get(f"/api/v1/lectures/{lecture}/download.zip")
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=utf-8''heat-mass-clips.zip"
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert archive.read("01-größe-form.mp4") == CLIP_BYTES
        page = archive.read("index.html").decode()
    others = [f"chapters.{suffix}" for suffix in CHAPTER_FORMATS]
    others += [f"transcript.{suffix}" for suffix in TRANSCRIPT_FORMATS]
    others += [f"highlights.{suffix}" for suffix in EXCHANGE_FORMATS]
    clips = [n for n in names if n[:2] in ("01", "02")]
    assert len(clips) == 8
    assert sorted(names) == sorted(["index.html", *clips, *others])
    linked = {
        unquote(link).removeprefix("./") for link in re.findall(r'(?:src|href)="(\./[^"]*)"', page)
    }
    assert linked <= set(names)
    assert linked >= {"01-größe-form.mp4", "02-second.mp4", *others}
    services.clips.set_state(clip.id, "rejected")
    left = client.get(f"/api/v1/lectures/{lecture}/download.zip").content
    assert [n for n in zipfile.ZipFile(io.BytesIO(left)).namelist() if n.endswith(".mp4")] == [
        "02-second.mp4"
    ]


@pytest.mark.parametrize("suffix", EXCHANGE_FORMATS)
def test_the_cut_list_holds_what_is_not_rejected(client, services, lecture, clip, suffix):
    url = f"/api/v1/lectures/{lecture}/cutlist.{suffix}"
    whole = client.get(url)
    assert whole.headers["content-type"].startswith(EXCHANGE_FORMATS[suffix].media_type)
    assert f"heat-mass-highlights.{suffix}" in whole.headers["content-disposition"]
    assert "Second" in whole.text
    assert "Größe" in whole.text
    services.clips.set_state(clip.id, "rejected")
    assert "Größe" not in client.get(url).text


def test_a_cut_list_is_made_in_known_formats_only(client, finished):
    answer = client.get(f"/api/v1/lectures/{finished}/cutlist.prproj")
    assert answer.status_code == 404
    assert "otio, fcpxml, xml, edl, csv" in answer.json()["detail"]


def test_a_lecture_without_clips_has_no_zip(client, tus):
    from tests.app.tus import recording

    done = tus.upload("talk.mp4", recording(5_000, salt="no zip"))
    answer = client.get(f"/api/v1/lectures/{done.headers['lecture-id']}/download.zip")
    assert answer.status_code == 404


def test_plotly_is_sent_compressed_and_for_ever(client):
    url = assets.asset_url("plotly-basic.min.js")
    packed = client.get(url)
    assert packed.headers["content-encoding"] == "gzip"
    assert "immutable" in packed.headers["cache-control"]
    assert int(packed.headers["content-length"]) < 450_000
    plain = client.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    version = re.search(rb"plotly.js \(basic - minified\) v(\S+)", plain.content)[1].decode()
    assert version.partition(".")[0] == "4"
    assert b"MIT license" in plain.content[:300]


def test_scripts_name_each_other_by_the_addresses_of_today(client, monkeypatch, tmp_path):
    (tmp_path / "deck.js").write_text('import { make } from "./drawing.js";\nconst far = "./no";')
    (tmp_path / "drawing.js").write_text("export const make = 1;")
    monkeypatch.setattr(assets, "ASSETS", tmp_path)
    before = assets.asset_url("deck.js")
    drawing = assets.asset_url("drawing.js")
    assert client.get(before).text == f'import {{ make }} from "{drawing}";\nconst far = "./no";'
    (tmp_path / "drawing.js").write_text("export const make = 22;")
    assert assets.asset_url("deck.js") != before, "a browser would keep the old part for ever"
    (tmp_path / "drawing.js").write_text('import "./deck.js";')
    with pytest.raises(ValueError, match=r"deck.js > drawing.js > deck.js"):
        assets.asset_url("deck.js")


def test_an_asset_is_found_under_its_own_hash_only(client, monkeypatch, tmp_path):
    (tmp_path / "deck.js").write_text("export default 1")
    (tmp_path / "secret.py").write_text("x = 1")
    monkeypatch.setattr(assets, "ASSETS", tmp_path)
    url = assets.asset_url("deck.js")
    answer = client.get(url)
    assert answer.text == "export default 1"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    (tmp_path / "deck.js").write_text("export default 2222")
    assert client.get(url).status_code == 404
    assert client.get(assets.asset_url("deck.js")).text == "export default 2222"
    assert client.get("/assets/secret.0123456789.py").status_code == 404


@pytest.mark.parametrize(("page", "script"), [("review", "deck.js"), ("tune", "lab.js")])
def test_a_page_with_a_timeline_brings_its_scripts_along(client, page, script):
    answer = client.get(f"/{page}?lecture=none", headers={"Accept": "text/html"})
    assert answer.headers["cache-control"] == "no-cache"
    own, given = (
        {line.strip() for line in body.splitlines()} for body in (client.get("/").text, answer.text)
    )
    assert own <= given
    ahead = re.findall(r'rel="modulepreload" href="(/assets/[^"]+)"', answer.text)
    assert len(ahead) == len(set(ahead))
    waiting, imported = [assets.asset_url(script)], set()
    while waiting:  # as a browser goes from script to script
        address = waiting.pop()
        imported.add(address)
        named = re.findall(r'from "(/assets/[^"]+)"', client.get(address).text)
        waiting += set(named) - imported
    assert set(ahead) == imported
    for address in re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text):
        assert client.get(address).status_code == 200
