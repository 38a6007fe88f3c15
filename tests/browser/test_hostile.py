"""Hostile texts in every place where one can come in, shown on every page as nothing but text."""

import re
import shutil
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from agents.types import Notice
from data.artifacts import Artifacts, load_result, save_result
from data.samples import sample_paths
from data.store import open_store
from tests.browser.ways import CLIPS_MS, OF_A_LECTURE, READY, choose, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SCRIPT = "<script>window.fired=1</script>"
IMAGE = "<img src=x onerror=window.fired=2><svg onload=window.fired=3>"
MARKDOWN = "![x](http://beacon.example/a.png) [y](javascript:window.fired=4) **b** # h"
FRAME = "<iframe src=//beacon.example/f></iframe> http://beacon.example/g www.beacon.example"
FORMULA = r"$\href{http://beacon.example/m}{x}$ $$\frac{1}{0}$$ :red[r] :material/face: `c`"
TEMPLATE = r"{{7*7}} ${7*7} %{pts} {\an8}{\p1}m 0 0 </transcript> &lt;b&gt; &#60;"
LONG = "W" * 240
HOSTILE = (SCRIPT, IMAGE, MARKDOWN, FRAME, FORMULA, TEMPLATE, LONG)
BIDI = "left\u202eright\u2066 rest"
LIVE = (
    "[src*=beacon], [href*='//beacon'], [href*='//www.beacon'], [href^='javascript:'], .katex, "
    "iframe:not([title]), img[src='x'], svg[onload], .stMain script, .stMain em em"
)
ALARM = "() => [window.fired, document.querySelectorAll(LIVE).length].join()"
FILE_NAME = "<img src=x onerror=window.fired=5> =cmd|' !A0.mp4"
CAPTIONS_NAME = "[c](javascript:window.fired=6).vtt"
WIDER = "n => n.scrollWidth - n.clientWidth"
PRESET = f"{IMAGE} :red[r]"
PRESETS = "/api/v1/presets"
NAMED = {"name": PRESET, "values": {"extract.max_clips": 4}}


@pytest.fixture
def hostile(page, server, tmp_path):
    """Return the address of each page for a lecture that is hostile all through."""
    recording, captions = tmp_path / FILE_NAME, tmp_path / CAPTIONS_NAME
    shutil.copy(sample_paths().video, recording)
    shutil.copy(sample_paths().captions, captions)
    choose(page, server, recording, captions, title=f"{IMAGE} {MARKDOWN}")
    assert_dead(page, FILE_NAME)
    page.locator(".lh-start").click()
    page.get_by_role("link", name="Review the clips").click(timeout=CLIPS_MS)
    page.wait_for_url(re.compile(r"/review\?lecture="))
    lecture = page.url.partition("lecture=")[2]
    jobs = f"{server.url}/api/v1/jobs"
    job = page.request.post(jobs, data={"lecture_id": lecture, "params": {}}).json()["id"]
    page.goto(f"{server.url}/job?id={job}")
    expect(page.get_by_text("Ready", exact=True)).to_be_visible(timeout=CLIPS_MS)
    preset = page.request.post(f"{server.url}{PRESETS}", data=NAMED).json()
    plant(server, lecture, job)
    yield lecture, job
    page.request.delete(f"{server.url}{PRESETS}/{preset['id']}")
    page.request.delete(f"{server.url}/api/v1/lectures/{lecture}")


def plant(server, lecture, job):
    """Let everything that captions, models and people say of a run be hostile."""
    artifacts = Artifacts(server.state / "results")
    with open_store(server.state / "lecture.duckdb").write() as con:
        rows = con.rows("select name, key from stage where job_id = $1", job)
        keys = {row["name"]: row["key"] for row in rows}
        for name, change in CHANGES.items():
            value = load_result(con, artifacts, name, keys[name])
            key = f"hostile-{name}"
            save_result(con, name, key, change(value), artifacts.path(key))
            con.run("update stage set key = $1 where job_id = $2 and name = $3", key, job, name)
        con.run(
            "update clip set title = $2, reason = $3, quote = $4 where job_id = $1",
            *(job, f"{SCRIPT} {FORMULA} {BIDI}", f"{MARKDOWN} {BIDI}", f"{FRAME} {IMAGE}"),
        )
        con.run(
            "update processing_log set message = $2 where job_id = $1 and event <> 'begun'",
            *(job, f"{SCRIPT} {FORMULA}"),
        )
        con.run("update lecture set title = $2 where id = $1", lecture, f"{IMAGE} {MARKDOWN}")


