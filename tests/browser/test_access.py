"""Every page under axe-core, with the keyboard, and with hostile texts everywhere."""

import pytest
from playwright.sync_api import expect

from data.store import open_store
from tests.browser.axe import grave_findings
from tests.browser.conftest import watched_page
from tests.browser.editing import select_text
from tests.browser.ways import HOSTILE_TITLE, READY, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PAGES = (
    "",
    "upload",
    "job",
    "job?id={job}",
    "review?lecture={lecture}",
    "layout?lecture={lecture}",
)
PAGES += ("tune?lecture={lecture}", "compare?lecture={lecture}", "clips?lecture={lecture}")


def visit(page, server, path, lecture):
    job = page.request.get(f"{server.url}/api/v1/lectures/{lecture}/bundle").json()["job"]["id"]
    page.goto(f"{server.url}/{path.format(lecture=lecture, job=job)}")
    settled(page)
    expect(page.locator(".stMain h1").first).to_be_visible()
    if ready := READY.get(path.partition("?")[0]):
        expect(page.locator(ready).first).to_be_visible()
    expect(page.locator(".lh-help[data-ready=true]")).to_be_attached()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_finding(browser, server, twice, complaints, scheme):
    found = {}
    with watched_page(browser, server, complaints, color_scheme=scheme) as page:
        for path in PAGES:
            visit(page, server, path, twice)
            if grave := grave_findings(page):
                found[path] = grave
            for name, opens in OPENED.get(path.partition("?")[0], {}).items():
                opens(page)
                if grave := grave_findings(page):
                    found[f"{path}: {name}"] = grave
    assert not found


def open_keys(page):
    page.locator(".lh-time").click()
    page.keyboard.press("?")
    expect(page.locator(".lh-sheet")).to_be_visible()


def open_time(page):
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.locator(".lh-goto")).to_be_visible()


def open_help(page):
    page.keyboard.press("Escape")
    page.locator(".lh-help-open").click()
    expect(page.locator(".lh-help-sheet")).to_be_visible()


def take_tour(page):
    page.get_by_role("button", name="Take the tour").click()
    expect(page.locator(".lh-tour")).to_be_visible()


def correct_a_line(page):
    page.keyboard.press("Escape")
    page.locator(".lh-line").nth(2).dblclick()
    expect(page.locator(".lh-line-field")).to_be_visible()


def pick_words_and_stretch(page):
    page.keyboard.press("Escape")
    select_text(page.locator(".lh-line-text").nth(2), 0, 20)
    page.evaluate("document.querySelector('.lh-deck').lhDeck.timeline.handles.mark(1, 6)")
    expect(page.locator(".lh-pick")).to_be_visible()
    expect(page.locator(".lh-range")).to_be_visible()


def open_findings(page):
    page.get_by_text("Silence: the levels").click()
    page.get_by_text("Layouts over time").click()
    expect(page.locator(".lh-silence-fields input").first).to_be_visible()


def choose_lectures(page):
    page.get_by_text("Choose", exact=True).first.click()
    expect(page.locator(".st-key-several")).to_be_visible()
    settled(page)


def choose_badly(page):
    name = {"name": "notes.doc", "mimeType": "text/plain", "buffer": b"no recording"}
    page.locator(".lh-video-input").set_input_files(name)
    expect(page.locator(".lh-error")).not_to_be_empty()


def open_stages(page):
    more = page.get_by_role("button", name="Run again from")
    if more.count():  # the list of runs has none
        more.click()
        expect(page.get_by_role("button", name="Clip compiler")).to_be_visible()


def open_notebook(page):
    page.get_by_text("Transcript: mark the sentences").click()
    page.get_by_text("Presets, link, file and command").click()
    page.get_by_text("New sweep").click()
    expect(page.locator(".st-key-sweep-start button")).to_be_enabled()


def open_downloads(page):
    page.get_by_role("button", name="Downloads").click()
    expect(page.get_by_text("All at once")).to_be_visible()


OPENED = {
    "": {"chosen": choose_lectures},
    "upload": {"refused": choose_badly},
    "job": {"stages": open_stages},
    "review": {
        "keys": open_keys,
        "time": open_time,
        "help": open_help,
        "tour": take_tour,
        "line": correct_a_line,
        "picked": pick_words_and_stretch,
        "findings": open_findings,
    },
    "tune": {"opened": open_notebook},
    "clips": {"downloads": open_downloads},
}
"""What can be opened on a page, one after the other."""


def test_a_run_that_failed_says_why_and_has_no_serious_finding(page, server, twice):
    job = page.request.get(f"{server.url}/api/v1/lectures/{twice}/runs").json()[0]["job"]["id"]
    failed = "update job set status = $2, error = $3, error_code = $4 where id = $1"
    with open_store(server.state / "lecture.duckdb").write() as con:
        con.run(failed, job, "failed", f"The clip {HOSTILE_TITLE} could not be made.", "render")
    try:
        visit(page, server, f"job?id={job}", twice)
        expect(page.get_by_text("could not be made.")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        assert page.locator(".stMain :is(img[src='x'], [src*=beacon])").count() == 0
        assert grave_findings(page) == []
    finally:
        with open_store(server.state / "lecture.duckdb").write() as con:
            con.run(failed, job, "completed", None, None)


def test_axe_finds_what_is_wrong(page, server, sample):
    visit(page, server, "", sample)
    page.evaluate(
        "() => document.querySelector('.stMain').append(document.createElement('button'))"
    )
    assert [name for name, *_ in grave_findings(page)] == ["button-name"]


def test_help_is_opened_and_closed_by_key_on_every_page(page, server, sample):
    sheet = page.locator(".lh-help-sheet")
    for path in ("", "upload", "job", "layout?lecture={lecture}", "clips?lecture={lecture}"):
        visit(page, server, path, sample)
        page.locator(".stMain h1").first.click()
        page.keyboard.press("?")
        expect(sheet).to_be_visible()
        expect(sheet.get_by_role("heading", level=2)).not_to_be_empty()
        assert sheet.evaluate("n => n.contains(document.activeElement)")
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()


def test_question_mark_in_a_field_is_typed(page, server, sample):
    visit(page, server, "", sample)
    field = page.get_by_role("searchbox").or_(page.get_by_label("Search in titles")).first
    field.click()
    page.keyboard.type("why?")
    expect(field).to_have_value("why?")
    expect(page.locator(".lh-help-sheet")).to_be_hidden()


def test_tour_goes_from_page_to_page_and_ends_for_good(page, server, sample):
    visit(page, server, "", sample)
    card = page.locator(".lh-tour")
    expect(card).to_be_hidden()
    page.locator(".lh-help-open").click()
    page.get_by_role("button", name="Take the tour").click()
    expect(card).to_contain_text("A lecture")
    expect(page.locator(".lh-pointed")).to_have_count(1)
    page.get_by_role("button", name="Next").click()
    expect(card).to_contain_text("Search")
    page.get_by_role("button", name="Go on").click()
    expect(card).to_be_hidden()
    visit(page, server, "review?lecture={lecture}", sample)
    expect(card).to_contain_text("The player")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    visit(page, server, "clips?lecture={lecture}", sample)
    expect(page.locator("[class*='st-key-clip-']").first).to_be_visible()
    expect(card).to_be_hidden()
