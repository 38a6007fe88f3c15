"""Every page with an empty library, a running job, a failed job and a finished one."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agents.silence import SilenceParams
from agents.types import Interval, Usage
from app.exports import Findings, analysis
from app.services.core import workshop_config
from app.services.root import Services, use_services
from app.settings import Settings
from app.views.text import plain, usage_line
from app.views.why import drop_out_lines
from data.clips import update_clip
from data.decisions import read_decisions
from data.jobs import begin_stage, fail_stage
from data.spending import add_spending
from jobs.local import run_job_here
from tests.app.tus import recording

UI = Path(__file__).resolve().parents[2] / "app" / "ui.py"
PAGES = ("library", "upload", "job", "review", "layout", "clips")
HOSTILE = "Waves ![x](http://beacon.example/a.png) <script>alert(1)</script> $x$"
REFUSED = "'talk.mp4' is cut off at 40 %; upload the whole file"


@dataclass(frozen=True)
class Shelf:
    """Services over a store of its own, and what lies in it: state -> (lecture id, job id)."""

    services: Services
    lectures: dict[str, tuple[str, str]] = field(default_factory=dict)


def open_shelf(services, state):
    """Return services over another state folder and the same broker; nobody works its queue."""
    settings = Settings(state=state, redis_url=services.settings.redis_url, local_link=False)
    config = workshop_config(settings).model_copy(
        update={"stages": "tests.app.small_stages:stages"}
    )
    return Services(settings, config)


@pytest.fixture
def shelf(services, tmp_path):
    """An empty store; the session's services are put back afterwards."""
    mine = open_shelf(services, tmp_path / "state")
    mine.store.migrate()
    use_services(mine)
    yield Shelf(mine)
    use_services(services)


@pytest.fixture(scope="module")
def stocked(services, tmp_path_factory):
    """One lecture whose job is running, one that failed, one that is finished."""
    folder = tmp_path_factory.mktemp("stocked")
    shelf = Shelf(open_shelf(services, folder / "state"))
    shelf.services.store.migrate()
    for number, state in enumerate(("running", "failed", "completed")):
        source = folder / f"{state}.mp4"
        source.write_bytes(recording(3_000, salt=number + 500))
        lecture = shelf.services.lectures.add_file(state, source, title=HOSTILE)
        job = shelf.services.jobs.submit(lecture.id, {})
        shelf.lectures[state] = (lecture.id, job.id)
    _begin_intake(shelf, "running")
    attempt = _begin_intake(shelf, "failed")
    with shelf.services.store.write() as con:
        fail_stage(con, shelf.lectures["failed"][1], "intake", attempt, "truncated", REFUSED)
    run_job_here(shelf.services.workshop, shelf.lectures["completed"][1], lambda event: None)
    return shelf


@pytest.fixture
def looked_at(services, stocked):
    """The stocked shelf itself, for tests that only look."""
    use_services(stocked.services)
    yield stocked
    use_services(services)


@pytest.fixture
def filled(services, stocked, tmp_path):
    """A copy of the stocked shelf, for tests that change something."""
    shutil.copytree(stocked.services.settings.state, tmp_path / "state")
    mine = open_shelf(services, tmp_path / "state")
    use_services(mine)
    yield Shelf(mine, stocked.lectures)
    use_services(services)


def _begin_intake(shelf, state):
    with shelf.services.store.write() as con:
        return begin_stage(con, shelf.lectures[state][1], "intake", "w1")


def show(page, **query):
    """Run the app and go to a page; no script may have raised."""
    app = AppTest.from_file(UI, default_timeout=30)
    app.run()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def said(app):
    """Return every text on the page, in one string."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "text", "info", "warning")
    kinds += ("error", "code")
    return "\n".join(str(part.value) for kind in kinds for part in app.get(kind))


def component(app, module):
    """Return the data that the page's component with this script was given."""
    given = [json.loads(part.proto.json) for part in app.get("bidi_component")]
    found = [data for data in given if data["module"].startswith(f"/assets/{module}.")]
    assert len(found) == 1
    return found[0]


def components(app, module):
    """Return the same of all components with this script."""
    given = [json.loads(part.proto.json) for part in app.get("bidi_component")]
    return [data for data in given if data["module"].startswith(f"/assets/{module}.")]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_works_with_an_empty_library(shelf, page):
    app = show(page)
    expected = {
        "library": "No lectures yet",
        "upload": "Upload a lecture",
        "job": "No run yet",
        "layout": "No layout to correct yet",
        "review": "Nothing to review yet",
        "clips": "No clips yet",
    }
    assert expected[page] in said(app)


