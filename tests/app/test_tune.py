"""The notebook's addresses, pages, sweeps and comparisons, without a browser."""

import json
from dataclasses import replace

import pytest

from agents.content.components import COMPONENTS
from agents.errors import NotFound, TuningError
from app.cli import run
from app.views.runs import change_table, comparison_figure, figure_table, run_table
from app.views.sweeps import best_line, figure_name, grid_table, sweep_figure
from data.records import SweepCell
from data.sweeps import add_cells, set_sweep
from jobs.grids import parse_axes
from jobs.queue import SWEEP, delivery_id, fetch, forget
from jobs.sweeping import restart_sweeps
from tests.app.conftest import finish
from tests.app.test_pages import (  # noqa: F401 - fixtures are found by their names
    component,
    filled,
    looked_at,
    said,
    shelf,
    show,
    stocked,
)

MANY = {"extract.min_clips": 1, "extract.max_clips": 1, "extract.min_clip_s": 15}

USUAL = {component.name: component.weight for component in COMPONENTS}


def post(client, lecture, path, body, method="POST"):
    return client.request(method, f"/api/v1/lectures/{lecture}/{path}", json=body)


# --- addresses ------------------------------------------------------------------------------------


def test_the_notebook_tells_cells_costs_and_pictures(client, finished):
    found = client.get(f"/api/v1/lectures/{finished}/lab").json()
    assert [cell["name"] for cell in found["cells"]] == [
        *("silence", "transcript", "layout", "content", "importance", "clips", "compile")
    ]
    assert set(found["costs"]) == set(found["done"]) == set(found["needs"])
    assert found["content"]["size"] == 12
    assert found["content"]["borders"] == [0.5]
    assert ["Sentences", "12"] in found["words"]
    assert len(json.dumps(found)) < 60_000


def test_a_plan_under_other_settings_tells_what_it_changes_and_stores_nothing(
    client, services, lecture
):
    jobs, version = services.jobs.list(lecture), services.store.version()
    found = post(client, lecture, "plan", {"values": MANY}).json()
    assert len(found["scores"]) == 12
    assert len(found["clips"]) == 1
    fates = [clip["change"] for clip in found["clips"]]
    assert len(found["lost"]) + fates.count("kept") + fates.count("moved") == 2
    assert found["threshold"] == pytest.approx(found["clips"][0]["score"])
    assert found["total_s"] == pytest.approx(
        sum(end - start for start, end in found["clips"][0]["parts"]), abs=0.05
    )
    assert (services.jobs.list(lecture), services.store.version()) == (jobs, version)


def test_a_weight_moves_the_scores(client, finished):
    usual = post(client, finished, "plan", {}).json()["scores"]
    values = {"extract.weights.information": 1.0}
    heavy = post(client, finished, "plan", {"values": values}).json()["scores"]
    assert heavy[3] - usual[3] == pytest.approx(0.75 * (1.0 - USUAL["information"]), abs=1e-3)


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"values": {"extract.max_clips": 99}}, 422, "less than or equal to 12"),
        ({"values": {"extract.no_such": 1}}, 422, "no_such"),
        ({"values": {"extract.min_clip_s": 120, "extract.max_clip_s": 20}}, 422, "must not exceed"),
        ({"values": {"extract.max_clips": [1]}}, 422, "extract.max_clips"),
        ({"other": 1}, 422, "there is no such field"),
        ({"job": "0" * 32}, 404, "no such run"),
    ],
)
def test_settings_that_cannot_be_are_one_sentence(client, finished, body, status, reason):
    answer = post(client, finished, "plan", body)
    assert answer.status_code == status
    assert reason in answer.json()["detail"]


