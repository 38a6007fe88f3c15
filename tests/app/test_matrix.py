"""Every address x everybody: no one gets in who must not, and a foreign id is an unknown one."""

import re
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.routing import Mount
from starlette.websockets import WebSocketDisconnect

from app.main import app
from app.security.identity import PERMISSIONS
from app.security.routes import read_table, requirement
from app.services.root import current_services
from data.presets import put_preset
from tests.app.conftest import WS
from tests.app.people import ROLES, town

UNKNOWN = {"lecture": "f" * 32, "job": "e" * 32, "clip": "d" * 32, "upload": "c" * 32}
NOT_IN = ("expired", "revoked", None)
STRANGERS = ("vera", "otto", "rosa")
"""They may read, and the lecture was not shared with them."""


def addresses(routes, above=""):
    """Yield (method, path) of every route, also of the mounted application."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if isinstance(router, APIRouter):
            yield from addresses(router.routes, above)
        elif isinstance(route, Mount):
            yield from addresses(route.routes, above + route.path)
        else:
            for method in getattr(route, "methods", None) or {"WEBSOCKET"}:
                yield method, above + route.path


TABLE = {(method, path): need for need, method, path in read_table()}
OURS = sorted((set(TABLE) - {("GET", "/{path:path}")}), key=str)


def test_every_route_is_in_the_table_and_every_line_is_a_route():
    assert len(TABLE) == len(read_table()), "a line stands twice"
    known = {("GET" if m == "HEAD" else m, path) for m, path in addresses(app._user_routes)}
    catch_all = {("GET", "/api/{path:path}"), ("GET", "/app/static/{path:path}")}
    known = {at for at in known if at[0] != "OPTIONS"}  # one line lets them all ask what there is
    missing = known - catch_all - set(TABLE)
    assert not missing, f"say in app/security/routes.py what these need: {sorted(missing)}"
    streamlits = ("/_stcore", "/auth", "/oauth2callback", "/{path")
    extra = {at for at in set(TABLE) - known if not at[1].startswith(streamlits)}
    assert extra == {("OPTIONS", "/api/{path:path}")}


def test_what_is_not_in_the_table_is_for_administrators():
    assert requirement("POST", "/api/v1/nothing/yet") == "admin"
    assert requirement("HEAD", "/healthz") == "open"
    assert requirement("GET", "/_stcore/metrics") == "admin"
    assert requirement("POST", "/_stcore/agent/interact") == "never"


@pytest.fixture(scope="module")
def place(services, finished):
    with pytest.MonkeyPatch.context() as monkeypatch, town(services, monkeypatch) as place:
        place.give(finished, "ines")
        job = place.services.jobs.latest(finished)
        clip = place.services.clips.list(job.id)[0]
        upload = place.services.uploads.create(name="a.mp4", size=9, owner=place.people["ines"].id)
        with services.store.write() as con:
            ines = place.people["ines"].id
            put_preset(con, id="mine", name="Mine", params={}, owner=ines)
        place.ids = {"lecture": finished, "job": job.id, "clip": clip.id, "upload": upload.id}
        yield place
        place.give(finished, "anna")
        with services.store.write() as con:
            con.run("update lecture set owner = 'local' where id = $1", finished)
            con.run("delete from preset where id = 'mine'")
        place.services.uploads.delete(upload.id)


def kind_of(path):
    """Return what the {id} of an address names."""
    found = re.match(r"(?:/api/v1|/app/static/media)/(lecture|job|clip|upload|preset)s/\{id", path)
    return found[1] if found else None


def filled(path, ids):
    """Return an address with these ids in it."""
    kind = kind_of(path)
    values = {
        "id": {**ids, "preset": "mine"}.get(kind, "x"),
        "job": ids["job"],
        "other": ids["job"],
        "index:int": "0",
        "suffix": {"reel": "mp4", "podcast": "m4a"}.get(path.split("/")[-1].split(".")[0], "vtt"),
        "kind": "reel" if "extras" in path else "video",
        "token": "nothing",
        **dict.fromkeys(("share", "family", "subject"), "nothing"),
        "path:path": "x",
        "name": "x.js",
    }
    return re.sub(r"\{([^}]+)\}", lambda m: values[m[1]], path)


def ask(client, place, who, method, path, ids):
    client.cookies.clear()
    headers = {**place.headers(who), "Tus-Resumable": "1.0.0"}
    return client.request(method, filled(path, ids), headers=headers, follow_redirects=False)


HTTP = [at for at in OURS if at[0] != "WEBSOCKET" and "/events" not in at[1]]


@pytest.mark.parametrize("who", NOT_IN)
def test_who_is_not_in_gets_nothing(client, place, who):
    for method, path in HTTP:
        answer = ask(client, place, who, method, path, place.ids)
        need = TABLE[method, path]
        if need in ("open", "never"):
            assert "sign_in" not in answer.text, path
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "sign_in"), path


def permissions(who):
    if who.startswith("key"):
        return {who.removeprefix("key ")}
    return PERMISSIONS[ROLES.get(who, "admin")]


@pytest.mark.parametrize("who", [*STRANGERS, "key read", "key write", "key tune", "key admin"])
def test_a_role_or_scope_that_lacks_the_permission_is_refused(client, place, who):
    for method, path in HTTP:
        need = TABLE[method, path]
        if need in ("open", "never") or need in permissions(who):
            continue
        answer = ask(client, place, who, method, path, place.ids)
        assert (answer.status_code, answer.json()["code"]) == (403, "access_denied"), path


@pytest.mark.parametrize("who", STRANGERS)
def test_a_foreign_id_is_answered_as_an_unknown_one(client, place, who):
    asked = 0
    for method, path in HTTP:
        kind, need = kind_of(path), TABLE[method, path]
        if kind is None or need not in permissions(who):
            continue
        ids = {**UNKNOWN, **({} if kind != "lecture" else {"job": UNKNOWN["job"]})}
        foreign = ask(client, place, who, method, path, place.ids)
        unknown = ask(client, place, who, method, path, ids)
        if kind == "preset":
            assert foreign.status_code == 404, path
            continue
        known = place.ids[kind]
        assert foreign.status_code == unknown.status_code, (method, path, foreign.text)
        assert foreign.text.replace(known, UNKNOWN[kind]) == unknown.text, (method, path)
        assert not foreign.is_success, path
        asked += 1
    assert asked > 20


SOCKETS = [path for method, path in OURS if method == "WEBSOCKET"]
STREAMS = [path for method, path in OURS if "/events" in path]


def opened(client, place, who, path, ids) -> Any:
    """Return what a WebSocket of somebody is closed with before it opens, or what it says first."""
    client.cookies.clear()
    url = WS + filled(path, ids)
    try:
        with client.websocket_connect(url, headers=place.headers(who)) as ws:
            return ws.receive_json() if path.endswith("/ws") else "open"
    except WebSocketDisconnect as closed:
        return closed.code


@pytest.mark.parametrize("who", [*NOT_IN, *STRANGERS, "key write", "ines", "anna", "key read"])
def test_sockets_and_streams_open_for_those_who_may_see(client, place, who):
    sees, may = who in ("ines", "anna", "key read"), who not in (*NOT_IN, "key write")
    unknown = {**place.ids, "job": UNKNOWN["job"]}
    assert len(SOCKETS) == 2
    for path in SOCKETS:
        found = opened(client, place, who, path, place.ids)
        if path == "/_stcore/stream":
            assert found == ("open" if may else 1008), path
        elif sees:
            assert found["job_id"] == place.ids["job"]
        else:
            assert found == (4404 if may else 1008)
            assert found == opened(client, place, who, path, unknown), "as an unknown one"
    for path in STREAMS:
        answer = ask(client, place, who, "GET", path, place.ids)
        assert answer.is_success == sees, path
        if not sees:
            assert answer.status_code == (404 if may else 401 if who in NOT_IN else 403)


@pytest.mark.parametrize("who", ["vera", "otto", "key read"])
def test_what_belongs_to_no_lecture_is_refused_by_permission_or_works(client, place, who):
    """Nothing answers with success, over all methods, to somebody who lacks its permission."""
    for method, path in HTTP:
        need = TABLE[method, path]
        if need in ("open", "never") or kind_of(path) is not None:
            continue
        answer = ask(client, place, who, method, path, place.ids)
        allowed = need in permissions(who)
        itself = who.startswith("key") and path == "/api/v1/keys/{id}"  # ends no other key
        refusing = not allowed or "share" in path or itself
        assert (answer.status_code in (401, 403)) <= refusing, path
        assert allowed or answer.status_code == 403, (method, path)


@pytest.mark.parametrize("who", ["ines", "key read"])
def test_the_owner_and_an_administrators_key_see_what_is_there(client, place, who):
    seen = 0
    for method, path in HTTP:
        if who != "ines" and path.endswith((".jpg", ".zip")):
            continue  # pictures and archives take their time, and the owner has had them
        if method != "GET" or kind_of(path) is None or TABLE[method, path] not in permissions(who):
            continue
        answer = ask(client, place, who, method, path, place.ids)
        assert answer.status_code not in (401, 403), path
        seen += answer.is_success
    assert seen > 15


@pytest.mark.parametrize("who", STRANGERS)
def test_lists_hold_nothing_foreign(client, place, who):
    headers = place.headers(who)
    client.cookies.clear()
    for path in ("lectures", "jobs", "presets"):
        answer = client.get(f"/api/v1/{path}", headers=headers)
        assert place.ids["lecture"] not in answer.text
        assert "mine" not in answer.text
    with place.as_(who):
        assert place.services.lectures.list() == []
        assert place.services.lectures.deleted() == []
        assert place.services.search.said("the") == []
        assert place.services.jobs.list() == []
    with place.as_("ines"):
        assert [card.lecture.id for card in place.services.lectures.list()] == [
            place.ids["lecture"]
        ]
        assert place.services.jobs.list() != []


def test_the_services_of_the_process_are_those_of_the_place(place):
    assert current_services() is place.services
