"""Reel and podcast through the API: asked for, made, served, listed; nothing made twice."""

import io
import zipfile
from contextlib import contextmanager
from urllib.parse import unquote

import pytest

from agents.types import Clip, Cue, Film, Podcast
from data.artifacts import forget_result, save_result, write_files
from jobs.errands import errand_state
from jobs.extras import make_extra, plan_extra
from jobs.queue import ERRAND, fetch

BASE = "/api/v1/lectures"
BYTES = {"mp4": b"film" * 500, "mp3": b"ID3sound", "m4a": b"m4a sound"}
MARKS = (Cue(0.0, 10.0, "First <b>"), Cue(10.0, 25.0, "Second"))


def extras(client, lecture):
    response = client.get(f"{BASE}/{lecture}/extras")
    assert response.status_code == 200, response.text
    return {state["kind"]: state for state in response.json()}


def job_of(services, lecture):
    return services.jobs.latest(lecture)


@contextmanager
def stored_extras(services):
    """Store extras as a worker would have made them; lectures of the same bytes share them."""
    keys = []

    def store(lecture, kind):
        extra = plan_extra(services.workshop, kind, job_of(services, lecture).id)
        keys.append(extra.key)
        with services.workshop.artifacts.workdir(extra.key) as folder:
            value = _write(folder, extra)
            write_files(value, folder)
            with services.workshop.store.write() as con:
                save_result(con, kind, extra.key, value, folder)
                services.workshop.artifacts.publish(folder, extra.key)

    yield store
    with services.workshop.store.write() as con:
        for key in keys:
            forget_result(con, services.workshop.artifacts, key)


@pytest.fixture
def put(services):
    with stored_extras(services) as put:
        yield put


def _write(folder, extra):
    for suffix, body in BYTES.items():
        (folder / f"made.{suffix}").write_bytes(body)
    for suffix in ("srt", "vtt", "jpg", "webp"):
        (folder / f"made.{suffix}").write_text(f"WEBVTT {suffix}")
    if extra.kind == "podcast":
        return Podcast(folder / "made.mp3", folder / "made.m4a", MARKS, 25.0)
    files = (folder / f"made.{suffix}" for suffix in ("mp4", "jpg", "srt", "vtt"))
    sizes = (320, 180, 25.0, len(BYTES["mp4"]), folder / "made.webp")
    return Film(Clip(extra.key, extra.passages[0], *files, *sizes), MARKS)


def test_nothing_is_made_before_it_is_asked_for(client, finished):
    states = extras(client, finished)
    assert list(states) == ["reel", "podcast"]
    assert [state["status"] for state in states.values()] == ["none", "none"]
    for address in ("reel.mp4", "podcast.mp3"):
        answer = client.get(f"{BASE}/{finished}/{address}")
        assert answer.status_code == 404
        assert "is not made yet" in answer.json()["detail"]


def test_asking_twice_puts_one_errand_into_the_queue_and_cancel_takes_it_out(
    client, services, lecture
):
    for _ in range(2):
        answer = client.post(f"{BASE}/{lecture}/extras/reel")
        assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    extra = plan_extra(services.workshop, "reel", job_of(services, lecture).id)
    assert fetch(services.redis, f"{ERRAND}-{extra.key}") is not None
    answer = client.post(f"{BASE}/{lecture}/extras/reel/cancel")
    assert answer.json()["status"] == "cancelled"
    assert fetch(services.redis, f"{ERRAND}-{extra.key}") is None
    assert extras(client, lecture)["reel"]["status"] == "cancelled"


def test_an_errand_that_was_lost_can_be_asked_for_again(client, services, lecture):
    client.post(f"{BASE}/{lecture}/extras/podcast")
    extra = plan_extra(services.workshop, "podcast", job_of(services, lecture).id)
    fetch(services.redis, f"{ERRAND}-{extra.key}").delete()
    state = extras(client, lecture)["podcast"]
    assert (state["status"], "ask for it again" in state["message"]) == ("failed", True)
    assert client.post(f"{BASE}/{lecture}/extras/podcast").json()["status"] == "queued"
    client.post(f"{BASE}/{lecture}/extras/podcast/cancel")


def test_a_failure_is_told_in_one_sentence(services, lecture):
    from jobs.errands import do_errand

    extra = plan_extra(services.workshop, "podcast", job_of(services, lecture).id)
    do_errand(
        services.redis, extra.key, lambda report: make_extra(services.workshop, extra, report)
    )
    state = services.extras.states(lecture)[1]
    assert state["status"] == "failed"
    assert state["message"].endswith("has no sound that can be decoded")
    assert errand_state(services.redis, extra.key)["code"]


