"""Clips are cut, made, joined and judged in the deck, and all of it is there after a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import watched_page
from tests.browser.ways import open_review, settled, wait_for_time

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CLIPS = "[...document.querySelector('.lh-deck').lhDeck.data.live.clips]"
SELECTED = "document.querySelector('.lh-deck').lhDeck.clip()"


@pytest.fixture
def deck(page, server, sample):
    open_review(page, server, sample)
    return page


def told(page):
    return page.evaluate(CLIPS)


def said(page, text):
    """Wait until the last edit is answered and the page stands still."""
    page.wait_for_function("!document.querySelector('.lh-deck').lhDeck.edits.flying")
    settled(page)
    expect(page.locator(".lh-status")).to_have_text(text)


def span(page):
    """Return where the selected clip begins and ends."""
    parts = page.evaluate(SELECTED)["parts"]
    return parts[0][0], parts[-1][1]


def seek(page, time):
    page.evaluate(f"document.querySelector('.lh-deck').lhDeck.seek({time})")
    wait_for_time(page, f"Math.abs(t - {time}) < 0.2")


def press(page, key, text):
    page.keyboard.press(key)
    said(page, text)


def drag(page, locator, dx, **keys):
    box = locator.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    for name in keys:
        page.keyboard.down(name)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y, steps=3)
    page.mouse.move(x + dx, y, steps=3)
    page.mouse.up()
    for name in keys:
        page.keyboard.up(name)


def test_edges_are_dragged_and_nudged_and_stay_after_a_reload(deck, server, sample):
    deck.keyboard.press("z")
    deck.wait_for_function("document.querySelector('.lh-deck').lhDeck.timeline.near()")
    start, end = span(deck)
    handle = deck.locator(".lh-handle-end[tabindex='0']")
    drag(deck, handle, -60, Alt=True)
    said(deck, re.compile("Moved the edges of clip"))
    dragged = span(deck)
    assert dragged[0] == pytest.approx(start)
    assert end - 30 < dragged[1] < end - 0.5
    handle = deck.locator(".lh-handle-end[tabindex='0']")
    handle.focus()
    deck.keyboard.press("ArrowLeft")
    deck.keyboard.press("Shift+ArrowLeft")
    said(deck, re.compile("Moved the edges of clip"))
    assert span(deck)[1] == pytest.approx(dragged[1] - 1.1, abs=0.02)
    expect(deck.locator(".lh-handle-end:focus")).to_have_attribute(
        "aria-valuetext", re.compile("the clip lasts")
    )
    kept = span(deck)
    open_review(deck, server, sample)
    assert span(deck) == pytest.approx(kept)
    press(deck, "Control+z", re.compile("Taken back: Moved the edges"))
    assert span(deck) == pytest.approx(dragged)
    press(deck, "Control+Shift+Z", re.compile("Done again: Moved the edges"))
    assert span(deck) == pytest.approx(kept)


def refused(complaints, status):
    """Take out what a browser logs of an answer that refuses."""
    assert [one for one in complaints if f"status of {status}" in one]
    complaints[:] = [one for one in complaints if f"status of {status}" not in one]


def test_a_clip_is_judged_split_joined_made_and_deleted_by_key(deck, server, sample, complaints):
    count = len(told(deck))
    press(deck, "a", re.compile("Accepted clip"))
    press(deck, "4", re.compile("Rated clip"))
    deck.keyboard.press("Enter")
    deck.keyboard.type("By hand <b>")
    deck.keyboard.press("Enter")
    said(deck, re.compile("Renamed clip"))
    deck.locator(".lh-time").click()
    start, end = span(deck)
    seek(deck, (start + end) / 2)
    press(deck, "s", re.compile("Split clip"))
    assert len(told(deck)) == count + 1
    press(deck, "Delete", re.compile("Deleted clip"))
    open_review(deck, server, sample)
    clips = told(deck)
    assert len(clips) == count
    mine = next(clip for clip in clips if clip["title"] == "By hand <b>")
    assert (mine["state"], mine["rating"]) == ("accepted", 4)
    press(deck, "Control+z", re.compile("Taken back: Deleted clip"))
    deck.locator(f".lh-clip[data-clip='{mine['id']}']").first.click()
    expect(deck.get_by_role("textbox", name="Title")).to_have_value("By hand <b>")
    deck.get_by_role("button", name="Merge with next").click()
    said(deck, re.compile("Merged clips"))
    assert span(deck) == pytest.approx((start, end))
    deck.get_by_role("button", name="Lock", exact=True).click()
    said(deck, re.compile("Locked clip"))
    press(deck, "Delete", re.compile("is locked; unlock it first"))
    refused(complaints, 422)
    assert len(told(deck)) == count


def test_words_are_cut_put_back_and_corrected_in_the_transcript(deck, server, sample):
    start, end = span(deck)
    lines = deck.locator(".lh-line.lh-line-kept .lh-line-text")
    line = lines.nth(1)
    expect(line).to_be_visible()
    text = line.inner_text()
    line.scroll_into_view_if_needed()
    select_text(line, 0, len(text))
    deck.get_by_role("button", name="Cut from the clip").click()
    said(deck, re.compile("Cut .* s out of clip"))
    assert len(deck.evaluate(SELECTED)["parts"]) >= 2
    assert span(deck) == pytest.approx((start, end))
    open_review(deck, server, sample)
    struck = deck.locator(".lh-line-text s").first
    expect(struck).to_be_visible()
    place = deck.locator(".lh-line-text:has(s)").first
    select_text(place, 0, len(place.inner_text()))
    deck.get_by_role("button", name="Put back").click()
    said(deck, re.compile("Put a stretch back into clip"))
    assert deck.locator(".lh-line-text s").count() == 0
    deck.locator(".lh-line").nth(3).dblclick()
    field = deck.get_by_role("textbox", name="Correct this line")
    field.fill("A corrected <img src=x> line.")
    field.press("Enter")
    said(deck, "Corrected a line")
    open_review(deck, server, sample)
    fixed = deck.locator(".lh-line-text").nth(3)
    expect(fixed).to_have_text("A corrected <img src=x> line.")


def select_text(line, first, last):
    line.evaluate(
        """(node, [from, to]) => {
          const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
          const range = document.createRange();
          let at = 0;
          for (let text; (text = walker.nextNode()); at += text.length) {
            if (from >= at && from <= at + text.length) range.setStart(text, from - at);
            if (to >= at && to <= at + text.length) range.setEnd(text, to - at);
          }
          const selection = document.getSelection();
          selection.removeAllRanges();
          selection.addRange(range);
        }""",
        [first, last],
    )


def test_a_second_person_is_told_and_keeps_what_the_first_has_done(
    deck, browser, server, sample, complaints
):
    with watched_page(browser, server, complaints) as other:
        open_review(other, server, sample)
        press(deck, "3", re.compile("Rated clip"))
        press(other, "x", re.compile("another window"))
        refused(complaints, 409)
        other.wait_for_function(f"{SELECTED}.rating === 3")
        assert other.evaluate(SELECTED)["state"] == "proposed"
        press(other, "x", re.compile("Rejected clip"))
    # Looked at again, the first window shows what the second has done.
    deck.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    deck.wait_for_function(f"{SELECTED}.state === 'rejected'")


def test_a_second_window_shows_at_once_what_the_first_does(deck, server, sample):
    other = deck.context.new_page()
    open_review(other, server, sample)
    press(deck, "2", re.compile("Rated clip"))
    other.wait_for_function(f"{SELECTED}.rating === 2")
    press(other, "a", re.compile("Accepted clip"))
    deck.wait_for_function(f"{SELECTED}.state === 'accepted'")
    assert deck.evaluate(SELECTED)["rating"] == 2
    other.close()


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
    free = deck.evaluate(
        """() => { const d = document.querySelector('.lh-deck').lhDeck;
          const spans = d.data.live.clips.map(c => [c.parts[0][0], c.parts.at(-1)[1]]);
          const edges = [[0, 0], ...spans.sort((a, b) => a[0] - b[0]), [d.bundle.duration, 0]];
          let best = [0, 0];
          for (let i = 1; i < edges.length; i++)
            if (edges[i][0] - edges[i - 1][1] > best[1] - best[0])
              best = [edges[i - 1][1], edges[i][0]];
          return best; }"""
    )
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
