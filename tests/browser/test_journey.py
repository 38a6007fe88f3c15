"""A person's way through the product, in a real browser against the real app, queue and workers."""

import re

import av
import pytest
from playwright.sync_api import expect

from agents.subtitles import to_vtt
from agents.types import Cue
from tests.browser.ways import CLIPS_MS, HOSTILE_TITLE, bring_in, open_review, settled
from tests.rendering import Look, render_lecture, spoken_scenes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def lecture(tmp_path):
    """Return a recording of three minutes with its captions, and where somebody pauses in it."""
    path = tmp_path / "journey.mp4"
    truth = render_lecture(path, spoken_scenes(), Look(size=(320, 180), fps=4))
    captions = tmp_path / "journey.vtt"
    captions.write_text(to_vtt(Cue(s["t0"], s["t1"], s["text"]) for s in truth["sentences"]))
    return path, captions, truth["silence"]


def test_person_uploads_drops_lengthens_tunes_compiles_and_downloads(
    page, server, lecture, tmp_path
):
    path, captions, pauses = lecture
    bring_in(page, server, path, captions, title="The way of a person")
    page.get_by_role("link", name="Review the clips").click(timeout=CLIPS_MS)
    expect(page.locator(".lh-deck[data-ready=true]")).to_be_visible()
    began = clips(page)

    # One clip is dropped, another ends with the next pause.
    page.locator(".lh-clip").nth(1).click()
    dropped = selected(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".lh-status")).to_contain_text("Deleted clip")
    longer = next(clip for clip in began if clip["id"] != dropped["id"] and room(clip, began))
    page.locator(f".lh-clip[data-clip='{longer['id']}']").first.click()
    page.get_by_role("button", name="End at the next pause").click()
    expect(page.locator(".lh-status")).to_contain_text("Moved the edges")
    end = selected(page)["parts"][-1][1]
    assert end > longer["parts"][-1][1] + 0.5
    assert min(abs(end - start) for start, _ in pauses) < 0.3
    page.reload()
    expect(page.locator(".lh-deck[data-ready=true]")).to_be_visible()
    kept = {clip["id"]: clip["parts"][-1][1] for clip in clips(page)}
    assert dropped["id"] not in kept
    assert kept[longer["id"]] == end

    # The navigation stays with the lecture; what is heard counts for more.
    page.get_by_role("link", name="Tune", exact=True).click()
    emphasis = page.get_by_role("slider", name="Emphasis", exact=True)
    emphasis.evaluate("n => { n.value = 0.6; n.dispatchEvent(new Event('input')); }")
    expect(page.locator(".lh-lab-changed")).to_have_text("1 setting differs from this run.")
    page.get_by_role("button", name=re.compile("Run with these settings")).click()
    page.get_by_role("link", name="See the run").click()
    page.locator(".stMain").get_by_role("link", name="Clips", exact=True).click(timeout=CLIPS_MS)
    page.wait_for_url(re.compile(r"/clips\?lecture="))

    params, made = new_run(page, server)
    assert params["extract"]["weights"]["emphasis"] == 0.6
    mine = next(clip for clip in made if abs(clip["end"] - end) < 0.01)
    lost = [dropped["parts"][0][0], dropped["parts"][-1][1]]
    assert not any(clip["start"] < lost[1] and lost[0] < clip["end"] for clip in made)
    card = page.locator(f".st-key-clip-{mine['id']}")
    with page.expect_download() as download:
        card.get_by_role("link", name="Download", exact=True).click()
    download.value.save_as(tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as film:
        assert sorted(stream.type for stream in film.streams) == ["audio", "video"]
        assert film.duration / av.time_base == pytest.approx(mine["duration"], abs=0.3)
        assert sum(1 for _ in film.decode(video=0)) > 20


def clips(page):
    """Return the clips as the deck has them."""
    return page.evaluate("document.querySelector('.lh-deck').lhDeck.data.live.clips")


def selected(page):
    """Return the selected clip, once nothing is under way."""
    page.wait_for_function("!document.querySelector('.lh-deck').lhDeck.edits.flying")
    settled(page)
    return page.evaluate("document.querySelector('.lh-deck').lhDeck.clip()")


def room(clip, others):
    """Return whether there is a pause to grow to before the next clip begins."""
    starts = [one["parts"][0][0] for one in others if one["parts"][0][0] > clip["parts"][-1][1]]
    return min(starts, default=170.0) > clip["parts"][-1][1] + 8


def new_run(page, server):
    """Return the tunables of the run that the address names last, and its clips."""
    lecture = re.search(r"lecture=([^&]+)", page.url)[1]
    found = page.request.get(f"{server.url}/api/v1/lectures/{lecture}/bundle").json()
    job = page.request.get(f"{server.url}/api/v1/jobs/{found['job']['id']}").json()
    return job["params"], found["clips"]


def test_hostile_title_and_captions_stay_text_on_every_page(page, server, sample):
    open_review(page, server, sample)
    heading = page.get_by_role("heading", level=1).inner_text()
    assert heading.replace("\u2060", "").strip() == HOSTILE_TITLE
    said = page.locator(".lh-transcript").inner_text()
    assert "![x](http://beacon.example/a.png)" in said
    assert "<img src=//beacon.example/b.png>" in said
    assert "<script>fetch('http://beacon.example/c')</script>" in said
    for path in (f"review?lecture={sample}", f"clips?lecture={sample}", "", "job"):
        page.goto(f"{server.url}/{path}")
        settled(page)
        expect(page.get_by_text("Searching <img src=x").first).to_be_visible()
        planted = "[src*=beacon], [href*='//beacon'], [src='x'], [href^='javascript:'], .katex"
        assert page.locator(planted).count() == 0
    # That nothing was asked of beacon.example the fixture `page` proves.


def test_accepted_clip_is_still_accepted_after_a_reload(page, server, sample):
    open_review(page, server, sample)
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator(".lh-clip-accepted").first).to_be_visible()
    open_review(page, server, sample)
    expect(page.locator(".lh-clip-accepted").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".lh-clip-accepted")).to_have_count(0)


def test_lecture_that_is_deleted_while_it_is_open_is_one_sentence(page, server, sample):
    open_review(page, server, sample)
    library = page.context.new_page()
    library.goto(server.url)
    settled(library)
    library.locator(f".st-key-delete-{sample} button").click()
    expect(library.get_by_text("The lecture was deleted.")).to_be_visible()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_text("There is no")).to_be_visible()
    library.get_by_role("button", name="Undo").click()
    expect(library.locator(f".st-key-delete-{sample}")).to_be_visible()
