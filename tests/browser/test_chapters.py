"""Chapters in a real player: the track's cues are the topics, whatever those are called."""

import json
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from agents.types import ContentSegment
from app.chapters import CHAPTER_FORMATS, make_chapters
from tests.browser.ways import open_review

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TRACK = "document.querySelector('.lh-video').textTracks[0]"
CUES = f"""() => [...{TRACK}.cues ?? []].map(
  (cue) => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent])"""
HOSTILE = (
    "a --> b",
    "00:01.000 --> 00:02.000\n\nNOTE second cue",
    "<v Speaker>said</v> <script>alert(1)</script> &lt;b&gt; AT&T",
    "<img src=x onerror=alert(1)>",
    "x" * 10_000,
)


def read_track(page, count):
    page.wait_for_function(f"{TRACK}?.cues?.length === {count}")
    return page.evaluate(CUES)


def test_player_has_a_chapter_per_topic_and_names_the_one_that_plays(page, server, sample):
    open_review(page, server, sample)
    bundle = page.request.get(f"{server.url}/api/v1/lectures/{sample}/bundle").json()
    topics, end = bundle["topics"], bundle["lecture"]["duration"]
    edges = [0, *(topic["start"] for topic in topics[1:]), end]
    cues = read_track(page, len(topics))
    assert page.evaluate(f"{TRACK}.kind") == "chapters"
    assert [text for _, _, text in cues] == [topic["title"] for topic in topics]
    for (start, finish, _), edge in zip(cues, pairwise(edges), strict=True):
        assert (start, finish) == pytest.approx(edge, abs=0.001)
    page.evaluate(f"document.querySelector('.lh-deck').lhDeck.seek({edges[-2] + 1})")
    expect(page.locator(".lh-chapter")).to_have_text(topics[-1]["title"])


def test_hostile_titles_are_text_to_the_browsers_own_reader(page, server, sample):
    segments = [
        ContentSegment(20.0 * i, 20.0 * i + 20, i, title, "", ()) for i, title in enumerate(HOSTILE)
    ]
    made = make_chapters(segments)
    body = CHAPTER_FORMATS["vtt"].write(made, "")
    page.route("**/chapters.vtt?*", lambda route: route.fulfill(body=body, content_type="text/vtt"))
    open_review(page, server, sample)
    cues = read_track(page, len(made))
    assert [(a, b, text.replace("\u200b", "")) for a, b, text in cues] == [
        (c.start, c.end, c.text) for c in made
    ]
    page.evaluate("document.querySelector('.lh-deck').lhDeck.seek(45)")
    expect(page.locator(".lh-chapter")).to_have_text(made[2].text)


def test_buttons_save_the_chapters(page, server, sample):
    open_review(page, server, sample)
    saved = page.locator(".st-key-chapters")
    for name, begin in (("WebVTT", "WEBVTT"), ("YouTube", "0:00 "), ("Podcast JSON", "{")):
        url = saved.get_by_role("link", name=name).get_attribute("href")
        assert page.request.get(f"{server.url}{url}").text().startswith(begin)
    url = saved.get_by_role("link", name="Podcast JSON").get_attribute("href")
    document = json.loads(page.request.get(f"{server.url}{url}").text())
    assert document["chapters"][0]["startTime"] == 0
