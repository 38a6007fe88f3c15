"""What the browser tests do again and again, and the hostile texts that they plant."""

import re

from playwright.sync_api import expect

CLIPS_MS = 180_000
OF_A_LECTURE = ("review", "layout", "tune", "compare", "clips")
"""Pages whose address names a lecture."""
READY = {
    "job": ".lh-stage, .stMain h1",
    "review": ".lh-deck[data-ready=true]",
    "layout": ".lh-layouts[data-ready=true] .lh-still[data-drawn]",
    "tune": ".lh-lab[data-plan]",
    "compare": ".stMain .js-plotly-plot",
    "clips": ".lh-film video[poster]",
}
"""Page -> what is there once it shows everything."""
HOSTILE_TITLE = "Searching <img src=x onerror=alert(1)> **bold** ![x](http://beacon.example/t.png)"
HOSTILE_CUES = (
    "A picture ![x](http://beacon.example/a.png) and &lt;img src=//beacon.example/b.png&gt;",
    "A script &lt;script&gt;fetch('http://beacon.example/c')&lt;/script&gt; and {{7*7}} ${7*7}",
    "A [link](javascript:alert(1)), a formula $\\href{http://beacon.example/d}{x}$ and :red[red]",
)
"""Each takes the place of the whole text of one cue; WebVTT writes < as &lt;."""


def plant(vtt):
    """Return captions in which some cues say what is hostile to a careless page."""
    blocks = vtt.strip().split("\n\n")
    for number, text in enumerate(HOSTILE_CUES):
        at = 4 + 6 * number
        blocks[at] = f"{blocks[at].splitlines()[0]}\n{text}."
    return "\n\n".join(blocks) + "\n"


def settled(page):
    """Wait until Streamlit's script does not run."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )


def choose(page, server, recording, captions=None, title=""):
    """Fill in the upload page."""
    page.goto(f"{server.url}/upload")
    settled(page)
    page.locator(".lh-video-input").set_input_files(recording)
    if captions:
        page.locator(".lh-captions-input").set_input_files(captions)
    page.locator(".lh-title").fill(title)


def bring_in(page, server, recording, captions=None, title=""):
    """Upload a recording and wait for the page of its run."""
    choose(page, server, recording, captions, title)
    page.locator(".lh-start").click()
    page.wait_for_url(re.compile(r"/job\?id="))


def open_review(page, server, lecture):
    """Open the review page and wait for the deck and its video."""
    page.goto(f"{server.url}/review?lecture={lecture}")
    expect(page.locator(".lh-deck[data-ready=true]")).to_be_visible()
    page.wait_for_function("document.querySelector('.lh-video').readyState >= 2")
    settled(page)


def video_time(page):
    """Return where the deck's player is, in seconds."""
    return page.locator(".lh-video").evaluate("v => v.currentTime")


def wait_for_time(page, condition):
    """Wait until the player's time `t` fulfils a condition in JavaScript."""
    page.wait_for_function(f"(t => {condition})(document.querySelector('.lh-video').currentTime)")
