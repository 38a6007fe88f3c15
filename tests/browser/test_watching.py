"""A page that watches a run: cancelled by someone else, run again, the server restarted."""

import pytest
from playwright.sync_api import expect

from agents.subtitles import to_vtt
from agents.types import Cue
from tests.browser.axe import grave_findings
from tests.browser.ways import CLIPS_MS, bring_in, settled
from tests.rendering import Look, render_lecture, spoken_scenes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def short(tmp_path):
    """Return a recording of three minutes, so that there is time to cancel, and its captions."""
    path = tmp_path / "short.mp4"
    truth = render_lecture(path, spoken_scenes(), Look(size=(320, 180), fps=5))
    captions = tmp_path / "short.vtt"
    captions.write_text(to_vtt(Cue(s["t0"], s["t1"], s["text"]) for s in truth["sentences"]))
    return path, captions


def test_watched_run_is_cancelled_run_again_and_ends_over_a_restarted_server(
    page, server, complaints, short
):
    bring_in(page, server, *short, title="Watched")
    run = page.url
    other = page.context.new_page()
    other.goto(run)
    settled(other)
    other.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    assert grave_findings(page) == []
    other.close()

    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Running", exact=True)).to_be_visible()
    assert grave_findings(page) == []
    server.stop()
    server.start()
    expect(page.get_by_role("link", name="Review the clips")).to_be_visible(timeout=CLIPS_MS)
    assert page.url == run
    # While nobody answers, the browser and Streamlit complain of that and may of nothing else.
    grave = ("script error", "request to another host")
    complaints[:] = [complaint for complaint in complaints if complaint.startswith(grave)]
