"""Uploads that go wrong: cut off, refused, doubled; the page says it in one sentence."""

import re
import shutil
import time

import pytest
from playwright.sync_api import expect

from data.samples import sample_paths
from tests.browser.ways import choose, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def parts(server):
    """Return the unfinished uploads that the server holds."""
    return list((server.state / "uploads").glob("*/part"))


def forget_refusals(complaints):
    """Take out what Chromium says of a refused or a cut request."""
    left = [c for c in complaints if not re.search(r"status of 4\d\d|net::ERR_", c)]
    complaints[:] = left


def another_sample(folder, salt, padding=8):
    """Return a copy of the sample with other bytes, so that no stage is known already.

    `padding` bytes of an empty box make it longer: a cut must find more than sockets hold.
    """
    path = folder / f"talk-{salt}.mp4"
    shutil.copy(sample_paths().video, path)
    with path.open("ab") as file:
        file.write((8 + padding).to_bytes(4, "big") + b"free" + salt.encode().ljust(padding))
    return path


def test_upload_cut_off_in_the_middle_goes_on_where_it_was(page, server, complaints, tmp_path):
    recording = another_sample(tmp_path, "cut", padding=40_000_000)
    size = recording.stat().st_size
    choose(page, server, recording, sample_paths().captions, title="Cut off")
    slow = page.context.new_cdp_session(page)
    limits = {
        "offline": False,
        "latency": 0,
        "downloadThroughput": -1,
        "uploadThroughput": 4_000_000,
    }
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", limits)
    begun = set(parts(server))
    page.locator(".lh-start").click()
    part = _wait_for(lambda: next(iter(set(parts(server)) - begun), None))
    _wait_for(lambda: part.stat().st_size > 4_000_000)
    page.locator(".lh-pause").click()
    slow.send("Network.emulateNetworkConditions", {**limits, "offline": True})
    page.locator(".lh-pause").click()
    expect(page.locator(".lh-progress-text")).to_contain_text("connection was lost")
    stored = part.stat().st_size
    assert 0 < stored < size

    offsets = []
    page.on(
        "request",
        lambda r: r.method == "PATCH" and offsets.append(int(r.headers["upload-offset"])),
    )
    slow.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": -1})
    page.wait_for_url(re.compile(r"/job\?id="))
    assert min(offsets) > 0
    expect(page.get_by_role("heading", name="Cut off")).to_be_visible()
    settled(page)
    page.get_by_test_id("stButton").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    forget_refusals(complaints)


def _wait_for(found, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not come")


def test_renamed_text_file_is_refused_in_one_sentence(page, server, complaints, tmp_path):
    fake = tmp_path / "talk.mp4"
    fake.write_text("this is no recording\n" * 400)
    before = parts(server)
    choose(page, server, fake)
    page.locator(".lh-start").click()
    expect(page.locator(".lh-error")).to_contain_text("talk.mp4")
    assert parts(server) == before
    assert any("415" in complaint for complaint in complaints)
    forget_refusals(complaints)


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [("empty.mp4", b"", "The file is empty"), ("notes.doc", b"hello", ".doc is not taken")],
)
def test_file_that_cannot_be_a_recording_is_not_even_sent(
    page, server, tmp_path, name, body, sentence
):
    wrong = tmp_path / name
    wrong.write_bytes(body)
    choose(page, server, wrong)
    expect(page.locator(".lh-error")).to_contain_text(sentence)
    expect(page.locator(".lh-start")).to_be_disabled()


def test_captions_of_another_kind_are_refused(page, server, complaints, tmp_path):
    captions = tmp_path / "notes.vtt"
    captions.write_bytes(b"x" * (6 << 20))
    choose(page, server, another_sample(tmp_path, "big"), captions)
    page.locator(".lh-start").click()
    expect(page.locator(".lh-error")).to_contain_text("has more than 5 MB")
    forget_refusals(complaints)


