"""Corrections of the layout: stored, refused in one sentence, taken up by the next run."""

import pytest

from agents.types import Box, Interval
from data.clips import update_clip
from data.decisions import read_decisions

SIDES = {"screen": [0, 0, 200, 180], "camera": [210, 40, 100, 90]}


@pytest.fixture
def tab(client, lecture):
    """Return a function that talks to the routes of one lecture's layout tab."""
    base = f"/api/v1/lectures/{lecture}/layout"

    def ask(regions=None, version=None):
        if regions is None:
            return client.get(base)
        version = version or client.get(base).json()["version"]
        return client.put(base, json={"version": version, "regions": regions})

    return ask


def stretch(start, end, kind="side_by_side", **boxes):
    return {"start": start, "end": end, "kind": kind, **(boxes or SIDES)}


def spans(view):
    return [(one["start"], one["end"], one["kind"], one["mine"]) for one in view["regions"]]


def test_what_was_found_is_shown_until_it_is_corrected(tab):
    view = tab().json()
    assert spans(view) == [(0.0, 120.0, "screen_only", False)]
    assert (view["width"], view["height"], view["fps"]) == (320, 180, 25.0)
    assert view["clips"] == []


def test_correction_is_stored_and_taken_back(tab):
    view = tab([stretch(60.0, 90.0)]).json()
    now = [
        (0.0, 60.0, "screen_only", False),
        (60.0, 90.0, "side_by_side", True),
        (90.0, 120.0, "screen_only", False),
    ]
    assert spans(view) == now
    assert spans(tab().json()) == now
    assert view["regions"][1]["camera"] == SIDES["camera"]
    assert [clip["rank"] for clip in view["clips"]] == [2]
    assert spans(tab([]).json()) == [(0.0, 120.0, "screen_only", False)]


def test_correction_made_from_what_is_no_longer_true_is_refused(tab):
    first = tab().json()["version"]
    tab([stretch(0.0, 10.0)])
    answer = tab([stretch(20.0, 30.0)], version=first)
    assert answer.status_code == 409
    assert "corrected elsewhere" in answer.json()["detail"]
    assert spans(tab().json())[0] == (0.0, 10.0, "side_by_side", True)


@pytest.mark.parametrize(
    ("region", "sentence"),
    [
        (stretch(0.0, 10.0, screen=[0, 0, 400, 180], camera=[0, 0, 50, 50]), "leaves the picture"),
        (stretch(0.0, 10.0, screen=[-1, 0, 40, 80], camera=[0, 0, 50, 50]), "leaves the picture"),
        (stretch(0.0, 10.0, screen=[0, 0, 40, 4], camera=[0, 0, 50, 50]), "at least 16 pixels"),
        (stretch(0.0, 10.0, screen=[0, 0, 40, 40]), "needs a box for the camera"),
        (stretch(10.0, 10.0), "too short"),
        (stretch(130.0, 140.0), "not in the recording's 120 s"),
        (stretch(0.0, 10.0, kind="upside_down"), "kind"),
        ({**stretch(0.0, 10.0), "end": "<script>"}, "end"),
        (7, "Input should be"),
    ],
)
def test_impossible_stretch_is_one_sentence(tab, region, sentence):
    answer = tab([region])
    assert answer.status_code in (400, 422)
    assert sentence in answer.json()["detail"]
    assert spans(tab().json()) == [(0.0, 120.0, "screen_only", False)]


def test_stretches_that_overlap_are_refused(tab):
    answer = tab([stretch(0.0, 10.0), stretch(9.0, 20.0)])
    assert answer.status_code == 400
    assert "overlaps" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"regions": "x"}', b"{}"])
def test_body_that_cannot_be_read_is_refused(client, lecture, body):
    answer = client.put(f"/api/v1/lectures/{lecture}/layout", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")


def test_arrangement_follows_boxes_and_shape(client, lecture):
    url = f"/api/v1/lectures/{lecture}/layout/composed"
    region = stretch(0.0, 60.0)
    made = client.post(url, json={"region": region, "shape": {"main_share": 0.5}}).json()
    screen, camera = made["panels"]
    assert screen["source"][:2] == [0, 0]
    assert screen["target"][2] <= made["width"] * 0.5
    wider = client.post(url, json={"region": region, "shape": {"main_share": 0.8}}).json()
    assert wider["panels"][0]["target"][2] > screen["target"][2]
    assert camera["source"][0] >= 210
    wrong = client.post(url, json={"region": region, "shape": {"main_share": 7}})
    assert wrong.status_code == 422
    assert "main_share" in wrong.json()["detail"]


def test_next_run_takes_corrections_up_and_costs_no_analysis(services, lecture, tab):
    job = services.jobs.latest(lecture)
    tab([stretch(60.0, 90.0)])
    after = services.layouts.render(lecture, job.id, {"camera_side": "left"})
    (region,) = read_decisions(services.jobs.get(after.id).params).layout
    assert (region.start, region.end, region.camera) == (60.0, 90.0, Box(*SIDES["camera"]))
    before, now = services.results.keys(job.id), services.results.keys(after.id)
    same = {name for name in before if before[name] == now[name]}
    assert {"intake", "silence", "transcript", "layout", "content"} <= same
    assert services.jobs.tuning(services.jobs.get(after.id)).compile.camera_side == "left"
    regions = services.results.of(services.jobs.get(after.id)).layout.regions
    assert [one.kind for one in regions] == ["screen_only", "side_by_side", "screen_only"]
    assert len(services.results.of(job).layout.regions) == 1


def test_clip_that_a_person_moved_counts_where_it_is_now(services, lecture, tab):
    clip = services.clips.list(services.jobs.latest(lecture).id)[0]
    with services.store.write() as con:
        update_clip(con, clip.id, parts=(Interval(100.0, 110.0),))
    assert [one["rank"] for one in tab([stretch(100.0, 105.0)]).json()["clips"]] == [1]