def test_marks_are_joined_cut_and_kept_and_the_figures_follow(client, lecture):
    assert client.get(f"/api/v1/lectures/{lecture}/marks").json() == []
    assert post(client, lecture, "plan", {}).json()["figures"] == {}
    post(client, lecture, "marks", {"start": 20, "end": 40})
    assert post(client, lecture, "marks", {"start": 35, "end": 50}).json() == [[20, 50]]
    cut = post(client, lecture, "marks", {"start": 30, "end": 31}, "DELETE").json()
    assert cut == [[20, 30], [31, 50]]
    assert client.get(f"/api/v1/lectures/{lecture}/marks").json() == cut
    figures = post(client, lecture, "plan", {}).json()["figures"]["marked"]
    assert set(figures) == {"precision", "recall", "f1", "topic_coverage", "edge_error_s"}
    assert 0 <= figures["recall"] <= 1
    (first, *_) = post(client, lecture, "plan", {}).json()["clips"]
    post(client, lecture, "marks", {"start": 0, "end": 120}, "DELETE")
    for start, end in first["parts"]:
        post(client, lecture, "marks", {"start": start, "end": end})
    figures = post(client, lecture, "plan", {}).json()["figures"]["marked"]
    assert figures["recall"] == pytest.approx(1.0, abs=0.01)
    assert 0 < figures["precision"] <= 1
    for span in ({"start": 5, "end": 5}, {"start": -1, "end": 9}, {"start": 100, "end": 400}):
        assert post(client, lecture, "marks", span).status_code == 422
    assert post(client, "nobody", "marks", {"start": 1, "end": 2}).status_code == 404


def test_accepted_clips_do_not_judge_themselves(client, services, lecture):
    """A kept clip is in every plan; the figures are those of the plan without it being bound."""
    clip = services.clips.list(services.jobs.latest(lecture).id)[1]
    services.clips.set_state(clip.id, "accepted")
    one = {"extract.min_clips": 1, "extract.max_clips": 1}
    found = post(client, lecture, "plan", {"values": one}).json()
    free = services.sweeps.create(parse_axes("extract.max_clips=1;extract.min_clips=1"), [lecture])
    cell = services.sweeps.run_here(free.id, lambda done, of: None).figures[0]
    assert found["figures"]["accepted"]["recall"] == pytest.approx(
        cell["accepted.recall"], abs=1e-5
    )


def test_presets_are_kept_by_name_and_take_over(client):
    save = {"name": " Short   clips ", "values": {"extract.max_clips": 4}}
    made = client.post("/api/v1/presets", json=save).json()
    assert (made["name"], made["values"]) == ("Short clips", {"extract.max_clips": 4})
    again = client.post("/api/v1/presets", json={**save, "values": {}}).json()
    assert (again["id"], again["values"]) == (made["id"], {})
    assert [preset["name"] for preset in client.get("/api/v1/presets").json()] == ["Short clips"]
    assert client.post("/api/v1/presets", json={**save, "name": " "}).status_code == 422
    assert client.delete(f"/api/v1/presets/{made['id']}").status_code == 204
    assert client.get("/api/v1/presets").json() == []


def test_settings_travel_as_toml(client):
    answer = client.post("/api/v1/tuning/toml", json={"values": {"silence.top_db": 33}})
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.endswith("[silence]\ntop_db = 33.0\n")
    assert client.put("/api/v1/tuning/toml", content=answer.text).json() == {"silence.top_db": 33}
    assert client.put("/api/v1/tuning/toml", content=b"\xff\xfe").status_code == 400
    assert client.put("/api/v1/tuning/toml", content="x = ").status_code == 422
    assert client.put("/api/v1/tuning/toml", content="#" * 60_000).status_code == 413


# --- runs -----------------------------------------------------------------------------------------


def test_runs_are_compared_and_restored(services, lecture):
    first = services.jobs.latest(lecture)
    after = services.lab.start(lecture, first.id, {"extract.weights.information": 0.5})
    finish(services, after.id)
    runs = services.runs.list(lecture)
    assert [(run.job.id, run.shown) for run in runs] == [(after.id, True), (first.id, False)]
    assert runs[0].settings == {"extract.weights.information": 0.5}
    assert run_table(runs)["Settings that differ from the defaults"] == [
        "Importance: Information 0.5",
        "all settings at their defaults",
    ]
    found = services.runs.compare(first.id, after.id)
    assert found.settings == [("extract.weights.information", USUAL["information"], 0.5)]
    assert change_table(found)["Change"] == ["= kept", "= kept"]
    assert found.b.scores[3] > found.a.scores[3]
    assert figure_table(found)["Against"] == []
    figure = comparison_figure(found)
    assert len(figure.data) == 4
    assert list(figure.data[3].base) == [20.0, 70.0]

    services.runs.restore(first.id)
    assert services.review.job_of(lecture).id == first.id
    third = services.jobs.recompile(lecture, {})
    assert third.parent == first.id
    finish(services, third.id)
    assert services.review.job_of(lecture).id == third.id


