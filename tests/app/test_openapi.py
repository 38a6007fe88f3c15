"""The OpenAPI document against the running server: all that is served, and nothing else."""

import re
from types import SimpleNamespace

import httpx
import pytest
import requests
import schemathesis
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from starlette.routing import WebSocketRoute

from app.api.edits import EDITS
from app.api.rest import make_api
from app.chapters import CHAPTER_FORMATS
from app.exchange import EXCHANGE_FORMATS
from app.services.clips import OPERATIONS
from app.transcripts import TRANSCRIPT_FORMATS
from data.s3_media import S3Store
from tests.app.conftest import make_lecture
from tests.app.live import listening
from tests.app.people import PASSWORD, forget_people, town
from tests.app.test_extras import job_of, put  # noqa: F401 - a fixture is found by its name
from tests.app.test_stills import recording  # noqa: F401
from tests.app.tus import TusClient, metadata
from tests.app.tus import recording as some_bytes
from tests.data.buckets import moto, open_bucket


def plain_arrays(node):
    """Return a schema whose pairs are arrays of a fixed length.

    schemathesis 4.32 turns `prefixItems` into the `items` of an older draft than it checks by.
    """
    if isinstance(node, list):
        return [plain_arrays(one) for one in node]
    if not isinstance(node, dict):
        return node
    # a made-up token would have every request refused before anything looks at it
    node = {name: plain_arrays(value) for name, value in node.items() if name not in SECURITY}
    if isinstance(of := node.pop("prefixItems", None), list):
        node["items"] = {"anyOf": of}
    return node


SECURITY = {"security", "securitySchemes"}
DOCUMENT = make_api().openapi()
SCHEMA = schemathesis.openapi.from_dict(plain_arrays(DOCUMENT))
OPERATIONS_BY_ID = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
EXAMPLES = 3
ONCE = 1
"""Examples of what takes an id and nothing else: one that exists was asked for before."""
SPENT = {"delete_lecture", "restore_lecture", "retry_job", "cancel_job", "terminate_upload"}
"""What these do to a lecture, the others could not go on with."""
checks.load_all_checks()
CHECKS = checks.CHECKS.get_by_names(
    [
        *("not_a_server_error", "status_code_conformance"),
        *("content_type_conformance", "response_schema_conformance"),
    ]
)
TUS = {"Tus-Resumable": "1.0.0"}


