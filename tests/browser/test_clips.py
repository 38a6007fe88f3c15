"""The clips page: moments under the pointer, and what is made beside the clips."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import watched_page

MADE_MS = 240_000


def open_clips(page, server, sample):
    page.goto(f"{server.url}/clips?lecture={sample}")
    film = page.locator(".lh-film").first
    film.locator("video[src]").wait_for()
    return film


def test_pointing_at_a_clip_shows_moments_of_it_until_it_is_played(page, server, sample):
    film = open_clips(page, server, sample)
    moments = film.locator("img")
    expect(moments).to_be_hidden()
    film.hover()
    expect(moments).to_be_visible()
    page.wait_for_function("document.querySelector('.lh-film img').naturalWidth === 320")
    page.mouse.move(2, 2)
    expect(moments).to_be_hidden()
    film.locator("video").evaluate("v => { v.muted = true; return v.play(); }")
    film.hover()
    expect(moments).to_be_hidden()
    assert film.locator("video").evaluate("v => v.textTracks[0].kind") == "captions"


def test_who_wants_less_motion_sees_none(browser, server, sample, complaints):
    with watched_page(browser, server, complaints, reduced_motion="reduce") as page:
        film = open_clips(page, server, sample)
        film.hover()
        expect(film.locator("img")).to_be_hidden()


def test_a_podcast_and_a_reel_are_made_on_the_page(page, server, sample):
    open_clips(page, server, sample)
    page.get_by_role("button", name="Make the podcast").click()
    page.get_by_role("button", name="Make the reel").click()
    for name in ("Save MP3", "Save MP4"):
        expect(page.get_by_role("link", name=name)).to_be_visible(timeout=MADE_MS)
    reel = page.locator(".st-key-extra-reel video")
    seconds = reel.evaluate(
        "async v => { v.preload = 'auto'; v.load();"
        " await new Promise(done => v.onloadedmetadata = done); return v.duration; }"
    )
    assert seconds > 5
    page.get_by_role("button", name="Downloads").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="MP3", exact=True).click()
    assert waiting.value.suggested_filename.endswith("-podcast.mp3")


def test_drafts_are_previewed_and_then_rendered_in_full_quality(page, server, sample):
    bundle = page.request.get(f"{server.url}/api/v1/lectures/{sample}/bundle").json()
    clip = bundle["clips"][0]
    edit = {"op": "resize", "clip_id": clip["id"], "start": clip["start"], "end": clip["end"] - 4}
    assert page.request.post(f"{server.url}/api/v1/jobs/{bundle['job']['id']}/edits", data=edit).ok
    page.goto(f"{server.url}/clips?lecture={sample}")
    expect(page.get_by_text("1 clip is not rendered as it stands now")).to_be_visible()
    expect(page.get_by_text(re.compile("about .* as drafts, .* in full quality"))).to_be_visible()
    page.get_by_role("button", name="Preview renders (draft)").click()
    page.locator(".stMain").get_by_role("link", name="Clips", exact=True).click(timeout=MADE_MS)
    expect(page.get_by_text("rendered as drafts (360p)")).to_be_visible()
    assert played_width(page) == 640
    page.reload()
    page.get_by_role("button", name="Render in full quality").click()
    page.locator(".stMain").get_by_role("link", name="Clips", exact=True).click(timeout=MADE_MS)
    expect(page.locator(".lh-film video[src]").first).to_be_visible()
    expect(page.get_by_text("rendered as drafts")).to_have_count(0)
    assert played_width(page) == 1280


def played_width(page):
    """Return how wide the first clip's picture is, once the browser has read it."""
    return page.locator(".lh-film video").first.evaluate(
        "async v => { v.preload = 'auto'; v.load();"
        " await new Promise(done => v.onloadedmetadata = done); return v.videoWidth; }"
    )