def hostile_transcript(transcript):
    said = (replace(one, text=text(at), words=()) for at, one in enumerate(transcript.segments))
    return replace(transcript, segments=tuple(said))


def hostile_layout(layout):
    slides = tuple(replace(one, title=text(at)) for at, one in enumerate(layout.slides))
    return replace(layout, slides=slides)


def hostile_content(content):
    segments = (
        replace(one, title=text(at), summary=text(at + 1), keywords=(SCRIPT, MARKDOWN))
        for at, one in enumerate(content.segments)
    )
    sentences = (replace(one, text=text(at)) for at, one in enumerate(content.sentences))
    notices = (Notice("note", f"{MARKDOWN} {SCRIPT}"),)
    return replace(
        content,
        segments=tuple(segments),
        sentences=tuple(sentences),
        analyzer=f"local + {IMAGE}",
        notices=notices,
    )


def text(at):
    return HOSTILE[at % len(HOSTILE)]


CHANGES = {
    "transcript": hostile_transcript,
    "layout": hostile_layout,
    "content": hostile_content,
}


def assert_dead(page, *shown):
    """Assert that texts stand on the page as they are, and that nothing in it lives."""
    body = page.locator("body")
    for one in shown:
        expect(body).to_contain_text(literal(one))
    assert page.evaluate(ALARM.replace("LIVE", repr(LIVE))) == ",0"
    assert page.get_by_test_id("stMain").evaluate(WIDER) <= 0


def literal(text):
    """Return a pattern for a text in which addresses may be kept apart from becoming links."""
    signs = (re.escape(sign) for sign in text if sign not in " \u202e\u2066")
    return re.compile(r"[\s\u2060\u202e\u2066]*".join(signs))


def test_hostile_texts_stay_text_on_every_page(page, server, hostile):
    lecture, job = hostile
    # What pages show of it is said here per page: a page that shows nothing proves nothing.
    title = f"{IMAGE} {MARKDOWN}"
    shown = {
        "": (title,),
        "?q=beacon.example": (title, MARKDOWN, FRAME),
        "job": (title,),
        f"job?id={job}": (title, SCRIPT, FORMULA),
        **{f"{name}?lecture={lecture}": (title,) for name in OF_A_LECTURE},
        f"review?lecture={lecture}": (title, *HOSTILE, f"{FRAME} {IMAGE}", CAPTIONS_NAME),
        f"tune?lecture={lecture}": (title, SCRIPT, f"{SCRIPT} {FORMULA}", IMAGE),
        f"clips?lecture={lecture}": (title, f"{SCRIPT} {FORMULA} {BIDI}", MARKDOWN),
    }
    for path, texts in shown.items():
        page.goto(f"{server.url}/{path}")
        settled(page)
        if ready := READY.get(path.partition("?")[0]):
            expect(page.locator(ready).first).to_be_visible()
        assert_dead(page, *texts)
        named = page.locator(".stMain h1, .stMain strong").all_inner_texts()
        assert not [name for name in named if "\u202e" in name]
        if path.startswith("tune"):
            page.get_by_text("Transcript: mark the sentences").click()
            page.locator(".lh-lab-sentences .lh-line").first.click()
            assert_dead(page, *HOSTILE, PRESET)
            expect(page.locator(".lh-lab-sentences [aria-pressed=true]")).to_have_count(1)
            page.get_by_text("New sweep").click()
            chosen = page.locator(".stMultiSelect [data-tag]")
            expect(chosen).to_have_text(literal(title))
            assert_dead(page)
        if path.startswith("clips"):
            page.get_by_role("button", name="Downloads").click()
            expect(page.get_by_text("All at once")).to_be_visible()
            assert_dead(page)
    choose(page, server, sample_paths().video)
    page.get_by_role("combobox", name="Preset").click()
    assert_dead(page, PRESET)
    page.goto(f"{server.url}/")
    settled(page)
    page.locator(f".st-key-lecture-{lecture}").get_by_text("Choose", exact=True).click()
    page.get_by_role("combobox", name="Run again with").click()
    assert_dead(page, PRESET)
    page.keyboard.press("Escape")
    page.locator(f".st-key-delete-{lecture} button").click()
    page.get_by_text("Deleted lectures").click()
    assert_dead(page, title)
