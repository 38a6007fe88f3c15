"""Every address x everybody: no one gets in who must not, and a foreign id is an unknown one."""

from functools import cache
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.routing import Mount
from starlette.websockets import WebSocketDisconnect

from app.main import app
from app.security.identity import PERMISSIONS, SCOPES, granted
from app.security.routes import read_table, requirement
from app.services.root import current_services
from tests.app.asked import (
    UNKNOWN,
    Names,
    forget_lectures,
    in_order,
    make_things,
    request_of,
)
from tests.app.conftest import WS
from tests.app.people import ROLES, town
from tests.app.test_extras import stored_extras

METHODS = ("GET", "POST")
NOT_IN = ("expired", "revoked", "key expired", "key revoked", None)
STRANGERS = ("vera", "otto", "rosa")
"""They may read, and what `ines` keeps was not shared with them."""
OWNERS = {
    **{name: name for name in ("vera", "ines", "otto", "rosa", "anna")},
    **{f"key {scope}": "anna" for scope in SCOPES},
    "kept": "ines",
}
"""Whose the things are that somebody asks for."""
PARTLY = {"otto": "write", "rosa": "tune", "key write": "write", "key tune": "tune"}
"""What else these may, they ask of what is not there: others ask the same of their own."""
WELL = {
    303: [("POST", "/login"), ("GET", "/login"), ("POST", "/logout"), ("GET", "/oidc/start")],
    # the secret in the address is nobody's
    404: [
        *((method, f"/{link}/{{token}}") for method in METHODS for link in ("invite", "reset")),
        *(("POST", "/s/{token}"), ("GET", "/open"), ("GET", "/api/v1/files/{token}")),
    ],
    401: [("POST", "/api/v1/auth/refresh"), ("POST", "/api/v1/me/erase")],
    400: [("POST", "/api/v1/me/erase")],  # the name is not theirs
    # Streamlit asks for a cookie of its own, too
    403: [
        ("GET", "/oidc/callback"),
        *((method, "/_stcore/upload_file/{path:path}") for method in ("PUT", "DELETE")),
    ],
    # there is no bucket
    409: [
        *((method, "/api/v1/uploads/{id}/parts") for method in METHODS),
        *(("POST", f"/api/v1/uploads/{what}") for what in ("form", "parts", "{id}/complete")),
    ],
}
"""What is answered well with another status than 2xx, too."""
OF_PEOPLE = {
    303: [(method, "/account") for method in METHODS],
    403: [
        *(("POST", "/api/v1/keys"), ("POST", "/api/v1/me/erase"), ("DELETE", "/api/v1/keys/{id}"))
    ],
}
"""How keys are answered what is for people in a browser."""
LISTS = {("GET", "/api/v1/jobs")}
"""These have a filter: nothing of what is foreign fits it."""


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


HTTP = [at for at in OURS if at[0] != "WEBSOCKET" and "/events" not in at[1]]


@pytest.fixture(scope="module")
def place(services, finished):
    """People, of whom each has things of their own; those of `kept`, the owner's, stay whole."""
    like = services.lectures.get(finished)
    with pytest.MonkeyPatch.context() as monkeypatch, town(services, monkeypatch) as place:
        monkeypatch.setattr(place.services.stills, "draw", lambda look: b"drawn")
        place.things = cache(lambda who: make_things(place, OWNERS.get(who, "anna"), like))
        with stored_extras(services) as put:
            for kind in ("reel", "podcast"):
                put(place.things("kept")["lecture"], kind)
            yield place
        forget_lectures(services, [person.id for person in place.people.values()])


def ask(client, place, who, at, names):
    """Make the request of an address, made of these names, as somebody."""
    client.cookies.clear()
    method, path, options = request_of(at, names)
    headers = place.headers(who) | options.pop("headers", {})
    return client.request(method, path, headers=headers, follow_redirects=False, **options)


def rows_of(place, names):
    """Return the rows of a lecture, and how far an upload is."""
    by = {"lecture": "id", "job": "lecture_id", "share": "lecture_id", "label": "lecture_id"}
    with place.services.store.read() as con:
        rows = [
            con.rows(f"select * from {table} where {column} = $1", names["lecture"])
            for table, column in by.items()
        ]
        rows += [con.rows("select * from clip where job_id = $1 order by id", names["job"])]
        rows += [
            con.rows(f"select * from {table} where id = $1", names[name])
            for table, name in (("preset", "preset"), ("sweep", "sweep"), ("api_key", "key"))
        ]
    assert all(rows[:2]), "the owner has a lecture with a run"
    return rows


def permissions(who):
    if who.startswith("key"):
        return granted([who.removeprefix("key ")])
    return PERMISSIONS[ROLES.get(who, "admin")]


def expected(who, at):
    """Return the statuses of which one is the answer to somebody who asks for their own."""
    need = TABLE[at]
    if need == "never":
        return {404}
    if need != "open":
        if who in NOT_IN:
            return {401}
        if need not in permissions(who):
            return {403}
        if of_people := told_to_keys(who, at):
            return of_people
    other = {status for status, of in WELL.items() if at in of}
    return other | ({200} if at == ("GET", "/login") else set()) or set(range(200, 207))


