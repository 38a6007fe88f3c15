"""The deck: player, timeline, transcript and table stay in step, by mouse and by key."""

import json
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.ways import open_review, settled, video_time, wait_for_time

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

RANGE = "document.querySelector('.lh-plot')._fullLayout.xaxis.range"
HOUR_AND_A_HALF = 5400.0


@pytest.fixture
def deck(page, server, sample):
    open_review(page, server, sample)
    return page


def selected_title(page):
    """Return the title of the clip that is marked on the timeline."""
    name = page.locator(".lh-clip-selected").first.get_attribute("aria-label")
    return name.partition(": ")[2].rpartition(" (")[0]


def test_scripts_come_with_the_page_and_each_of_them_once(deck):
    fetched = deck.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    scripts = [name.partition("/assets/")[2] for name in fetched if "/assets/" in name]
    assert len(scripts) == len(set(scripts))
    at = [name.partition(".")[0] for name in scripts]
    assert at.index("plotly-basic") > at.index("early")
    assert not [name for name in fetched if "/review/_stcore" in name], "asked in the wrong place"


def test_click_on_a_transcript_line_seeks_the_player(deck):
    line = deck.locator(".lh-line").nth(12)
    minutes, seconds = line.locator(".lh-line-time").inner_text().split(":")
    line.click()
    wanted = int(minutes) * 60 + int(seconds)
    wait_for_time(deck, f"Math.abs(t - {wanted}) <= 1.1")


def test_keys_play_seek_and_play_the_clip(deck):
    video = deck.locator(".lh-video")
    video.evaluate("v => { v.muted = true; }")
    deck.locator(".lh-time").click()
    start = video_time(deck)
    deck.keyboard.press("Space")
    wait_for_time(deck, f"t > {start + 0.3}")
    deck.keyboard.press("Space")
    assert video.evaluate("v => v.paused")
    at = video_time(deck)
    deck.keyboard.press("Shift+ArrowRight")
    wait_for_time(deck, f"Math.abs(t - {at + 5}) < 0.01")
    deck.keyboard.press("ArrowLeft")
    wait_for_time(deck, f"Math.abs(t - {at + 4}) < 0.01")
    deck.keyboard.press("p")
    first = float(deck.locator(".lh-clip-selected").first.get_attribute("data-t0"))
    wait_for_time(deck, f"{first} < t && t < {first + 4}")
    assert not video.evaluate("v => v.paused")


def test_key_in_the_title_field_types_and_does_not_play(deck):
    field = deck.get_by_role("textbox", name="Title")
    field.click()
    deck.keyboard.press("p")
    deck.keyboard.press("Space")
    assert deck.locator(".lh-video").evaluate("v => v.paused")
    assert field.input_value().endswith("p ")


def test_table_timeline_and_player_follow_each_other(deck):
    before = selected_title(deck)
    other = deck.locator(".lh-clip:not(.lh-clip-selected)").first
    start = float(other.get_attribute("data-t0"))
    other.click()
    title = selected_title(deck)
    assert title != before
    expect(deck.get_by_role("textbox", name="Title")).to_have_value(title)
    wait_for_time(deck, f"Math.abs(t - {start}) < 0.1")

    settled(deck)
    table = deck.locator(".st-key-clip_table").get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    deck.mouse.click(box["x"] + 15, box["y"] + 52)
    name = deck.locator(".lh-clip[aria-label^='Clip 1,']").first
    expect(name).to_have_attribute("aria-pressed", "true")
    first = float(name.get_attribute("data-t0"))
    wait_for_time(deck, f"Math.abs(t - {first}) < 0.1")


def test_who_may_only_look_changes_nothing_and_is_told(deck):
    sent = []
    deck.on("request", lambda request: sent.append(request.url))
    deck.evaluate(
        """() => {
          const deck = document.querySelector(".lh-deck").lhDeck;
          deck.load({ ...deck.data, may_change: false });
        }"""
    )
    expect(deck.get_by_role("button", name="Reject")).to_be_hidden()
    deck.locator(".lh-deck").click(position={"x": 2, "y": 2})
    deck.keyboard.press("x")
    expect(deck.locator(".lh-status")).to_have_text("You may look at this lecture, not change it.")
    assert not [url for url in sent if url.endswith("/edits")]


