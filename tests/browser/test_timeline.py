"""Every key of the deck, and what the timeline does with clicks, drags and its view."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.editing import (
    SELECTED,
    at_time,
    drag_to,
    free_stretch,
    press,
    said,
    seek,
    span,
    told,
)
from tests.browser.ways import CLIPS_MS, open_review, video_time, wait_for_time

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def deck(page, server, sample):
    open_review(page, server, sample)
    return page


def test_keys_seek_by_silence_time_and_frame_and_the_sheet_names_them_all(deck):
    seek(deck, 10)
    deck.keyboard.press("]")
    wait_for_time(deck, "t > 10.01")
    deck.keyboard.press("[")
    wait_for_time(deck, "t <= 10.06")
    deck.keyboard.press("g")
    deck.get_by_role("textbox", name="Go to").fill("0:21")
    deck.keyboard.press("Enter")
    wait_for_time(deck, "Math.abs(t - 21) < 0.1")
    deck.keyboard.press(".")
    wait_for_time(deck, "t > 21.01 && t < 21.2")
    deck.keyboard.press("m")
    assert deck.locator(".lh-video").evaluate("v => v.muted")
    deck.keyboard.press("?")
    sheet = deck.locator(".lh-sheet")
    expect(sheet).to_be_visible()
    assert sheet.locator("kbd").count() >= 35
    deck.keyboard.press("a")
    assert {clip["state"] for clip in told(deck)} == {"proposed"}
    deck.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_stretch_that_is_marked_becomes_a_clip_and_is_played_without_rendering(deck):
    free = free_stretch(deck)
    count = len(told(deck))
    deck.evaluate(
        f"document.querySelector('.lh-deck').lhDeck.timeline.handles.mark({free[0] + 0.5}, "
        f"{free[0] + 0.5 + min(6, free[1] - free[0] - 1)})"
    )
    deck.get_by_role("button", name="Make a clip").first.click()
    said(deck, re.compile("Made clip"))
    assert len(told(deck)) == count + 1
    begin, _ = span(deck)
    deck.keyboard.press("p")
    wait_for_time(deck, f"t > {begin + 0.3} && t < {begin + 5}")
    deck.keyboard.press(" ")


def test_shift_and_drag_marks_a_stretch_of_the_timeline(deck):
    lane = deck.locator(".lh-plot")
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    deck.mouse.move(box["x"] + 300, box["y"] + 0.6 * box["height"])
    deck.keyboard.down("Shift")
    deck.mouse.down()
    deck.mouse.move(box["x"] + 500, box["y"] + 0.6 * box["height"], steps=5)
    deck.mouse.up()
    deck.keyboard.up("Shift")
    marked = deck.evaluate("document.querySelector('.lh-deck').lhDeck.timeline.handles.marked")
    assert marked[1] - marked[0] > 1
    expect(deck.locator(".lh-range")).to_be_visible()
    deck.keyboard.press("Escape")
    expect(deck.locator(".lh-range")).to_be_hidden()


def test_a_topic_says_why_when_it_is_clicked(deck):
    deck.locator(".lh-topic").first.click()
    expect(deck.get_by_text(re.compile("Why this topic"))).to_be_visible()


def test_keys_of_the_table_that_no_other_test_presses(deck, server, sample):
    video = deck.locator(".lh-video")
    video.evaluate("v => { v.muted = true; }")
    deck.locator(".lh-time").click()
    seek(deck, 70)
    for key, time in (("j", 65), ("Control+ArrowRight", 125), ("Control+ArrowLeft", 65)):
        deck.keyboard.press(key)
        wait_for_time(deck, f"Math.abs(t - {time}) < 0.02")
    deck.keyboard.press(",")
    wait_for_time(deck, "t > 64.7 && t < 64.99")
    deck.keyboard.press("l")
    deck.wait_for_function(
        "(v => !v.paused && v.playbackRate === 2)(document.querySelector('video'))"
    )
    deck.keyboard.press("k")
    deck.wait_for_function("document.querySelector('video').paused")
    video.evaluate("v => { v.playbackRate = 1; }")

    in_time = sorted(told(deck), key=lambda clip: clip["parts"][0][0])
    deck.locator(f".lh-clip[data-clip='{in_time[0]['id']}']").first.click()
    deck.keyboard.press("ArrowDown")
    deck.wait_for_function(f"{SELECTED}.id === '{in_time[1]['id']}'")
    deck.keyboard.press("ArrowUp")
    deck.wait_for_function(f"{SELECTED}.id === '{in_time[0]['id']}'")
    deck.keyboard.press("Shift+P")
    wait_for_time(deck, f"t > {in_time[0]['parts'][0][0] + 0.2}")
    assert not video.evaluate("v => v.paused")
    deck.keyboard.press("k")
    deck.keyboard.press("f")
    deck.wait_for_function("document.fullscreenElement?.classList.contains('lh-stage-area')")
    deck.keyboard.press("f")
    deck.wait_for_function("!document.fullscreenElement")

    start, end = span(deck)
    seek(deck, start + 2)
    press(deck, "i", re.compile("Moved the edges"))
    seek(deck, end - 2)
    press(deck, "o", re.compile("Moved the edges"))
    assert span(deck) == pytest.approx((start + 2, end - 2), abs=0.05)
    press(deck, "Shift+I", re.compile("Moved the edges"))
    press(deck, "Shift+O", re.compile("Moved the edges"))
    silences = deck.evaluate("document.querySelector('.lh-deck').lhDeck.bundle.silences")
    wide = span(deck)
    assert min(abs(one["end"] - wide[0]) for one in silences) < 0.01
    assert min(abs(one["start"] - wide[1]) for one in silences) < 0.01
    deck.keyboard.press("<")
    deck.keyboard.press("<")
    said(deck, re.compile("Moved clip"))
    earlier = span(deck)
    assert earlier == pytest.approx((wide[0] - 2, wide[1] - 2), abs=0.01)
    press(deck, ">", re.compile("Moved clip"))
    press(deck, "Control+z", re.compile("Taken back: Moved clip"))
    press(deck, "Control+y", re.compile("Done again: Moved clip"))
    moved = span(deck)
    assert moved == pytest.approx((wide[0] - 1, wide[1] - 1), abs=0.01)
    seek(deck, free_stretch(deck)[0] + 1)
    press(deck, "n", re.compile("Made clip"))
    press(deck, "Backspace", re.compile("Deleted clip"))
    deck.keyboard.press("Control+Enter")
    deck.wait_for_url(re.compile(r"/job\?id="))
    expect(deck.get_by_role("link", name="Review the clips")).to_be_visible(timeout=CLIPS_MS)
    open_review(deck, server, sample)
    assert len(told(deck)) == len(in_time)
    spans = [(clip["parts"][0][0], clip["parts"][-1][1]) for clip in told(deck)]
    assert moved in spans
    expect(deck.get_by_role("button", name="Compile")).to_have_text("Compile")


def test_playing_and_jumping_turn_the_page_and_panning_away_does_not(deck):
    seek(deck, 20)
    for _ in range(4):
        deck.keyboard.press("+")
    view = "document.querySelector('.lh-plot')._fullLayout.xaxis.range"
    deck.wait_for_function(f"{view}[1] - {view}[0] < 12")
    length = deck.evaluate(f"{view}[1] - {view}[0]")
    deck.keyboard.press("Control+ArrowRight")
    deck.wait_for_function(f"{view}[0] <= 80 && 80 <= {view}[1]")
    assert deck.evaluate(f"{view}[1] - {view}[0]") == pytest.approx(length)
    edge = deck.evaluate(f"{view}[1]")
    video = deck.locator(".lh-video")
    seek(deck, edge - 0.3)
    video.evaluate("v => { v.muted = true; v.play(); }")
    deck.wait_for_function(f"{view}[0] > {edge} - 2")
    video.evaluate("v => v.pause()")
    # Dragged by hand away from the playhead, the view stays where it was put.
    before = deck.evaluate(f"{view}[0]")
    deck.locator(".lh-timeline").scroll_into_view_if_needed()
    lane = deck.locator(".lh-plot").bounding_box()
    y = lane["y"] + 0.9 * lane["height"]
    for _ in range(2):
        drag_to(deck, (lane["x"] + 200, y), (lane["x"] + lane["width"] - 60, y))
    deck.wait_for_function(f"{view}[0] < {before} - 12")
    at = video_time(deck)
    video.evaluate("v => v.play()")
    wait_for_time(deck, f"t > {at + 0.5}")
    video.evaluate("v => v.pause()")
    assert deck.evaluate(f"{view}[1]") < at


def test_a_click_between_clips_goes_there_and_what_is_cut_is_not_played(deck):
    deck.locator(".lh-timeline").scroll_into_view_if_needed()
    for time, lane in ((33.0, 0.9), (36.0, 0.36), (34.0, 0.5)):  # importance, silence, sound
        deck.mouse.click(*at_time(deck, time, lane))
        wait_for_time(deck, f"Math.abs(t - {time}) < 0.3")
    clip = next(one for one in told(deck) if len(one["parts"]) > 1)
    deck.locator(f".lh-clip[data-clip='{clip['id']}']").first.click()
    (start, cut), (on, _) = clip["parts"][:2]
    deck.evaluate(
        """() => { const video = document.querySelector('.lh-video');
          globalThis.seen = [];
          video.muted = true;
          video.playbackRate = 4;
          video.addEventListener('timeupdate', () => globalThis.seen.push(video.currentTime)); }"""
    )
    deck.keyboard.press("p")
    wait_for_time(deck, f"t > {on + 0.5}")
    deck.keyboard.press("k")
    seen = deck.evaluate("globalThis.seen")
    assert [time for time in seen if start <= time < cut]
    assert not [time for time in seen if cut + 0.5 < time < on - 0.1]