def test_empty_library_brings_the_sample_in(shelf):
    app = show("library")
    app.button[0].click().run()
    assert not app.exception
    assert [card.lecture.id for card in shelf.services.lectures.list()] == ["sample"]


def test_library_shows_each_state_and_the_reason_of_a_failure(looked_at):
    app = show("library")
    text = said(app)
    for label in ("Running", "Failed", "Ready"):
        assert label in text
    assert "is cut off at 40" in text
    assert "2 clips" in text


def test_library_filters_by_state(looked_at):
    app = show("library")
    app.segmented_control[0].set_value("Failed").run()
    assert "is cut off at 40" in said(app)
    assert "2 clips" not in said(app)


def test_deleted_lecture_comes_back_with_undo(filled):
    app = show("library")
    next(b for b in app.button if b.key == "delete-completed").click().run()
    assert "2 clips" not in said(app)
    next(b for b in app.button if b.label == "Undo").click().run()
    assert "2 clips" in said(app)


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def choose(app, *states):
    for state in states:
        app.checkbox(key=f"pick-{state}").check().run()


def test_chosen_lectures_are_deleted_together_and_brought_back(filled):
    app = show("library")
    choose(app, "completed", "failed")
    assert "2 lectures chosen" in said(app)
    press(app, "Delete chosen")
    assert [card.lecture.id for card in filled.services.lectures.list()] == ["running"]
    assert "2 lectures were deleted" in said(app)
    app = show("library")
    app.button(key="restore-failed").click().run()
    assert len(filled.services.lectures.list()) == 2


def test_chosen_lectures_run_again_with_a_preset(filled):
    filled.services.presets.save("Short", {"extract.max_clips": 3})
    app = show("library")
    choose(app, "completed", "running")
    app.selectbox(key="batch_preset").set_value("Short").run()
    press(app, "Run again")
    assert "1 runs started. 1 had a run under way" in "".join(s.value for s in app.success)
    newest = filled.services.jobs.latest("completed")
    assert newest.id != filled.lectures["completed"][1]
    assert newest.params["extract"]["max_clips"] == 3
    assert "lectures chosen" not in said(app)


def test_address_brings_search_and_filters_and_a_hit_leads_to_its_second(looked_at):
    app = AppTest.from_file(UI, default_timeout=30)
    app.query_params["q"] = "sentence 3"
    app.query_params["show"] = "Ready"
    app.run()
    assert app.text_input[0].value == "sentence 3"
    assert "Sentence 3 <b>&" in said(app)
    assert "is cut off at 40" not in said(app)
    data = component(show("review", lecture="completed", t="30.00"), "deck")
    assert data["live"]["focus"]["time"] == 30.0


def test_filters_that_let_nothing_through_say_so(looked_at):
    app = AppTest.from_file(UI, default_timeout=30)
    app.query_params["q"] = "no such words anywhere"
    app.run()
    assert "take back a filter" in said(app)


@pytest.mark.parametrize("state", ["running", "failed", "completed"])
def test_run_page_shows_all_stages_and_what_can_be_done(looked_at, state):
    app = show("job", id=looked_at.lectures[state][1])
    data = component(app, "live")
    assert data["status"] == state
    assert data["stages"][0]["name"] == "intake"
    assert len(data["stages"]) == 7
    labels = {button.label for button in app.button}
    assert ("Cancel" in labels) == (state == "running")
    assert ("Try again" in labels) == (state == "failed")
    assert ("is cut off at 40" in said(app)) == (state == "failed")


def test_run_page_shows_what_the_run_spent(filled):
    job_id = filled.lectures["completed"][1]
    usage = Usage("gemini-x", "v1", 3, 0, 12_000, 0, 900, 0, 0.0123, "2026-10-07")
    with filled.services.store.write() as con:
        add_spending(con, job_id, "content", 1, usage)
    assert plain(usage_line(usage)) in said(show("job", id=job_id))
    assert filled.services.jobs.snapshot(job_id)["spending"][0]["usd"] == 0.0123


def test_cancel_and_try_again_reach_the_job(filled):
    job_id = filled.lectures["running"][1]
    app = show("job", id=job_id)
    next(b for b in app.button if b.label == "Cancel").click().run()
    assert filled.services.jobs.get(job_id).status == "cancelled"
    next(b for b in app.button if b.label == "Try again").click().run()
    assert filled.services.jobs.get(job_id).status in {"queued", "running"}