def test_runs_of_two_lectures_are_not_compared(services, lecture, finished):
    jobs = [services.jobs.latest(one).id for one in (lecture, finished)]
    with pytest.raises(NotFound, match="two lectures"):
        services.runs.compare(*jobs)


# --- sweeps ---------------------------------------------------------------------------------------


def test_a_sweep_tries_every_cell_and_names_the_best(services, lecture):
    services.labels.mark(lecture, 20, 45)
    axes = parse_axes("extract.min_clip_s=10,60;extract.max_clip_s=30,70")
    made = services.sweeps.create(axes, [lecture])
    heard = []
    grid = services.sweeps.run_here(made.id, lambda done, of: heard.append((done, of)))
    assert heard == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert (grid.sweep.status, grid.percent) == ("completed", 100.0)
    assert grid.figures[2] == {}  # 60 to 30 s: no clip can be
    assert grid.names[0] == "marked.f1"
    best = grid.best("marked.f1")
    assert grid.figures[best]["marked.f1"] == max(
        figures.get("marked.f1", 0) for figures in grid.figures
    )
    assert "Clips: Min clip" in best_line(grid, "marked.f1")
    alike = replace(grid, figures=[{"marked.f1": 0.5} for _ in grid.cells])
    assert alike.cells[alike.best("marked.f1")] == {
        "extract.min_clip_s": 10,  # by default 20 to 120 s
        "extract.max_clip_s": 70,
    }
    heat = sweep_figure(grid, "marked.f1").data[0]
    assert (len(heat.z), len(heat.z[0]), heat.z[1][0]) == (2, 2, None)
    assert len(next(iter(grid_table(grid).values()))) == 3
    assert figure_name("accepted.f1") == "F1 against the accepted clips"
    assert services.sweeps.list(lecture)[0].id == made.id


def test_a_sweep_over_a_costly_stage_runs_it_once_per_value(services, lecture, monkeypatch):
    tried = []
    stage = services.workshop.table["layout"]

    def count(intake, *, params, context):
        tried.append(params.slide_level)
        return stage.run(intake, params=params, context=context)

    table = {**services.workshop.table, "layout": replace(stage, run=count)}
    monkeypatch.setattr(services, "workshop", replace(services.workshop, table=table))
    axes = parse_axes("layout.slide_level=5,7,9;extract.max_clips=3,4")
    made = services.sweeps.create(axes, [lecture])
    services.sweeps.run_here(made.id, lambda done, of: None)
    assert tried == [5, 9]  # 7 is that of the run
    assert services.sweeps.estimate(axes, [services.jobs.latest(lecture).id]) >= 6 * 0.05


def test_a_cancelled_sweep_ends_and_an_interrupted_one_goes_on(services, lecture):
    axes = parse_axes("extract.max_clips=3,4,5")
    made = services.sweeps.create(axes, [lecture])
    services.sweeps.cancel(made.id)
    assert services.sweeps.run_here(made.id, lambda done, of: None).tried == 0
    made = services.sweeps.create(axes, [lecture])
    with services.store.write() as con:
        set_sweep(con, made.id, "running")
        add_cells(con, [SweepCell(made.id, 1, lecture, {"clips": 77})])
    grid = services.sweeps.run_here(made.id, lambda done, of: None)
    assert (grid.sweep.status, grid.tried) == ("completed", 3)
    assert grid.figures[1] == {"clips": 77}


@pytest.mark.logs_errors
def test_a_sweep_that_fails_says_so(services, lecture, monkeypatch):
    made = services.sweeps.create(parse_axes("extract.max_clips=3,4"), [lecture])
    monkeypatch.setattr("jobs.sweeping.plan_clips", lambda *a, **b: 1 / 0)
    grid = services.sweeps.run_here(made.id, lambda done, of: None)
    assert (grid.sweep.status, grid.sweep.error) == ("failed", "unexpected ZeroDivisionError")


