"""Every page on a phone and in the dark: nothing wider than the screen, nothing unreadable."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import watched_page
from tests.browser.ways import OF_A_LECTURE, READY, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CONTRAST = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.querySelectorAll(
    ".stMain h1, .stMain button, .stMain a, .lh-line, .lh-topic, .lh-clipbar, .lh-stage-state, " +
    ".lh-cell p, .lh-cell h3, .lh-tunable label, .lh-cell-state, .lh-stretch span, " +
    ".lh-layouts .lh-field");
  const shown = (node) => node.offsetParent && node.textContent.trim() && !node.disabled;
  return [...texts].filter(shown).map((node) => {
    const [a, b] = [light(numbers(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return [ratio, `${node.tagName}.${node.className}: ${node.textContent.slice(0, 40)}`];
  }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_shows_every_page_without_scrolling_sideways(
    browser, server, twice, complaints, scheme
):
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme}
    of_lecture = [f"{name}?lecture={twice}" for name in OF_A_LECTURE]
    with watched_page(browser, server, complaints, **phone) as page:
        for path in ("", "?q=search", "upload", "job", *of_lecture):
            page.goto(f"{server.url}/{path}")
            settled(page)
            if ready := READY.get(path.partition("?")[0]):
                expect(page.locator(ready).first).to_be_visible()
            if path.startswith("review"):
                accept = page.locator(".lh-do-accept")
                if accept.get_attribute("aria-pressed") != "true":
                    accept.click()  # accepted, it looks different
                expect(accept).to_have_attribute("aria-pressed", "true")
            main = page.get_by_test_id("stMain")
            assert main.evaluate("n => n.scrollWidth - n.clientWidth") <= 0, path
            assert unreadable(page) == [], path


def unreadable(page):
    """Return the texts of too little contrast, once colours are no longer on their way."""
    faint = page.evaluate(CONTRAST)
    for _ in range(20):
        if not faint:
            break
        page.wait_for_timeout(250)
        faint = page.evaluate(CONTRAST)
    return faint
