"""The layout tab: boxes by pointer, by key and by number; stretches; what is stored and undone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.ways import settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

NEAR_PX = 3


@pytest.fixture
def tab(page, server, sample):
    """The tab at a time with screen and camera beside each other."""
    open_tab(page, server, sample)
    return page


def open_tab(page, server, sample, at=70):
    page.goto(f"{server.url}/layout?lecture={sample}&t={at}")
    expect(page.locator(".lh-layouts[data-ready=true]")).to_be_visible()
    page.wait_for_function("document.querySelector('.lh-frame-video').readyState >= 2")
    expect(page.locator(".lh-stretch[aria-current=true]")).to_contain_text("1:04 - 1:46")
    settled(page)


def fields(page, name):
    """Return the box as the number fields say it."""
    return [int(page.locator(f".lh-{name}-{side}").input_value()) for side in "xywh"]


def stored(page):
    expect(page.locator(".lh-layout-status")).to_have_text("Stored.")
    page.locator(".lh-layout-status").evaluate("n => { n.textContent = ''; }")


def regions(page, server, sample):
    return page.request.get(f"{server.url}/api/v1/lectures/{sample}/layout").json()["regions"]


def on_page(page, x, y):
    """Return where a pixel of the source lies on the page."""
    area = page.locator(".lh-frame-boxes").bounding_box()
    return area["x"] + x * area["width"] / 1280, area["y"] + y * area["height"] / 720


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def test_box_is_dragged_and_resized_and_is_still_there_after_a_reload(tab, server, sample):
    x, y, w, h = fields(tab, "camera")
    composed = tab.locator(".lh-composed[data-state=shown]")
    expect(composed).to_be_visible()
    before = composed.get_attribute("src")
    drag(tab, on_page(tab, x + w / 2, y + h / 2), on_page(tab, x + w / 2 - 60, y + h / 2 + 40))
    expect(composed).to_be_visible()
    assert composed.get_attribute("src") != before
    assert composed.evaluate("n => [n.naturalWidth, n.naturalHeight]") == [1280, 720]
    assert fields(tab, "camera") == pytest.approx([x - 60, y + 40, w, h], abs=NEAR_PX)
    stored(tab)
    moved = fields(tab, "camera")
    corner = moved[0] + moved[2], moved[1] + moved[3]
    drag(tab, on_page(tab, *corner), on_page(tab, corner[0] - 50, corner[1] - 30))
    wanted = [moved[0], moved[1], w - 50, h - 30]
    assert fields(tab, "camera") == pytest.approx(wanted, abs=NEAR_PX)
    stored(tab)
    last = fields(tab, "camera")
    open_tab(tab, server, sample)
    assert fields(tab, "camera") == last
    expect(tab.locator(".lh-stretch[aria-current=true]")).to_contain_text("yours")
    tab.get_by_role("button", name="As found", exact=True).click()
    expect(tab.locator(".lh-stretch[aria-current=true]")).to_contain_text("found, ")
    assert fields(tab, "camera") == [x, y, w, h]


def test_box_is_drawn_anew_and_never_leaves_the_picture(tab):
    found = fields(tab, "camera")
    tab.get_by_role("button", name="Draw the camera").click()
    drag(tab, on_page(tab, 900, 300), on_page(tab, 1100, 450))
    assert fields(tab, "camera") == pytest.approx([900, 300, 200, 150], abs=NEAR_PX)
    stored(tab)
    drag(tab, on_page(tab, 1000, 400), on_page(tab, 3000, 3000))
    x, y, w, h = fields(tab, "camera")
    assert (x + w, y + h) == (1280, 720)
    assert (w, h) == pytest.approx((200, 150), abs=NEAR_PX)
    stored(tab)
    everywhere = tab.get_by_role("button", name="As found everywhere")
    everywhere.click()
    expect(everywhere).to_be_disabled()
    assert fields(tab, "camera") == found


def test_keys_move_and_resize_and_say_so(tab):
    x, y, w, h = fields(tab, "camera")
    box = tab.get_by_role("application", name=re.compile("^Camera box"))
    box.focus()
    for key in ("ArrowLeft", "Shift+ArrowDown", "Control+ArrowRight", "Control+Shift+ArrowUp"):
        tab.keyboard.press(key)
    assert fields(tab, "camera") == [x - 1, y + 10, w + 1, h - 10]
    expect(box).to_have_attribute(
        "aria-label", f"Camera box, {w + 1} by {h - 10} pixels at {x - 1}, {y + 10}"
    )
    expect(box).to_be_focused()
    stored(tab)
    expect(tab.get_by_role("application", name=re.compile("^Camera box"))).to_be_focused()


def test_numbers_are_typed_and_impossible_ones_are_one_sentence(tab):
    before = fields(tab, "screen")
    tab.locator(".lh-screen-w").fill("700")
    tab.locator(".lh-screen-w").press("Enter")
    stored(tab)
    assert fields(tab, "screen") == [*before[:2], 700, before[3]]
    tab.locator(".lh-screen-x").fill("5000")
    tab.locator(".lh-screen-x").press("Enter")
    expect(tab.locator(".lh-layout-status")).to_contain_text("leaves the picture of 1280 x 720")
    assert fields(tab, "screen") == [*before[:2], 700, before[3]]


def test_stretch_is_split_changed_joined_and_every_step_is_undone(tab, server, sample):
    found = regions(tab, server, sample)
    tab.get_by_role("button", name="Split here").click()
    stored(tab)
    parts = regions(tab, server, sample)
    assert len(parts) == len(found) + 1
    assert parts[3]["start"] == pytest.approx(70, abs=0.05)
    tab.get_by_label("Layout of this stretch").select_option("screen_only")
    stored(tab)
    assert regions(tab, server, sample)[3]["kind"] == "screen_only"
    assert tab.locator(".lh-camera-fields").is_hidden()
    tab.get_by_label("To (s)").fill("90")
    tab.get_by_label("To (s)").press("Enter")
    stored(tab)
    assert regions(tab, server, sample)[3]["end"] == 90
    tab.get_by_role("button", name="Join with the next").click()
    stored(tab)
    assert len(regions(tab, server, sample)) == len(found)
    for _ in range(4):
        tab.get_by_role("button", name="Undo", exact=True).click()
        stored(tab)
    assert regions(tab, server, sample) == found
    tab.get_by_role("button", name="Redo").click()
    stored(tab)
    assert len(regions(tab, server, sample)) == len(found) + 1


def test_still_follows_the_box_before_it_is_stored(tab):
    canvas = tab.locator(".lh-still")
    tab.wait_for_function("Number(document.querySelector('.lh-still').dataset.drawn) >= 1")
    camera = "c => [...c.getContext('2d').getImageData(1130, 100, 1, 1).data]"
    tab.wait_for_function(f"({camera})(document.querySelector('.lh-still'))[0] > 60")
    x, y, w, h = fields(tab, "camera")
    tab.mouse.move(*on_page(tab, x + w / 2, y + h / 2))
    tab.mouse.down()
    tab.mouse.move(*on_page(tab, x + w / 2, 600))
    # The camera's box lies over the black margin now; the pointer is still down.
    tab.wait_for_function(f"({camera})(document.querySelector('.lh-still'))[0] < 60")
    tab.mouse.move(*on_page(tab, x + w / 2, y + h / 2))
    tab.mouse.up()
    assert canvas.evaluate("c => [c.width, c.height]") == [1280, 720]
    tab.locator(".lh-shape select").first.select_option("vertical")
    tab.wait_for_function("document.querySelector('.lh-still').height === 1280")


def test_somebody_elses_correction_is_shown_instead_of_lost(tab, server, sample, complaints):
    other = tab.context.new_page()
    open_tab(other, server, sample)
    other.get_by_label("Layout of this stretch").select_option("screen_only")
    stored(other)
    other.close()
    tab.locator(".lh-screen-w").fill("700")
    tab.locator(".lh-screen-w").press("Enter")
    expect(tab.locator(".lh-layout-status")).to_contain_text("corrected elsewhere")
    expect(tab.get_by_label("Layout of this stretch")).to_have_value("screen_only")
    assert all("409" in complaint for complaint in complaints)
    complaints.clear()


def test_corrected_layout_is_rendered_and_other_clips_stay(tab, server, sample):
    lecture = f"{server.url}/api/v1/lectures/{sample}"
    before = tab.request.get(f"{lecture}/bundle").json()
    tab.get_by_label("Layout of this stretch").select_option("screen_only")
    stored(tab)
    told = tab.locator(".lh-clips-changed").inner_text()
    changed = {int(number) for number in re.findall(r"\d+", told)}
    assert changed
    assert changed < {clip["rank"] for clip in before["clips"]}
    tab.get_by_role("button", name="Render the clips with this").click()
    tab.wait_for_url(re.compile(r"/job\?id="))
    expect(tab.get_by_role("link", name="Review the clips")).to_be_visible(timeout=180_000)
    expect(tab.locator("[data-stage=layout]")).to_contain_text("found by an earlier run")
    after = tab.request.get(f"{lecture}/bundle").json()
    assert after["job"]["id"] != before["job"]["id"]
    assert [one["kind"] for one in after["layouts"]][2] == "screen_only"
    sizes = [{c["rank"]: c["size_bytes"] for c in run["clips"]} for run in (before, after)]
    assert {rank for rank in sizes[0] if sizes[0][rank] != sizes[1][rank]} == changed
