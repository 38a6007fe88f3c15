"""The highlight reel on the review page: its passages seek, and play one after another."""

import pytest
from playwright.sync_api import expect

from tests.browser.ways import open_review, settled, wait_for_time

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def reel(page, server, sample):
    bundle = page.request.get(f"{server.url}/api/v1/lectures/{sample}/bundle").json()
    open_review(page, server, sample)
    assert len(bundle["reel"]) >= 2
    return bundle["reel"]


def test_a_passage_seeks_and_is_marked_while_it_is_shown(page, reel):
    nodes = page.locator(".lh-passage")
    expect(nodes).to_have_count(len(reel))
    nodes.last.click()
    wait_for_time(page, f"Math.abs(t - {reel[-1]['start']}) < 0.1")
    expect(nodes.last).to_have_attribute("aria-current", "true")
    nodes.first.click()
    wait_for_time(page, f"Math.abs(t - {reel[0]['start']}) < 0.1")
    expect(nodes.last).not_to_have_attribute("aria-current", "true")
    assert reel[0]["title"] in nodes.first.inner_text()
    assert reel[0]["reason"] in nodes.first.get_attribute("title")


def test_the_reel_plays_its_passages_and_nothing_between(page, reel):
    video = page.locator(".lh-video")
    video.evaluate("v => { v.muted = true; v.playbackRate = 4; }")
    seen = """() => { globalThis.seen = [];
      const video = document.querySelector(".lh-video");
      video.addEventListener("timeupdate", () => { globalThis.seen.push(video.currentTime); }); }"""
    page.evaluate(seen)
    page.get_by_role("button", name="Play the reel").click()
    first, second = reel[0], reel[1]
    wait_for_time(page, f"{second['start']} <= t && t < {second['end']}")
    video.evaluate("v => v.pause()")
    times = page.evaluate("globalThis.seen")
    # a frame or two late at four times the speed, never a second of what lies between
    between = [t for t in times if first["end"] + 1 < t < second["start"] - 0.1]
    assert between == []
    assert any(first["start"] <= t < first["end"] for t in times)


def test_key_plays_the_reel(page, reel):
    page.locator(".lh-video").evaluate("v => { v.muted = true; }")
    page.locator(".lh-time").click()
    page.keyboard.press("r")
    wait_for_time(page, f"{reel[0]['start']} < t && t < {reel[0]['end']}")
    assert not page.locator(".lh-video").evaluate("v => v.paused")
    settled(page)
