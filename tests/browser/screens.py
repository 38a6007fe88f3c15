"""Pictures of every page for the docs: `python -m tests.browser.screens [FOLDER]`.

Starts a server of its own, brings the sample in, works with it a little, and writes each page in
light, dark and on a phone of 390 px as WebP into docs/screens. Whoever changes a page runs this and
looks at what came out.
"""

import io
import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from data.samples import sample_paths
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.conftest import Server
from tests.browser.ways import (
    CLIPS_MS,
    OF_A_LECTURE,
    READY,
    bring_in,
    choose,
    open_review,
    settled,
)

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
WIDE = {"viewport": {"width": 1280, "height": 800}}
LOOKS = {
    "light": {**WIDE, "color_scheme": "light"},
    "dark": {**WIDE, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
TALLEST = 3200
"""Pixels of a page that are shown at most; below that pages repeat themselves."""
LARGEST_KB = 120
QUALITIES = (80, 65, 50, 35, 20)


def prepare(page: Page, server: Server) -> dict[str, str]:
    """Bring the sample in, judge and run it again with other settings; return page -> address."""
    paths = sample_paths()
    bring_in(page, server, paths.video, paths.captions, "Searching and sorting")
    run = page.url
    page.get_by_role("link", name="Review the clips").click(timeout=CLIPS_MS)
    page.wait_for_url(re.compile(r"/review\?lecture="))
    lecture = page.url.partition("lecture=")[2]
    open_review(page, server, lecture)
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator(".lh-clip-accepted").first).to_be_visible()
    page.goto(f"{server.url}/tune?lecture={lecture}&extract.weights.emphasis=0.5")
    page.get_by_role("button", name=re.compile("^Run with these settings: ")).click()
    expect(page.get_by_text("A run is under way")).to_be_visible()
    expect(page.get_by_text("A run is under way")).to_be_hidden(timeout=CLIPS_MS)
    return {
        "library": "",
        "search": "?q=search",
        "run": run.removeprefix(f"{server.url}/"),
        **{name: f"{name}?lecture={lecture}&t=20" for name in OF_A_LECTURE},
    }


def look_at(page: Page, server: Server, name: str, address: str, folder: Path) -> None:
    """Open a page, let it come to rest, and keep its picture."""
    page.goto(f"{server.url}/{address}")
    settled(page)
    if name in READY:
        expect(page.locator(READY[name]).first).to_be_visible()
    if name == "tune":
        expect(page.locator(".lh-frame canvas:not([data-drawn])")).to_have_count(0)
    keep(page, folder)


def keep(page: Page, path: Path) -> None:
    """Write the whole page, however far it scrolls, as a small WebP."""
    main = page.get_by_test_id("stMain")
    before = page.viewport_size
    tall = main.evaluate("node => node.scrollHeight")
    page.set_viewport_size({**before, "height": min(TALLEST, max(tall, before["height"]))})
    page.wait_for_load_state("networkidle")
    settled(page)
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    page.set_viewport_size(before)
    for quality in QUALITIES:
        picture.save(path, quality=quality, method=6)
        if path.stat().st_size <= 1000 * LARGEST_KB:
            return


@contextmanager
def serving():
    """Run a server with a fresh state, and a Chromium."""
    with tempfile.TemporaryDirectory(prefix="lecture-screens-") as folder:
        server = Server(Path(folder))
        try:
            server.start()
            with sync_playwright() as playwright:
                yield (
                    server,
                    playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS)),
                )
        finally:
            server.stop()


def main(folder: Path) -> None:
    """Write all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with serving() as (server, browser):
        addresses: dict[str, str] = {}
        for look, options in LOOKS.items():
            page = browser.new_context(**options).new_page()
            page.set_default_timeout(30_000)
            if not addresses:
                look_at(page, server, "empty", "", folder / "empty-light.webp")
                addresses = prepare(page, server)
            choose(page, server, sample_paths().video, sample_paths().captions)
            expect(page.locator(".lh-file-name")).not_to_be_empty()
            keep(page, folder / f"upload-{look}.webp")
            for name, address in addresses.items():
                look_at(page, server, name, address, folder / f"{name}-{look}.webp")
            page.context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