@pytest.mark.logs_errors
def test_a_mistake_of_ours_is_told_without_its_traceback(services, lecture):
    from jobs.errands import do_errand

    extra = plan_extra(services.workshop, "reel", job_of(services, lecture).id)
    do_errand(services.redis, extra.key, lambda report: 1 / 0)
    state = services.extras.states(lecture)[0]
    assert state["status"] == "failed"
    assert "ZeroDivision" not in state["message"]


def test_what_is_made_is_played_saved_and_listed(client, services, lecture, put):
    put(lecture, "reel")
    put(lecture, "podcast")
    states = extras(client, lecture)
    assert [state["status"] for state in states.values()] == ["ready", "ready"]
    assert states["reel"]["chapters"][0] == {"start": 0.0, "end": 10.0, "title": "First <b>"}
    sizes = {f["suffix"]: f["size_bytes"] for s in states.values() for f in s["files"]}
    assert {suffix: sizes[suffix] for suffix in BYTES} == {k: len(v) for k, v in BYTES.items()}
    for kind, suffix, media_type in (
        ("reel", "mp4", "video/mp4"),
        ("reel", "webp", "image/webp"),
        ("reel", "vtt", "text/vtt; charset=utf-8"),
        ("podcast", "mp3", "audio/mpeg"),
        ("podcast", "m4a", "audio/mp4"),
    ):
        played = client.get(f"/app/static/media/lectures/{lecture}/{kind}.{suffix}")
        saved = client.get(f"{BASE}/{lecture}/{kind}.{suffix}")
        assert played.headers["content-type"] == saved.headers["content-type"] == media_type
        assert "content-disposition" not in played.headers
        name = unquote(saved.headers["content-disposition"])
        assert f"heat-mass-{kind}.{suffix}" in name
        assert played.content == saved.content
    part = client.get(
        f"/app/static/media/lectures/{lecture}/reel.mp4", headers={"Range": "bytes=4-7"}
    )
    assert (part.status_code, part.content) == (206, b"film")
    assert client.get(f"{BASE}/{lecture}/reel.exe").status_code == 404
    assert client.post(f"{BASE}/{lecture}/extras/reel").json()["status"] == "ready"


def test_the_zip_and_its_page_hold_what_is_made(client, services, lecture, put):
    put(lecture, "reel")
    put(lecture, "podcast")
    with zipfile.ZipFile(io.BytesIO(client.get(f"{BASE}/{lecture}/download.zip").content)) as whole:
        names, page = set(whole.namelist()), whole.read("index.html").decode()
        assert whole.read("highlight-reel.mp4") == BYTES["mp4"]
        assert whole.read("podcast.mp3") == BYTES["mp3"]
    assert {f"highlight-reel.{suffix}" for suffix in ("mp4", "srt", "vtt", "jpg", "webp")} <= names
    assert 'src="./highlight-reel.mp4"' in page
    assert 'src="./podcast.mp3"' in page
    assert "First &lt;b&gt;" in page
    assert "First <b>" not in page


def test_a_clip_that_is_rejected_asks_for_another_reel_and_podcast(client, services, lecture, put):
    put(lecture, "reel")
    put(lecture, "podcast")
    job = job_of(services, lecture)
    shown = client.get(f"{BASE}/{lecture}/bundle").json()["reel"]
    clip = next(
        one
        for one in services.clips.list(job.id)
        if any(one.parts[0].start < p["end"] and one.parts[-1].end > p["start"] for p in shown)
    )
    services.clips.set_state(clip.id, "rejected")
    assert [state["status"] for state in extras(client, lecture).values()] == ["none", "none"]
    services.clips.undo(clip.job_id)
    assert [state["status"] for state in extras(client, lecture).values()] == ["ready", "ready"]
    services.clips.rename(clip.id, "Another title")
    assert extras(client, lecture)["podcast"]["status"] == "none"


def test_every_download_that_is_listed_answers(client, services, lecture, put):
    put(lecture, "podcast")
    rows = client.get(f"{BASE}/{lecture}/downloads").json()
    groups = {row["group"] for row in rows}
    assert {"1. Größe & Form", "Podcast of the clips", "Transcript of the lecture"} <= groups
    assert {row["name"] for row in rows} >= {"MP3", "M4A", "SRT", "EDL, CMX 3600 (any editor)"}
    answers = {row["url"]: client.get(row["url"]) for row in rows}
    assert [url for url, answer in answers.items() if answer.status_code != 200] == []
    assert all("content-disposition" in answer.headers for answer in answers.values())


def test_a_lecture_without_clips_has_nothing_to_make(client, tus):
    from tests.app.tus import recording

    done = tus.upload("talk.mp4", recording(5_000, salt="no clips"))
    lecture = done.headers["lecture-id"]
    states = extras(client, lecture)
    assert {state["status"] for state in states.values()} == {"nothing"}
    assert client.post(f"{BASE}/{lecture}/extras/podcast").status_code == 404
    assert client.post(f"{BASE}/{lecture}/extras/poem").status_code == 422