def test_a_sweep_needs_a_lecture_that_is_analysed(shelf):  # noqa: F811
    with pytest.raises(NotFound, match="None of these lectures is analysed"):
        shelf.services.sweeps.create(parse_axes("extract.max_clips=3,4"))
    with pytest.raises(TuningError):
        shelf.services.sweeps.create(())


def test_a_sweep_that_the_queue_has_lost_is_put_back(services, lecture):
    made = services.sweeps.start(parse_axes("extract.max_clips=3,4"), [lecture])
    name = delivery_id(SWEEP, made.id)
    assert fetch(services.redis, name) is not None
    forget(services.redis, name)
    restart_sweeps(services.store, services.redis)
    assert fetch(services.redis, name) is not None
    services.sweeps.cancel(made.id)
    forget(services.redis, name)
    restart_sweeps(services.store, services.redis)
    assert fetch(services.redis, name) is None


def test_the_command_prints_the_grid_and_the_best_as_flags(services, lecture, monkeypatch, capsys):
    state = services.settings.state
    monkeypatch.setattr("app.services.root.Services", lambda settings: services)
    given = ["sweep", "--params", "extract.max_clips=3,4", "--lectures", lecture]
    assert run([*given, "--state", str(state)]) == 0
    assert "--extract.max-clips" in capsys.readouterr().out
    assert run([*given, "--state", str(state), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["best"] in [cell["values"] for cell in told["cells"]]
    assert run([*given, "--state", str(state), "--figure", "nothing"]) == 2
    assert "there is no 'nothing' here" in capsys.readouterr().err
    assert run(["sweep", "--params", "x", "--state", str(state)]) == 2


# --- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "words"), [("tune", "Nothing to tune yet"), ("compare", "Nothing to compare yet")]
)
def test_pages_work_with_an_empty_library(shelf, page, words):  # noqa: F811
    assert words in said(show(page))


@pytest.mark.parametrize("page", ["tune", "compare"])
def test_an_unknown_lecture_is_one_sentence(looked_at, page):  # noqa: F811
    assert "There is no" in said(show(page, lecture="nobody"))


@pytest.mark.parametrize(
    ("state", "words"),
    [("running", "A run is under way"), ("failed", "The newest run did not end well")],
)
def test_a_lecture_that_is_not_analysed_says_why(looked_at, state, words):  # noqa: F811
    text = said(show("tune", lecture=looked_at.lectures[state][0]))
    assert words in text
    assert "not analysed yet" in text


def test_the_notebook_is_handed_addresses_only(looked_at):  # noqa: F811
    lecture_id, job_id = looked_at.lectures["completed"]
    app = show("tune", lecture=lecture_id)
    data = component(app, "lab")
    assert data["notebook"] == f"/api/v1/lectures/{lecture_id}/lab?job={job_id}"
    assert len(json.dumps(data)) < 3_000
    assert list(app.dataframe[0].value["State"]) == ["Ready"]
    assert "![x](" not in said(app)


def test_a_sweep_is_started_from_the_page_and_can_be_cancelled(filled):  # noqa: F811
    lecture_id, _ = filled.lectures["completed"]
    app = show("tune", lecture=lecture_id)
    app.button(key="sweep-start").click().run()
    assert not app.exception
    (sweep,) = filled.services.sweeps.list(lecture_id)
    assert sweep.status == "queued"
    assert len(sweep.axes[0]["values"]) == 5
    app.button(key="sweep-cancel").click().run()
    assert filled.services.sweeps.list(lecture_id)[0].status == "cancelled"


def test_the_compare_page_shows_two_runs_and_restores_one(filled):  # noqa: F811
    lecture_id, first = filled.lectures["completed"]
    services = filled.services
    assert "has one run" in said(show("compare", lecture=lecture_id))
    second = services.lab.start(lecture_id, first, {"extract.weights.novelty": 0.5}).id
    finish(services, second)
    app = show("compare", a=first, b=second)
    tables = [list(frame.value.columns) for frame in app.dataframe]
    assert tables == [["Change", "Title", "In A", "In B"], ["Setting", "A", "B"]]
    assert "Importance: Novelty 0.5" in said(app)
    app.button(key="restore-A").click().run()
    assert services.review.job_of(lecture_id).id == first
    assert "There is no" in said(show("compare", a="0", b="1"))