def test_captions_chosen_with_their_recording_are_named_in_their_field(page, server, tmp_path):
    recording = tmp_path / "week 3.mp4"
    recording.write_bytes(b"\0" * 64)
    captions = tmp_path / "week 3.ass"
    captions.write_text("[Events]\n")
    page.goto(f"{server.url}/upload")
    expect(page.locator(".lh-limits")).to_contain_text("mp4")
    page.locator(".lh-video-input").set_input_files([recording, captions])
    expect(page.locator(".lh-file-name")).to_contain_text("week 3.mp4")
    named = page.locator(".lh-captions-input").evaluate(
        "input => [...input.files].map((f) => f.name)"
    )
    assert named == ["week 3.ass"]


def test_several_recordings_take_the_captions_of_their_names(page, server, complaints, tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("first", "second"):
        another_sample(tmp_path, name).rename(folder / f"{name}.mp4")
    (folder / "broken.mp4").write_text("this is no recording\n" * 400)
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "notes.doc").write_text("nothing of ours")
    shutil.copy(sample_paths().captions, folder / "first.en.vtt")
    chosen = page.locator(".lh-folder-input")

    def answer(route):
        # The script comes late: what was chosen before must count the same.
        if not chosen.evaluate("input => input.files.length"):
            chosen.set_input_files(folder)
        route.continue_()

    page.route("**/upload*.js*", answer)
    page.goto(f"{server.url}/upload")
    listed = page.locator(".lh-batch > li")
    expect(listed).to_have_count(4)
    expect(listed.filter(has_text="first.mp4")).to_contain_text("captions: first.en.vtt")
    expect(listed.filter(has_text="second.mp4")).to_contain_text("no captions")
    expect(page.locator(".lh-error")).to_contain_text("1 of them cannot be taken")
    page.locator(".lh-start").click()
    expect(page.get_by_text("2 recordings uploaded")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("broken.mp4")).to_be_visible()
    found = page.request.get(f"{server.url}/api/v1/lectures").json()
    ours = [one for one in found["items"] if one["title"] in ("first", "second")]
    assert len(ours) == 2
    for lecture in ours:
        gone = page.request.delete(
            f"{server.url}/api/v1/lectures/{lecture['id']}", headers={"Origin": server.url}
        )
        assert gone.status == 204
    forget_refusals(complaints)


def busy(page, pattern, method, times, **problem):
    """Answer the first requests of a kind with 429; return how many of that kind were seen."""
    seen = []

    def answer(route):
        if route.request.method != method:
            route.fallback()
            return
        seen.append(route.request.url)
        if len(seen) > times:
            route.continue_()
            return
        route.fulfill(status=429, headers={"Retry-After": "1"}, json=problem)

    page.route(pattern, answer)
    return seen


def test_busy_server_is_waited_for_and_the_upload_goes_on(page, server, complaints, tmp_path):
    fake = tmp_path / "talk.mp4"
    fake.write_text("this is no recording\n" * 400)
    told = {"code": "too_many_requests", "detail": "Too many requests."}
    created = busy(page, "**/api/v1/uploads", "POST", 1, **told)
    sent = busy(page, "**/api/v1/uploads/*", "PATCH", 2, **told)
    asked = busy(page, "**/api/v1/uploads/*", "HEAD", 0)
    choose(page, server, fake)
    page.locator(".lh-start").click()
    expect(page.locator(".lh-progress-text")).to_contain_text("goes on by itself in 1 s")
    # That the server read the file, and would not have it, shows that the upload went on.
    expect(page.locator(".lh-error")).to_contain_text("talk.mp4")
    assert (len(created), len(sent), asked) == (2, 3, [])
    forget_refusals(complaints)


def test_used_up_quota_is_one_sentence_and_nothing_is_tried_again(
    page, server, complaints, tmp_path
):
    why = "You may begin 3 uploads a day; the next one in 5 h."
    created = busy(page, "**/api/v1/uploads", "POST", 9, code="quota_uploads", detail=why)
    choose(page, server, another_sample(tmp_path, "quota"))
    page.locator(".lh-start").click()
    expect(page.locator(".lh-error")).to_have_text(why)
    expect(page.locator(".lh-start")).to_be_enabled()
    assert len(created) == 1
    forget_refusals(complaints)
