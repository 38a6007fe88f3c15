"""The REST API: what a program sees of lectures, jobs and results, and the document about it."""

import re
from dataclasses import replace

import numpy as np
import pytest

from agents.types import PacketTable, Prosody, SpeechProbability
from app.packed import PackedBodies
from app.security.routes import requirement

BASE = "/api/v1"


def get(client, path, **query):
    response = client.get(f"{BASE}{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
def job(client, finished):
    return get(client, "/jobs", lecture_id=finished)["items"][0]


def test_a_lecture_is_listed_shown_renamed_deleted_and_restored(client, lecture):
    assert get(client, "/lectures")["items"][0]["id"] == lecture
    renamed = client.patch(f"{BASE}/lectures/{lecture}", json={"title": "Entropy"})
    assert renamed.json()["title"] == "Entropy"
    assert client.delete(f"{BASE}/lectures/{lecture}").status_code == 204
    assert client.get(f"{BASE}/lectures/{lecture}").status_code == 404
    assert lecture not in [row["id"] for row in get(client, "/lectures")["items"]]
    assert client.post(f"{BASE}/lectures/{lecture}/restore").json()["id"] == lecture
    assert get(client, f"/lectures/{lecture}")["title"] == "Entropy"


def test_pages_hold_every_lecture_once_whatever_their_size(client, finished, lecture):
    whole = [row["id"] for row in get(client, "/lectures", limit=200)["items"]]
    seen, cursor = [], None
    while True:
        page = get(client, "/lectures", limit=1, **({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole
    assert {finished, lecture} <= set(seen)


def test_jobs_are_filtered_by_lecture_and_status(client, finished):
    completed = get(client, "/jobs", lecture_id=finished, status="completed")["items"]
    assert completed
    assert {row["lecture_id"] for row in completed} == {finished}
    assert get(client, "/jobs", lecture_id=finished, status="failed")["items"] == []


def test_a_job_shows_its_stages_in_order_with_their_percent(client, job):
    shown = get(client, f"/jobs/{job['id']}")
    assert shown["status"] == "completed"
    assert shown["percent"] == 100
    names = [stage["name"] for stage in shown["stages"]]
    assert names[0] == "intake"
    assert names[-1] == "compile"
    assert {stage["status"] for stage in shown["stages"]} == {"done"}
    events = [line["event"] for line in get(client, f"/jobs/{job['id']}/log")]
    assert events[0] == "submitted"
    assert events[-1] == "completed"


def test_results_are_the_values_of_the_stages(client, services, job):
    found = services.results.of(services.jobs.get(job["id"]))
    path = f"/jobs/{job['id']}"
    silences = get(client, f"{path}/silences")
    assert [s["start"] for s in silences] == [s.start for s in found.silence]
    transcript = get(client, f"{path}/transcript")
    assert transcript["engine"] == found.transcript.engine
    assert len(transcript["segments"]) == len(found.transcript.segments)
    assert len(get(client, f"{path}/layouts")) == len(found.layout.regions)
    assert "still" not in str(get(client, f"{path}/slides"))
    assert get(client, f"{path}/topics")[0]["title"] == found.content.segments[0].title
    sentence = get(client, f"{path}/sentences")[0]
    assert sentence["components"]
    assert 0 <= sentence["score"] <= 1
    clips = get(client, f"{path}/clips")
    assert [clip["rank"] for clip in clips] == [plan.rank for plan in found.plans]
    assert clips[0]["video"]


def test_features_are_columns_of_a_stretch(client, services, job, monkeypatch):
    monkeypatch.setattr(services, "packed", PackedBodies(0))  # the arrays are changed below
    whole = get(client, f"/jobs/{job['id']}/features")
    assert (whole["from"], whole["to"], whole["step_s"]) == (0, 120, 1)
    assert whole["sentences"]["components"]["information"][:4] == [0, 0.25, 0.5, 0.75]
    assert len(whole["sentences"]["score"]) == len(whole["sentences"]["start"]) == 12
    assert whole["picture"]["slide"] == [0] * 60 + [1] * 60
    assert whole["voice"]["pitch_hz"] == [None] * 120  # nothing was measured

    measured = services.results.intake(job["id"])
    seconds = np.arange(120, dtype=np.float32)
    packets = PacketTable(np.arange(0, 120, 0.5), np.full(240, 1000), np.zeros(240, bool))
    intake = replace(
        measured,
        prosody=Prosody(seconds - 60, seconds, np.where(seconds == 31, np.nan, 2)),
        speech=SpeechProbability(0.5, np.tile([0.25, 0.75], 120)),
        packets=packets,
    )
    monkeypatch.setattr(services.results, "intake", lambda job_id: intake)
    some = get(client, f"/jobs/{job['id']}/features", **{"from": 30.5, "to": 33})
    assert some["sentences"]["start"] == [30]
    assert some["voice"] == {
        "level_db": [-30, -29, -28],
        "pitch_hz": [30, 31, 32],
        "pitch_range": [2, None, 2],
        "speech": [0.5, 0.5, 0.5],
    }
    assert some["picture"] == {"kbit": [16, 16, 16], "slide": [0, 0, 0]}
    assert client.get(f"{BASE}/jobs/{job['id']}/features?from=200").status_code == 404


def test_a_job_is_created_with_tunables_and_does_not_compute_twice(client, services, lecture):
    body = {"lecture_id": lecture, "params": {"extract": {"max_clips": 7}}}
    created = client.post(f"{BASE}/jobs", json=body)
    assert created.status_code == 201
    made = created.json()
    assert created.headers["location"] == f"{BASE}/jobs/{made['id']}"
    assert made["params"]["extract"]["max_clips"] == 7
    status = {stage["name"]: stage["status"] for stage in made["stages"]}
    assert status["content"] == "done"
    assert status["extract"] == "pending"
    services.jobs.cancel(made["id"])


def test_the_same_idempotency_key_gives_the_same_job_and_no_other(client, services, lecture):
    body = {"lecture_id": lecture, "params": {"extract": {"max_clips": 3}}}
    headers = {"Idempotency-Key": "monday-0001"}
    first, second = (client.post(f"{BASE}/jobs", json=body, headers=headers) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    other = {"lecture_id": lecture, "params": {"extract": {"max_clips": 4}}}
    refused = client.post(f"{BASE}/jobs", json=other, headers=headers)
    assert refused.status_code == 409
    assert refused.json()["code"] == "conflict"
    services.jobs.cancel(first.json()["id"])


def test_a_job_is_cancelled_and_run_again(client, services, lecture):
    body = {"lecture_id": lecture, "params": {"extract": {"max_clips": 5}}}
    made = client.post(f"{BASE}/jobs", json=body).json()
    path = f"{BASE}/jobs/{made['id']}"
    assert client.post(f"{path}/retry").status_code == 409
    assert client.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert client.post(f"{path}/retry", json={"from_stage": "extract"}).json()["status"] == "queued"
    assert client.post(f"{path}/cancel").json()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/jobs/none", None, 404, "not_found"),
        ("GET", "/lectures/none", None, 404, "not_found"),
        ("GET", "/nothing/here", None, 404, "not_found"),
        ("GET", "/jobs?limit=0", None, 422, "bad_request"),
        ("GET", "/jobs?cursor=%00", None, 400, "bad_request"),
        ("GET", "/jobs?status=odd", None, 422, "bad_request"),
        ("POST", "/jobs", {"lecture_id": "none"}, 404, "not_found"),
        ("POST", "/jobs", {"lecture_id": "none", "parms": {}}, 422, "bad_request"),
        (
            "POST",
            "/jobs",
            {"lecture_id": "x", "params": {"silence": {"pad": 1}}},
            422,
            "bad_parameter",
        ),
        ("PUT", "/jobs", None, 405, "method_not_allowed"),
    ],
)
def test_a_refusal_is_problem_json_with_a_code_and_one_sentence(
    client, method, path, body, status, code
):
    response = client.request(method, f"{BASE}{path}", json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert "\n" not in response.json()["detail"]


def test_results_of_a_stage_that_is_not_done_are_not_found(client, services, tus):
    from tests.app.tus import recording

    done = tus.upload("raw.mp4", recording(5_000, salt=991), title="Raw")
    job_id = done.headers["job-id"]
    response = client.get(f"{BASE}/jobs/{job_id}/silences")
    assert response.status_code == 404
    assert "no result yet" in response.json()["detail"]
    services.jobs.cancel(job_id)


def test_the_document_names_every_operation_and_its_refusal(client):
    document = get(client, "/openapi.json")
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    used = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert "default" in operation["responses"]
            need = requirement(method.upper(), f"{BASE}{path}")
            scopes = [scheme["bearer"] for scheme in operation["security"] if "bearer" in scheme]
            assert scopes == ([] if need == "open" else [[need]]), (method, path)
            (tag,) = operation["tags"]
            used.add(tag)
    assert used == {tag["name"] for tag in document["tags"]}
    schemes = document["components"]["securitySchemes"]
    assert schemes["bearer"]["scheme"] == "bearer"
    assert schemes["session"]["name"] == "lh_session"
    named = re.findall(r'"#/components/schemas/(\w+)"', str(document).replace("'", '"'))
    assert set(named) <= set(schemas)


def test_the_reference_page_needs_nothing_from_elsewhere(client):
    page = client.get(f"{BASE}/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert not re.search(r"https?://", page.text)
    assert "/api/v1/jobs/{id}/cancel" in page.text


def test_the_tuning_schema_has_bounds_steps_and_docstrings(client):
    schema = get(client, "/tuning/schema")
    assert {"silence", "extract", "compile"} <= set(schema["properties"])
    assert get(client, "/tuning/defaults")["extract"]["max_clips"] >= 1