def test_run_of_a_deleted_lecture_says_so(filled):
    lecture_id, job_id = filled.lectures["completed"]
    filled.services.lectures.delete(lecture_id)
    assert "was deleted" in said(show("job", id=job_id))


def test_review_selects_the_clip_that_the_address_names(looked_at):
    lecture_id, job_id = looked_at.lectures["completed"]
    second = looked_at.services.clips.list(job_id)[1]
    app = show("review", lecture=lecture_id, clip=second.id)
    assert component(app, "deck")["live"]["selected"] == second.id
    assert app.session_state.clip_table["selection"]["rows"] == [1]
    assert component(app, "deck")["live"]["selected"] == second.id


def test_unknown_run_is_one_sentence(looked_at):
    assert "There is no" in said(show("job", id="0" * 32))


def test_review_hands_the_deck_scores_and_clips(looked_at):
    lecture_id, job_id = looked_at.lectures["completed"]
    app = show("review", lecture=lecture_id)
    data = component(app, "deck")
    assert data["bundle"] == f"/api/v1/lectures/{lecture_id}/bundle?job={job_id}"
    assert data["live"]["limits"] == [20.0, 120.0]
    assert data["live"]["history"] == {
        "at": 0,
        "made": 0,
        "stamp": 2,
        "undo": None,
        "redo": None,
    }
    assert [clip["rank"] for clip in data["live"]["clips"]] == [1, 2]
    assert data["live"]["selected"] == data["live"]["clips"][0]["id"]
    assert len(json.dumps(data)) < 10_000
    table = app.dataframe[0].value
    assert list(table["Title"]) == ["Größe & Form", "Second"]
    assert "It says most." in said(app)
    assert "Captions were used" in said(app)


def test_drafts_are_asked_for_on_the_review_page_and_told_on_the_clips_page(filled):
    services, (lecture_id, job_id) = filled.services, filled.lectures["completed"]
    page = show("review", lecture=lecture_id)
    assert "The clips are rendered in full quality" in said(page)
    assert not any(button.label == "Render in full quality" for button in page.button)
    first = services.clips.list(job_id)[0]
    services.clips.resize(first.id, first.parts[0].start, first.parts[-1].end - 2)
    page = show("review", lecture=lecture_id)
    assert "1 clip is not rendered" in said(page)
    press(page, "Preview renders (draft)")
    draft = services.jobs.latest(lecture_id)
    assert draft.params["compile"]["quality"] == "draft"
    run_job_here(services.workshop, draft.id, lambda event: None)
    page = show("clips", lecture=lecture_id)
    assert "rendered as drafts" in said(page)
    assert said(page).count("draft, 180p") == 2
    assert "Later runs are drafts, too" in said(page)
    assert "Takes at most about 1 s in full quality." in said(page)
    press(page, "Render in full quality")
    assert services.jobs.latest(lecture_id).params["compile"]["quality"] == "full"


def test_page_address_and_document_say_the_same_of_why(looked_at, client):
    lecture_id, job_id = looked_at.lectures["completed"]
    services = looked_at.services
    job = services.jobs.get(job_id)
    found = {name: v for name, v in services.results.of(job).values.items() if name != "intake"}
    document = analysis(Findings(found), lecture={}, params=job.params)["clips"]
    told = client.get(f"/api/v1/lectures/{lecture_id}/bundle?job={job_id}").json()["clips"]
    names = ("score", "contributions", "quote", "reason", "kept", "drop_out")
    assert [[clip[n] for n in names] for clip in told] == [[c[n] for n in names] for c in document]
    assert document[0]["drop_out"]["margin"] == 12.345678
    for clip in told:
        page = said(show("review", lecture=lecture_id, clip=clip["id"]))
        lines = drop_out_lines(clip)
        assert bool(lines) == (clip["drop_out"] is not None)
        assert all(line in page for line in [clip["reason"], clip["quote"], *lines])


def test_a_clip_that_was_moved_no_longer_says_what_drops_it(filled):
    lecture_id, job_id = filled.lectures["completed"]
    first = filled.services.clips.list(job_id)[0]
    with filled.services.store.write() as con:
        update_clip(con, first.id, parts=(Interval(21.0, 48.0),))
    told = filled.services.review.bundle(lecture_id, job_id)["clips"][0]
    assert (told["start"], told["drop_out"]) == (21.0, None)


