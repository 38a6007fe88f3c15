"""A person's way through the product, in a real browser against the real app, queue and workers."""

import re

import pytest
from playwright.sync_api import expect

from data.samples import sample_paths

pytestmark = pytest.mark.browser

CLIPS_MS = 180_000


def settled(page):
    """Wait until Streamlit's script does not run."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )


@pytest.fixture
def finished(page, server):
    """Upload the sample through the page and wait for its clips; return the lecture's id."""
    sample = sample_paths()
    page.goto(f"{server.url}/upload")
    settled(page)
    page.locator(".lh-video-input").set_input_files(str(sample.video))
    page.locator(".lh-captions-input").set_input_files(str(sample.captions))
    page.locator(".lh-title").fill("Searching <img src=x onerror=alert(1)> **bold**")
    page.locator(".lh-start").click()
    page.wait_for_url(re.compile(r"/job\?id="))
    expect(page.locator(".lh-stage")).to_have_count(7)
    expect(page.get_by_role("link", name="Review the clips")).to_be_visible(timeout=CLIPS_MS)
    page.get_by_role("link", name="Review the clips").click()
    page.wait_for_url(re.compile(r"/review\?lecture="))
    return page.url.partition("lecture=")[2]


def test_person_uploads_the_sample_reviews_it_and_plays_a_clip(page, server, finished):
    expect(page.locator(".lh-deck[data-ready=true]")).to_be_visible()
    expect(page.get_by_role("heading", name="Searching <img src=x")).to_be_visible()
    assert page.locator(".lh-clip").count() >= 1
    assert page.locator(".lh-line").count() >= 25
    assert page.locator(".lh-still").count() >= 6

    video = page.locator(".lh-video")
    first = page.locator(".lh-clip").first
    first.click()
    page.wait_for_function("document.querySelector('.lh-video').currentTime > 0.5")
    video.evaluate("v => { v.muted = true; return v.play(); }")
    began = video.evaluate("v => v.currentTime")
    page.wait_for_function(f"document.querySelector('.lh-video').currentTime > {began + 0.7}")
    expect(page.locator(".lh-line-active")).to_have_count(1)
    video.evaluate("v => v.pause()")

    page.goto(f"{server.url}/clips?lecture={finished}")
    settled(page)
    clip = page.locator("video").first
    clip.evaluate("v => { v.muted = true; return v.play(); }")
    page.wait_for_function("document.querySelector('video').currentTime > 0.5")
    width, height = clip.evaluate("v => [v.videoWidth, v.videoHeight]")
    assert (width, height) == (1280, 720)

    with page.expect_download() as download:
        page.get_by_role("link", name="Download all as zip").click()
    assert download.value.suggested_filename.endswith(".zip")


def test_click_on_a_transcript_line_seeks_the_player(page, finished):
    expect(page.locator(".lh-deck[data-ready=true]")).to_be_visible()
    line = page.locator(".lh-line").nth(12)
    minutes, seconds = line.locator(".lh-line-time").inner_text().split(":")
    line.click()
    page.wait_for_function("document.querySelector('.lh-video').currentTime > 1")
    at = page.locator(".lh-video").evaluate("v => v.currentTime")
    assert abs(at - (int(minutes) * 60 + int(seconds))) <= 1.1


def test_accepting_a_clip_survives_a_reload(page, finished):
    expect(page.locator(".lh-deck[data-ready=true]")).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".lh-clip-accepted").first).to_be_visible()
    page.reload()
    expect(page.locator(".lh-deck[data-ready=true]")).to_be_visible()
    expect(page.locator(".lh-clip-accepted").first).to_be_visible()


def test_renamed_text_file_is_refused_in_one_sentence(page, server, complaints, tmp_path):
    fake = tmp_path / "talk.mp4"
    fake.write_text("this is no recording\n" * 400)
    page.goto(f"{server.url}/upload")
    settled(page)
    page.locator(".lh-video-input").set_input_files(str(fake))
    page.locator(".lh-start").click()
    expect(page.locator(".lh-error")).to_contain_text("talk.mp4")
    assert not any((server.state / "state" / "uploads").glob("*/part"))
    assert len(complaints) == 1
    assert "415" in complaints.pop()
