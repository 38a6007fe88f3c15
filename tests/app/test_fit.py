"""`lecture fit` on a real run of the sample: a proposal from judgements, nothing without a yes."""

import json

import pytest

from agents.content.components import COMPONENTS
from agents.errors import NotFound, TuningError
from agents.types import Interval
from app.cli import run
from app.services.judged import read_judged
from app.services.root import Services
from app.settings import Settings
from data.clips import update_clip
from data.presets import list_presets
from jobs.broker import Broker
from jobs.local import run_job_here

SHORT = {
    "extract": {
        "min_clip_s": 5, "max_clip_s": 15, "min_clips": 8, "max_clips": 12, "max_share": 1.0,
    }
}  # fmt: skip


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The sample lecture analysed by the real agents, with short clips; nothing is judged yet."""
    state = tmp_path_factory.mktemp("fit")
    with Broker(state) as broker:
        services = Services(Settings(state=state, redis_url=broker.url))
        services.store.migrate()
        job = services.lectures.add_sample()
        job = services.jobs.recompile(job.lecture_id, SHORT)
        run_job_here(services.workshop, job.id, lambda event: None, "extract")
        yield services, job
        services.close()


@pytest.fixture
def clips(judged):
    """The clips, half accepted and half rejected by how much of a question they ask."""
    services, job = judged
    found = services.clips.list(job.id)
    assert len(found) >= 6
    order = sorted(found, key=lambda clip: clip.contributions["completeness"])
    for number, clip in enumerate(order):
        services.clips.set_state(clip.id, "accepted" if number >= len(order) / 2 else "rejected")
    yield found
    for clip in services.clips.list(job.id):
        services.clips.set_state(clip.id, "proposed")
    with services.store.write() as con:
        con.run("delete from clip_revision")
        con.run("update clip set revision = 1")
        con.run("delete from preset")


def presets(services):
    with services.store.read() as con:
        return list_presets(con)


def fit(services, *args):
    return run(["fit", "--state", str(services.settings.state), *args])


def test_before_anybody_has_judged_it_says_so(judged, capsys):
    services, _ = judged
    with pytest.raises(NotFound):
        services.fits.propose()
    assert fit(services) == 2
    assert "There are no judgements yet" in capsys.readouterr().err


def test_the_proposal_is_a_readable_table_with_a_warning_and_an_honest_gain(judged, clips, capsys):
    services, _ = judged
    assert fit(services) == 0
    told = capsys.readouterr().out
    for component in COMPONENTS:
        assert component.name.replace("_", " ") in told
    assert f"{len(clips)} judgements in 1 lectures" in told
    assert f"Judgements so far: {len(clips)}. Fewer than 20 give" in told
    assert "Only one lecture has judgements" in told
    assert "one pair left out at a time" in told
    assert "Nothing was saved" in told


def test_without_a_yes_nothing_is_changed(judged, clips, capsys, monkeypatch):
    services, _ = judged
    before = services.store.version()
    assert fit(services, "--json") == 0
    assert json.loads(capsys.readouterr().out)["saved"] is None
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer in ("", "n", "maybe"):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        assert fit(services) == 0
    assert presets(services) == []
    assert services.store.version() == before


@pytest.mark.parametrize("way", ["flag", "answer"])
def test_a_yes_makes_a_preset_that_an_upload_takes(judged, clips, capsys, monkeypatch, way):
    services, job = judged
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert fit(services, "--name", "My taste", *(["--yes"] if way == "flag" else [])) == 0
    told = capsys.readouterr().out
    assert "Saved as the preset 'My taste'" in told
    params = services.lectures.preset_params("My taste")
    assert params == {"extract": {"weights": dict(services.fits.propose().proposed)}}
    again = services.jobs.recompile(job.lecture_id, params)
    assert services.jobs.tuning(again).extract.weights.model_dump() == params["extract"]["weights"]
    assert fit(services, "--name", "My taste", "--yes") == 0
    assert len(presets(services)) == 1
    with services.store.write() as con:
        con.run("delete from job where id = $1", again.id)


def test_the_proposal_as_json_has_all_figures(judged, clips, capsys):
    services, job = judged
    assert fit(services, "--json", "--lectures", job.lecture_id) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["default"]) == set(told["proposed"]) == {c.name for c in COMPONENTS}
    assert told["default"] == {c.name: c.weight for c in COMPONENTS}
    assert told["accepted"] + told["rejected"] == told["judgements"] == len(clips)
    assert sum(told["proposed"].values()) == pytest.approx(sum(told["default"].values()), abs=0.07)
    assert told["proposed"]["judgement"] == told["default"]["judgement"]
    assert told["gain"]["left_out"] == "pair"
    assert fit(services, "--lectures", "nobody") == 2


def test_a_moved_edge_accepts_the_new_stretch_and_is_half_a_word_against_the_old(judged, clips):
    services, job = judged
    before = services.fits.propose()
    clip = next(c for c in services.clips.list(job.id) if c.state == "rejected")
    services.clips.set_state(clip.id, "proposed")
    moved = (Interval(clip.parts[0].start, clip.parts[-1].end + 6.0),)
    with services.store.write() as con:
        update_clip(con, clip.id, parts=moved)
    after = services.fits.propose()
    assert (after.accepted, after.rejected) == (before.accepted + 1, before.rejected - 1)
    assert after.changed == 1
    with services.store.write() as con:
        update_clip(con, clip.id, parts=clip.parts)
    assert services.fits.propose().changed == 0


def test_stars_have_a_say_beside_or_without_a_yes_and_a_no(judged, clips):
    services, job = judged
    before = services.fits.propose()
    one, other, third = services.clips.list(job.id)[:3]
    for clip in (one, other, third):
        services.clips.set_state(clip.id, "proposed")
    fewer = services.fits.propose().judgements
    assert fewer == before.judgements - 3
    services.clips.rate(one.id, 5)
    services.clips.rate(other.id, 2)
    services.clips.rate(third.id, 3)
    rated = services.fits.propose()
    assert rated.rated == 3
    assert rated.judgements == fewer + 2
    services.clips.set_state(one.id, "rejected")
    assert services.fits.propose().judgements == fewer + 1
    services.clips.set_state(one.id, "accepted")
    for clip in (one, other, third):
        services.clips.rate(clip.id, None)


def test_stars_weigh_on_the_side_that_they_are_on(judged, clips):
    services, job = judged
    rejected = next(c for c in services.clips.list(job.id) if c.state == "rejected")
    with services.store.read() as con:
        plain = read_judged(con, ())
    services.clips.rate(rejected.id, 1)
    with services.store.read() as con:
        starred = read_judged(con, ())
    key = (job.lecture_id, rejected.parts)
    assert plain.whole[key].worth == -1.0
    assert starred.whole[key].worth == -1.5
    services.clips.rate(rejected.id, None)


def test_marked_stretches_count_as_liked(judged, clips):
    services, job = judged
    before = services.fits.propose()
    clip = next(c for c in services.clips.list(job.id) if c.state == "rejected")
    middle = (clip.parts[0].start + clip.parts[-1].end) / 2
    services.labels.mark(job.lecture_id, clip.parts[0].start, middle)
    try:
        marked = services.fits.propose()
        assert marked.marked == 1
        assert marked.judgements == before.judgements + 1
        assert (marked.accepted, marked.rejected) == (before.accepted, before.rejected)
        assert marked.document()["marked"] == 1
        with services.store.read() as con:
            said = read_judged(con, ()).whole
        assert said[job.lecture_id, (Interval(clip.parts[0].start, middle),)].worth == 1.0
    finally:
        services.labels.unmark(job.lecture_id, 0.0, 1000.0)


def test_a_lecture_with_marks_alone_can_be_fitted(judged):
    services, job = judged
    services.labels.mark(job.lecture_id, 5.0, 20.0)
    try:
        assert services.fits.propose().marked == 1
    finally:
        services.labels.unmark(job.lecture_id, 0.0, 1000.0)
    with pytest.raises(NotFound):
        services.fits.propose()


def test_a_rejected_clip_that_was_only_renamed_is_one_judgement(judged, clips):
    services, job = judged
    clip = services.clips.list(job.id)[0]
    before = services.fits.propose()
    services.clips.rename(clip.id, "Another name")
    after = services.fits.propose()
    assert (after.judgements, after.changed) == (before.judgements, 0)


def test_a_deleted_lecture_has_no_say(judged, clips):
    services, job = judged
    with services.store.write() as con:
        con.run("update lecture set deleted = now() where id = $1", job.lecture_id)
    try:
        with pytest.raises(NotFound):
            services.fits.propose()
    finally:
        services.lectures.restore(job.lecture_id)


def test_weights_out_of_bounds_and_foreign_presets_are_refused(judged, clips):
    services, _ = judged
    with pytest.raises(TuningError):
        services.fits.save({"novelty": 3.0}, "Mine")
    with pytest.raises(TuningError):
        services.fits.save({"novelty": 0.3}, "  ")
    assert presets(services) == []


def test_a_state_folder_without_a_store_is_refused_and_stays_empty(tmp_path, capsys):
    assert run(["fit", "--state", str(tmp_path / "none")]) == 2
    assert "There is no store" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