def test_zoom_and_playing_video_survive_an_edit_which_touches_no_line(deck):
    deck.keyboard.press("z")
    deck.wait_for_function(f"{RANGE}[1] - {RANGE}[0] < 100")
    zoomed = deck.evaluate(RANGE)
    deck.evaluate(
        """() => {
          globalThis.touched = 0;
          const count = (records) => { globalThis.touched += records.length; };
          const lines = document.querySelector(".lh-transcript");
          new MutationObserver(count).observe(lines, { subtree: true, childList: true });
          document.querySelector(".lh-video").dataset.mine = "kept";
        }"""
    )
    at = video_time(deck)
    deck.get_by_role("button", name="Reject").click()
    expect(deck.locator(".lh-clip-rejected").first).to_be_visible()
    settled(deck)
    assert deck.evaluate(RANGE) == zoomed
    assert deck.evaluate("globalThis.touched") == 0
    assert deck.locator(".lh-video").get_attribute("data-mine") == "kept"
    assert video_time(deck) == at
    deck.get_by_role("button", name="Undo").click()
    expect(deck.locator(".lh-clip-rejected")).to_have_count(0)


def test_labels_on_the_timeline_never_overlap(deck):
    for scale in ("z", "z", "-"):
        deck.keyboard.press(scale)
        for kind in (".lh-clip-label:not([hidden])", ".lh-topic:not([hidden])"):
            boxes = [box for b in deck.locator(kind).all() if (box := b.bounding_box())]
            boxes.sort(key=lambda box: box["x"])
            assert boxes
            for left, right in pairwise(boxes):
                assert left["x"] + left["width"] <= right["x"] + 1


def test_dark_theme_redraws_the_timeline(deck):
    ink = "document.querySelector('.lh-plot')._fullLayout.font.color"
    light = deck.evaluate(ink)
    deck.emulate_media(color_scheme="dark")
    deck.wait_for_function(f"{ink} !== {json.dumps(light)}")
    background = deck.locator("[data-testid=stApp]").evaluate(
        "node => getComputedStyle(node).backgroundColor"
    )
    assert sum(map(int, background[4:-1].split(","))) < 150
    assert deck.get_by_test_id("stApp").screenshot().startswith(b"\x89PNG")


def long_bundle(bundle):
    """Return a bundle of an hour and a half: 800 sentences, 300 silences, 60 slides, 12 topics."""
    step, duration = HOUR_AND_A_HALF / 800, HOUR_AND_A_HALF
    bundle["lecture"]["duration"] = duration
    bundle["sentences"] = [
        {"start": i * step, "end": (i + 0.9) * step, "score": 0.5, "text": f"Sentence {i} " * 9}
        for i in range(800)
    ]
    bundle["silences"] = [
        {"start": i * 18.0, "end": i * 18.0 + 1.5, "db": -60.0, "type": "pause"} for i in range(300)
    ]
    bundle["slides"] = [
        {"start": i * 90.0, "end": (i + 1) * 90.0, "title": f"Slide {i}", "still": None}
        for i in range(60)
    ]
    bundle["topics"] = [
        {"start": i * 450.0, "end": (i + 1) * 450.0, "title": f"Topic number {i}"}
        for i in range(12)
    ]
    return bundle


def test_deck_of_a_long_lecture_opens_and_playing_touches_little_of_it(page, server, sample):
    def answer(route):
        response = route.fetch()
        route.fulfill(response=response, json=long_bundle(response.json()))

    page.route("**/bundle?*", answer)
    page.goto(f"{server.url}/review?lecture={sample}")
    expect(page.locator(".lh-deck[data-ready=true]")).to_be_visible()
    assert page.locator(".lh-line").count() == 800
    assert page.locator(".lh-still").count() == 60
    # A frame of playing moves the playhead and at most one line.
    touched = page.evaluate(
        """() => {
          const root = document.querySelector(".lh-deck"), deck = root.lhDeck;
          const watch = new MutationObserver(() => {});
          watch.observe(root, {subtree: true, childList: true, attributes: true});
          for (let i = 0; i < 200; i += 1) {
            deck.timeline.playhead(i * 0.04);
            deck.transcript.follow(i * 0.04);
            deck.strip.follow(i * 0.04);
            deck.boxes.at(i * 0.04);
          }
          return watch.takeRecords().length / 200;
        }"""
    )
    assert 0 < touched < 4, touched
