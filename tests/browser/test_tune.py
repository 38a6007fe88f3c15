"""The notebook: sliders that tell at once what they give, presets, marks, runs and sweeps."""

import json
import re

import pytest
from playwright.sync_api import expect

from agents.content.components import COMPONENTS
from tests.browser.ways import CLIPS_MS, HOSTILE_TITLE, settled

NOVELTY = next(c.weight for c in COMPONENTS if c.name == "novelty")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PLAN = "document.querySelector('.lh-lab')?.dataset.plan"


def open_notebook(page, server, lecture, query=""):
    page.goto(f"{server.url}/tune?lecture={lecture}{query}")
    page.wait_for_function(PLAN)
    settled(page)


def slider(page, label, cell):
    section = page.locator(".lh-cell").filter(
        has=page.get_by_role("heading", name=cell, exact=True)
    )
    return section.get_by_role("slider", name=label, exact=True)


def slide_to(page, label, value, cell="Clips"):
    """Move a slider as a drag does: each input event asks the server again."""
    slider(page, label, cell).evaluate(
        "(n, v) => { n.value = v; n.dispatchEvent(new Event('input')); }", value
    )


def plan(page):
    return json.loads(page.evaluate(PLAN))


def wait_for_plan(page, condition):
    """Wait until the counts `p` of kept, moved, new and lost fulfil a condition in JavaScript."""
    page.wait_for_function(f"(p => {condition})(JSON.parse({PLAN}))")


def run_count(page):
    return page.evaluate("fetch('/api/v1/jobs').then((r) => r.json()).then((b) => b.items.length)")


def test_a_slider_tells_at_once_which_clips_it_gives_and_starts_nothing(page, server, sample):
    open_notebook(page, server, sample)
    before, runs = plan(page), run_count(page)
    assert before["kept"] >= 2
    assert before["moved"] == before["new"] == before["lost"] == 0
    expect(page.locator(".lh-cell")).to_have_count(7)
    expect(page.locator(".lh-cell[data-state=fresh]")).to_have_count(7)
    frames = page.locator(".lh-frame canvas")
    expect(frames).not_to_have_count(0)
    expect(page.locator(".lh-frame canvas:not([data-drawn])")).to_have_count(0)
    assert frames.first.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".some((v, i) => i % 4 < 3 && v > 60)"
    ), "a frame of the lecture is no black box"

    slide_to(page, "Min clips", 1)
    slide_to(page, "Max clips", 1)
    wait_for_plan(page, f"p.lost === {before['kept'] - 1}")
    expect(page.locator(".lh-lab-summary")).to_contain_text("lost")
    expect(page.locator(".lh-changes tr.lh-change-lost")).to_have_count(before["kept"] - 1)
    states = page.locator(".lh-cell").evaluate_all("nodes => nodes.map((n) => n.dataset.state)")
    assert states == ["fresh", "fresh", "fresh", "fresh", "preview", "preview", "stale"]
    expect(page.locator(".lh-lab-command")).to_have_text(
        "lecture highlights FILE --out DIR --extract.min-clips 1 --extract.max-clips 1"
    )

    line = "document.querySelector('.lh-picture-silence .lh-silence-plot').layout?.shapes[0]?.x0"
    page.wait_for_function(f"{line} < 0")
    threshold = page.evaluate(line)
    slide_to(page, "Top dB", 14, cell="Silence")
    page.wait_for_function(f"{line} > {threshold} + 5")

    page.get_by_role("button", name="As in this run").click()
    wait_for_plan(page, f"p.lost === 0 && p.kept === {before['kept']}")
    assert run_count(page) == runs


def test_the_compile_cell_shows_a_moment_of_a_clip_as_its_settings_render_it(page, server, sample):
    open_notebook(page, server, sample)
    still = page.locator(".lh-composed[data-state=shown]")
    sides = "n => [n.naturalWidth, n.naturalHeight]"
    expect(still).to_be_visible()
    assert still.evaluate(sides) == [1280, 720]
    cell = page.locator(".lh-cell").filter(has=page.get_by_role("heading", name="Compile"))
    cell.get_by_label("Template", exact=True).select_option("vertical")
    page.wait_for_function("document.querySelector('.lh-composed').naturalHeight === 1280")
    before = still.get_attribute("src")
    cell.get_by_label("looks at").evaluate(
        "n => { n.value = 0.9; n.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_function(f"document.querySelector('.lh-composed').src !== {json.dumps(before)}")
    expect(cell.get_by_role("status")).to_contain_text("nothing is stored")


def test_a_slider_follows_the_keyboard_and_the_address_follows_the_slider(page, server, sample):
    open_notebook(page, server, sample)
    move = slider(page, "Novelty", "Importance")
    move.focus()
    page.keyboard.press("ArrowRight")
    more = f"{NOVELTY + 0.01:g}"
    page.wait_for_url(re.compile(rf"extract\.weights\.novelty={re.escape(more)}$"))
    page.reload()
    page.wait_for_function(PLAN)
    expect(slider(page, "Novelty", "Importance")).to_have_value(more)
    expect(page.locator(".lh-lab-changed")).to_have_text("1 setting differs from this run.")


def test_a_link_that_asks_for_too_much_is_one_sentence(page, server, sample, complaints):
    open_notebook(page, server, sample)
    page.goto(f"{server.url}/tune?lecture={sample}&extract.max_clips=99&no.such=1")
    expect(page.locator(".lh-lab-problem")).to_contain_text("extract.max_clips")
    refused = [text for text in complaints if "/plan" in text]
    assert refused
    complaints[:] = [text for text in complaints if text not in refused]


def test_a_preset_survives_a_reload_is_exported_read_again_and_deleted(
    page, server, sample, tmp_path
):
    open_notebook(page, server, sample)
    slide_to(page, "Novelty", 0.4, cell="Importance")
    slide_to(page, "Max clips", 4)
    page.get_by_text("Presets, link, file and command").click()
    page.get_by_label("Name", exact=True).fill(HOSTILE_TITLE)
    page.get_by_role("button", name="Save as preset").click()
    expect(page.locator(".lh-lab-said")).to_contain_text("Saved as")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as TOML").click()
    path = tmp_path / "settings.toml"
    download.value.save_as(path)
    assert path.read_text().endswith(
        "[extract.weights]\nnovelty = 0.4\n\n[extract]\nmax_clips = 4\n"
    )

    open_notebook(page, server, sample)
    expect(slider(page, "Max clips", "Clips")).to_have_value("8")
    page.get_by_text("Presets, link, file and command").click()
    page.get_by_label("Saved preset").select_option(label=HOSTILE_TITLE)
    page.get_by_role("button", name="Load", exact=True).click()
    expect(slider(page, "Max clips", "Clips")).to_have_value("4")
    expect(slider(page, "Novelty", "Importance")).to_have_value("0.4")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_label("Saved preset")).to_be_disabled()

    page.get_by_role("button", name="Defaults", exact=True).click()
    expect(slider(page, "Max clips", "Clips")).to_have_value("8")
    page.get_by_label("Read TOML").set_input_files(path)
    expect(slider(page, "Max clips", "Clips")).to_have_value("4")


