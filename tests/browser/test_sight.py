"""What was seen, on the review page: layout boxes on the frame, slides as a strip of pictures."""

import json
import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from data.samples import sample_paths
from tests.browser.conftest import watched_page
from tests.browser.ways import open_review, settled, video_time, wait_for_time

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TRUTH = json.loads(sample_paths().truth.read_text())
SIZE = (1280, 720)
NEAR_PX = 2
DECK = "document.querySelector('.lh-deck').lhDeck"
RANGE = "document.querySelector('.lh-plot')._fullLayout.xaxis.range"
WORDS = {
    "screen_only": "Screen only, no camera",
    "camera_only": "Camera only, no screen",
    "picture_in_picture": "Camera inside the screen",
    "side_by_side": "Screen and camera side by side",
}
# Boxes as drawn and the video's own place, in CSS pixels.
DRAWN = """() => {
  const place = (name) => {
    const rect = document.querySelector(name)?.getBoundingClientRect();
    return rect ? [rect.x, rect.y, rect.width, rect.height] : null;
  };
  const [video, screen, camera] = [".lh-video", ".lh-box-screen", ".lh-box-camera"].map(place);
  return { video, screen, camera };
}"""
WINDOWS = {
    "desk": {"viewport": {"width": 1400, "height": 1000}},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3},
}


@pytest.fixture
def deck(page, server, sample):
    open_review(page, server, sample)
    return page


def on_screen(box, video):
    """Return where a box of the source must lie: the picture is letterboxed inside the player."""
    if box is None:
        return None
    left, top, width, height = video
    scale = min(width / SIZE[0], height / SIZE[1])
    bars = (width - SIZE[0] * scale) / 2, (height - SIZE[1] * scale) / 2
    x, y, w, h = (side * scale for side in box)
    return pytest.approx([left + bars[0] + x, top + bars[1] + y, w, h], abs=NEAR_PX)


def show(page, time):
    page.evaluate(f"t => {DECK}.seek(t)", time)


def assert_boxes_are_true(page):
    for layout in TRUTH["layouts"]:
        show(page, (layout["t0"] + layout["t1"]) / 2)
        expect(page.locator(".lh-layout")).to_contain_text(WORDS[layout["type"]])
        drawn = page.evaluate(DRAWN)
        for name in ("screen", "camera"):
            assert drawn[name] == on_screen(layout[name], drawn["video"]), (name, layout)


@pytest.mark.parametrize("window", WINDOWS)
def test_boxes_lie_where_screen_and_camera_are(browser, server, sample, complaints, window):
    with watched_page(browser, server, complaints, **WINDOWS[window]) as page:
        open_review(page, server, sample)
        assert_boxes_are_true(page)


def test_boxes_stay_on_the_picture_when_the_player_has_another_shape(deck):
    deck.add_style_tag(content=".lh-stage-area { aspect-ratio: 21 / 9 !important; }")
    deck.wait_for_function(
        "(v => v.clientWidth / v.clientHeight > 2.2)(document.querySelector('.lh-video'))"
    )
    assert_boxes_are_true(deck)
    deck.set_viewport_size({"width": 900, "height": 1000})
    assert_boxes_are_true(deck)


def test_layout_changes_with_the_frame_that_is_shown(deck):
    border = deck.evaluate(f"{DECK}.bundle.layouts[2].start")
    words = deck.locator(".lh-layout")
    for offset, kind in ((-0.05, "picture_in_picture"), (0.05, "side_by_side")):
        show(deck, border + offset)
        expect(words).to_contain_text(WORDS[kind])
    show(deck, border - 0.4)
    expect(words).to_contain_text(WORDS["picture_in_picture"])
    deck.evaluate(
        """() => new Promise((done) => {
          const video = document.querySelector(".lh-video");
          const seen = (globalThis.seen = []);
          const look = (_, frame) => {
            seen.push([frame.mediaTime, document.querySelector(".lh-layout").textContent]);
            if (video.currentTime < 65.5) return video.requestVideoFrameCallback(look);
            video.pause();
            return done();
          };
          video.requestVideoFrameCallback(look);
          video.muted = true;
          video.play();
        })"""
    )
    seen = deck.evaluate("globalThis.seen")
    assert len(seen) > 5
    for time, text in seen:
        assert WORDS["side_by_side" if time >= border else "picture_in_picture"] in text, time


def test_boxes_are_switched_by_key_and_stay_as_they_were_left(deck, server, sample):
    button = deck.get_by_role("button", name="Layout boxes")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(deck.locator(".lh-boxes")).to_be_visible()
    deck.keyboard.press("b")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(deck.locator(".lh-boxes")).to_be_hidden()
    open_review(deck, server, sample)
    expect(deck.locator(".lh-boxes")).to_be_hidden()
    button.click()
    expect(deck.locator(".lh-boxes")).to_be_visible()