def told_to_keys(who, at):
    """Return how a key is answered what is for people in a browser."""
    return {status for status, of in OF_PEOPLE.items() if at in of and who.startswith("key")}


def expected_of_nothing(who, at):
    """Return the statuses of which one is the answer to somebody who asks for what is not there."""
    return told_to_keys(who, at) | ({200, 404} if at in LISTS else {404, 409})


@pytest.mark.parametrize("who", [*NOT_IN, *OWNERS][:-1])
def test_everybody_is_answered_as_the_table_says_about_their_own(client, place, who):
    """No cell is left out: who may gets in, who may not is refused."""
    names = place.things("kept" if who in NOT_IN else who)
    elsewhere = {"open", *permissions(who)} - {PARTLY[who]} if who in PARTLY else ()
    for at in in_order(HTTP):
        request_of(at, used := Names(names))
        if TABLE[at] in elsewhere and used.used & set(UNKNOWN):
            answer = ask(client, place, who, at, names | UNKNOWN)
            assert answer.status_code in expected_of_nothing(who, at), (at, answer.text[:500])
            continue
        answer = ask(client, place, who, at, names)
        assert answer.status_code in expected(who, at), (at, answer.status_code, answer.text[:500])
        if (
            TABLE[at] in SCOPES
            and at[1].startswith("/api/")
            and answer.status_code in (401, 403)
            and answer.content
        ):
            codes = {"sign_in"} if who in NOT_IN else {"access_denied", "wrong_password"}
            assert answer.json()["code"] in codes, at


@pytest.mark.parametrize("who", STRANGERS)
def test_a_foreign_id_is_answered_as_an_unknown_one(client, place, who):
    """Wherever a request names something, in its address, its query or its body."""
    mine, kept = place.things(who), place.things("kept")
    before, asked = rows_of(place, kept), set()
    for at in HTTP:
        if TABLE[at] not in permissions(who):
            continue
        request_of(at, used := Names(mine))
        for name in used.used & set(UNKNOWN):
            foreign = ask(client, place, who, at, mine | {name: kept[name]})
            unknown = ask(client, place, who, at, mine | {name: UNKNOWN[name]})
            assert foreign.status_code == unknown.status_code, (at, name, foreign.text)
            told = foreign.text.replace(kept[name], UNKNOWN[name])
            assert told == unknown.text, (at, name)
            assert not foreign.is_success or at in LISTS, (at, name)
            asked.add((at, name))
    assert len(asked) > 50
    assert {name for _, name in asked} >= {"lecture", "job", "clip", "sweep", "key"}
    assert rows_of(place, kept) == before


SOCKETS = [at for at in OURS if at[0] == "WEBSOCKET"]
STREAMS = [at for at in OURS if "/events" in at[1]]


def opened(client, place, who, at, names) -> Any:
    """Return what a WebSocket of somebody is closed with before it opens, or what it says first."""
    client.cookies.clear()
    path = request_of(at, names)[1]
    try:
        with client.websocket_connect(WS + path, headers=place.headers(who)) as ws:
            return ws.receive_json() if path.endswith("/ws") else "open"
    except WebSocketDisconnect as closed:
        return closed.code


@pytest.mark.parametrize("who", [*NOT_IN, *list(OWNERS)[:-1]])
def test_sockets_and_streams_open_for_those_who_may_see(client, place, who):
    kept = place.things("kept")
    may = who not in NOT_IN and "read" in permissions(who)
    sees = may and who not in STRANGERS
    unknown = kept | {"job": UNKNOWN["job"]}
    assert len(SOCKETS) == 2
    for at in SOCKETS:
        found = opened(client, place, who, at, kept)
        if at[1] == "/_stcore/stream":
            assert found == ("open" if may else 1008), at
        elif sees:
            assert found["job_id"] == kept["job"]
        else:
            assert found == (4404 if may else 1008)
            assert found == opened(client, place, who, at, unknown), "as an unknown one"
    for at in STREAMS:
        answer = ask(client, place, who, at, kept)
        assert answer.is_success == sees, at
        if not sees:
            assert answer.status_code == (404 if may else 401 if who in NOT_IN else 403)


@pytest.mark.parametrize("who", STRANGERS)
def test_lists_hold_nothing_foreign(client, place, who):
    kept, headers = place.things("kept"), place.headers(who)
    client.cookies.clear()
    for path in ("lectures", "jobs", "presets", "keys", "search?q=sentence"):
        answer = client.get(f"/api/v1/{path}", headers=headers)
        assert answer.status_code == 200
        assert not [name for name in kept if kept[name] in answer.text], path
    with place.as_(who):
        found = {card.lecture.id for card in place.services.lectures.list()}
        found |= {lecture.id for lecture in place.services.lectures.deleted()}
        found |= {job.lecture_id for job in place.services.jobs.list()}
    assert kept["lecture"] not in found
    with place.as_("ines"):
        assert kept["lecture"] in [card.lecture.id for card in place.services.lectures.list()]
        assert kept["job"] in [job.id for job in place.services.jobs.list()]


def test_the_services_of_the_process_are_those_of_the_place(place):
    assert current_services() is place.services