@schemathesis.serializer("application/toml", "application/offset+octet-stream")
def as_bytes(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


def test_every_address_that_is_served_is_in_the_document_and_the_reverse():
    served, sockets = set(), set()
    for route in iter_route_contexts(make_api().routes):
        if isinstance(route.original_route, WebSocketRoute):
            sockets.add(route.path)
        elif route.path not in {"/openapi.json", "/docs"}:
            served |= {(method, route.path) for method in route.methods}
    assert served == set(OPERATIONS_BY_ID.values())
    assert sockets == {"/jobs/{id}/ws"}
    told = DOCUMENT["paths"]["/jobs/{id}/events"]["get"]["description"]
    assert all(path in told for path in sockets)
    assert len(OPERATIONS_BY_ID) > 70


def test_every_edit_of_a_page_is_a_body():
    assert set(EDITS) == OPERATIONS
    kinds = DOCUMENT["components"]["schemas"]
    cut = kinds["CutEdit"]
    assert set(cut["properties"]) == {"op", "clip_id", "start", "end", "revision"}
    assert set(cut["required"]) == {"op", "clip_id", "start", "end"}
    assert cut["description"] == "Leave a stretch out of a clip."


@pytest.fixture(scope="module")
def server(client):
    with listening(client.app) as address, httpx.Client(base_url=address, timeout=60) as http:
        yield http


@pytest.fixture
def place(server, services, put):  # noqa: F811
    """Return the ids of a store that holds two finished lectures, and of one to be spent."""
    tus = TusClient(server)
    first, second, spent = (make_lecture(tus, services) for _ in range(3))
    job, other = job_of(services, first), services.runs.restore(job_of(services, first).id)
    clips = services.clips.list(job.id)
    services.clips.set_state(clips[0].id, "accepted")
    services.clips.set_state(clips[1].id, "rejected")
    for kind in ("reel", "podcast"):
        put(first, kind)
    return SimpleNamespace(
        first=first, second=second, spent=spent, job=job.id, other=other.id, clips=clips,
        spent_job=job_of(services, spent).id,
    )  # fmt: skip


class Calls:
    """Makes requests by the names of operations, and remembers which were answered with 2xx."""

    def __init__(self, http):
        self.http = http
        self.well = set()

    def __call__(self, name, *parts, **options):
        method, path = OPERATIONS_BY_ID[name]
        for part in parts:
            path = re.sub(r"\{\w+\}", str(part), path, count=1)
        answer = self.http.request(method, f"/api/v1{path}", **options)
        assert answer.is_success, (name, answer.status_code, answer.text)
        SCHEMA.find_operation_by_id(name).validate_response(answer)
        self.well.add(name)
        return answer


def ask_all(call, place):
    """Make a request of every operation that is answered with 2xx."""
    first, job, clip = place.first, place.job, place.clips[0].id
    send_recording(call)
    for name in (
        *("list_lectures", "list_jobs", "get_schema", "get_defaults", "list_presets"),
        *("propose_weights",),
    ):
        call(name)
    for name in (
        *(
            "get_lecture",
            "get_bundle",
            "get_peaks",
            "get_wave",
            "try_silence",
            "list_downloads",
            "get_layout",
        ),
        *("list_extras", "save_all", "list_runs", "get_notebook", "get_marks", "get_wave"),
    ):
        call(name, first)
    for name in (
        *("get_job", "get_log", "get_silences", "get_transcript", "get_layouts", "get_slides"),
        *("get_topics", "get_sentences", "get_clips", "follow_events", "list_edits", "show_run"),
        "get_features",
    ):
        call(name, job)
    for name, suffixes in (
        *(("get_transcript_file", TRANSCRIPT_FORMATS), ("get_chapters_file", CHAPTER_FORMATS)),
        *(
            ("get_cutlist_file", EXCHANGE_FORMATS),
            ("save_reel", ["mp4"]),
            ("save_podcast", ["mp3"]),
        ),
        *(("save_reel_head", ["mp4"]), ("save_podcast_head", ["mp3"])),
    ):
        for suffix in suffixes:
            call(name, first, suffix)
    call("save_clip", clip, "video", headers={"Range": "bytes=0-9"})
    call("save_clip_head", clip, "srt")
    call("link_extra", first, "reel", "mp4")
    token = call("link_clip", clip, "video").json()["url"].rpartition("/")[2]
    call("open_link", token)
    call("open_link_head", token)
    call("get_clip", clip)
    call("search_lectures", params={"q": "sentence"})
    change(call, place)


def send_recording(call):
    call("describe_uploads")
    body = some_bytes(5_000, salt="openapi")
    about = {"Upload-Length": str(len(body)), "Upload-Metadata": metadata(filename="a.mp4"), **TUS}
    upload = call("create_upload", headers=about).headers["location"].rpartition("/")[2]
    call("put_captions", upload, params={"name": "a.vtt"}, content=b"WEBVTT\n")
    call("look_at_upload_head", upload, headers=TUS)
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0", **TUS}
    done = call("send_bytes", upload, content=body, headers=kind)
    call("cancel_job", done.headers["job-id"])
    call("terminate_upload", upload, headers=TUS)


def send_form(call):
    body = some_bytes(5_000, salt="form")
    form = call("create_form", json={"name": "a.mp4", "size": len(body)}).json()
    httpx.post(form["url"], data=form["fields"], files={"file": ("a.mp4", body)})
    done = call("complete_upload", form["id"]).json()
    call("cancel_job", done["job_id"])
    parts = call("create_parts", json={"name": "a.mp4", "size": len(body)}).json()
    (link,) = call("sign_parts", parts["id"], json={"numbers": [1]}).json()
    httpx.put(link["url"], content=body)
    call("list_parts", parts["id"])
    done = call("complete_upload", parts["id"]).json()
    call("cancel_job", done["job_id"])


def change(call, place):
    """Make the requests that change something."""
    first, job = place.first, place.job
    call("rename_lecture", first, json={"title": "Entropy"})
    call("delete_lecture", place.spent)
    call("restore_lecture", place.spent)
    call("retry_job", place.spent_job, json={"from_stage": "compile"})
    call("cancel_job", place.spent_job)
    made = call("create_job", json={"lecture_id": first}).json()
    call("compare_runs", job, made["id"])
    rename = {"op": "rename", "clip_id": place.clips[0].id, "title": "Better", "revision": None}
    assert call("edit_clips", job, json=rename).json()["clips"][0]["title"] == "Better"
    for name, path, body in (
        ("render_clips", job, None),
        ("try_plan", first, {"values": {"extract.max_clips": 4}}),
        ("run_tried", first, {"job": job, "values": {"extract.max_clips": 4}}),
        ("add_mark", first, {"start": 20, "end": 40}),
        ("remove_mark", first, {"start": 30, "end": 40}),
        ("render_layout", first, {"job": job}),
    ):
        call(name, path, json=body)
    version = call("get_layout", first).json()["version"]
    call("correct_layout", first, json={"version": version, "regions": []})
    region = {"start": 0, "end": 9, "kind": "screen_only", "screen": [0, 0, 200, 100]}
    call("compose_layout", first, json={"region": region})
    for name in ("make_extra", "cancel_extra"):
        call(name, first, "podcast")
    preset = call("save_preset", json={"name": "Few", "values": {"extract.max_clips": 4}}).json()
    call("delete_preset", preset["id"])
    toml = call("write_toml", json={"values": {"silence.top_db": 33}}).text
    call("read_toml", content=toml, headers={"Content-Type": "application/toml"})
    kept = call("keep_weights", json={"name": "Fit", "weights": {"novelty": 0.1}}).json()
    call("delete_preset", kept["id"])
    axes = [{"name": "extract.max_clips", "values": [4, 5]}]
    sweep = call("create_sweep", json={"axes": axes, "lectures": [first]}).json()["sweep"]["id"]
    call("get_sweep", sweep)
    call("list_sweeps", first)
    call("cancel_sweep", sweep)


def look_after_people(call, people, place):
    """Make the requests of who signs in, and of an administrator."""
    given = {"name": "anna", "password": PASSWORD}
    pair = call("log_in", json=given).json()
    pair = call("refresh_tokens", json={"refresh_token": pair["refresh_token"]}).json()
    mine = {"headers": {"Authorization": f"Bearer {pair['access_token']}"}}
    call("show_me", **mine)
    key = call("make_key", json={"name": "Nightly", "scopes": ["admin"]}, **mine).json()
    for name in ("list_keys", "list_people", "list_sessions", "list_lockouts", "search_audit"):
        call(name, **mine)
    for name in ("show_work", "show_storage"):
        call(name, **mine)
    call("invite_person", json={"role": "viewer"}, **mine)
    made = call("add_person", json={"name": "somebody.new"}, **mine).json()["id"]
    call("get_person", made, **mine)
    call("change_person", made, json={"role": "researcher"}, **mine)
    call("make_reset_link", made, **mine)
    call("end_sessions", made, **mine)
    call("end_session", "otto", **mine)
    call("end_lockout", "name:nobody", **mine)
    share = call("share_lecture", place.first, json={"name": "ines"}, **mine).json()["id"]
    call("list_shares", place.first, **mine)
    call("take_share_back", place.first, share, **mine)
    call("revoke_key", key["id"], **mine)
    call("log_out", json={"refresh_token": pair["refresh_token"]})


def known_ids(operation, place):
    """Return path parameters that name something, as far as the operation may have it."""
    name = operation.definition.raw["operationId"]
    spent = name in SPENT
    begin = operation.path.split("/")[1]
    ids = {
        "lectures": place.spent if spent else place.first,
        "jobs": place.spent_job if spent else place.job,
        "clips": place.clips[0].id,
    }
    return {"id": ids[begin], "other": place.other} if begin in ids else {}


def ask_about_people(call, services, monkeypatch):
    """Have somebody's data handed out and erased; oneself one erases in a session only."""
    person = services.accounts.make_person("leaver", "viewer")
    call("save_my_data")
    call("save_data", person.id)
    call("erase_person", person.id, json={"name": "leaver"})
    with monkeypatch.context() as patch:
        patch.setattr(services.personal, "erase_me", lambda *_: None)
        call("erase_me", json={"name": "local"})


def test_every_operation_answers_well_once_and_never_with_a_server_error(
    server,
    services,
    place,
    recording,  # noqa: F811
    monkeypatch,
):
    call = Calls(server)
    with monkeypatch.context() as patch:
        patch.setattr(services.results, "intake", lambda job_id: recording.intake)
        call("draw_lecture", place.first)
        call("draw_layout", place.first, json={"regions": []})
        call("draw_clip", place.clips[0].id, params={"t": 1, "size": "360p"})
    with moto() as bucket, monkeypatch.context() as patch:
        patch.setattr(services, "media", S3Store(open_bucket(bucket), services.media.root))
        send_form(call)
    ask_about_people(call, services, monkeypatch)
    ask_all(call, place)
    with monkeypatch.context() as patch, town(services, patch) as people:
        look_after_people(call, people, place)
    assert call.well == set(OPERATIONS_BY_ID), set(OPERATIONS_BY_ID) - call.well
    with requests.Session() as session:
        for found in SCHEMA.get_all_operations():
            fuzz(found.ok(), place, f"{server.base_url}/api/v1", session)
    forget_people(services)


def fuzz(operation, place, address, session):
    """Make what hypothesis thinks of as requests, every second of them of things that exist."""
    known = known_ids(operation, place)
    varied = operation.body or operation.query or operation.headers

    @settings(
        max_examples=EXAMPLES if varied else ONCE,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), real=st.booleans())
    def ask(case, real):
        if real and case.path_parameters:
            names = set(case.path_parameters) & set(known)
            case.path_parameters = {**case.path_parameters, **{n: known[n] for n in names}}
        answer = case.call(base_url=address, session=session, timeout=30)
        case.validate_response(answer, checks=CHECKS)

    ask()
