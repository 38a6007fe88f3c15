"""Clips are cut, made, joined and judged in the deck, and all of it is there after a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import watched_page
from tests.browser.editing import (
    SELECTED,
    at_time,
    drag,
    drag_to,
    free_stretch,
    press,
    said,
    seek,
    select_text,
    span,
    told,
)
from tests.browser.ways import open_review

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def deck(page, server, sample):
    open_review(page, server, sample)
    return page


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
    press(deck, "Control+z", re.compile("Taken back: Split clip"))
    assert span(deck) == pytest.approx((start, end)), "the clip that was split is selected again"
    press(deck, "Control+Shift+Z", re.compile("Done again: Split clip"))
    later = next(clip for clip in told(deck) if abs(clip["parts"][-1][1] - end) < 0.01)
    deck.locator(f".lh-clip[data-clip='{later['id']}']").first.click()
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
    open_review(deck, server, sample)
    merged = next(clip for clip in told(deck) if clip["id"] == mine["id"])
    assert (merged["parts"][0][0], merged["parts"][-1][1]) == pytest.approx((start, end))
    assert merged["locked"]


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


def test_clips_are_dragged_snapped_made_locked_and_rejected_and_stay_so(deck, server, sample):
    first = deck.evaluate(SELECTED)["id"]
    deck.locator(".lh-timeline").scroll_into_view_if_needed()
    # The body of a clip keeps its length; Alt lets it go anywhere.
    start, end = span(deck)
    room = 8
    drag_to(deck, at_time(deck, start + 4, 0.5), at_time(deck, start + 4 + room, 0.5), Alt=True)
    said(deck, re.compile("Moved clip"))
    moved = span(deck)
    assert moved[1] - moved[0] == pytest.approx(end - start, abs=0.01)
    assert 1 < moved[0] - start <= room + 1
    # An edge that is let go near the end of a sentence lies at that end.
    deck.keyboard.press("z")
    deck.wait_for_function("document.querySelector('.lh-deck').lhDeck.timeline.near()")
    sentences = deck.evaluate("document.querySelector('.lh-deck').lhDeck.bundle.sentences")
    to = max(one["end"] for one in sentences if moved[0] + 5 < one["end"] < moved[1] - 2)
    x, y = at_time(deck, to)
    handle = deck.locator(".lh-handle-end[tabindex='0']").bounding_box()
    grip = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    drag_to(deck, grip, (x + 4, y))
    said(deck, re.compile("Moved the edges of clip"))
    assert span(deck)[1] == pytest.approx(to, abs=0.001)
    kept = span(deck)
    deck.keyboard.press("z")

    # From the timeline, then from the transcript.
    free = free_stretch(deck)
    drag_to(deck, at_time(deck, free[0] + 1), at_time(deck, free[0] + 7), Shift=True)
    deck.get_by_role("button", name="Make a clip").first.click()
    said(deck, re.compile("Made clip"))
    made = span(deck)
    free = free_stretch(deck)
    index = next(i for i, one in enumerate(sentences) if free[0] + 1 < one["start"])
    line = deck.locator(".lh-line-text").nth(index)
    line.scroll_into_view_if_needed()
    select_text(line, 0, len(sentences[index]["text"]))
    deck.locator(".lh-pick").get_by_role("button", name="Make a clip").click()
    said(deck, re.compile("Made clip"))
    spoken = span(deck)
    assert spoken[0] <= sentences[index]["start"] < sentences[index]["end"] <= spoken[1]
    deck.get_by_role("button", name="Reject", exact=True).click()
    said(deck, re.compile("Rejected clip"))
    deck.locator(f".lh-clip[data-clip='{first}']").first.click()
    deck.get_by_role("button", name="Lock", exact=True).click()
    said(deck, re.compile("Locked clip"))

    open_review(deck, server, sample)
    found = {(clip["parts"][0][0], clip["parts"][-1][1]): clip for clip in told(deck)}
    assert {kept, made, spoken} <= set(found)
    assert found[kept]["locked"]
    assert found[spoken]["state"] == "rejected"
    expect(deck.locator(f".lh-handle[data-clip='{first}']")).to_have_count(0)