def test_accepted_clips_stay_and_rejected_ones_do_not_come_back(filled):
    """The two words bind the next run: the rule is in what it is started with."""
    lecture_id, job_id = filled.lectures["completed"]
    first, second = filled.services.clips.list(job_id)
    for clip, state in ((first, "accepted"), (second, "rejected")):
        filled.services.clips.edit(job_id, {"op": "set_state", "clip_id": clip.id, "state": state})
    weights = {"extract": {"weights": {"novelty": 0.5}}}
    after = filled.services.jobs.recompile(lecture_id, weights)
    decided = read_decisions(filled.services.jobs.get(after.id).params)
    assert [(clip.parts, clip.title) for clip in decided.kept] == [(first.parts, first.title)]
    assert decided.rejected == (Interval(second.parts[0].start, second.parts[-1].end),)


def test_review_tells_the_deck_what_was_edited_and_what_can_be_taken_back(filled):
    lecture_id, job_id = filled.lectures["completed"]
    clip = filled.services.clips.list(job_id)[0]
    order = {"op": "rename", "clip_id": clip.id, "title": "Shape and size"}
    filled.services.clips.edit(job_id, order)
    live = component(show("review", lecture=lecture_id), "deck")["live"]
    assert live["clips"][0]["title"] == "Shape and size"
    assert live["clips"][0]["revision"] == clip.revision + 1
    stamp = sum(one.revision for one in filled.services.clips.list(job_id))
    told = {"at": 1, "made": 1, "stamp": stamp, "undo": "Renamed clip 1", "redo": None}
    assert live["history"] == told


def test_review_says_where_the_steps_before_a_run_are_until_it_has_its_own(filled):
    lecture_id, job_id = filled.lectures["completed"]
    begins = "begins with the clips as they were left"
    assert begins not in said(show("review", lecture=lecture_id))
    with filled.services.clips.core.store.write() as con:
        con.run("update job set parent = $2 where id = $1", job_id, "before")
    assert begins in said(show("review", lecture=lecture_id))
    clip = filled.services.clips.list(job_id)[0]
    filled.services.clips.rate(clip.id, 3)
    assert begins not in said(show("review", lecture=lecture_id))


def test_review_of_a_running_lecture_watches_its_run(looked_at):
    lecture_id, job_id = looked_at.lectures["running"]
    app = show("review", lecture=lecture_id)
    assert "has not been read yet; it comes here by itself" in said(app)
    assert component(app, "live")["job"] == job_id


def test_review_of_a_failed_run_says_why(looked_at):
    app = show("review", lecture=looked_at.lectures["failed"][0])
    assert "has not been read yet; it can be read by running it again" in said(app)
    assert "is cut off at 40" in said(app)


def test_review_offers_the_silence_tunables_of_the_run(looked_at):
    lecture_id, job_id = looked_at.lectures["completed"]
    app = show("review", lecture=lecture_id)
    assert not components(app, "silence"), "nothing is made before somebody opens the cell"
    app.session_state["cell-silence"] = True
    data = component(app.run(), "silence")
    assert data["address"] == f"/api/v1/lectures/{lecture_id}/silence?job={job_id}"
    assert {field["name"]: field["value"] for field in data["fields"]} == {
        name: field.default for name, field in SilenceParams.model_fields.items()
    }
    assert len(json.dumps(data)) < 10_000


@pytest.mark.parametrize("state", ["running", "failed"])
def test_clips_of_an_unfinished_run_say_so(looked_at, state):
    assert "No clip of this lecture is rendered yet" in said(
        show("clips", lecture=looked_at.lectures[state][0])
    )


def test_clips_page_shows_players_by_our_own_route(looked_at):
    lecture_id, _ = looked_at.lectures["completed"]
    app = show("clips", lecture=lecture_id)
    films = components(app, "film")
    assert len(films) == 2
    for film in films:
        urls = [film[name] for name in ("video", "poster", "moving", "vtt")]
        assert all(url.startswith("/app/static/media/clips/") for url in urls)
    assert "2 clips" in said(app)


@pytest.mark.parametrize("page", ["review", "clips"])
def test_unknown_lecture_is_one_sentence(looked_at, page):
    assert "There is no" in said(show(page, lecture="nobody"))


@pytest.mark.parametrize("page", ["library", "job", "review", "clips"])
def test_hostile_title_reaches_no_page_as_markup(looked_at, page):
    lecture_id, job_id = looked_at.lectures["completed"]
    app = show(page, **({"id": job_id} if page == "job" else {"lecture": lecture_id}))
    for kind in ("markdown", "title", "caption"):
        for part in app.get(kind):
            assert "![x](" not in part.value
            assert "<script>" not in part.value
