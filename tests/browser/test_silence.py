"""The silence cell of the review page: levels, threshold, and sliders that decide again."""

import re

import pytest
from playwright.sync_api import expect

from agents.silence import SilenceParams
from agents.subtitles import to_vtt
from agents.types import Cue
from tests.browser.ways import CLIPS_MS, bring_in, open_review, settled
from tests.rendering import Look, render_lecture, spoken_scenes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LANE = "document.querySelector('.lh-deck').lhDeck.timeline.lanes.silences.length"
LINE = "document.querySelector('.lh-silence-plot')?.layout?.shapes[0]?.x0"


def open_cell(page):
    page.get_by_text("Silence: the levels").click()
    page.wait_for_function(f"{LINE} < 0")
    expect(page.locator(".lh-silence-words")).to_contain_text("The threshold lies at")


def slide_to(page, label, value):
    """Move a slider as a drag does: each input event asks the server again."""
    page.get_by_role("slider", name=label, exact=True).evaluate(
        "(n, v) => { n.value = v; n.dispatchEvent(new Event('input')); }", value
    )


def test_slider_moves_threshold_lane_and_numbers_and_nothing_is_stored(page, server, sample):
    open_review(page, server, sample)
    lane = page.evaluate(LANE)
    open_cell(page)
    line, words = page.evaluate(LINE), page.locator(".lh-silence-words").inner_text()
    assert page.locator(".lh-silence input[type=range]").count() == len(SilenceParams.model_fields)
    assert f"{lane} silences" in words
    expect(page.locator(".lh-silence-how")).to_be_hidden()

    slide_to(page, "Top dB", 14)
    page.wait_for_function(f"{LINE} > {line} + 5")
    page.wait_for_function(f"{LANE} !== {lane}")
    expect(page.locator(".lh-plot")).to_contain_text("Preview")
    assert page.locator(".lh-silence-words").inner_text() != words
    expect(page.locator(".lh-silence-command")).to_have_text(
        "lecture highlights RECORDING --silence.top-db 14"
    )
    slide_to(page, "Min silence", 5)
    page.wait_for_function(f"{LANE} === 0")
    expect(page.locator(".lh-silence-words")).to_contain_text("No silence is found.")

    page.get_by_role("button", name="As in this run").click()
    page.wait_for_function(f"{LANE} === {lane}")
    page.wait_for_function(f"Math.abs({LINE} - {line}) < 0.01")
    expect(page.locator(".lh-plot")).not_to_contain_text("Preview")
    expect(page.locator(".lh-silence-words")).to_have_text(words)


def test_histogram_is_that_of_the_recording_and_follows_the_theme(page, server, sample):
    open_review(page, server, sample)
    open_cell(page)
    shares = page.evaluate("[...document.querySelector('.lh-silence-plot').data[0].y]")
    assert sum(shares) == pytest.approx(100, abs=0.1)
    ink = "document.querySelector('.lh-silence-plot').layout.font.color"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{ink} !== '{light}'")


def test_findings_of_a_running_lecture_come_and_silence_is_run_again(page, server, tmp_path):
    path = tmp_path / "short.mp4"
    truth = render_lecture(path, spoken_scenes()[2:4], Look(size=(320, 180), fps=5))
    captions = tmp_path / "short.vtt"
    captions.write_text(to_vtt(Cue(s["t0"], s["t1"], s["text"]) for s in truth["sentences"]))
    bring_in(page, server, path, captions, title="Come by itself")
    run = page.url
    page.goto(server.url)
    settled(page)
    lecture = page.locator("[class*='st-key-delete-']").first.get_attribute("class")
    lecture = re.search(r"st-key-delete-(\S+)", lecture)[1]
    page.goto(f"{server.url}/review?lecture={lecture}")
    page.evaluate("globalThis.mine = 'not loaded again'")
    expect(page.locator(".lh-clip").first).to_be_visible(timeout=CLIPS_MS)
    expect(page.locator(".lh-live")).to_have_count(0, timeout=CLIPS_MS)
    assert page.locator(".lh-still").count() > 0
    assert page.evaluate("globalThis.mine") == "not loaded again"

    open_cell(page)
    slide_to(page, "Top dB", 14)
    page.get_by_role("button", name="Run again with these").click()
    page.wait_for_url(re.compile(r"/job\?id="))
    assert page.url != run
    expect(page.get_by_role("heading", level=1)).to_have_text("Come by itself")