def test_marks_are_made_by_mouse_by_key_and_by_sentence_and_the_figures_follow(
    page, server, sample
):
    open_notebook(page, server, sample)
    address = f"/api/v1/lectures/{sample}/marks"
    marks = f"fetch('{address}').then((r) => r.json())"
    line = page.get_by_role("application")
    box = line.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    expect(page.locator(".lh-lab-figures")).to_contain_text("Precision")
    (dragged,) = page.evaluate(marks)
    assert 20 < dragged[1] - dragged[0] < 60

    line.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("m")
    page.wait_for_function(f"{marks}.then((found) => found.length === 2)")
    first = page.evaluate(marks)[0]
    page.get_by_text("Transcript: mark the sentences").click()
    lines = page.locator(".lh-lab-sentences .lh-line")
    expect(lines.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(lines.nth(1)).to_have_attribute("aria-pressed", "true")
    lines.nth(0).press("Space")
    expect(lines.nth(0)).to_have_attribute("aria-pressed", "false")
    page.reload()
    page.wait_for_function(PLAN)
    found = page.evaluate(marks)
    assert found[0][0] > first[0]
    expect(page.locator(".lh-lab-figures")).to_contain_text("F1")
    for start, end in found:
        gone = page.request.delete(
            f"{server.url}{address}",
            data={"start": start, "end": end},
            headers={"Origin": server.url},
        )
        assert gone.ok, gone.text()


def test_a_run_with_these_settings_is_compared_with_the_one_before_and_restored(
    page, server, sample
):
    open_notebook(page, server, sample)
    kept = plan(page)["kept"]
    slide_to(page, "Min clips", 1)
    slide_to(page, "Max clips", 1)
    wait_for_plan(page, f"p.lost === {kept - 1}")
    page.locator(".lh-lab-run").click()
    expect(page.get_by_text("A run is under way")).to_be_visible()
    expect(page.get_by_text("A run is under way")).to_have_count(0, timeout=CLIPS_MS)
    wait_for_plan(page, "p.kept === 1 && p.lost === 0")
    expect(page.locator(".lh-lab-changed")).to_have_text("All settings are those of this run.")
    expect(page.locator(".lh-cell[data-state=fresh]")).to_have_count(7)

    page.get_by_role("link", name="Compare", exact=True).last.click()
    page.wait_for_url(re.compile(r"/compare\?a="))
    expect(page.locator(".st-key-comparison .js-plotly-plot")).to_be_visible()
    settled(page)
    restore = page.get_by_role("button", name="Restore for review")
    expect(page.get_by_role("button", name="In review now")).to_have_count(1)
    restore.click()
    expect(page.locator(".st-key-restore-A")).to_contain_text("In review now")
    bundle = page.evaluate(f"fetch('/api/v1/lectures/{sample}/bundle').then((r) => r.json())")
    assert len(bundle["clips"]) == kept


def test_a_sweep_runs_as_a_job_and_its_best_cell_is_used_with_a_click(page, server, sample):
    open_notebook(page, server, sample)
    page.get_by_text("New sweep").click()
    settled(page)
    start = page.locator(".st-key-sweep-start button")
    expect(start).to_be_enabled()
    start.click()
    expect(page.locator("[data-testid=stPlotlyChart] .js-plotly-plot")).to_be_visible()
    apply = page.locator(".st-key-sweep-apply button")
    expect(page.locator(".st-key-sweep-cancel")).to_have_count(0)
    best = page.get_by_text(re.compile("^Best: Importance: Topic centrality"))
    value = float(re.search(r"centrality ([\d.]+)", best.inner_text())[1])
    apply.click()
    expect(slider(page, "Topic centrality", "Importance")).to_have_value(f"{value:g}")
