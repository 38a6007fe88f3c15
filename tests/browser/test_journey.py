"""A person's way through the product, in a real browser against the real app, queue and workers."""

import pytest
from playwright.sync_api import expect

from tests.browser.ways import HOSTILE_TITLE, open_review, settled, video_time, wait_for_time

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_person_uploads_the_sample_reviews_it_and_plays_a_clip(page, server, sample):
    open_review(page, server, sample)
    assert page.locator(".lh-clip").count() >= 1
    assert page.locator(".lh-line").count() >= 25
    assert page.locator(".lh-still").count() >= 6

    page.locator(".lh-clip").first.click()
    wait_for_time(page, "t > 0.5")
    began = video_time(page)
    page.locator(".lh-video").evaluate("v => { v.muted = true; return v.play(); }")
    wait_for_time(page, f"t > {began + 0.7}")
    expect(page.locator(".lh-line-active")).to_have_count(1)

    page.goto(f"{server.url}/clips?lecture={sample}")
    settled(page)
    clip = page.locator("video").first
    clip.evaluate("v => { v.muted = true; return v.play(); }")
    page.wait_for_function("document.querySelector('video').currentTime > 0.5")
    assert clip.evaluate("v => [v.videoWidth, v.videoHeight]") == [1280, 720]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all as zip").click()
    assert download.value.suggested_filename.endswith(".zip")


def test_hostile_title_and_captions_stay_text_on_every_page(page, server, sample):
    open_review(page, server, sample)
    heading = page.get_by_role("heading", level=1).inner_text()
    assert heading.replace("\u2060", "").strip() == HOSTILE_TITLE
    said = page.locator(".lh-transcript").inner_text()
    assert "![x](http://beacon.example/a.png)" in said
    assert "<img src=//beacon.example/b.png>" in said
    assert "<script>fetch('http://beacon.example/c')</script>" in said
    for path in (f"review?lecture={sample}", f"clips?lecture={sample}", "", "job"):
        page.goto(f"{server.url}/{path}")
        settled(page)
        expect(page.get_by_text("Searching <img src=x").first).to_be_visible()
        planted = "[src*=beacon], [href*='//beacon'], [src='x'], [href^='javascript:'], .katex"
        assert page.locator(planted).count() == 0
    # That nothing was asked of beacon.example the fixture `page` proves.


def test_accepted_clip_is_still_accepted_after_a_reload(page, server, sample):
    open_review(page, server, sample)
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator(".lh-clip-accepted").first).to_be_visible()
    open_review(page, server, sample)
    expect(page.locator(".lh-clip-accepted").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".lh-clip-accepted")).to_have_count(0)


def test_lecture_that_is_deleted_while_it_is_open_is_one_sentence(page, server, sample):
    open_review(page, server, sample)
    library = page.context.new_page()
    library.goto(server.url)
    settled(library)
    library.locator(f".st-key-delete-{sample} button").click()
    expect(library.get_by_text("The lecture was deleted.")).to_be_visible()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_text("There is no")).to_be_visible()
    library.get_by_role("button", name="Undo").click()
    expect(library.locator(f".st-key-delete-{sample}")).to_be_visible()