def test_strip_shows_a_small_picture_of_each_slide_and_a_click_seeks_there(deck):
    stills = deck.locator(".lh-still")
    slides = deck.evaluate(f"{DECK}.bundle.slides")
    assert stills.count() == len(slides) >= 7
    deck.wait_for_function(
        "n => [...document.querySelectorAll('.lh-still-picture')]"
        ".filter((i) => i.naturalWidth).length === n",
        arg=len(slides),
    )
    widths = deck.locator(".lh-still-picture").evaluate_all("all => all.map(i => i.naturalWidth)")
    assert set(widths) == {160}
    stills.nth(3).click()
    wait_for_time(deck, f"Math.abs(t - {slides[3]['start']}) < 0.05")
    expect(stills.nth(3)).to_have_attribute("aria-current", "true")
    deck.keyboard.press("e")
    wait_for_time(deck, f"Math.abs(t - {slides[4]['start']}) < 0.05")
    deck.keyboard.press("w")
    wait_for_time(deck, f"Math.abs(t - {slides[3]['start']}) < 0.05")


def test_slide_under_the_pointer_is_shown_large_with_number_and_times(deck):
    preview = deck.locator(".lh-preview")
    expect(preview).to_be_hidden()
    deck.locator(".lh-still").nth(4).hover()
    expect(preview).to_be_visible()
    expect(preview).to_contain_text(re.compile(r"Slide 5 of \d+.*1:04 - 1:\d\d"))
    deck.wait_for_function("document.querySelector('.lh-preview img').naturalWidth === 320")
    deck.keyboard.press("Escape")
    expect(preview).to_be_hidden()


@contextmanager
def altered_bundle(page, change):
    """Answer the deck with a bundle that `change` has been at."""

    def answer(route):
        response = route.fetch()
        route.fulfill(response=response, json=change(response.json()))

    page.route("**/bundle?*", answer)
    yield
    page.unroute("**/bundle?*")


def many_slides(bundle):
    stills = [slide["still"] for slide in bundle["slides"]]
    step = bundle["lecture"]["duration"] / 60
    bundle["slides"] = [
        {"start": i * step, "end": (i + 1) * step, "title": "", "still": stills[i % len(stills)]}
        for i in range(60)
    ]
    return bundle


def test_slide_too_short_for_a_picture_is_a_tick_until_one_zooms_in(page, server, sample):
    asked = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/slides/" in request.url else None
    )
    with altered_bundle(page, many_slides):
        open_review(page, server, sample)
    assert page.locator(".lh-still-tick").count() == 60
    assert not asked
    for _ in range(3):
        page.keyboard.press("+")
    page.wait_for_function(f"{RANGE}[1] - {RANGE}[0] < 30")
    shown = page.locator(".lh-still:not([hidden])")
    expect(page.locator(".lh-still-tick:not([hidden])")).to_have_count(0)
    assert 5 <= shown.count() <= 15
    place = page.evaluate(
        """() => {
          const plot = document.querySelector(".lh-plot");
          const axis = plot._fullLayout.xaxis;
          const node = [...document.querySelectorAll(".lh-still:not([hidden])")][2];
          const left = node.getBoundingClientRect().left - plot.getBoundingClientRect().left;
          return left - axis._offset - axis.d2p(Number(node.dataset.t0));
        }"""
    )
    assert abs(place) <= 1
    page.wait_for_function("document.querySelectorAll('.lh-still-picture').length > 4")
    assert all("width=160" in url for url in asked)


def half_known(bundle):
    return {**bundle, "slides": [], "layouts": [], "topics": [], "clips": []}


def test_more_findings_come_without_moving_playhead_or_zoom(page, server, sample):
    with altered_bundle(page, half_known):
        open_review(page, server, sample)
    expect(page.locator(".lh-layout")).to_have_text("Layout not known yet")
    assert page.locator(".lh-still").count() == 0
    show(page, 50.0)
    page.keyboard.press("z")
    page.wait_for_function(f"{RANGE}[1] - {RANGE}[0] < 100")
    before, at = page.evaluate(RANGE), video_time(page)
    page.locator(".lh-video").evaluate("v => { v.dataset.mine = 'kept'; }")
    page.evaluate(f"(deck => deck.load({{ ...deck.data, version: 'more' }}))({DECK})")
    expect(page.locator(".lh-still")).not_to_have_count(0)
    expect(page.locator(".lh-layout")).to_contain_text(WORDS["picture_in_picture"])
    assert page.evaluate(RANGE) == before
    assert video_time(page) == at
    assert page.locator(".lh-video").get_attribute("data-mine") == "kept"
    settled(page)


def test_picture_that_is_gone_leaves_a_tick_with_its_number(page, server, sample, complaints):
    page.route("**/slides/**", lambda route: route.fulfill(status=404, body=""))
    open_review(page, server, sample)
    expect(page.locator(".lh-still-picture")).to_have_count(0)
    assert page.locator(".lh-still-tick").count() == page.locator(".lh-still").count()
    page.locator(".lh-still").nth(2).hover()
    expect(page.locator(".lh-preview")).to_contain_text("Slide 3")
    assert all("404" in complaint and "/slides/" in complaint for complaint in complaints)
    complaints.clear()
